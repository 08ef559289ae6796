"""Lapses by law (失效): which entries have come to their end, and what starts or keeps their terms.

民法典 arts. 220, 221; 查封扣押冻结规定 art. 27.
Nothing lapses in silence: `due` tells what to cancel, and the cancellation is booked as a case like any other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.orm import aliased

from kernel.audit import audit
from kernel.clock import SHANGHAI, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.permissions import Actor, system_actor
from kernel.working_time import CalendarUnknown, WorkCalendar
from yiti.estate.models import EstateParameter
from yiti.register.kinds import EntryKind, EntryStatus
from yiti.register.models import EntryTerm, RegisterEntry
from yiti.register.refusals import in_words
from yiti.register.schemas import Suit

NOTICE_DAYS: Final = 90
OBJECTION_DAYS: Final = 15
REMINDER_DAYS: Final = (60, 75, 85)
START_EVENT: Final = "presale_notice_start"
"""Name of the county's dated parameter: `{"event": "first_registration"}`, which is also the default, lets the booking
of a unit's first registration start the 90 days; with any other value `start_term` is called by hand or by a journey.
"""
FIRST_REGISTRATION: Final = "first_registration"
_LONGEST_HOLIDAY: Final = 14
"""Days; with a margin."""

Rule = Literal["presale_notice_90_days", "objection_15_days", "seizure_term"]


@dataclass(frozen=True, slots=True)
class Lapse:
    """An entry that has come to its end by law. `since`: the first day on which it no longer holds."""

    entry_id: UUID
    unit_id: UUID
    rule: Rule
    since: date
    words: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """A presale notice that lapses after `last_day`; `day` is the stage of reminding that has been reached."""

    entry_id: UUID
    unit_id: UUID
    day: int
    last_day: date
    words: str


async def due(reader: ReadSession, on: date, limit: int = 100) -> list[Lapse]:
    """What no longer holds on that day, the longest first. The caller books a cancellation for each.

    A presale notice is not due while `lift_by_application` says that registration was applied for in time, an
    objection not while `lift_by_suit` says that its holder went to court; waiting seizures have no term.
    """
    found = [*await _notices_due(reader, on, limit), *await _objections_due(reader, on, limit)]
    found += await _seizures_due(reader, on, limit)
    return sorted(found, key=lambda lapse: (lapse.since, lapse.entry_id))[:limit]


async def reminders(reader: ReadSession, on: date) -> list[Reminder]:
    """Every presale notice within its last 30 days, with the latest stage (60, 75 or 85 days) that it has reached.

    A stage stays until the next one, so that a day without a run loses none: send each entry and stage once.
    """
    running = _started(on - timedelta(days=REMINDER_DAYS[0])).where(
        EntryTerm.starts_on >= on - timedelta(days=NOTICE_DAYS)
    )
    return [_reminder(row, on) for row in await reader.execute(running)]


async def start_term(tx: WriteSession, actor: Actor, entry_id: UUID, *, starts_on: date, event: str) -> EntryTerm:
    """Let the 90 days of a presale notice count from the day after `starts_on`, because of the event.

    A later call corrects an earlier one. `BookingRefused` for any other entry or one that is closed.
    """
    return await _record(tx, actor, EntryTerm(entry_id=entry_id, kind="started", starts_on=starts_on, event=event))


async def lift_by_suit(tx: WriteSession, actor: Actor, entry_id: UUID, suit: Suit) -> EntryTerm:
    """Keep an objection alive: its holder sued or went to arbitration in time (民法典 art. 220).

    `Conflict` when the suit came after the 15 days, when one is recorded already, or when it has been cancelled since.
    """
    wanted = select(RegisterEntry).where(RegisterEntry.id == entry_id, RegisterEntry.kind == EntryKind.OBJECTION)
    entry = await tx.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if entry is None:
        raise NotFound("没有找到该项异议登记")
    if entry.status != EntryStatus.CURRENT:
        raise Conflict("该项异议登记已经注销，不能再记载起诉情况")
    if suit.filed_on > today():
        raise Invalid("起诉日期不能晚于今天", field="filed_on")
    if suit.filed_on > _objection_ends(entry.booked_at):
        raise Conflict("起诉（申请仲裁）日期已超过异议登记之日起十五日，异议登记已经失效（民法典第220条）")
    if await is_lifted(tx, entry_id):
        raise Conflict("该项异议登记已经记载起诉情况")
    if not suit.court_case.strip():
        raise Invalid("请填写案号", field="court_case")
    return await _record(
        tx, actor,
        EntryTerm(
            entry_id=entry_id, kind="lifted", starts_on=suit.filed_on, event=f"异议人已起诉，案号{suit.court_case}",
            court_case=suit.court_case, proof_digest=suit.proof_digest, proof_type=suit.proof_type,
        ),
    )  # fmt: skip


async def is_lifted(reader: ReadSession, entry_id: UUID) -> bool:
    """Whether something keeps the entry alive beyond its term."""
    return any(one.kind == "lifted" for one in await terms_of(reader, entry_id))


async def terms_of_entries(reader: ReadSession, entry_ids: Sequence[UUID]) -> dict[UUID, list[EntryTerm]]:
    """What was recorded on the terms of these entries, oldest first; an entry without any is not in it."""
    found: dict[UUID, list[EntryTerm]] = {}
    wanted = select(EntryTerm).where(EntryTerm.entry_id.in_(entry_ids)).order_by(EntryTerm.id)
    for term in await reader.scalars(wanted):
        found.setdefault(term.entry_id, []).append(term)
    return found


async def lift_by_application(
    tx: WriteSession, actor: Actor, entry_id: UUID, *, applied_on: date, case_number: str
) -> EntryTerm:
    """Keep a presale notice alive: registration was applied for within the 90 days (民法典 art. 221)."""
    term = EntryTerm(
        entry_id=entry_id, kind="lifted", starts_on=applied_on, event=f"已申请不动产登记，业务号{case_number}"
    )
    return await _record(tx, actor, term)


async def terms_of(reader: ReadSession, entry_id: UUID) -> Sequence[EntryTerm]:
    """What was recorded on the entry's term, oldest first."""
    return (await terms_of_entries(reader, [entry_id])).get(entry_id, [])


