"""What a bank tells during the day, line by line: each is booked once where it belongs, or stays in sight.

A line that cannot be booked as it is told (another amount, another account, an unknown order) becomes an open
difference of its account. Nothing is refused because of it: the money has moved, whatever we think of it.
"""

import re
from datetime import datetime, time
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from escrow import ledger
from escrow.banking.accounts import account
from escrow.banking.errors import UnknownBank, UnknownOrder
from escrow.banking.models import BankMovement, PaymentOrder
from escrow.banking.movements import record_movement, standing_movement
from escrow.banking.orders import accept, give_back, locked_order, mark_sent, pay, reject
from escrow.banking.schemas import Line, Movement, Status, StatusKind
from escrow.confirmations import LINE, confirm, take_back
from escrow.models import AccountPurpose, BankConfirmation, Bill, BillState, Refund
from escrow.reconciliation.differences import Finding, note
from escrow.reconciliation.models import Difference, DifferenceKind
from escrow.refunds import confirm_refund
from escrow.schemas import NO_NOTICE, Confirmation, RefundConfirmation
from kernel.clock import SHANGHAI
from kernel.db import WriteSession
from kernel.errors import DomainError
from kernel.money import MAX_FEN, yuan
from kernel.permissions import Actor

_NOTICE: Final = re.compile(r"JK\d{16}", re.ASCII)
"""A payment notice's number in what the payer wrote."""
STATUS_WORDS: Final = {
    StatusKind.PENDING: "处理中",
    StatusKind.ACCEPTED: "已受理",
    StatusKind.PAID: "已付款",
    StatusKind.REJECTED: "拒付",
}


async def book_line(tx: WriteSession, actor: Actor, line: Line, evidence_digest: str) -> str:
    """Book one line of a bank's notice (camt.054), once; returns what became of it: a word for logs and answers.

    `confirmed`, `suspense`, `paid`, `returned`, `recalled`, `refunded`, `duplicate`, or `difference`.
    """
    known = await standing_movement(tx, line.account_no, line.bank_serial)
    if known is not None and known.signed_fen == line.signed_fen:
        return "duplicate"
    try:
        async with tx.begin_nested():
            return await _book(tx, actor, line, evidence_digest, known)
    except DomainError as error:
        await keep_in_sight(tx, actor, line, evidence_digest, error.message, known)
        return "difference"


async def hear(tx: WriteSession, actor: Actor, told: Status) -> str:
    """What a bank says of an order (pain.002), in whatever order its words arrive.

    `accepted`, `paid`, `rejected`, `noted`; `difference` when it contradicts what is known.
    """
    try:
        given = await locked_order(tx, told.order_no)
    except UnknownOrder as error:
        await _contradicts(tx, actor, told, "", None, f"{error.message}：{told.order_no}")
        return "difference"
    account_no, order_id = given.account_no, given.id
    try:
        async with tx.begin_nested():
            return await _heard(tx, actor, given, told)
    except DomainError as error:
        await _contradicts(tx, actor, told, account_no, order_id, error.message)
        return "difference"


async def keep_in_sight(
    tx: WriteSession, actor: Actor, line: Line, evidence_digest: str, words: str, known: BankMovement | None
) -> None:
    """Open the difference of a line that cannot be booked."""
    book_fen = known.signed_fen if known else 0
    order = await _order_of(tx, line)
    found = Finding(
        account_no=line.account_no,
        kind=DifferenceKind.DIFFERENT if known else DifferenceKind.MISSING_HERE,
        reference=line.bank_serial,
        day=line.value_date,
        bank_fen=line.signed_fen,
        book_fen=book_fen,
        words=words,
        movement_id=known.id if known else None,
        order_id=order.id if order else None,
        counterparty=line.counterparty or None,
        counterparty_account=line.counterparty_account or None,
        counterparty_bank=line.counterparty_bank,
        end_to_end_id=line.end_to_end_id,
        remittance=line.remittance or None,
        evidence_digest=evidence_digest,
    )
    await note(tx, actor, found)


