"""Money that goes back by the way it came (原路退回): owed first, then paid out when the channel says so."""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from escrow import banking, ledger
from escrow.banking.models import BankMovement
from escrow.banking.movements import taken_back_before
from escrow.collection.bills import locked_bill, locked_live, move
from escrow.collection.errors import ClearingBegun, RefundDiffers, UnknownPayment, UnknownRefund, WrongState
from escrow.collection.models import BillState, CollectionBill, CollectionPayment, CollectionRefund, RefundState
from escrow.collection.schemas import ChannelRefund
from escrow.ledger.models import AccountKind
from kernel.audit import audit
from kernel.clock import SHANGHAI, now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor

_ATTEMPTS: Final = 99


async def send_back(tx: WriteSession, actor: Actor, case_id: UUID, because: str) -> CollectionBill | None:
    """The case ends without a booking, or owes something else now: its open bill is void, a paid one goes back whole.

    Returns the bill that goes back. The caller has locked the case. Raises ClearingBegun once it is booked.
    """
    bill = await locked_live(tx, case_id)
    if bill is None:
        return None
    if bill.state == BillState.CLEARING:
        raise ClearingBegun
    if bill.state == BillState.OPEN:
        move(bill, BillState.VOID, because)
        await tx.flush()
        audit(tx, actor, "collection.bill_void", f"collection_bill:{bill.id}", {"bill_no": bill.bill_no})
        return None
    paid = CollectionPayment.bill_id == bill.id, CollectionPayment.reversed_by.is_(None)
    payment = (await tx.scalars(select(CollectionPayment).where(*paid))).one()
    move(bill, BillState.REFUNDING, because)
    await order_back(tx, actor, payment.id, bill.total_fen, (AccountKind.COLLECTION, bill.bill_no), because)
    return bill


async def return_payment(tx: WriteSession, actor: Actor, payment_id: UUID, because: str) -> CollectionRefund:
    """The fee clerk sends money back that paid no bill and waited for a person. Raises UnknownPayment, WrongState."""
    wanted = select(CollectionPayment).where(CollectionPayment.id == payment_id).with_for_update()
    payment = await tx.scalar(wanted)
    if payment is None:
        raise UnknownPayment
    if not because.strip():
        raise Invalid("请填写退款原因", field="reason")
    ordered = await tx.scalar(select(CollectionRefund.id).where(CollectionRefund.payment_id == payment.id))
    if payment.bill_id is not None or payment.reversed_by is not None or ordered is not None:
        raise WrongState
    source = (AccountKind.SUSPENSE, payment.account_no)
    return await order_back(tx, actor, payment.id, payment.amount_fen, source, because.strip())


async def order_back(
    tx: WriteSession, actor: Actor, payment_id: UUID, amount_fen: int, source: tuple[AccountKind, str], because: str
) -> CollectionRefund:
    """Owe the whole payment to whoever paid it, and order the channel (`collection.refund` {refund_id}).

    Raises InsufficientFunds when the source no longer holds the money.
    """
    day = today()
    number = await next_number(tx, "collection_refund", day.year)
    order = CollectionRefund(
        refund_no=f"YT{tx.tenant}{day.year}{number:06d}",
        payment_id=payment_id,
        amount_fen=amount_fen,
        reason=because[:200],
        state=RefundState.ORDERED,
    )
    tx.add(order)
    await tx.flush()
    held, owed = await ledger.open_account(tx, *source), await _owed(tx, order)
    moves = [ledger.Move(held, -amount_fen), ledger.Move(owed, amount_fen)]
    await ledger.post(tx, f"collection_refund:{order.id}", f"collection_refund:{order.id}", moves, words="一码付应退款")
    await _tell(tx, order)
    detail = {"refund_no": order.refund_no, "amount_fen": amount_fen}
    audit(tx, actor, "collection.refund_ordered", f"collection_refund:{order.id}", detail)
    return order


async def retry_refund(tx: WriteSession, actor: Actor, refund_id: UUID) -> CollectionRefund:
    """Ask the channel once more after it refused, under a new number. Raises UnknownRefund, WrongState."""
    order = await _locked(tx, CollectionRefund.id == refund_id)
    if order.state != RefundState.REFUSED or order.attempt >= _ATTEMPTS:
        raise WrongState
    order.state, order.attempt, order.answered_at = RefundState.ORDERED, order.attempt + 1, None
    await tx.flush()
    await _tell(tx, order)
    detail = {"refund_no": order.refund_no, "attempt": order.attempt}
    audit(tx, actor, "collection.refund_retried", f"collection_refund:{order.id}", detail)
    return order


async def confirm_refund(tx: WriteSession, actor: Actor, told: ChannelRefund) -> CollectionRefund:
    """Book what the channel says of a refund, once. Raises UnknownRefund, RefundDiffers."""
    refund_no, attempt = _number(told.refund_no)
    payment_id = await tx.scalar(select(CollectionRefund.payment_id).where(CollectionRefund.refund_no == refund_no))
    if payment_id is None:
        raise UnknownRefund
    payment = (await tx.scalars(select(CollectionPayment).where(CollectionPayment.id == payment_id))).one()
    # The bill before the refund, as everywhere.
    bill = await locked_bill(tx, CollectionBill.id == payment.bill_id) if payment.bill_id else None
    order = await _locked(tx, CollectionRefund.refund_no == refund_no)
    if (told.amount_fen, told.account_no) != (order.amount_fen, payment.account_no) or attempt > order.attempt:
        raise RefundDiffers
    if _is_old(order, attempt, told):
        return order
    if told.paid:
        await _pay_out(tx, order, payment, told)
        if bill is not None:
            move(bill, BillState.REFUNDED)
    order.state = RefundState.PAID if told.paid else RefundState.REFUSED
    order.serial, order.words = told.serial, told.words[:500]
    order.evidence_digest, order.answered_at = told.evidence_digest, now()
    await tx.flush()
    detail = {"refund_no": order.refund_no, "amount_fen": order.amount_fen, "state": order.state}
    audit(tx, actor, "collection.refund_answered", f"collection_refund:{order.id}", detail)
    return order


