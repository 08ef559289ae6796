"""What lists show: many projects' money in a fixed number of statements, drawdowns page by page, what is wrong."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, case, func, select

from escrow.agreements.models import AgreementState, ReleaseState, SupervisionAgreement, SupervisionRelease
from escrow.agreements.rules import as_nodes
from escrow.banking.models import OPEN, OrderState, PaymentOrder, Purpose
from escrow.drawdowns.models import APPROVED, CourtFreeze, Drawdown, DrawdownState
from escrow.drawdowns.schemas import FundFacts
from escrow.ledger.models import AccountKind
from escrow.models import Bill, BillState, Refund, RefundState, SupervisionAccount
from escrow.reconciliation.models import Difference
from escrow.rules import SUPERVISED
from kernel.db import ReadSession

_MONEY = """SELECT a.owner, sum(s.balance_fen)::bigint AS fen, sum(s.balance_fen - s.held_fen)::bigint AS available_fen
    FROM ledger_accounts a JOIN ledger_slots s ON s.tenant_id = a.tenant_id AND s.account_id = a.id
    WHERE a.kind = $1 AND a.owner = ANY($2::text[]) GROUP BY a.owner"""


class FundLine(Struct, frozen=True, kw_only=True):
    """A project's supervised money at a glance."""

    facts: FundFacts
    overdue: int
    """Payment orders that the bank should have paid by now."""


async def fund_lines(
    reader: ReadSession, accounts: Sequence[SupervisionAccount], today: date
) -> Mapping[UUID, FundLine]:
    """The money of each account's project. `registered` is not looked at: the register has nothing to do with sums."""
    projects = [account.project_id for account in accounts if account.project_id is not None]
    numbers = [account.account_no for account in accounts]
    money = await reader.rows(_MONEY, AccountKind.PROJECT_FUND, [str(one) for one in projects])
    held = {row.owner: (int(row.fen), int(row.available_fen)) for row in money}
    paid, waiting, late = await _orders(reader, numbers, today)
    terms = await _terms(reader, projects)
    frozen, differences = await _stops(reader, projects, numbers)
    released = await _released(reader, projects)
    owed = await _owed(reader, projects)
    established = await _established(reader, projects)
    found = {}
    for account in accounts:
        project, number = account.project_id, account.account_no
        assert project is not None
        balance, available = held.get(str(project), (0, 0))
        agreement = terms.get(project)
        facts = FundFacts(
            account_no=number,
            agreed=agreement is not None,
            quota_fen=agreement.quota_fen if agreement else account.quota_fen,
            nodes=as_nodes(agreement.nodes) if agreement else (),
            received_fen=max(0, balance + paid.get(number, 0) - owed.get(project, 0)),
            drawn_fen=paid.get(number, 0),
            ordered_fen=waiting.get(number, 0),
            balance_fen=balance,
            owed_fen=owed.get(project, 0),
            available_fen=max(0, available - owed.get(project, 0)),
            frozen_fen=frozen.get(project, 0),
            differences=differences.get(number, 0),
            released=project in released,
            registered=False,
            established=frozenset(established.get(project, ())),
        )
        found[project] = FundLine(facts=facts, overdue=late.get(number, 0))
    return found


async def _terms(reader: ReadSession, projects: Sequence[UUID]) -> dict[UUID, SupervisionAgreement]:
    rows = await reader.scalars(
        select(SupervisionAgreement).where(
            SupervisionAgreement.project_id.in_(projects), SupervisionAgreement.state == AgreementState.IN_FORCE
        )
    )
    return {row.project_id: row for row in rows}


async def _stops(
    reader: ReadSession, projects: Sequence[UUID], numbers: Sequence[str]
) -> tuple[dict[UUID, int], dict[str, int]]:
    """Frozen fen by project, and open differences by account."""
    frozen = await reader.execute(
        select(CourtFreeze.project_id, func.sum(CourtFreeze.amount_fen))
        .where(CourtFreeze.project_id.in_(projects), CourtFreeze.lifted_at.is_(None))
        .group_by(CourtFreeze.project_id)
    )
    differences = await reader.execute(
        select(Difference.account_no, func.count())
        .where(Difference.account_no.in_(numbers), Difference.state == "open")
        .group_by(Difference.account_no)
    )
    return {project: int(fen) for project, fen in frozen}, dict(differences.all())


async def _owed(reader: ReadSession, projects: Sequence[UUID]) -> dict[UUID, int]:
    """As `refund_queue.waiting_fen`, of many."""
    rows = await reader.execute(
        select(Bill.project_id, func.sum(Refund.amount_fen))
        .join(Refund, (Refund.tenant_id == Bill.tenant_id) & (Refund.bill_id == Bill.id))
        .where(
            Bill.project_id.in_(projects),
            Bill.kind.in_(SUPERVISED),
            Bill.state == BillState.CONFIRMED,
            Refund.state == RefundState.WAITING,
        )
        .group_by(Bill.project_id)
    )
    return {project: int(fen) for project, fen in rows}


async def _released(reader: ReadSession, projects: Sequence[UUID]) -> set[UUID]:
    return set(
        await reader.scalars(
            select(SupervisionRelease.project_id).where(
                SupervisionRelease.project_id.in_(projects), SupervisionRelease.state == ReleaseState.APPROVED
            )
        )
    )


async def _established(reader: ReadSession, projects: Sequence[UUID]) -> dict[UUID, set[str]]:
    rows = await reader.execute(
        select(Drawdown.project_id, Drawdown.node)
        .where(Drawdown.project_id.in_(projects), Drawdown.state.in_(APPROVED))
        .distinct()
    )
    found: dict[UUID, set[str]] = {}
    for project, node in rows:
        found.setdefault(project, set()).add(node)
    return found


async def _orders(
    reader: ReadSession, numbers: Sequence[str], today: date
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Paid and waiting fen of drawdowns, and the number of overdue orders, by account."""
    draws = PaymentOrder.purpose == Purpose.DRAWDOWN
    rows = await reader.execute(
        select(
            PaymentOrder.account_no,
            _sum_if(and_(draws, PaymentOrder.state == OrderState.PAID)),
            _sum_if(and_(draws, PaymentOrder.state.in_(OPEN))),
            func.count().filter(PaymentOrder.state.in_(OPEN), PaymentOrder.due_on < today),
        )
        .where(PaymentOrder.account_no.in_(numbers))
        .group_by(PaymentOrder.account_no)
    )
    found = [(number, int(paid), int(waiting), int(late)) for number, paid, waiting, late in rows]
    return (
        {number: paid for number, paid, _, _ in found},
        {number: waiting for number, _, waiting, _ in found},
        {number: late for number, _, _, late in found},
    )


def _sum_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, PaymentOrder.amount_fen), else_=0)), 0)


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