async def _book(tx: WriteSession, actor: Actor, line: Line, evidence_digest: str, known: BankMovement | None) -> str:
    if known is not None:
        raise _Told(f"银行 {yuan(line.signed_fen)} 元，账上 {yuan(known.signed_fen)} 元")
    if not 0 < abs(line.signed_fen) <= MAX_FEN:
        raise _Told("银行流水的金额超出允许的范围")
    try:
        held = await account(tx, line.account_no)
    except UnknownBank as error:
        raise _Told(f"账号 {line.account_no} 不是本县的监管账户") from error
    order = await _order_of(tx, line)
    if order is not None and line.account_no == order.account_no:
        order = await locked_order(tx, order.order_no)
        if line.signed_fen < 0:
            return await _pay(tx, actor, order, _movement(line))
        return "returned" if await give_back(tx, actor, order, _movement(line), line.remittance) else "duplicate"
    if line.signed_fen < 0 and order is not None:
        return await _recall(tx, actor, order, line)
    if line.signed_fen < 0:
        return await _paid_out(tx, actor, line, evidence_digest)
    if held.purpose == AccountPurpose.COLLECTION:
        # Whose money it is, only the payment channel can say; its word closes the difference by itself.
        raise _Told("中转账户的收款以支付渠道的回单为准，回单到后自动核平")
    if line.reversal:
        raise _Told("银行冲回的款项，账上没有对应的付款")
    receipt = await confirm(tx, actor, confirmation_of(_arrival(order, line), evidence_digest))
    return "duplicate" if receipt.duplicate else "confirmed" if receipt.recognised else "suspense"


def _arrival(order: PaymentOrder | None, line: Line) -> Line:
    """Where it is our own payment that arrives on another account of ours, we know from the order what it pays."""
    if order is None:
        return line
    words = f"{order.words} {line.remittance}"
    return msgspec.structs.replace(line, remittance=words, counterparty_account=order.account_no)


async def _recall(tx: WriteSession, actor: Actor, order: PaymentOrder, line: Line) -> str:
    """What had arrived by our own order was taken away again (退汇 of a payment between our accounts)."""
    notice_no = _NOTICE.search(order.words)
    paid = select(BankConfirmation).join(
        Bill, (Bill.tenant_id == BankConfirmation.tenant_id) & (Bill.id == BankConfirmation.bill_id)
    )
    paid = paid.where(
        Bill.notice_no == (notice_no[0] if notice_no else NO_NOTICE),
        Bill.state == BillState.CONFIRMED,
        BankConfirmation.account_no == line.account_no,
        BankConfirmation.amount_fen == -line.signed_fen,
        BankConfirmation.reversed_by.is_(None),
    )
    arrived = await tx.scalar(paid.order_by(BankConfirmation.id.desc()).limit(1))
    if arrived is None:
        raise _Told(f"付款指令 {order.order_no} 的款项被银行收回，账上没有对应的到账")
    back = await ledger.reverse(tx, f"recalled:{line.account_no}:{line.bank_serial}", arrived.transfer_id, words="退汇")
    await record_movement(
        tx,
        account_no=line.account_no,
        bank_serial=line.bank_serial,
        signed_fen=line.signed_fen,
        value_date=line.value_date,
        transfer_id=back,
        subject=f"bank_confirmation:{arrived.id}",
    )
    await take_back(tx, actor, arrived, f"银行退汇 {line.bank_serial}")
    return "recalled"


async def _pay(tx: WriteSession, actor: Actor, order: PaymentOrder, told: Movement) -> str:
    """Book the payment; and its return too, where the bank told that first."""
    if not await pay(tx, actor, order, told):
        return "duplicate"
    early = await tx.scalar(
        select(Difference)
        .where(
            Difference.order_id == order.id,
            Difference.state == "open",
            Difference.kind == DifferenceKind.MISSING_HERE,
            Difference.bank_fen == order.amount_fen,
        )
        .order_by(Difference.id)
        .limit(1)
    )
    if early is not None:
        back = Movement(
            account_no=early.account_no,
            bank_serial=early.reference,
            amount_fen=early.bank_fen,
            value_date=early.day,
        )
        await give_back(tx, actor, order, back, early.remittance or "")
    return "paid"


