"""Each promise of the book, attacked past the application: the database itself must refuse."""

import asyncio
from fractions import Fraction
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kernel.db import Database, WriteSession
from kernel.web.problems import constraint_of
from tests.register.world import booked, cancellation, entry, make_unit, person, seizure
from yiti.register.book import current_entries
from yiti.register.kinds import EntryKind, Sharing
from yiti.register.models import RegisterEntry, RightHolder
from yiti.register.refusals import BookingRefused, LiveNoticeExists, UnitSeized

HOME = "411528"


async def at_commit(tx: WriteSession) -> None:
    await tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def refused(tx: WriteSession, sql: str, **values: object) -> str | None:
    with pytest.raises(IntegrityError) as caught:
        await tx.execute(text(sql), values)
    return constraint_of(caught.value)


async def test_a_notice_is_booked_with_its_holders(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    (notice,) = await booked(tx, entry(unit))
    await at_commit(tx)
    assert [one.id for one in await current_entries(tx, unit.id)] == [notice.id]


async def test_one_live_presale_notice_per_unit(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    await booked(tx, entry(unit))
    with pytest.raises(LiveNoticeExists):
        await booked(tx, entry(unit))


async def test_a_cancelled_notice_makes_room_for_the_next(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    (first,) = await booked(tx, entry(unit))
    await booked(tx, cancellation(unit, first.id))
    (second,) = await booked(tx, entry(unit))
    assert [one.id for one in await current_entries(tx, unit.id)] == [second.id]


async def test_nothing_is_disposed_of_under_seizure(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    await booked(tx, seizure(unit))
    with pytest.raises(UnitSeized):
        await booked(tx, entry(unit))


@pytest.mark.parametrize("kind", [EntryKind.OWNERSHIP, EntryKind.MORTGAGE])
async def test_nothing_is_disposed_of_against_anothers_notice(tx: WriteSession, kind: EntryKind) -> None:
    unit = await make_unit(tx)
    await booked(tx, entry(unit))
    with pytest.raises(LiveNoticeExists):
        await booked(tx, entry(unit, kind))


async def test_a_presale_mortgage_notice_needs_a_live_presale_notice(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    with pytest.raises(BookingRefused) as caught:
        await booked(tx, entry(unit, EntryKind.PRESALE_MORTGAGE_NOTICE))
    assert caught.value.extra == {"invariant": "register_mortgage_notice_on_notice"}


async def test_one_current_ownership_per_unit(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    await booked(tx, entry(unit, EntryKind.OWNERSHIP))
    with pytest.raises(BookingRefused) as caught:
        await booked(tx, entry(unit, EntryKind.OWNERSHIP))
    assert caught.value.extra == {"invariant": "uq_register_one_current_ownership"}


THIRD = Fraction(1, 3)


@pytest.mark.parametrize(
    ("sharing", "shares", "whole"),
    [
        (Sharing.SOLE, [None], True),
        (Sharing.SOLE, [None, None], False),
        (Sharing.SOLE, [], False),
        (Sharing.JOINT, [None, None], True),
        (Sharing.JOINT, [None], False),
        (Sharing.JOINT, [THIRD, None], False),
        (Sharing.FRACTIONAL, [THIRD, THIRD, THIRD], True),
        (Sharing.FRACTIONAL, [THIRD, THIRD], False),
        (Sharing.FRACTIONAL, [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], True),
        (Sharing.FRACTIONAL, [Fraction(99, 100), Fraction(1, 101)], False),
        (Sharing.FRACTIONAL, [Fraction(1, 2), None], False),
    ],
)
async def test_shares_add_up_to_exactly_one(
    tx: WriteSession, sharing: Sharing, shares: list[Fraction | None], whole: bool
) -> None:
    unit = await make_unit(tx)
    await booked(tx, entry(unit, holders=tuple(person(share=share) for share in shares), sharing=sharing))
    if whole:
        await at_commit(tx)
        return
    with pytest.raises(IntegrityError) as caught:
        await at_commit(tx)
    assert constraint_of(caught.value) == "register_shares_are_whole"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE register_entries SET amount_fen = 1",
        "UPDATE register_entries SET kind = 'ownership'",
        "DELETE FROM register_entries",
        "UPDATE register_holders SET position = 9",
        "DELETE FROM register_holders",
    ],
)
async def test_the_book_is_append_only(tx: WriteSession, attack: str) -> None:
    await booked(tx, entry(await make_unit(tx)))
    constraint = await refused(tx, attack)
    assert constraint is not None
    assert constraint.endswith("_append_only")


async def test_an_entry_is_not_closed_without_its_successor(tx: WriteSession) -> None:
    (notice,) = await booked(tx, entry(await make_unit(tx)))
    sql = "UPDATE register_entries SET status = 'historical', closed_at = now(), closed_by_id = :by WHERE id = :id"
    assert await refused(tx, sql, by=notice.id, id=notice.id) == "register_closed_by_its_successor"


async def test_a_closed_entry_never_comes_back(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    (notice,) = await booked(tx, entry(unit))
    await booked(tx, cancellation(unit, notice.id))
    sql = "UPDATE register_entries SET status = 'current', closed_at = NULL, closed_by_id = NULL WHERE id = :id"
    assert await refused(tx, sql, id=notice.id) == "register_closed_for_good"


async def test_no_holder_is_added_to_a_booked_entry(fresh_database: Database) -> None:
    async with fresh_database.transaction(HOME) as tx:
        (notice,) = await booked(tx, entry(await make_unit(tx)))
    with pytest.raises(IntegrityError) as caught:
        async with fresh_database.transaction(HOME) as tx:
            tx.add(
                RightHolder(
                    entry_id=notice.id, role="holder", position=2, name="李四", id_kind="resident_id",
                    id_number="1", id_index=b"1",
                )
            )  # fmt: skip
    assert constraint_of(caught.value) == "register_holder_with_entry"


async def test_an_entry_names_an_existing_unit_by_its_own_code(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    tx.add(
        RegisterEntry(
            unit_id=unit.id, unit_code="4" * 28, kind=EntryKind.PRESALE_NOTICE, case_id=uuid4(), case_number="1",
            cause="测试", booked_at=unit.created_at, booked_by="测试",
        )
    )  # fmt: skip
    with pytest.raises(IntegrityError) as caught:
        await tx.flush()
    assert constraint_of(caught.value) == "register_unit_exists"


async def test_two_bookings_at_once_leave_one_notice(fresh_database: Database) -> None:
    async with fresh_database.transaction(HOME) as tx:
        unit = await make_unit(tx)

    async def try_to_book() -> bool:
        try:
            async with fresh_database.transaction(HOME) as tx:
                await booked(tx, entry(unit))
        except LiveNoticeExists:
            return False
        return True

    assert sorted(await asyncio.gather(*(try_to_book() for _ in range(5)))) == [False] * 4 + [True]


async def test_a_seizure_and_a_notice_at_once_never_both_slip_through(fresh_database: Database) -> None:
    async with fresh_database.transaction(HOME) as tx:
        unit = await make_unit(tx)

    async def attempt(kind: EntryKind) -> str:
        try:
            async with fresh_database.transaction(HOME) as tx:
                await booked(tx, seizure(unit) if kind is EntryKind.SEIZURE else entry(unit))
        except UnitSeized:
            return "refused"
        return kind

    answers = set(await asyncio.gather(attempt(EntryKind.SEIZURE), attempt(EntryKind.PRESALE_NOTICE)))
    async with fresh_database.read(HOME) as reader:
        kinds = [one.kind for one in await current_entries(reader, unit.id)]
    # A notice may stand before the seizure came, never after it.
    assert kinds in ([EntryKind.SEIZURE], [EntryKind.PRESALE_NOTICE, EntryKind.SEIZURE])
    assert EntryKind.SEIZURE in answers