def _is_old(order: CollectionRefund, attempt: int, told: ChannelRefund) -> bool:
    """Whether it was told before. Money that went out twice, or out after it was refused, is never old news."""
    if order.state == RefundState.PAID:
        if not told.paid:
            return attempt < order.attempt or _differs()
        return order.serial == told.serial or _differs()
    if attempt < order.attempt:
        return not told.paid or _differs()
    # What was put right (冲正) has no word of the channel that stands: what it says now counts.
    if order.state == RefundState.REFUSED and order.evidence_digest is not None:
        return not told.paid or _differs()
    return False


def _differs() -> bool:
    raise RefundDiffers


async def take_back(tx: WriteSession, actor: Actor, refund_id: UUID, words: str) -> None:
    """The booking of a payout has been reversed: the money is owed again, and the fee clerk has the channel asked anew.

    Raises UnknownRefund, and Conflict when it went another way meanwhile.
    """
    payment_id = await tx.scalar(select(CollectionRefund.payment_id).where(CollectionRefund.id == refund_id))
    bill_id = await tx.scalar(select(CollectionPayment.bill_id).where(CollectionPayment.id == payment_id))
    bill = await locked_bill(tx, CollectionBill.id == bill_id) if bill_id else None
    order = await _locked(tx, CollectionRefund.id == refund_id)
    if order.state != RefundState.PAID:
        raise Conflict("该笔退款的状态已变化，不能冲正")
    order.state, order.words = RefundState.REFUSED, f"对账冲正：{words}"[:500]
    order.serial = order.evidence_digest = None
    order.answered_at = now()
    if bill is not None:
        move(bill, BillState.REFUNDING)
    await tx.flush()
    audit(tx, actor, "collection.refund_reversed", f"collection_refund:{order.id}", {"refund_no": order.refund_no})


async def refund(reader: ReadSession, refund_id: UUID) -> tuple[CollectionRefund, CollectionPayment]:
    """One refund with the payment that goes back. Raises UnknownRefund."""
    found = await reader.scalar(select(CollectionRefund).where(CollectionRefund.id == refund_id))
    if found is None:
        raise UnknownRefund
    payment = (await reader.scalars(select(CollectionPayment).where(CollectionPayment.id == found.payment_id))).one()
    return found, payment


async def refunds_of(reader: ReadSession, bill_id: UUID) -> list[CollectionRefund]:
    """The refund of the bill's payment, if it goes back."""
    wanted = (
        select(CollectionRefund)
        .join(
            CollectionPayment,
            (CollectionPayment.tenant_id == CollectionRefund.tenant_id)
            & (CollectionPayment.id == CollectionRefund.payment_id),
        )
        .where(CollectionPayment.bill_id == bill_id)
    )
    return list(await reader.scalars(wanted))


def wire_number(order: CollectionRefund) -> str:
    """The number under which the channel is asked: one for each attempt."""
    return order.refund_no if order.attempt == 1 else f"{order.refund_no}-{order.attempt}"


def _number(told: str) -> tuple[str, int]:
    refund_no, _, attempt = told.partition("-")
    if attempt and not (attempt.isascii() and attempt.isdigit() and 1 < int(attempt) <= _ATTEMPTS):
        raise UnknownRefund
    return refund_no, int(attempt or 1)


async def _tell(tx: WriteSession, order: CollectionRefund) -> None:
    key = f"collection.refund:{order.id}:{order.attempt}"
    await emit(tx, "collection.refund", {"refund_id": str(order.id)}, key=key)


async def _owed(tx: WriteSession, order: CollectionRefund) -> UUID:
    return await ledger.open_account(tx, AccountKind.REFUND_PAYABLE, order.refund_no)


async def _pay_out(tx: WriteSession, order: CollectionRefund, payment: CollectionPayment, told: ChannelRefund) -> None:
    owed = await _owed(tx, order)
    bank = await ledger.open_account(tx, AccountKind.BANK, payment.account_no)
    day = told.paid_at.astimezone(SHANGHAI).date()
    before = await taken_back_before(tx, BankMovement.subject == f"collection_refund:{order.id}")
    transfer_id = await ledger.post(
        tx,
        f"collection_refunded:{order.id}{before}",
        f"collection_refund:{order.id}",
        [ledger.Move(owed, -order.amount_fen), ledger.Move(bank, order.amount_fen)],
        words="一码付原路退回",
        value_date=await ledger.open_day(tx, day),
    )
    await banking.record_movement(
        tx,
        account_no=payment.account_no,
        bank_serial=told.serial,
        signed_fen=-order.amount_fen,
        value_date=day,
        transfer_id=transfer_id,
        subject=f"collection_refund:{order.id}",
    )


async def _locked(tx: WriteSession, condition: object) -> CollectionRefund:
    wanted = select(CollectionRefund).where(condition)  # type: ignore[arg-type]
    found = await tx.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise UnknownRefund
    return found