async def _paid_out(tx: WriteSession, actor: Actor, line: Line, evidence_digest: str) -> str:
    """A debit that is no payment order's: a refund by its original route, or money that nobody ordered."""
    refund_no = await tx.scalar(select(Refund.refund_no).where(Refund.refund_no == line.end_to_end_id))
    if refund_no is None:
        named = line.end_to_end_id
        raise _Told(f"没有编号为 {named} 的付款指令" if named else "银行支出了没有付款指令的款项")
    await confirm_refund(tx, actor, refund_told(line, refund_no, evidence_digest))
    return "refunded"


async def _order_of(tx: WriteSession, line: Line) -> PaymentOrder | None:
    if not line.end_to_end_id:
        return None
    return await tx.scalar(select(PaymentOrder).where(PaymentOrder.order_no == line.end_to_end_id))


async def _heard(tx: WriteSession, actor: Actor, given: PaymentOrder, told: Status) -> str:
    if told.kind is StatusKind.REJECTED:
        await reject(tx, actor, given, told.reason)
        return "rejected"
    if told.kind is StatusKind.PAID and told.bank_serial:
        movement = Movement(
            account_no=given.account_no, bank_serial=told.bank_serial, amount_fen=given.amount_fen, value_date=told.day
        )
        return await _pay(tx, actor, given, movement)
    if told.kind is StatusKind.PENDING:
        await mark_sent(tx, actor, given)
        return "noted"
    # Paid without a serial is no movement that could be compared: the notice or the statement will tell it.
    await accept(tx, actor, given, told.reference)
    return "accepted"


async def _contradicts(
    tx: WriteSession, actor: Actor, told: Status, account_no: str, order_id: UUID | None, words: str
) -> None:
    found = Finding(
        account_no=account_no,
        kind=DifferenceKind.ORDER,
        reference=told.order_no[:80],
        day=told.day,
        bank_fen=0,
        book_fen=0,
        words=f"{words}（银行回执：{STATUS_WORDS[told.kind]}{told.reason and '，' + told.reason}）",
        order_id=order_id,
        end_to_end_id=told.order_no[:80],
        evidence_digest=told.evidence_digest,
    )
    await note(tx, actor, found)


class _Told(DomainError):
    """Why a line is no booking of ours; never leaves this file."""

    code = "escrow.line_not_booked"


def confirmation_of(line: Line, evidence_digest: str) -> Confirmation:
    """A credit as the confirmation that it is; without a notice's number in it, it will go to suspense."""
    found = _NOTICE.search(f"{line.end_to_end_id} {line.remittance}")
    return Confirmation(
        event_id=_event_id(line),
        notice_no=found[0] if found else NO_NOTICE,
        amount_fen=line.signed_fen,
        paid_at=_noon(line),
        bank_serial=line.bank_serial,
        account_no=line.account_no,
        evidence_digest=evidence_digest,
        payer=line.counterparty,
        payer_account=line.counterparty_account,
        payer_bank=line.counterparty_bank,
    )


def refund_told(line: Line, refund_no: str, evidence_digest: str) -> RefundConfirmation:
    """A debit as the payout of a refund."""
    return RefundConfirmation(
        event_id=_event_id(line),
        refund_no=refund_no,
        amount_fen=-line.signed_fen,
        paid_at=_noon(line),
        bank_serial=line.bank_serial,
        account_no=line.account_no,
        evidence_digest=evidence_digest,
    )


def _event_id(line: Line) -> str:
    return f"{LINE}{line.account_no}:{line.bank_serial}"[:80]


def _noon(line: Line) -> datetime:
    """A line tells the day only."""
    return datetime.combine(line.value_date, time(12), SHANGHAI)


def _movement(line: Line) -> Movement:
    return Movement(
        account_no=line.account_no,
        bank_serial=line.bank_serial,
        amount_fen=abs(line.signed_fen),
        value_date=line.value_date,
    )
