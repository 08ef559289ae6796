"""Reading the lists of the registration centre: a fixed number of statements for each page, whatever its length."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from contracts.models import Contract, ContractBuyer
from kernel.clock import SHANGHAI, today
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.permissions import Actor, ActorKind
from yiti.accounts.models import Organisation
from yiti.cases.declaration import Settings
from yiti.cases.encoding import convert
from yiti.cases.findings import Finding
from yiti.cases.lifecycle import Action, CaseStatus
from yiti.cases.models import Case, CaseAction, CaseConfiguration, CaseParty, CaseUnit, DecisionReceipt
from yiti.estate.models import Unit
from yiti.journeys.models import Sale
from yiti.journeys.registration.models import PersonCheck
from yiti.portals.registration.people import applicants, shown_name

PAGE = 20
OPEN = (CaseStatus.SUBMITTED, CaseStatus.ACCEPTED, CaseStatus.APPROVED)
"""Work that somebody has to go on with; an index holds these alone, in the order of their limits."""
ENDS = (Action.BOOK, Action.REFUSE, Action.REJECT, Action.WITHDRAW)
"""The steps that end the work on a case."""
_UNIT_CODE_LENGTH = 28
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of the work lists."""

    mine: int
    to_accept: int
    to_review: int
    waiting: int
    amber: int
    overdue: int
    ended: int
    """Decided since midnight, by whomever."""
    automatic: int
    """Of those, by the platform itself (智能秒批)."""

    @property
    def due(self) -> int:
        """Close to the limit, or past it."""
        return self.amber + self.overdue


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open cases a list shows. `businesses`: none for all; `level`: of review, from 0."""

    show: str
    actor_id: UUID | None
    amber: datetime
    businesses: tuple[str, ...] = ()
    level: int | None = None
    flag: str = ""


async def counts(reader: ReadSession, actor_id: UUID | None, at: datetime, amber: datetime) -> Counts:
    """How much work there is, and what was done today. `amber`: limits that run out before it are close."""
    shown = [_conditions(Wanted(show, actor_id, amber)) for show in ("mine", "to_accept", "to_review", "waiting")]
    late, close = Case.due_at <= at, and_(Case.due_at > at, Case.due_at < amber)
    counted = [func.count().filter(one) for one in (*shown, close, late)]
    open_: list[int] = list((await reader.execute(select(*counted).where(Case.status.in_(OPEN)))).one())
    by_system = func.count().filter(CaseAction.actor_kind == ActorKind.SYSTEM)
    ended, automatic = (await reader.execute(select(func.count(), by_system).where(*_ended_today()))).one()
    mine, to_accept, to_review, waiting, near, overdue = open_
    return Counts(mine, to_accept, to_review, waiting, near, overdue, ended, automatic)


def _conditions(wanted: Wanted) -> ColumnElement[bool]:
    """What belongs on this list, among open cases."""
    free = Case.flags == []
    match wanted.show:
        case "mine":
            return Case.opened_by == wanted.actor_id
        case "to_accept":
            return and_(Case.status == CaseStatus.SUBMITTED, free)
        case "to_review":
            return and_(Case.status.in_((CaseStatus.ACCEPTED, CaseStatus.APPROVED)), free)
        case "waiting":
            return ~free
        case "due":
            return Case.due_at < wanted.amber
        case _:
            raise Invalid("没有这种列表", field="show")


async def open_cases(reader: ReadSession, wanted: Wanted, after: str) -> tuple[list[Case], str]:
    """One page of a list of open cases, what is due first, and where the next page begins (empty: nowhere)."""
    found = select(Case).where(Case.status.in_(OPEN), _conditions(wanted))
    if wanted.businesses:
        found = found.where(Case.business.in_(wanted.businesses))
    if wanted.level is not None:
        found = found.where(Case.review_level == wanted.level)
    if wanted.flag:
        found = found.where(Case.flags.contains([wanted.flag]))
    if after:
        found = found.where(_beyond(after))
    rows = list(await reader.scalars(found.order_by(Case.due_at.asc().nulls_last(), Case.id).limit(PAGE + 1)))
    return rows[:PAGE], _place(rows[PAGE - 1]) if len(rows) > PAGE else ""


async def to_hand_over(reader: ReadSession, before: str) -> tuple[list[Case], str]:
    """One page of booked cases whose certificates wait at the window, newest first."""
    wanted = select(Case).where(Case.status == CaseStatus.BOOKED, Case.contract_id.is_(None))
    if before:
        wanted = wanted.where(Case.id < _uuid(before))
    found = list(await reader.scalars(wanted.order_by(Case.id.desc()).limit(PAGE + 1)))
    return found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else ""


async def own_drafts(reader: ReadSession, actor: Actor) -> list[Case]:
    """What this clerk began and has not handed in, newest first."""
    wanted = select(Case).where(Case.status == CaseStatus.DRAFT, Case.opened_by == actor.id)
    return list(await reader.scalars(wanted.order_by(Case.id.desc()).limit(PAGE)))


async def ended_today(reader: ReadSession, before: str) -> tuple[list[tuple[CaseAction, Case]], str]:
    """One page of today's decisions, newest first, and where the next page begins."""
    same = (Case.tenant_id == CaseAction.tenant_id) & (Case.id == CaseAction.case_id)
    wanted = select(CaseAction, Case).join(Case, same).where(*_ended_today())
    if before:
        wanted = wanted.where(CaseAction.id < _uuid(before))
    rows = await reader.execute(wanted.order_by(CaseAction.id.desc()).limit(PAGE + 1))
    found = [(action, case) for action, case in rows]
    return found[:PAGE], str(found[PAGE - 1][0].id) if len(found) > PAGE else ""


