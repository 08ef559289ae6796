"""Many at once: one of them is faster, nobody sees a deadlock, and one order explains everything."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from kernel.db import Database, WriteSession
from kernel.web.problems import constraint_of
from tests.register.contention import Event, NotLinearisable, booking_of, check, contend, reading_of
from tests.register.raw import holder, put, row
from tests.register.world import booked, entry, make_unit, seizure, transfer
from tests.testbed import HOME, Testbed
from yiti.estate.models import Unit
from yiti.register.book import current_entries
from yiti.register.kinds import EntryKind
from yiti.register.models import RightHolder
from yiti.register.refusals import BookingBusy, BookingRefused, LiveNoticeExists, UnitSeized

K = EntryKind
SECONDS = 6.0


async def units_in(database: Database, count: int) -> list[Unit]:
    async with database.transaction(HOME) as tx:
        return [await make_unit(tx) for _ in range(count)]


async def outcome(database: Database, work: Callable[[WriteSession], Awaitable[object]]) -> str:
    try:
        async with database.transaction(HOME) as tx:
            await work(tx)
    except (BookingRefused, BookingBusy) as error:
        return type(error).__name__
    return "booked"


async def test_two_bookings_at_once_leave_one_notice(fresh_database: Database) -> None:
    (unit,) = await units_in(fresh_database, 1)
    answers = await asyncio.gather(*(outcome(fresh_database, lambda tx: booked(tx, entry(unit))) for _ in range(5)))
    assert sorted(answers) == [LiveNoticeExists.__name__] * 4 + ["booked"]


async def test_a_seizure_and_a_notice_at_once_never_both_slip_through(fresh_database: Database) -> None:
    (unit,) = await units_in(fresh_database, 1)
    answers = await asyncio.gather(
        *(outcome(fresh_database, lambda tx, one=one: booked(tx, one)) for one in (seizure(unit), entry(unit)))
    )
    async with fresh_database.read(HOME) as reader:
        kinds = [one.kind for one in await current_entries(reader, unit.id)]
    # A notice may stand before the seizure came, never after it.
    assert kinds in ([K.SEIZURE], [K.PRESALE_NOTICE, K.SEIZURE])
    assert answers[0] == "booked"
    assert answers[1] in {"booked", UnitSeized.__name__}


async def test_opposite_orders_do_not_wait_in_a_circle(fresh_database: Database) -> None:
    one, other = await units_in(fresh_database, 2)
    both = [
        lambda tx, order=order: booked(tx, *(entry(unit, K.OBJECTION) for unit in order))
        for order in ((one, other), (other, one)) * 10
    ]
    assert set(await asyncio.gather(*(outcome(fresh_database, work) for work in both))) == {"booked"}


async def test_a_deadlock_of_two_bookings_in_a_row_is_told_in_words(fresh_database: Database) -> None:
    """Two calls in one transaction can wait in a circle; the loser is told to try again, and nothing of it stays."""
    one, other = await units_in(fresh_database, 2)
    first_done = asyncio.Barrier(2)

    def crosswise(first: Unit, second: Unit) -> Callable[[WriteSession], Awaitable[object]]:
        async def work(tx: WriteSession) -> None:
            await booked(tx, entry(first, K.OBJECTION))
            await first_done.wait()
            await booked(tx, entry(second, K.OBJECTION))

        return work

    answers = await asyncio.gather(
        *(outcome(fresh_database, crosswise(*order)) for order in ((one, other), (other, one)))
    )
    assert sorted(answers) == ["BookingBusy", "booked"]
    async with fresh_database.read(HOME) as reader:
        assert [len(await current_entries(reader, unit.id)) for unit in (one, other)] == [1, 1]


async def test_an_older_snapshot_is_not_booked_upon(fresh_database: Database) -> None:
    """A row lock does not refresh a snapshot: REPEATABLE READ would not see the seizure that came in between."""
    (unit,) = await units_in(fresh_database, 1)

    async def attack() -> None:
        async with fresh_database.transaction(HOME) as tx:
            await tx.execute(text("ROLLBACK"))
            await tx.execute(text("BEGIN ISOLATION LEVEL REPEATABLE READ"))
            await tx.execute(text("SELECT set_config('yiti.tenant', :county, true)"), {"county": HOME})
            await put(tx, row(unit, K.PRESALE_NOTICE))

    with pytest.raises(IntegrityError) as caught:
        await attack()
    assert constraint_of(caught.value) == "register_reads_what_is_committed"


async def test_no_holder_slips_in_while_the_entry_is_being_booked(fresh_database: Database) -> None:
    (unit,) = await units_in(fresh_database, 1)
    entry_id = uuid4()

    async def attack() -> None:
        async with fresh_database.transaction(HOME) as attacker:
            await attacker.execute(insert(RightHolder), [holder(entry_id, "乙")])
            async with fresh_database.transaction(HOME) as tx:
                await booked(tx, entry(unit, entry_id=entry_id))

    with pytest.raises(IntegrityError) as caught:
        await attack()
    assert constraint_of(caught.value) == "register_holder_with_entry"


async def test_no_entry_slips_onto_a_unit_that_retires(fresh_database: Database) -> None:
    (unit,) = await units_in(fresh_database, 1)
    retires = text("UPDATE units SET state = 'historical' WHERE id = :id")

    async def retire() -> str:
        try:
            async with fresh_database.transaction(HOME) as tx:
                await tx.execute(retires, {"id": unit.id})
        except IntegrityError as error:
            return str(constraint_of(error))
        return "retired"

    answers = await asyncio.gather(outcome(fresh_database, lambda tx: booked(tx, entry(unit))), retire())
    assert answers in (["booked", "register_unit_carries_rights"], ["UnitIsHistorical", "retired"])


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_fifty_clients_and_ten_units(testbed: Testbed) -> None:
    name = f"contention_{uuid4().hex}"
    await testbed.make_database(name)
    async with Database(testbed.dsn(name), pool_size=50) as database:
        units = await units_in(database, 10)
        events = await contend(database, HOME, units, clients=50, seconds=SECONDS)
    answers = check(events)
    await testbed.drop_database(name)
    assert answers[BookingBusy.__name__] == 0
    assert answers["booked"] > 20
    assert {"UnitSeized", "EntryClosed"} <= set(answers)


async def test_the_checker_sees_what_no_order_explains(fresh_database: Database) -> None:
    (unit,) = await units_in(fresh_database, 1)
    first, second = uuid4(), uuid4()
    events = [
        await booking_of(fresh_database, HOME, (entry(unit, K.OWNERSHIP, entry_id=first),)),
        await reading_of(fresh_database, HOME, unit),
        await booking_of(fresh_database, HOME, (transfer(unit, first, entry_id=second),)),
        await reading_of(fresh_database, HOME, unit),
    ]
    check(events)
    owned, read, sold, _ = events
    hour = timedelta(hours=1)
    late = {"asked": read.asked + hour, "answered": read.answered + hour}
    wrong: list[list[Event]] = [
        [one for one in events if one is not owned],  # what others stand on was never booked
        [*events, replace(read, **late)],  # an old state is read again
        [*events, replace(sold, **late, booked_at=sold.answered + hour)],  # booked twice
        [*events, Event(owned.asked - hour, owned.asked - hour, owned.operations, error="UnitSeized")],
    ]
    for history in wrong:
        with pytest.raises(NotLinearisable):
            check(history)


async def test_the_checker_sees_a_reading_that_goes_back(fresh_database: Database) -> None:
    """A booking on its way may be seen or not, but not be seen first and gone afterwards."""
    (unit,) = await units_in(fresh_database, 1)
    async with fresh_database.transaction(HOME) as tx:
        (owner,) = await booked(tx, entry(unit, K.OWNERSHIP))
    start, second = owner.booked_at, timedelta(seconds=1)
    owned = entry(unit, K.OWNERSHIP, entry_id=owner.id)
    slow = Event(start, start + 9 * second, (owned,), booked_at=start + second)
    sees = frozenset({(owner.id, str(K.OWNERSHIP))})

    def reading(at: int, seen: frozenset[tuple[object, str]]) -> Event:
        return Event(start + at * second, start + (at + 1) * second, unit_id=unit.id, seen=seen)  # type: ignore[arg-type]

    check([slow, reading(2, frozenset()), reading(4, sees)])
    with pytest.raises(NotLinearisable):
        check([slow, reading(2, sees), reading(4, frozenset())])
