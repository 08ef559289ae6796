"""What the housing department looks at: a project's supervised money, and receipts nobody could match."""

from uuid import UUID

from sqlalchemy import func, select

from escrow import ledger
from escrow.ledger.models import AccountKind
from escrow.models import UNPAID, BankConfirmation, Bill, BillState, SuspenseReceipt, SuspenseState
from escrow.rules import SUPERVISED
from escrow.schemas import ProjectFund, ReceiptLine, SuspenseLine
from escrow.supervision import account_of
from kernel.db import ReadSession


async def balance_of(reader: ReadSession, project_id: UUID) -> int:
    """Fen of supervised money that the project's account holds now."""
    return await ledger.balance(reader, AccountKind.PROJECT_FUND, str(project_id))


async def maintenance_fund_of(reader: ReadSession, unit_id: UUID) -> int:
    """Fen of maintenance fund that the unit holds now."""
    return await ledger.balance(reader, AccountKind.MAINTENANCE_FUND, str(unit_id))


async def project_fund(reader: ReadSession, project_id: UUID, *, limit: int = 100) -> ProjectFund:
    """The project's money with its latest receipts. Raises NoAccount."""
    account = await account_of(reader, project_id)
    receipts = await _receipts(reader, project_id, limit)
    return ProjectFund(
        account_no=account.account_no,
        bank_name=account.bank_name,
        mode=account.mode or "",
        quota_fen=account.quota_fen,
        balance_fen=await balance_of(reader, project_id),
        received_fen=await _billed(reader, project_id, set(BillState) - UNPAID - {BillState.VOID}),
        outstanding_fen=await _billed(reader, project_id, UNPAID),
        refunding_fen=await _billed(reader, project_id, {BillState.REFUND_ORDERED}),
        refunded_fen=await _billed(reader, project_id, {BillState.REFUNDED}),
        receipts=receipts,
    )


async def suspense_list(reader: ReadSession, *, limit: int = 100) -> list[SuspenseLine]:
    """Unmatched receipts (不明入账) of the county that still wait, latest first."""
    rows = await reader.execute(
        select(SuspenseReceipt, BankConfirmation)
        .join(BankConfirmation, BankConfirmation.id == SuspenseReceipt.confirmation_id)
        .where(SuspenseReceipt.state == SuspenseState.WAITING)
        .order_by(SuspenseReceipt.id.desc())
        .limit(limit)
    )
    return [
        SuspenseLine(
            received_at=confirmation.created_at,
            event_id=confirmation.event_id,
            notice_no=confirmation.notice_no,
            account_no=confirmation.account_no,
            bank_serial=confirmation.bank_serial,
            amount_fen=confirmation.amount_fen,
            paid_at=confirmation.paid_at,
            reason=suspense.reason,
            words=suspense.words,
        )
        for suspense, confirmation in rows
    ]


async def _receipts(reader: ReadSession, project_id: UUID, limit: int) -> tuple[ReceiptLine, ...]:
    rows = await reader.execute(
        select(Bill, BankConfirmation)
        .join(BankConfirmation, BankConfirmation.bill_id == Bill.id)
        .where(Bill.project_id == project_id, Bill.kind.in_(SUPERVISED), BankConfirmation.reversed_by.is_(None))
        .order_by(BankConfirmation.id.desc())
        .limit(limit)
    )
    return tuple(
        ReceiptLine(
            notice_no=bill.notice_no,
            unit_code=bill.unit_code,
            contract_id=bill.contract_id,
            amount_fen=confirmation.amount_fen,
            paid_at=confirmation.paid_at,
            bank_serial=confirmation.bank_serial,
            state=bill.state,
        )
        for bill, confirmation in rows
        if bill.contract_id is not None
    )


async def _billed(reader: ReadSession, project_id: UUID, states: set[BillState] | frozenset[BillState]) -> int:
    total = await reader.scalar(
        select(func.sum(Bill.amount_fen)).where(
            Bill.project_id == project_id, Bill.kind.in_(SUPERVISED), Bill.state.in_(states)
        )
    )
    return int(total or 0)