async def everything(reader: ReadSession, before: str, search: str) -> tuple[list[Case], str]:
    """One page of cases of every state, newest first; `search`: a case number, unit code or filing number, whole."""
    wanted = select(Case).order_by(Case.id.desc()).limit(PAGE + 1)
    if search:
        wanted = wanted.where(_found_by(search))
    if before:
        wanted = wanted.where(Case.id < _uuid(before))
    found = list(await reader.scalars(wanted))
    return found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else ""


async def parties(reader: ReadSession, contract_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The applicants of each contract's cases in one line, persons masked."""
    ids = list(contract_ids)
    rows = await reader.execute(
        select(ContractBuyer.contract_id, ContractBuyer.kind, ContractBuyer.name)
        .where(ContractBuyer.contract_id.in_(ids))
        .order_by(ContractBuyer.contract_id, ContractBuyer.position)
    )
    buyers = {key: [(kind, name) for _, kind, name in lines] for key, lines in groupby(rows, lambda row: row[0])}
    same = (Organisation.tenant_id == Sale.tenant_id) & (Organisation.id == Sale.organisation_id)
    developers = await reader.execute(
        select(Sale.contract_id, Organisation.name).join(Organisation, same).where(Sale.contract_id.in_(ids))
    )
    sellers = {row.contract_id: row.name for row in developers}
    return {one: applicants(buyers.get(one, []), sellers.get(one)) for one in ids}


async def applicants_of(reader: ReadSession, case_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The applicants of each case that has an application, in one line, persons masked."""
    wanted = select(CaseParty.case_id, CaseParty.id_kind, CaseParty.name).where(
        CaseParty.case_id.in_(case_ids), CaseParty.side != "agent"
    )
    rows = await reader.execute(wanted.order_by(CaseParty.case_id, CaseParty.position))
    return {
        case_id: "、".join(dict.fromkeys(shown_name(name, kind) for _, kind, name in lines))
        for case_id, lines in groupby(rows, lambda row: row[0])
    }


async def own_settings(reader: ReadSession) -> dict[str, Settings]:
    """What the county has set for a business otherwise than the catalogue declares, as in force today."""
    rows = await reader.scalars(
        select(CaseConfiguration)
        .ext(distinct_on(CaseConfiguration.business))
        .where(CaseConfiguration.effective_from <= today())
        .order_by(CaseConfiguration.business, CaseConfiguration.effective_from.desc(), CaseConfiguration.id.desc())
    )
    return {one.business: convert(one.values, Settings) for one in rows}


async def person_checks(reader: ReadSession, case_id: UUID) -> dict[bytes, str]:
    """Who was compared with their document: blind index → by whom or by what, the newest."""
    wanted = select(PersonCheck).where(PersonCheck.case_id == case_id, PersonCheck.matched.is_(True))
    rows = await reader.scalars(wanted.order_by(PersonCheck.id))
    return {one.id_index: f"{one.checked_by}已核对" if one.checked_by else "公安人口信息一致" for one in rows}


async def findings(reader: ReadSession, case_ids: Sequence[UUID]) -> dict[UUID, tuple[Finding, ...]]:
    """The findings of each case's newest receipt; the facts, which are personal data, stay encrypted."""
    rows = await reader.execute(
        select(DecisionReceipt.case_id, DecisionReceipt.findings)
        .ext(distinct_on(DecisionReceipt.case_id))
        .where(DecisionReceipt.case_id.in_(case_ids))
        .order_by(DecisionReceipt.case_id, DecisionReceipt.id.desc())
    )
    return {case_id: msgspec.convert(stored, tuple[Finding, ...]) for case_id, stored in rows}


async def endings(reader: ReadSession, case_ids: Sequence[UUID]) -> dict[UUID, CaseAction]:
    """The step that ended each case, where one has."""
    wanted = select(CaseAction).where(CaseAction.case_id.in_(case_ids), CaseAction.action.in_(ENDS))
    return {action.case_id: action for action in await reader.scalars(wanted)}


def _ended_today() -> tuple[ColumnElement[bool], ...]:
    # Keys are UUIDv7, which begin with the time: the day's steps are a range of the primary key. The clock of the
    # process that made a key may be a little off, so the range begins earlier and `at` decides.
    midnight = datetime.combine(today(), time(), SHANGHAI)
    return CaseAction.id >= _first_key(midnight - _CLOCK_SKEW), CaseAction.at >= midnight, CaseAction.action.in_(ENDS)


def _first_key(at: datetime) -> UUID:
    """The least UUIDv7 of this moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _found_by(search: str) -> ColumnElement[bool]:
    # One unique index each, chosen by the form of what was typed.
    code = "".join(search.upper().split())
    if len(code) == _UNIT_CODE_LENGTH:
        unit = select(Unit.id).where(Unit.code == code)
        return or_(Case.unit_id.in_(unit), Case.id.in_(select(CaseUnit.case_id).where(CaseUnit.unit_id.in_(unit))))
    if code.startswith("YS"):
        return Case.contract_id.in_(select(Contract.id).where(Contract.filing_no == code))
    return Case.number == code


def _place(case: Case) -> str:
    return f"{case.due_at.isoformat() if case.due_at else ''}~{case.id}"


def _beyond(place: str) -> ColumnElement[bool]:
    """Everything that comes after this place in the order of `waiting` (limits, then those without one)."""
    due, _, case_id = place.partition("~")
    if not due:
        return and_(Case.due_at.is_(None), Case.id > _uuid(case_id))
    try:
        moment = datetime.fromisoformat(due)
    except ValueError:
        raise Invalid("翻页地址有误，请回到第一页") from None
    if moment.tzinfo is None:
        raise Invalid("翻页地址有误，请回到第一页")
    later = or_(Case.due_at > moment, and_(Case.due_at == moment, Case.id > _uuid(case_id)))
    return or_(later, Case.due_at.is_(None))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("翻页地址有误，请回到第一页") from None
