"""Refunds after cancellation: the money is first owed to who paid it, then paid out when the bank says so."""

from uuid import UUID

from sqlalchemy import select

from escrow import ledger, refund_queue
from escrow.banking.models import BankMovement
from escrow.banking.movements import record_movement, taken_back_before
from escrow.bills import bills_of, locked_bill, locked_bills, move, void_bills
from escrow.ledger.models import AccountKind
from escrow.loans import service as loans
from escrow.models import Bill, BillKind, BillState, Refund, RefundState
from escrow.refund_queue import UnknownRefund
from escrow.rules import REFUND_ORDER
from escrow.schemas import RefundConfirmation
from escrow.supervision import lock_account
from kernel.audit import audit
from kernel.clock import SHANGHAI, now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid
from kernel.numbers import next_number
from kernel.permissions import Actor


class RefundDiffers(Conflict):
    """The bank reports a payout that is not what was ordered, or reports it twice differently; nothing was booked."""

    code = "escrow.refund_differs"
    default_message = "银行退款回执与退款通知不一致，未入账，请与银行核对"


async def order_refund(
    tx: WriteSession, actor: Actor, contract_id: UUID, reason: str, *, verified: str = ""
) -> list[Refund]:
    """Owe every paid notice of the contract back, the lender's before the buyers', and void the unpaid ones.

    `verified` says on what the cancellation was verified: money inside a supervised quota leaves on nothing less.
    What the account does not suffice for waits in its order, with the reason (`refund_queue`), and never fails the
    cancellation. Emits `escrow.refund_ordered` {refund_id} for each that goes to the bank by its original route;
    called again, it returns the same orders. Raises Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid("请填写退款原因", field="reason")
    # Loan, account, notices: whoever issues a loan's notice locks them in the same order.
    await loans.close(tx, contract_id, reason.strip())
    projects = sorted({bill.project_id for bill in await bills_of(tx, contract_id) if bill.project_id})
    for project_id in projects:
        await lock_account(tx, project_id)
    await void_bills(tx, actor, contract_id)
    known = {refund.bill_id for refund in await refunds_of(tx, contract_id)}
    paid = [bill for bill in await locked_bills(tx, contract_id) if bill.state == BillState.CONFIRMED]
    for bill in sorted(paid, key=lambda one: REFUND_ORDER.index(BillKind(one.kind))):
        if bill.id not in known:
            await _owe(tx, bill, reason.strip(), verified.strip())
    for project_id in projects:
        await refund_queue.resume(tx, actor, project_id)
    return await refunds_of(tx, contract_id)


async def confirm_refund(tx: WriteSession, actor: Actor, told: RefundConfirmation) -> Refund:
    """Book the payout that the bank reports, once. Raises UnknownRefund, RefundDiffers."""
    refund = await refund_queue.locked_refund(tx, Refund.refund_no == told.refund_no)
    if (told.amount_fen, told.account_no) != (refund.amount_fen, refund.account_no):
        raise RefundDiffers
    if refund.state == RefundState.CONFIRMED:
        if refund.bank_serial != told.bank_serial:
            raise RefundDiffers("同一退款通知收到两笔不同的银行付款回执，请立即与银行核对")
        return refund
    bill = await locked_bill(tx, Bill.id == refund.bill_id)
    if not _may_be_paid(refund, bill):
        raise RefundDiffers("该笔退款尚未交银行办理，或者应按付款指令退回贷款机构，未入账，请与银行核对")
    await _pay_out(tx, refund, told)
    refund.state, refund.waiting_because = RefundState.CONFIRMED, None
    refund.event_id = told.event_id
    refund.bank_serial = told.bank_serial
    refund.evidence_digest = told.evidence_digest
    refund.confirmed_at = now()
    move(bill, BillState.REFUNDED)
    await tx.flush()
    detail = {"refund_no": refund.refund_no, "amount_fen": refund.amount_fen, "event_id": told.event_id}
    audit(tx, actor, "escrow.refunded", f"refund:{refund.id}", detail)
    return refund


def _may_be_paid(refund: Refund, bill: Bill) -> bool:
    """Ordered by its original route; or put right (冲正) and waiting to be ordered again, and told after all."""
    if refund.payment_order_id is not None:
        return False
    waits_again = refund.state == RefundState.WAITING and bill.state == BillState.REFUND_ORDERED
    return refund.state == RefundState.ORDERED or (waits_again and bill.kind != BillKind.MORTGAGE_LOAN)


async def take_back(tx: WriteSession, actor: Actor, refund_id: UUID, words: str) -> None:
    """The booking of a payout has been reversed: its money is owed again, and waits for who orders it anew.

    Raises Conflict when it went another way meanwhile.
    """
    refund = await refund_queue.locked_refund(tx, Refund.id == refund_id)
    bill = await locked_bill(tx, Bill.id == refund.bill_id)
    if refund.state != RefundState.CONFIRMED or bill.state != BillState.REFUNDED:
        raise Conflict("该笔退款的状态已变化，不能冲正")
    refund.state, refund.waiting_because = RefundState.WAITING, refund_queue.NOT_PAID_AFTER_ALL
    refund.event_id = refund.bank_serial = refund.evidence_digest = refund.confirmed_at = None
    move(bill, BillState.REFUND_ORDERED)
    await tx.flush()
    detail = {"refund_no": refund.refund_no, "words": words}
    audit(tx, actor, "escrow.refund_reversed", f"refund:{refund.id}", detail)


async def refunds_of(reader: ReadSession, contract_id: UUID) -> list[Refund]:
    """All refund orders of the contract, oldest first."""
    return list(await reader.scalars(select(Refund).where(Refund.contract_id == contract_id).order_by(Refund.id)))


async def refund(reader: ReadSession, refund_id: UUID) -> Refund:
    """One refund order. Raises UnknownRefund."""
    found = await reader.scalar(select(Refund).where(Refund.id == refund_id))
    if found is None:
        raise UnknownRefund
    return found


async def _owe(tx: WriteSession, bill: Bill, reason: str, verified: str) -> None:
    day = today()
    number = await next_number(tx, "refund", day.year)
    tx.add(
        Refund(
            refund_no=f"TK{tx.tenant}{day.year}{number:06d}",
            bill_id=bill.id,
            contract_id=bill.contract_id,
            payee=bill.payer,
            amount_fen=bill.amount_fen,
            account_no=bill.account_no,
            reason=reason,
            verified=verified,
            state=RefundState.WAITING,
        )
    )
    await tx.flush()


async def _pay_out(tx: WriteSession, refund: Refund, told: RefundConfirmation) -> None:
    owed = await ledger.open_account(tx, AccountKind.REFUND_PAYABLE, str(refund.contract_id))
    bank = await ledger.open_account(tx, AccountKind.BANK, refund.account_no)
    moves = [ledger.Move(owed, -refund.amount_fen), ledger.Move(bank, refund.amount_fen)]
    day = await ledger.open_day(tx, told.paid_at.astimezone(SHANGHAI).date())
    subject = f"refund:{refund.id}"
    key = f"refund_paid:{refund.id}{await taken_back_before(tx, BankMovement.subject == subject)}"
    transfer_id = await ledger.post(tx, key, subject, moves, words="退款付出", value_date=day)
    await record_movement(
        tx,
        account_no=refund.account_no,
        bank_serial=told.bank_serial,
        signed_fen=-refund.amount_fen,
        value_date=told.paid_at.astimezone(SHANGHAI).date(),
        transfer_id=transfer_id,
        subject=subject,
    )
