"""What comes to its end by law: 90 days, 15 days, the end of a seizure; what starts, stops and announces it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import select

from kernel.audit.models import AuditEntry
from kernel.clock import SHANGHAI
from kernel.db import WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.permissions import system_actor
from kernel.working_time import WorkCalendar
from tests.register.world import booked, cancellation, entry, make_unit, person, seizure, transfer
from yiti.estate.models import Unit
from yiti.estate.parameters import set_parameter
from yiti.register import lapses
from yiti.register.kinds import EntryKind
from yiti.register.lapses import Lapse
from yiti.register.refusals import BookingRefused
from yiti.register.schemas import Suit

K = EntryKind
MONDAY = date(2026, 3, 2)


def at(day: date, hour: int = 10) -> time_machine.travel:
    return time_machine.travel(datetime.combine(day, time(hour), SHANGHAI), tick=False)


@pytest.fixture
async def unit(tx: WriteSession) -> Unit:
    return await make_unit(tx)


async def due(tx: WriteSession, unit: Unit, on: date) -> list[Lapse]:
    return [one for one in await lapses.due(tx, on, 10_000) if one.unit_id == unit.id]


async def test_a_notice_lapses_after_ninety_days(tx: WriteSession, unit: Unit) -> None:
    actor, start = system_actor(tx.tenant), MONDAY + timedelta(days=1)
    with at(start):
        (notice,) = await booked(tx, entry(unit))
        assert await due(tx, unit, start + timedelta(days=4000)) == []
        await lapses.start_term(tx, actor, notice.id, starts_on=start, event="交付公告")
    last = start + timedelta(days=90)
    assert WorkCalendar().is_working_day(last), "this test wants an ordinary last day"
    assert await due(tx, unit, last) == []
    (lapse,) = await due(tx, unit, last + timedelta(days=1))
    assert (lapse.entry_id, lapse.rule, lapse.since) == (
        notice.id,
        "presale_notice_90_days",
        last + timedelta(days=1),
    )
    assert "221" in lapse.words
    await booked(tx, cancellation(unit, notice.id))
    assert await due(tx, unit, last + timedelta(days=1)) == []


async def test_a_term_that_ends_on_a_holiday_ends_with_the_next_working_day(tx: WriteSession, unit: Unit) -> None:
    last = date(2026, 5, 2)
    calendar = WorkCalendar()
    assert not calendar.is_working_day(last)
    opens = calendar.next_working_day(last)
    start = last - timedelta(days=90)
    with at(start):
        (notice,) = await booked(tx, entry(unit))
        await lapses.start_term(tx, system_actor(tx.tenant), notice.id, starts_on=start, event="首次登记")
    assert await due(tx, unit, opens) == []
    assert [one.since for one in await due(tx, unit, opens + timedelta(days=1))] == [opens + timedelta(days=1)]


async def test_nothing_lapses_too_soon_where_the_holidays_are_unknown(tx: WriteSession, unit: Unit) -> None:
    start = date(2091, 1, 1)
    with at(start):
        (notice,) = await booked(tx, entry(unit))
        await lapses.start_term(tx, system_actor(tx.tenant), notice.id, starts_on=start, event="首次登记")
    assert await due(tx, unit, start + timedelta(days=104)) == []
    assert [one.entry_id for one in await due(tx, unit, start + timedelta(days=105))] == [notice.id]


async def test_the_first_registration_starts_the_ninety_days(tx: WriteSession, unit: Unit) -> None:
    developer = person("开发商")
    with at(MONDAY):
        (notice,) = await booked(tx, entry(unit, obligors=(developer,)))
    later = MONDAY + timedelta(days=30)
    with at(later):
        (owner,) = await booked(tx, entry(unit, K.OWNERSHIP, holders=(developer,)))
    (term,) = await lapses.terms_of(tx, notice.id)
    assert (term.kind, term.starts_on) == ("started", later)
    audited = await tx.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"entry:{notice.id}"))
    assert list(audited) == ["register.term_started"]
    await booked(tx, cancellation(unit, notice.id), transfer(unit, owner.id))
    assert await due(tx, unit, later + timedelta(days=200)) == []


async def test_a_county_may_let_another_event_start_it(tx: WriteSession, unit: Unit) -> None:
    developer = person("开发商")
    await set_parameter(
        tx, system_actor(tx.tenant), lapses.START_EVENT, MONDAY, {"event": "delivery"}, "息自然资〔2026〕1号"
    )
    with at(MONDAY):
        (notice,) = await booked(tx, entry(unit, obligors=(developer,)))
        await booked(tx, entry(unit, K.OWNERSHIP, holders=(developer,)))
    assert await lapses.terms_of(tx, notice.id) == []


async def test_a_corrected_start_counts(tx: WriteSession, unit: Unit) -> None:
    actor = system_actor(tx.tenant)
    with at(MONDAY + timedelta(days=40)):
        (notice,) = await booked(tx, entry(unit))
        await lapses.start_term(tx, actor, notice.id, starts_on=MONDAY, event="首次登记")
        await lapses.start_term(tx, actor, notice.id, starts_on=MONDAY + timedelta(days=40), event="实际可以办理之日")
    assert await due(tx, unit, MONDAY + timedelta(days=120)) == []
    assert len(await due(tx, unit, MONDAY + timedelta(days=140))) == 1


async def test_an_application_in_time_keeps_a_notice(tx: WriteSession, unit: Unit) -> None:
    actor = system_actor(tx.tenant)
    with at(MONDAY):
        (notice,) = await booked(tx, entry(unit))
        await lapses.start_term(tx, actor, notice.id, starts_on=MONDAY, event="首次登记")
        await lapses.lift_by_application(tx, actor, notice.id, applied_on=MONDAY, case_number="4115282026030200001")
    assert await due(tx, unit, MONDAY + timedelta(days=400)) == []
    assert [one for one in await lapses.reminders(tx, MONDAY + timedelta(days=80)) if one.unit_id == unit.id] == []


async def test_terms_are_only_for_what_lapses(tx: WriteSession, unit: Unit) -> None:
    actor = system_actor(tx.tenant)
    with at(MONDAY):
        (owner,) = await booked(tx, entry(unit, K.OWNERSHIP))
        with pytest.raises(BookingRefused, match="法定期限"):
            async with tx.begin_nested():
                await lapses.start_term(tx, actor, owner.id, starts_on=MONDAY, event="x")
        with pytest.raises(Invalid):
            await lapses.start_term(tx, actor, owner.id, starts_on=MONDAY + timedelta(days=1), event="x")


@pytest.mark.parametrize(
    ("day", "stage"), [(59, None), (60, 60), (74, 60), (75, 75), (84, 75), (85, 85), (90, 85), (91, None)]
)
async def test_reminders(tx: WriteSession, unit: Unit, day: int, stage: int | None) -> None:
    with at(MONDAY):
        (notice,) = await booked(tx, entry(unit))
        await lapses.start_term(tx, system_actor(tx.tenant), notice.id, starts_on=MONDAY, event="首次登记")
    found = [one for one in await lapses.reminders(tx, MONDAY + timedelta(days=day)) if one.entry_id == notice.id]
    assert [one.day for one in found] == ([stage] if stage else [])
    assert all(one.last_day == MONDAY + timedelta(days=90) for one in found)


async def test_an_objection_lapses_after_fifteen_days_without_a_suit(tx: WriteSession, unit: Unit) -> None:
    with at(MONDAY, hour=1):  # still Sunday in UTC
        (objection,) = await booked(tx, entry(unit, K.OBJECTION, sharing=None))
    assert objection.booked_at.astimezone(UTC).date() < MONDAY
    last = MONDAY + timedelta(days=15)
    assert await due(tx, unit, last) == []
    (lapse,) = await due(tx, unit, last + timedelta(days=1))
    assert (lapse.entry_id, lapse.rule) == (objection.id, "objection_15_days")


def suit(day: date) -> Suit:
    return Suit(filed_on=day, court_case="（2026）豫1528民初1号", proof_digest="0" * 64, proof_type="application/pdf")


async def test_a_suit_keeps_an_objection(tx: WriteSession, unit: Unit) -> None:
    actor = system_actor(tx.tenant)
    with at(MONDAY):
        (objection,) = await booked(tx, entry(unit, K.OBJECTION, sharing=None))
    with at(MONDAY + timedelta(days=20)):
        with pytest.raises(Conflict, match="十五日"):
            await lapses.lift_by_suit(tx, actor, objection.id, suit(MONDAY + timedelta(days=16)))
        await lapses.lift_by_suit(tx, actor, objection.id, suit(MONDAY + timedelta(days=15)))
        with pytest.raises(Conflict, match="已经记载"):
            await lapses.lift_by_suit(tx, actor, objection.id, suit(MONDAY + timedelta(days=15)))
    assert await due(tx, unit, MONDAY + timedelta(days=400)) == []


async def test_a_suit_is_only_for_a_live_objection(tx: WriteSession, unit: Unit) -> None:
    actor = system_actor(tx.tenant)
    with at(MONDAY):
        (notice,) = await booked(tx, entry(unit))
        (objection,) = await booked(tx, entry(unit, K.OBJECTION, sharing=None))
        with pytest.raises(NotFound):
            await lapses.lift_by_suit(tx, actor, notice.id, suit(MONDAY))
        with pytest.raises(Invalid, match="今天"):
            await lapses.lift_by_suit(tx, actor, objection.id, suit(MONDAY + timedelta(days=1)))
        await booked(tx, cancellation(unit, objection.id))
        with pytest.raises(Conflict, match="注销"):
            await lapses.lift_by_suit(tx, actor, objection.id, suit(MONDAY))


async def test_a_seizure_ends_on_its_last_day(tx: WriteSession, unit: Unit) -> None:
    with at(MONDAY):
        (first,) = await booked(tx, seizure(unit, fields={"term_months": 12}))
        (waiting,) = await booked(tx, seizure(unit, fields={"term_months": 6}))
    assert await due(tx, unit, date(2027, 3, 1)) == []
    (lapse,) = await due(tx, unit, date(2027, 3, 2))
    assert (lapse.entry_id, lapse.rule, lapse.since) == (first.id, "seizure_term", date(2027, 3, 2))
    with at(date(2027, 3, 2)):
        _, promoted = await booked(tx, cancellation(unit, first.id))
    assert (promoted.closes_id, promoted.valid_until) == (waiting.id, date(2027, 9, 1))
    assert await due(tx, unit, date(2027, 9, 1)) == []
    assert [one.entry_id for one in await due(tx, unit, date(2027, 9, 2))] == [promoted.id]


async def test_the_longest_lapsed_come_first(tx: WriteSession) -> None:
    for months in (3, 1, 2):
        with at(MONDAY):
            await booked(tx, seizure(await make_unit(tx), fields={"term_months": months}))
    found = await lapses.due(tx, date(2096, 1, 1), 2)
    assert len(found) == 2
    assert found[0].since <= found[1].since
