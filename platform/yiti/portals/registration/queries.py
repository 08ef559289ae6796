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
from kernel.permissions import ActorKind
from yiti.accounts.models import Organisation
from yiti.cases.findings import Finding
from yiti.cases.lifecycle import Action, CaseStatus
from yiti.cases.models import Case, CaseAction, DecisionReceipt
from yiti.estate.models import Unit
from yiti.journeys.models import Sale
from yiti.portals.registration.people import applicants

PAGE = 20
ENDS = (Action.BOOK, Action.REFUSE, Action.WITHDRAW)
"""The steps that end the work on a case."""
_UNIT_CODE_LENGTH = 28
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """The tiles of the work list."""

    waiting: int
    amber: int
    overdue: int
    ended: int
    """Decided since midnight, by whomever."""
    automatic: int
    """Of those, by the platform itself (智能秒批)."""


async def counts(reader: ReadSession, at: datetime, amber: datetime) -> Counts:
    """How much waits, and what was done today. `amber`: limits that run out before it are close."""
    late, close = Case.due_at <= at, and_(Case.due_at > at, Case.due_at < amber)
    waiting = await reader.execute(
        select(func.count(), func.count().filter(close), func.count().filter(late)).where(
            Case.status == CaseStatus.ACCEPTED
        )
    )
    by_system = CaseAction.actor_kind == ActorKind.SYSTEM
    ended = await reader.execute(select(func.count(), func.count().filter(by_system)).where(*_ended_today()))
    return Counts(*waiting.one(), *ended.one())


async def waiting(reader: ReadSession, after: str) -> tuple[list[Case], str]:
    """One page of waiting cases, what is due first, and where the next page begins (empty: nowhere)."""
    wanted = select(Case).where(Case.status == CaseStatus.ACCEPTED)
    if after:
        wanted = wanted.where(_beyond(after))
    wanted = wanted.order_by(Case.due_at.asc().nulls_last(), Case.id).limit(PAGE + 1)
    found = list(await reader.scalars(wanted))
    return found[:PAGE], _place(found[PAGE - 1]) if len(found) > PAGE else ""


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
    first = UUID(int=int((midnight - _CLOCK_SKEW).timestamp() * 1000) << 80)
    return CaseAction.id >= first, CaseAction.at >= midnight, CaseAction.action.in_(ENDS)


def _found_by(search: str) -> ColumnElement[bool]:
    # One unique index each, chosen by the form of what was typed.
    code = "".join(search.upper().split())
    if len(code) == _UNIT_CODE_LENGTH:
        return Case.unit_id.in_(select(Unit.id).where(Unit.code == code))
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
