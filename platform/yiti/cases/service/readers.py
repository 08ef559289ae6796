"""Reading cases."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from kernel.db import ReadSession, WriteSession
from kernel.pii import blind_index
from yiti.cases.application import Application
from yiti.cases.encoding import convert, decode
from yiti.cases.facts import OutsideFact
from yiti.cases.lifecycle import CaseStatus, Which
from yiti.cases.models import Case, CaseAction, CaseMaterial, CaseParty, CaseUnit, DecisionReceipt
from yiti.cases.service.errors import CaseNotFound

WorkFilter = Literal["to_accept", "to_review", "waiting", "to_hand_over", "drafts", "ended"]
"""To be accepted; to be reviewed now; waiting for somebody outside; booked and not handed over; drafts; ended."""
PAGE = 20


async def locked(tx: WriteSession, case_id: UUID) -> Case:
    """The case, locked until the end of the transaction and read anew."""
    wanted = select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
    case = await tx.scalar(wanted)
    if case is None:
        raise CaseNotFound
    return case


async def get(reader: ReadSession, case_id: UUID) -> Case:
    """The case."""
    case = await reader.scalar(select(Case).where(Case.id == case_id))
    if case is None:
        raise CaseNotFound
    return case


async def by_number(reader: ReadSession, number: str) -> Case:
    """The case with this 业务号."""
    case = await reader.scalar(select(Case).where(Case.number == number))
    if case is None:
        raise CaseNotFound
    return case


def application_of(case: Case) -> Application:
    """What is asked for; an empty application while nothing has been saved, or for a case that follows a contract."""
    return decode(case.application, Application) if case.application else Application(parts=())


def outside_of(case: Case) -> dict[Which, OutsideFact]:
    """The answers of tax, housing, treasury and others, by question; what was never asked is not in it."""
    return convert(case.outside, dict[Which, OutsideFact])


async def history(reader: ReadSession, case_id: UUID) -> list[CaseAction]:
    """The case's log, oldest first."""
    return list(
        await reader.scalars(select(CaseAction).where(CaseAction.case_id == case_id).order_by(CaseAction.position))
    )


async def materials(reader: ReadSession, case_id: UUID, *, removed: bool = False) -> list[CaseMaterial]:
    """The materials that lie with the case, in order of arrival; with `removed`, also those taken away."""
    wanted = select(CaseMaterial).where(CaseMaterial.case_id == case_id)
    if not removed:
        wanted = wanted.where(CaseMaterial.removed_at.is_(None))
    return list(await reader.scalars(wanted.order_by(CaseMaterial.id)))


async def parties(reader: ReadSession, case_id: UUID) -> list[CaseParty]:
    """Applicants and agents, in the order of the application."""
    return list(
        await reader.scalars(select(CaseParty).where(CaseParty.case_id == case_id).order_by(CaseParty.position))
    )


async def units(reader: ReadSession, case_id: UUID) -> list[CaseUnit]:
    """The units concerned, in the order of the application."""
    return list(await reader.scalars(select(CaseUnit).where(CaseUnit.case_id == case_id).order_by(CaseUnit.position)))


async def cases_of_person(reader: ReadSession, id_number: str) -> list[Case]:
    """Every case in which this person applies or acts for somebody, newest first; drafts of others are not shown."""
    named = select(CaseParty.case_id).where(CaseParty.id_index == blind_index(id_number))
    wanted = select(Case).where(Case.id.in_(named), Case.status != CaseStatus.DRAFT)
    return list(await reader.scalars(wanted.order_by(Case.id.desc())))


async def cases_opened_by(reader: ReadSession, user_id: UUID) -> list[Case]:
    """Every case that this user has opened, drafts too, newest first."""
    return list(await reader.scalars(select(Case).where(Case.opened_by == user_id).order_by(Case.id.desc())))


async def open_cases_on(reader: ReadSession, unit_ids: Sequence[UUID]) -> list[tuple[UUID, Case]]:
    """Cases accepted and not yet booked on these units, as (unit, case), in order of acceptance (先受理先办理)."""
    same = and_(CaseUnit.tenant_id == Case.tenant_id, CaseUnit.case_id == Case.id)
    accepted = Case.status.in_((CaseStatus.ACCEPTED, CaseStatus.APPROVED))
    wanted = select(CaseUnit.unit_id, Case).join(Case, same).where(CaseUnit.unit_id.in_(unit_ids), accepted)
    rows = await reader.execute(wanted.order_by(Case.accepted_at, Case.id))
    return [(unit_id, case) for unit_id, case in rows]


async def worklist(
    reader: ReadSession, show: WorkFilter, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[Case], UUID | None]:
    """One page of a work list and the case after which the next page begins.

    Open work is ordered by what is due, clocks that stand still last; drafts and ended cases newest first.
    """
    wanted = select(Case).where(_shown(show))
    newest_first = show in ("drafts", "ended")
    if after is not None:
        wanted = wanted.where(Case.id < after if newest_first else _beyond(await get(reader, after)))
    order = (Case.id.desc(),) if newest_first else (Case.due_at.asc().nulls_last(), Case.id.asc())
    found = list(await reader.scalars(wanted.order_by(*order).limit(limit + 1)))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def _shown(show: WorkFilter) -> ColumnElement[bool]:
    S = CaseStatus  # noqa: N806  # a short name for the table below
    free = Case.flags == []
    conditions: dict[WorkFilter, ColumnElement[bool]] = {
        "to_accept": and_(Case.status == S.SUBMITTED, free),
        "to_review": and_(Case.status.in_((S.ACCEPTED, S.APPROVED)), free),
        "waiting": and_(Case.status.in_((S.SUBMITTED, S.ACCEPTED, S.APPROVED)), ~free),
        "to_hand_over": Case.status == S.BOOKED,
        "drafts": Case.status == S.DRAFT,
        "ended": Case.status.in_((S.CLOSED, S.REJECTED, S.REFUSED, S.WITHDRAWN)),
    }
    return conditions[show]


def _beyond(last: Case) -> ColumnElement[bool]:
    if last.due_at is None:
        return and_(Case.due_at.is_(None), Case.id > last.id)
    later = or_(Case.due_at > last.due_at, and_(Case.due_at == last.due_at, Case.id > last.id))
    return or_(later, Case.due_at.is_(None))


async def receipts(reader: ReadSession, case_id: UUID) -> list[DecisionReceipt]:
    """Every decision receipt of the case, oldest first."""
    wanted = select(DecisionReceipt).where(DecisionReceipt.case_id == case_id)
    return list(await reader.scalars(wanted.order_by(DecisionReceipt.id)))


async def latest_receipt(reader: ReadSession, case_id: UUID) -> DecisionReceipt | None:
    """The newest decision receipt of the case."""
    wanted = select(DecisionReceipt).where(DecisionReceipt.case_id == case_id)
    return (await reader.scalars(wanted.order_by(DecisionReceipt.id.desc()).limit(1))).first()
