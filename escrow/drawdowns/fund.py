"""What decisions about supervised money look at: of one project, or of many in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from escrow import refund_queue
from escrow.agreements.models import AgreementState, ReleaseState, SupervisionAgreement, SupervisionRelease
from escrow.agreements.release import FirstRegistration, is_complete
from escrow.agreements.rules import as_nodes
from escrow.banking.models import OPEN, OrderState, Purpose
from escrow.drawdowns.models import APPROVED, CourtFreeze, Drawdown
from escrow.drawdowns.schemas import FundFacts
from escrow.ledger.models import AccountKind
from escrow.models import SupervisionAccount
from escrow.reconciliation import open_differences
from escrow.supervision import account_of
from kernel.clock import today
from kernel.db import ReadSession

# One statement, and so one moment: a payment that the bank confirms meanwhile leaves the balance and becomes drawn at
# once. Counted on both sides it would raise the ceiling.
_MONEY: Final = """SELECT wanted.owner, coalesce(fund.fen, 0) AS fen, coalesce(fund.available_fen, 0) AS available_fen,
        coalesce(orders.drawn_fen, 0) AS drawn_fen, coalesce(orders.ordered_fen, 0) AS ordered_fen, orders.overdue
    FROM unnest($1::text[], $2::text[]) AS wanted(owner, account_no)
    LEFT JOIN LATERAL (
        SELECT sum(s.balance_fen)::bigint AS fen, sum(s.balance_fen - s.held_fen)::bigint AS available_fen
        FROM ledger_accounts a JOIN ledger_slots s ON s.tenant_id = a.tenant_id AND s.account_id = a.id
        WHERE a.kind = $3 AND a.owner = wanted.owner
    ) AS fund ON true
    LEFT JOIN LATERAL (
        SELECT sum(p.amount_fen) FILTER (WHERE p.purpose = $4 AND p.state = $5)::bigint AS drawn_fen,
            sum(p.amount_fen) FILTER (WHERE p.purpose = $4 AND p.state = ANY($6::text[]))::bigint AS ordered_fen,
            count(*) FILTER (WHERE p.state = ANY($6::text[]) AND p.due_on < $7) AS overdue
        FROM payment_orders p WHERE p.account_no = wanted.account_no
    ) AS orders ON true"""


class FundLine(Struct, frozen=True, kw_only=True):
    """A project's supervised money at a glance."""

    facts: FundFacts
    overdue: int
    """Payment orders that the bank should have paid by now."""


async def fund_facts(reader: ReadSession, project_id: UUID, register: FirstRegistration) -> FundFacts:
    """The project's money now. Raises NoAccount."""
    return (await fund_line(reader, project_id, register)).facts


async def fund_line(reader: ReadSession, project_id: UUID, register: FirstRegistration) -> FundLine:
    """The same with what is overdue. Raises NoAccount."""
    account = await account_of(reader, project_id)
    line = (await fund_lines(reader, [account], today()))[project_id]
    return FundLine(facts=msgspec.structs.replace(line.facts, registered=is_complete(register)), overdue=line.overdue)


async def fund_lines(reader: ReadSession, accounts: Sequence[SupervisionAccount], on: date) -> Mapping[UUID, FundLine]:
    """The money of each account's project. `registered` is not looked at: the register has nothing to do with sums."""
    owners = {account.project_id: account for account in accounts if account.project_id is not None}
    projects, numbers = list(owners), [account.account_no for account in owners.values()]
    money = await reader.rows(
        _MONEY, [str(one) for one in projects], numbers, AccountKind.PROJECT_FUND, Purpose.DRAWDOWN, OrderState.PAID,
        sorted(OPEN), on,
    )  # fmt: skip
    sums = {UUID(row.owner): row for row in money}
    terms = await _terms(reader, projects)
    frozen, differences = await _frozen(reader, projects), await open_differences(reader, numbers)
    released = await _released(reader, projects)
    owed = await refund_queue.waiting_fen(reader, projects)
    established = await _established(reader, projects)
    found = {}
    for project, account in owners.items():
        row, agreement, back = sums[project], terms.get(project), owed.get(project, 0)
        facts = FundFacts(
            account_no=account.account_no,
            agreed=agreement is not None,
            quota_fen=agreement.quota_fen if agreement else account.quota_fen,
            nodes=as_nodes(agreement.nodes) if agreement else (),
            # What was drawn has left the balance; everything else that left it went back to who had paid it in.
            received_fen=max(0, row.fen + row.drawn_fen - back),
            drawn_fen=row.drawn_fen,
            ordered_fen=row.ordered_fen,
            balance_fen=row.fen,
            owed_fen=back,
            available_fen=max(0, row.available_fen - back),
            frozen_fen=frozen.get(project, 0),
            differences=differences.get(account.account_no, 0),
            released=project in released,
            registered=False,
            established=frozenset(established.get(project, ())),
        )
        found[project] = FundLine(facts=facts, overdue=row.overdue)
    return found


def figures(facts: FundFacts) -> dict[str, Any]:
    """The facts as they are kept with a decision."""
    kept: dict[str, Any] = msgspec.to_builtins(facts)
    return kept


async def _terms(reader: ReadSession, projects: Sequence[UUID]) -> dict[UUID, SupervisionAgreement]:
    rows = await reader.scalars(
        select(SupervisionAgreement).where(
            SupervisionAgreement.project_id.in_(projects), SupervisionAgreement.state == AgreementState.IN_FORCE
        )
    )
    return {row.project_id: row for row in rows}


async def _frozen(reader: ReadSession, projects: Sequence[UUID]) -> dict[UUID, int]:
    rows = await reader.execute(
        select(CourtFreeze.project_id, func.sum(CourtFreeze.amount_fen))
        .where(CourtFreeze.project_id.in_(projects), CourtFreeze.lifted_at.is_(None))
        .group_by(CourtFreeze.project_id)
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
