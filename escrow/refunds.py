"""Refunds after cancellation: the money is first owed to the buyer, then paid out when the bank says so."""

from uuid import UUID

from sqlalchemy import select

from escrow import ledger
from escrow.bills import locked_bill, locked_bills, move, void_bills
from escrow.confirmations import fund_of
from escrow.ledger.models import AccountKind
from escrow.models import Bill, BillState, Refund, RefundState
from escrow.schemas import RefundConfirmation
from kernel.audit import audit
from kernel.clock import SHANGHAI, now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor


class UnknownRefund(NotFound):
    """No such refund order in this county."""

    code = "escrow.unknown_refund"
    default_message = "没有找到该退款通知"


class RefundDiffers(Conflict):
    """The bank reports a payout that is not what was ordered, or reports it twice differently; nothing was booked."""

    code = "escrow.refund_differs"
    default_message = "银行退款回执与退款通知不一致，未入账，请与银行核对"


async def order_refund(tx: WriteSession, actor: Actor, contract_id: UUID, reason: str) -> list[Refund]:
    """Order every paid notice of the contract back to its payer and void the unpaid ones.

    Emits `escrow.refund_ordered` {refund_id} for each new order; called again, it returns the same orders. Raises
    InsufficientFunds when the project's fund no longer holds the money, Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid("请填写退款原因", field="reason")
    await void_bills(tx, actor, contract_id)
    for bill in await locked_bills(tx, contract_id):
        if bill.state == BillState.CONFIRMED:
            await _order(tx, actor, bill, reason.strip())
    return await refunds_of(tx, contract_id)


async def confirm_refund(tx: WriteSession, actor: Actor, told: RefundConfirmation) -> Refund:
    """Book the payout that the bank reports, once. Raises UnknownRefund, RefundDiffers."""
    refund = await tx.scalar(
        select(Refund)
        .where(Refund.refund_no == told.refund_no)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if refund is None:
        raise UnknownRefund
    if (told.amount_fen, told.account_no) != (refund.amount_fen, refund.account_no):
        raise RefundDiffers
    if refund.state == RefundState.CONFIRMED:
        if refund.bank_serial != told.bank_serial:
            raise RefundDiffers("同一退款通知收到两笔不同的银行付款回执，请立即与银行核对")
        return refund
    await _pay_out(tx, refund, told)
    refund.state = RefundState.CONFIRMED
    refund.event_id = told.event_id
    refund.bank_serial = told.bank_serial
    refund.evidence_digest = told.evidence_digest
    refund.confirmed_at = now()
    move(await locked_bill(tx, Bill.id == refund.bill_id), BillState.REFUNDED)
    await tx.flush()
    detail = {"refund_no": refund.refund_no, "amount_fen": refund.amount_fen, "event_id": told.event_id}
    audit(tx, actor, "escrow.refunded", f"refund:{refund.id}", detail)
    return refund


async def refunds_of(reader: ReadSession, contract_id: UUID) -> list[Refund]:
    """All refund orders of the contract, oldest first."""
    return list(await reader.scalars(select(Refund).where(Refund.contract_id == contract_id).order_by(Refund.id)))


async def refund(reader: ReadSession, refund_id: UUID) -> Refund:
    """One refund order. Raises UnknownRefund."""
    found = await reader.scalar(select(Refund).where(Refund.id == refund_id))
    if found is None:
        raise UnknownRefund
    return found


async def _order(tx: WriteSession, actor: Actor, bill: Bill, reason: str) -> None:
    day = today()
    number = await next_number(tx, "refund", day.year)
    order = Refund(
        refund_no=f"TK{tx.tenant}{day.year}{number:06d}",
        bill_id=bill.id,
        contract_id=bill.contract_id,
        payee=bill.payer,
        amount_fen=bill.amount_fen,
        account_no=bill.account_no,
        reason=reason,
        state=RefundState.ORDERED,
    )
    fund = await ledger.open_account(tx, *fund_of(bill))
    owed = await ledger.open_account(tx, AccountKind.REFUND_PAYABLE, str(bill.contract_id))
    moves = [ledger.Move(fund, -bill.amount_fen), ledger.Move(owed, bill.amount_fen)]
    await ledger.post(tx, f"refund_order:{order.id}", f"bill:{bill.id}", moves, words="解除合同应退款")
    move(bill, BillState.REFUND_ORDERED)
    tx.add(order)
    await tx.flush()
    await emit(tx, "escrow.refund_ordered", {"refund_id": str(order.id)}, key=f"escrow.refund_ordered:{order.id}")
    detail = {"notice_no": bill.notice_no, "amount_fen": bill.amount_fen}
    audit(tx, actor, "escrow.refund_ordered", f"refund:{order.id}", detail)


async def _pay_out(tx: WriteSession, refund: Refund, told: RefundConfirmation) -> None:
    owed = await ledger.open_account(tx, AccountKind.REFUND_PAYABLE, str(refund.contract_id))
    bank = await ledger.open_account(tx, AccountKind.BANK, refund.account_no)
    moves = [ledger.Move(owed, -refund.amount_fen), ledger.Move(bank, refund.amount_fen)]
    day = await ledger.open_day(tx, told.paid_at.astimezone(SHANGHAI).date())
    await ledger.post(tx, f"refund_paid:{refund.id}", f"refund:{refund.id}", moves, words="退款付出", value_date=day)