async def start_by_first_registration(tx: WriteSession, unit_ids: Sequence[UUID]) -> None:
    """Start the terms of presale notices that live on units just registered first, if the county counts so."""
    notices = select(RegisterEntry.id).where(
        RegisterEntry.unit_id.in_(unit_ids), _is(EntryKind.PRESALE_NOTICE), _starts_by(FIRST_REGISTRATION)
    )
    for entry_id in (await tx.scalars(notices)).all():
        tx.add(EntryTerm(entry_id=entry_id, kind="started", starts_on=today(), event="首次登记已登簿"))
        _audit(tx, system_actor(tx.tenant), entry_id, "started", today())


async def _record(tx: WriteSession, actor: Actor, term: EntryTerm) -> EntryTerm:
    if term.starts_on > today():
        raise Invalid("日期不能晚于今天", field="starts_on")
    term.recorded_by = actor.id
    tx.add(term)
    _audit(tx, actor, term.entry_id, term.kind, term.starts_on)
    with in_words():
        await tx.flush()
    return term


def _audit(tx: WriteSession, actor: Actor, entry_id: UUID, kind: str, starts_on: date) -> None:
    audit(tx, actor, f"register.term_{kind}", f"entry:{entry_id}", {"starts_on": starts_on.isoformat()})


def _is(kind: EntryKind) -> ColumnElement[bool]:
    return (RegisterEntry.kind == kind) & (RegisterEntry.status == EntryStatus.CURRENT)


def _starts_by(event: str) -> ColumnElement[bool]:
    """Whether the county's newest row says so, or there is none."""
    newest = (
        select(EstateParameter.value["event"].astext)
        .where(EstateParameter.name == START_EVENT, EstateParameter.effective_from <= today())
        .order_by(EstateParameter.effective_from.desc())
        .limit(1)
    )
    return func.coalesce(newest.scalar_subquery(), event) == event


