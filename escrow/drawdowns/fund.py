"""Gathering what decisions about a project's supervised money look at."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from escrow import ledger, reconciliation, refund_queue
from escrow.agreements.models import SupervisionAgreement
from escrow.agreements.plans import in_force
from escrow.agreements.release import FirstRegistration, is_complete, is_released
from escrow.agreements.rules import as_nodes
from escrow.banking.models import OPEN, OrderState, PaymentOrder, Purpose
from escrow.drawdowns.models import APPROVED, CourtFreeze, Drawdown
from escrow.drawdowns.schemas import FundFacts
from escrow.ledger.models import AccountKind
from escrow.models import SupervisionAccount, SupervisionMode
from escrow.supervision import account_of
from kernel.db import ReadSession


async def fund_facts(reader: ReadSession, project_id: UUID, register: FirstRegistration) -> FundFacts:
    """The project's money now. Raises NoAccount."""
    account = await account_of(reader, project_id)
    terms = await in_force(reader, project_id)
    owner = str(project_id)
    balance = await ledger.balance(reader, AccountKind.PROJECT_FUND, owner)
    ordered, drawn = await _orders(reader, account, project_id)
    owed = await refund_queue.waiting_fen(reader, project_id)
    free = await ledger.available(reader, AccountKind.PROJECT_FUND, owner)
    return FundFacts(
        account_no=account.account_no,
        agreed=terms is not None,
        quota_fen=_quota(account, terms),
        nodes=as_nodes(terms.nodes) if terms else (),
        # What was drawn has left the balance; everything else that left it went back to who had paid it in.
        received_fen=max(0, balance + drawn - owed),
        drawn_fen=drawn,
        ordered_fen=ordered,
        balance_fen=balance,
        owed_fen=owed,
        available_fen=max(0, free - owed),
        frozen_fen=await frozen(reader, project_id),
        differences=await reconciliation.open_differences(reader, account.account_no),
        released=await is_released(reader, project_id),
        registered=is_complete(register),
        established=await _established(reader, project_id),
    )


async def frozen(reader: ReadSession, project_id: UUID) -> int:
    """Fen of the project's money that courts have frozen."""
    total = await reader.scalar(
        select(func.sum(CourtFreeze.amount_fen)).where(
            CourtFreeze.project_id == project_id, CourtFreeze.lifted_at.is_(None)
        )
    )
    return int(total or 0)


def figures(facts: FundFacts) -> dict[str, Any]:
    """The facts as they are kept with a decision."""
    kept: dict[str, Any] = msgspec.to_builtins(facts)
    return kept


def _quota(account: SupervisionAccount, terms: SupervisionAgreement | None) -> int | None:
    if terms is not None:
        return terms.quota_fen
    return account.quota_fen if account.mode == SupervisionMode.QUOTA else None


async def _orders(reader: ReadSession, account: SupervisionAccount, project_id: UUID) -> tuple[int, int]:
    """Ordered and not paid; paid. From the orders themselves, which move together with the ledger."""
    rows = await reader.execute(
        select(PaymentOrder.state, func.sum(PaymentOrder.amount_fen))
        .where(
            PaymentOrder.account_no == account.account_no,
            PaymentOrder.purpose == Purpose.DRAWDOWN,
            PaymentOrder.source_owner == str(project_id),
        )
        .group_by(PaymentOrder.state)
    )
    sums = {OrderState(state): int(total) for state, total in rows}
    return sum(sums.get(state, 0) for state in OPEN), sums.get(OrderState.PAID, 0)


async def _established(reader: ReadSession, project_id: UUID) -> frozenset[str]:
    approved = select(Drawdown.node).where(Drawdown.project_id == project_id, Drawdown.state.in_(APPROVED))
    return frozenset(await reader.scalars(approved.distinct()))
