"""What `book` promises its callers: lists of operations, queues that move up, terms, lineage, words."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select, text

from kernel.audit.models import AuditEntry
from kernel.db import WriteSession
from kernel.errors import Invalid, NotFound
from tests.register.world import (
    booked,
    cancellation,
    entry,
    make_unit,
    person,
    seizure,
    transfer,
)
from yiti.estate.models import Unit
from yiti.register import lineage, page, seizures
from yiti.register.book import book, current_entries
from yiti.register.kinds import EntryKind, EntryStatus, RegistrationType, Sharing
from yiti.register.refusals import (
    BookingRefused,
    EntryClosed,
    LiveNoticeExists,
    NoOwnership,
    TransferBanned,
    UnitIsHistorical,
    UnitSeized,
)
from yiti.register.schemas import Append, Booking, UnitLink

K = EntryKind
THIRD = Fraction(1, 3)


@pytest.fixture
async def unit(tx: WriteSession) -> Unit:
    return await make_unit(tx)


async def kinds_of(tx: WriteSession, unit: Unit) -> list[EntryKind]:
    return [one.kind for one in await current_entries(tx, unit.id)]


async def test_a_notice_is_booked_with_its_holders(tx: WriteSession, unit: Unit) -> None:
    (notice,) = await booked(tx, entry(unit, holders=(person("张三"),), obligors=(person("开发商"),)))
    (shown,) = await page.entries_of(tx, unit.id)
    assert shown.entry.id == notice.id
    assert [one.name for one in (*shown.holders, *shown.obligors)] == ["张三", "开发商"]
    assert notice.priority_at == notice.booked_at


async def test_from_the_developer_to_a_buyer_with_a_mortgage_in_one_booking(tx: WriteSession, unit: Unit) -> None:
    developer = person("开发商")
    notice, loan = await booked(
        tx, entry(unit, obligors=(developer,)), entry(unit, K.PRESALE_MORTGAGE_NOTICE, amount_fen=500)
    )
    first = uuid4()
    entries = await booked(
        tx,
        entry(unit, K.OWNERSHIP, entry_id=first, holders=(developer,)),
        cancellation(unit, notice.id),
        transfer(unit, first),
        entry(unit, K.MORTGAGE, amount_fen=500, closes_id=loan.id),
    )
    assert [one.kind for one in entries] == [K.OWNERSHIP, K.CANCELLATION, K.OWNERSHIP, K.MORTGAGE]
    assert [one.status for one in entries] == ["historical", "current", "current", "current"]
    assert (notice.status, notice.closed_by_id, loan.status) == ("historical", entries[1].id, "historical")
    assert await kinds_of(tx, unit) == [K.OWNERSHIP, K.MORTGAGE]
    assert entries[3].priority_at == loan.booked_at < entries[3].booked_at


async def test_release_transfer_and_new_mortgage(tx: WriteSession, unit: Unit) -> None:
    owner, old = await booked(tx, entry(unit, K.OWNERSHIP), entry(unit, K.MORTGAGE, bans_transfer=True))
    with pytest.raises(TransferBanned):
        async with tx.begin_nested():
            await booked(tx, transfer(unit, owner.id))
    await booked(tx, cancellation(unit, old.id), transfer(unit, owner.id), entry(unit, K.MORTGAGE))
    assert await kinds_of(tx, unit) == [K.OWNERSHIP, K.MORTGAGE]


async def test_a_mortgagee_who_agrees_lets_the_mortgage_go_with_the_home(tx: WriteSession, unit: Unit) -> None:
    owner, old = await booked(tx, entry(unit, K.OWNERSHIP), entry(unit, K.MORTGAGE, bans_transfer=True))
    await booked(tx, transfer(unit, owner.id, consents=(old.id,)))
    assert await kinds_of(tx, unit) == [K.MORTGAGE, K.OWNERSHIP]


async def test_a_refused_operation_undoes_the_whole_list(tx: WriteSession, unit: Unit) -> None:
    other = await make_unit(tx)
    (owner,) = await booked(tx, entry(unit, K.OWNERSHIP))
    with pytest.raises(NoOwnership):
        async with tx.begin_nested():
            await booked(tx, transfer(unit, owner.id), entry(other, K.MORTGAGE))
    assert [one.id for one in await current_entries(tx, unit.id)] == [owner.id]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"holders": ()}, "holders"),
        ({"holders": (person(id_number="1"), person(id_number=" 1")), "sharing": Sharing.JOINT}, "holders"),
        ({"sharing": None}, "sharing"),
        ({"holders": (person(), person())}, "holders"),
        ({"sharing": Sharing.JOINT}, "holders"),
        ({"sharing": Sharing.FRACTIONAL}, "shares"),
        ({"sharing": Sharing.FRACTIONAL, "holders": (person(share=THIRD), person(share=THIRD))}, "shares"),
        ({"holders": (person(share=Fraction(1)),)}, "shares"),
        ({"amount_fen": -1}, "amount_fen"),
        ({"bans_transfer": False}, "bans_transfer"),
        ({"kind": K.CONSTRUCTION_MORTGAGE, "amount_fen": 0}, "amount_fen"),
        ({"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)}, "valid_until"),
        ({"kind": K.OWNERSHIP, "details": {"usage": "住宅"}}, "details"),
    ],
)
async def test_what_is_wrong_in_itself_is_told_in_words(
    tx: WriteSession, unit: Unit, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await booked(tx, entry(unit, **wrong))
    assert caught.value.field == field
    assert await kinds_of(tx, unit) == []


async def test_a_seizure_is_not_longer_than_three_years(tx: WriteSession, unit: Unit) -> None:
    with pytest.raises(Invalid, match="三年"):
        await booked(tx, seizure(unit, valid_from=date(2026, 1, 1), valid_until=date(2029, 1, 2)))
    with pytest.raises(Invalid, match="36"):
        await booked(tx, seizure(unit, fields={"term_months": 37}))


async def test_an_unknown_unit(tx: WriteSession, unit: Unit) -> None:
    with pytest.raises(NotFound):
        await booked(tx, Append(unit_id=uuid4(), kind=K.OBJECTION, registration_type=RegistrationType.OBJECTION,
                                cause="异议", holders=(person(),), details={"matter": "x"}))  # fmt: skip


async def test_two_that_cancel_the_same(tx: WriteSession, unit: Unit) -> None:
    (notice,) = await booked(tx, entry(unit))
    await booked(tx, cancellation(unit, notice.id))
    with pytest.raises(EntryClosed):
        await booked(tx, cancellation(unit, notice.id))


async def test_under_seizure_and_against_a_notice(tx: WriteSession, unit: Unit) -> None:
    await booked(tx, entry(unit))
    with pytest.raises(LiveNoticeExists):
        async with tx.begin_nested():
            await booked(tx, entry(unit))
    await booked(tx, seizure(unit))
    with pytest.raises(UnitSeized):
        await booked(tx, entry(unit))


async def test_a_joint_home_becomes_three_shares(tx: WriteSession, unit: Unit) -> None:
    couple = (person(), person())
    (joint,) = await booked(tx, entry(unit, K.OWNERSHIP, holders=couple, sharing=Sharing.JOINT))
    heirs = tuple(person(share=THIRD) for _ in range(3))
    (shared,) = await booked(tx, transfer(unit, joint.id, holders=heirs, sharing=Sharing.FRACTIONAL))
    ((shown),) = (await page.entries_for(tx, [unit.id]))[unit.id]
    assert shown.entry.id == shared.id
    assert [(one.share_numerator, one.share_denominator) for one in shown.holders] == [(1, 3)] * 3


# Seizures


async def test_the_next_seizure_takes_effect_when_the_first_is_lifted(tx: WriteSession, unit: Unit) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 2, tzinfo=UTC), tick=False):
        (first,) = await booked(tx, seizure(unit))
        late, early = [
            (
                await booked(
                    tx, seizure(unit, delivered_at=datetime(2026, 3, day, tzinfo=UTC), fields={"term_months": months})
                )
            )[0]
            for day, months in ((2, 36), (1, 12))
        ]
    assert (first.rank, first.valid_from, first.valid_until) == (0, date(2026, 3, 2), date(2029, 3, 1))
    assert [(one.rank, one.valid_until) for one in (late, early)] == [(1, None), (2, None)]
    assert [one.id for one in await seizures.queue(tx, unit.id)] == [first.id, early.id, late.id]
    with time_machine.travel(datetime(2026, 5, 31, 2, tzinfo=UTC), tick=False):
        lifted, promoted = await booked(tx, cancellation(unit, first.id))
    assert lifted.kind == K.CANCELLATION
    assert (promoted.closes_id, promoted.rank) == (early.id, 0)
    assert (promoted.valid_from, promoted.valid_until) == (date(2026, 5, 31), date(2027, 5, 30))
    assert promoted.priority_at == early.priority_at
    assert promoted.details == early.details
    assert early.status == EntryStatus.HISTORICAL
    assert [one.id for one in await seizures.queue(tx, unit.id)] == [promoted.id, late.id]
    audited = await tx.scalars(select(AuditEntry).where(AuditEntry.subject == f"entry:{promoted.id}"))
    assert [one.action for one in audited] == ["register.seizure_promoted"]


async def test_nothing_slips_in_between_lifting_and_promotion(tx: WriteSession, unit: Unit) -> None:
    (owner,) = await booked(tx, entry(unit, K.OWNERSHIP))
    (first,) = await booked(tx, seizure(unit))
    await booked(tx, seizure(unit))
    with pytest.raises(UnitSeized):
        async with tx.begin_nested():
            await booked(tx, cancellation(unit, first.id), transfer(unit, owner.id))
    assert [one.id for one in await seizures.queue(tx, unit.id)][:1] == [first.id]


async def test_a_renewal_keeps_the_place_and_moves_nobody_up(tx: WriteSession, unit: Unit) -> None:
    (first,) = await booked(tx, seizure(unit))
    (waiting,) = await booked(tx, seizure(unit))
    (renewed,) = await booked(tx, seizure(unit, closes=first.id, fields={"renewal": True}))
    assert (renewed.rank, renewed.priority_at) == (0, first.priority_at)
    (again,) = await booked(tx, seizure(unit, closes=waiting.id, fields={"renewal": True}))
    assert (again.rank, again.valid_until) == (1, None)
    assert [one.id for one in await seizures.queue(tx, unit.id)] == [renewed.id, again.id]


async def test_a_whole_queue_within_one_booking(tx: WriteSession, unit: Unit) -> None:
    first, second = uuid4(), uuid4()
    entries = await booked(
        tx,
        seizure(unit, entry_id=first),
        seizure(unit, entry_id=second),
        cancellation(unit, first),
    )
    assert [(one.kind, one.rank) for one in entries] == [
        (K.SEIZURE, 0), (K.SEIZURE, 1), (K.CANCELLATION, 0), (K.SEIZURE, 0),
    ]  # fmt: skip
    assert entries[3].closes_id == second


async def test_a_waiting_seizure_may_be_lifted_before_its_turn(tx: WriteSession, unit: Unit) -> None:
    (first,) = await booked(tx, seizure(unit))
    (waiting,) = await booked(tx, seizure(unit))
    assert len(await booked(tx, cancellation(unit, waiting.id))) == 1
    assert len(await booked(tx, cancellation(unit, first.id))) == 1
    assert await seizures.queue(tx, unit.id) == []


# The book in time and place


async def test_the_book_as_of_any_moment(tx: WriteSession, unit: Unit) -> None:
    days = [datetime(2026, 1, day, 4, tzinfo=UTC) for day in (1, 2, 3, 4)]
    with time_machine.travel(days[0], tick=False):
        (first,) = await booked(tx, entry(unit, K.OWNERSHIP))
    with time_machine.travel(days[1], tick=False):
        (mortgage,) = await booked(tx, entry(unit, K.MORTGAGE))
    with time_machine.travel(days[2], tick=False):
        passing = uuid4()
        _, second = await booked(
            tx,
            transfer(unit, first.id, entry_id=passing),
            transfer(unit, passing),
        )
    with time_machine.travel(days[3], tick=False):
        await booked(tx, cancellation(unit, mortgage.id))

    async def at(moment: datetime) -> list[Any]:
        return [one.entry.id for one in await page.entries_at(tx, unit.id, moment)]

    assert await at(days[0] - timedelta(seconds=1)) == []
    assert await at(days[0]) == [first.id]
    assert await at(days[1]) == await at(days[2] - timedelta(seconds=1)) == [first.id, mortgage.id]
    assert await at(days[2]) == [mortgage.id, second.id]
    assert await at(days[3]) == [second.id]
    assert [one.entry.position for one in (await page.entries_of(tx, unit.id))] == [0, 0, 0, 1, 0]


async def test_a_split_retires_the_old_unit(tx: WriteSession, unit: Unit) -> None:
    left, right = await make_unit(tx), await make_unit(tx)
    (owner,) = await booked(tx, entry(unit, K.OWNERSHIP))
    links = tuple(UnitLink(kind="split", predecessor_id=unit.id, successor_id=one.id) for one in (left, right))
    changed = [
        entry(one, K.OWNERSHIP, registration_type=RegistrationType.CHANGE, cause="分割") for one in (left, right)
    ]
    await booked(tx, cancellation(unit, owner.id), *changed, links=links)
    assert unit.state == "historical"
    assert await tx.scalar(text("SELECT state FROM units WHERE id = :id"), {"id": unit.id}) == "historical"
    assert [one.unit_id for one in await lineage.successors(tx, unit.id)] == sorted(
        (left.id, right.id), key=lambda one: {left.id: left.code, right.id: right.code}[one]
    )
    with pytest.raises(UnitIsHistorical):
        await booked(tx, entry(unit, K.OWNERSHIP))


async def test_lineage_over_generations(tx: WriteSession, unit: Unit) -> None:
    left, right, whole = [await make_unit(tx) for _ in range(3)]
    split = tuple(UnitLink(kind="split", predecessor_id=unit.id, successor_id=one.id) for one in (left, right))
    merger = tuple(UnitLink(kind="merger", predecessor_id=one.id, successor_id=whole.id) for one in (left, right))
    for links in (split, merger):
        await booked(tx, links=links)
    found = await lineage.predecessors(tx, whole.id)
    assert [(one.unit_id, one.kind, one.generation) for one in found[2:]] == [(unit.id, "split", 2)]
    assert {one.unit_id for one in found[:2]} == {left.id, right.id}
    assert [one.generation for one in await lineage.successors(tx, unit.id)] == [1, 1, 2]


async def test_a_unit_that_still_carries_rights_is_not_split(tx: WriteSession, unit: Unit) -> None:
    left, right = await make_unit(tx), await make_unit(tx)
    await booked(tx, entry(unit, K.OWNERSHIP))
    links = tuple(UnitLink(kind="split", predecessor_id=unit.id, successor_id=one.id) for one in (left, right))
    with pytest.raises(BookingRefused) as caught:
        await booked(tx, links=links)
    assert caught.value.extra == {"invariant": "register_unit_carries_rights"}


async def test_an_empty_booking(tx: WriteSession) -> None:
    with pytest.raises(Invalid):
        await book(tx, Booking(case_id=uuid4(), case_number="1", booked_by="测试", operations=()))


@pytest.mark.parametrize("order", list(permutations(range(3), 2)))
async def test_seizures_lifted_together_in_any_order(tx: WriteSession, order: tuple[int, int]) -> None:
    """The second moves up when the first is lifted, and is lifted as it then stands; what is left takes effect."""
    unit = await make_unit(tx)
    standing = [(await booked(tx, seizure(unit)))[0].id for _ in range(3)]
    await booked(tx, *(cancellation(unit, standing[place]) for place in order))
    (left,) = await seizures.queue(tx, unit.id)
    (last,) = set(range(3)) - set(order)
    assert (left.rank, left.id == standing[last] or left.closes_id == standing[last]) == (0, True)