def _started(latest: date) -> Select[UUID, UUID, date]:
    """Live presale notices whose term started on that day or before, the longest first."""
    newer = aliased(EntryTerm)
    started_again = exists().where(
        newer.tenant_id == EntryTerm.tenant_id,
        newer.entry_id == EntryTerm.entry_id,
        newer.kind == "started",
        newer.id > EntryTerm.id,
    )
    same = (EntryTerm.tenant_id == RegisterEntry.tenant_id) & (EntryTerm.entry_id == RegisterEntry.id)
    return (
        select(RegisterEntry.id, RegisterEntry.unit_id, EntryTerm.starts_on)
        .join(EntryTerm, same)
        .where(EntryTerm.kind == "started", EntryTerm.starts_on <= latest)
        .where(_is(EntryKind.PRESALE_NOTICE), ~started_again, ~_lifted())
        .order_by(EntryTerm.starts_on, RegisterEntry.id)
    )


def _lifted() -> ColumnElement[bool]:
    lifted = aliased(EntryTerm)
    return exists().where(
        lifted.tenant_id == RegisterEntry.tenant_id, lifted.entry_id == RegisterEntry.id, lifted.kind == "lifted"
    )


async def _notices_due(reader: ReadSession, on: date, limit: int) -> Iterator[Lapse]:
    rows = await reader.execute(_started(on - timedelta(days=NOTICE_DAYS + 1)).limit(limit))
    lasts = [(row, _last_day(row.starts_on + timedelta(days=NOTICE_DAYS))) for row in rows]
    words = "自能够进行不动产登记之日起九十日内未申请登记，预告登记失效（民法典第221条）"
    return (_lapse(row, "presale_notice_90_days", last, words) for row, last in lasts if last < on)


async def _objections_due(reader: ReadSession, on: date, limit: int) -> Iterator[Lapse]:
    booked_before = datetime.combine(on - timedelta(days=OBJECTION_DAYS), time(), SHANGHAI)
    wanted = (
        select(RegisterEntry.id, RegisterEntry.unit_id, RegisterEntry.booked_at)
        .where(_is(EntryKind.OBJECTION), RegisterEntry.booked_at < booked_before, ~_lifted())
        .order_by(RegisterEntry.booked_at)
    )
    lasts = [(row, _objection_ends(row.booked_at)) for row in await reader.execute(wanted.limit(limit))]
    words = "自异议登记之日起十五日内未提起诉讼，异议登记失效（民法典第220条）"
    return (_lapse(row, "objection_15_days", last, words) for row, last in lasts if last < on)


async def _seizures_due(reader: ReadSession, on: date, limit: int) -> Iterator[Lapse]:
    wanted = (
        select(RegisterEntry.id, RegisterEntry.unit_id, RegisterEntry.valid_until)
        .where(_is(EntryKind.SEIZURE), RegisterEntry.rank == 0, RegisterEntry.valid_until < on)
        .order_by(RegisterEntry.valid_until)
    )
    words = "查封期限届满未续行查封，查封的效力消灭（查封扣押冻结规定第27条）"
    rows = await reader.execute(wanted.limit(limit))
    return (_lapse(row, "seizure_term", row.valid_until, words) for row in rows)


def _lapse(row: Any, rule: Rule, last: date, words: str) -> Lapse:
    return Lapse(row.id, row.unit_id, rule, last + timedelta(days=1), f"{words}；期限至{last.isoformat()}")


def _reminder(row: Row[UUID, UUID, date], on: date) -> Reminder:
    passed = (on - row.starts_on).days
    last = row.starts_on + timedelta(days=NOTICE_DAYS)
    words = f"预告登记将于{last.isoformat()}期满，请在此之前申请不动产登记（民法典第221条）"
    return Reminder(row.id, row.unit_id, max(day for day in REMINDER_DAYS if day <= passed), last, words)


def _objection_ends(booked_at: datetime) -> date:
    return _last_day(booked_at.astimezone(SHANGHAI).date() + timedelta(days=OBJECTION_DAYS))


def _last_day(day: date) -> date:
    """民法典 art. 203: a term whose last day is a public holiday ends with the first working day after it.

    Where next year's holidays are not known yet, the longest that they can last is waited for: nothing lapses too soon.
    """
    try:
        return WorkCalendar().next_working_day(day)
    except CalendarUnknown:
        return day + timedelta(days=_LONGEST_HOLIDAY)
