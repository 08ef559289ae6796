"""What lists show: drawdowns page by page, and what is wrong in the county."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select

from escrow.banking.models import OPEN, PaymentOrder, Purpose
from escrow.drawdowns.models import CourtFreeze, Drawdown, DrawdownState
from escrow.reconciliation.models import Difference
from kernel.db import ReadSession


class Waiting(Struct, frozen=True, kw_only=True):
    """What somebody must look at, in the whole county."""

    overdue: int
    differences: int
    frozen_fen: int
    to_review: int
    to_approve: int


async def waiting(reader: ReadSession, today: date) -> Waiting:
    """The county's alarms and work in one statement."""
    late = select(func.count()).where(
        PaymentOrder.purpose == Purpose.DRAWDOWN, PaymentOrder.state.in_(OPEN), PaymentOrder.due_on < today
    )
    differences = select(func.count()).where(Difference.state == "open")
    frozen = select(func.coalesce(func.sum(CourtFreeze.amount_fen), 0)).where(CourtFreeze.lifted_at.is_(None))
    review = select(func.count()).where(Drawdown.state == DrawdownState.SUBMITTED)
    approve = select(func.count()).where(Drawdown.state == DrawdownState.REVIEWED)
    parts = (late, differences, frozen, review, approve)
    row = (await reader.execute(select(*(one.scalar_subquery() for one in parts)))).one()
    return Waiting(overdue=row[0], differences=row[1], frozen_fen=int(row[2]), to_review=row[3], to_approve=row[4])


async def drawdowns(
    reader: ReadSession,
    *,
    states: frozenset[DrawdownState] | None = None,
    project_id: UUID | None = None,
    organisation_id: UUID | None = None,
    before: UUID | None = None,
    limit: int,
) -> Sequence[Drawdown]:
    """Drawdowns, newest first; a developer sees its own in every state, the department what was handed in."""
    wanted = select(Drawdown).order_by(Drawdown.id.desc()).limit(limit)
    if organisation_id is not None:
        wanted = wanted.where(Drawdown.organisation_id == organisation_id)
    else:
        wanted = wanted.where(Drawdown.submitted_at.is_not(None))
    if states is not None:
        wanted = wanted.where(Drawdown.state.in_(states))
    if project_id is not None:
        wanted = wanted.where(Drawdown.project_id == project_id)
    if before is not None:
        wanted = wanted.where(Drawdown.id < before)
    return (await reader.scalars(wanted)).all()


async def asked_and_open(reader: ReadSession, project_id: UUID, without: UUID | None = None) -> int:
    """Fen of drawdowns that are handed in and not decided yet: they count for nobody, but people should know."""
    wanted = select(func.sum(Drawdown.amount_fen)).where(
        Drawdown.project_id == project_id, Drawdown.state.in_((DrawdownState.SUBMITTED, DrawdownState.REVIEWED))
    )
    if without is not None:
        wanted = wanted.where(Drawdown.id != without)
    return int(await reader.scalar(wanted) or 0)
