"""Payment orders (付款指令): given once, paid or rejected once, perhaps returned later."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from uuid_utils.compat import uuid7

from escrow import ledger
from escrow.banking.accounts import account
from escrow.banking.errors import OrderDiffers, OrderEnded, OrderReused, UnknownOrder
from escrow.banking.models import ALLOWED, OPEN, OrderState, PaymentFile, PaymentOrder, Purpose
from escrow.banking.movements import record_movement
from escrow.banking.schemas import Movement, NewOrder
from escrow.ledger.models import AccountKind
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.money import MAX_FEN
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor
from kernel.working_time import CalendarUnknown, WorkCalendar

DUE_WORKING_DAYS: Final = 3
"""A bank pays within three working days of the approval (监管协议)."""
_WEEKEND: Final = 5
_FOR_EVER: Final = timedelta(days=36_500)
"""The money of an open order never comes free by a clock."""
_LIMITS: Final = {"key": 120, "subject": 80, "account_no": 32, "words": 140}
_PAYEE_LIMITS: Final = {"name": 140, "account_no": 34}


async def order_payment(tx: WriteSession, actor: Actor, new: NewOrder) -> PaymentOrder:
    """Order a payment from the bank, and hold its money at once; the same key again returns the same order.

    Emits `escrow.order_issued` {order_id}; when it has ended, the topic of its purpose (`_tell`) {order_id, subject,
    state: paid|rejected|returned, reason}. Raises InsufficientFunds, OrderReused, UnknownBank, Invalid.
    """
    _check(new)
    if known := await _known(tx, new):
        return known
    payer = await account(tx, new.account_no)
    source = await ledger.open_account(tx, *new.source)
    order_id = uuid7()
    hold_id = await ledger.place(
        tx,
        actor,
        f"payment_order:{new.key}",
        source,
        new.amount_fen,
        until=now() + _FOR_EVER,
        purpose=f"payment_order:{order_id}",
        words=new.words[:120],
    )
    day = today()
    number = await next_number(tx, "payment_order", day.year)
    order = PaymentOrder(
        id=order_id,
        order_no=f"FK{tx.tenant}{day.year}{number:06d}",
        key=new.key,
        purpose=Purpose(new.purpose),
        subject=new.subject,
        account_no=payer.account_no,
        account_name=payer.account_name,
        bank_code=payer.bank_code,
        bank_name=payer.bank_name,
        source_kind=AccountKind(new.source[0]),
        source_owner=new.source[1],
        payee_name=new.payee.name,
        payee_account=new.payee.account_no,
        payee_bank_code=new.payee.bank_code,
        payee_bank_name=new.payee.bank_name,
        amount_fen=new.amount_fen,
        words=new.words,
        ordered_by=actor.name,
        due_on=due_on(day),
        hold_id=hold_id,
        state=OrderState.ORDERED,
    )
    tx.add(order)
    await tx.flush()
    await emit(tx, "escrow.order_issued", {"order_id": str(order.id)}, key=f"escrow.order_issued:{order.id}")
    detail = {"order_no": order.order_no, "amount_fen": order.amount_fen, "purpose": order.purpose}
    audit(tx, actor, "escrow.order_issued", f"payment_order:{order.id}", detail)
    return order


def due_on(day: date) -> date:
    """The day by which an order of that day is paid."""
    try:
        return WorkCalendar().add_working_days(day, DUE_WORKING_DAYS)
    except CalendarUnknown:
        # Next year's holidays are published late; no payment waits for them. Without them the day comes too early.
        plain = [ahead for ahead in (day + timedelta(days=n) for n in range(1, 10)) if ahead.weekday() < _WEEKEND]
        return plain[DUE_WORKING_DAYS - 1]


async def order(reader: ReadSession, order_id: UUID) -> PaymentOrder:
    """One order. Raises UnknownOrder."""
    return await _found(reader, PaymentOrder.id == order_id)


async def orders_of(reader: ReadSession, subject: str) -> list[PaymentOrder]:
    """All orders of one subject, oldest first."""
    found = select(PaymentOrder).where(PaymentOrder.subject == subject).order_by(PaymentOrder.id)
    return list(await reader.scalars(found))


async def orders_by_numbers(
    reader: ReadSession, numbers: Collection[str], *, file_no: str | None = None
) -> list[PaymentOrder]:
    """The orders of these numbers, or those in a file."""
    wanted: ColumnElement[bool] = PaymentOrder.order_no.in_(numbers)
    if file_no is not None:
        wanted = wanted | PaymentOrder.file_id.in_(select(PaymentFile.id).where(PaymentFile.file_no == file_no))
    return list(await reader.scalars(select(PaymentOrder).where(wanted).order_by(PaymentOrder.id)))


async def locked_order(tx: WriteSession, order_no: str) -> PaymentOrder:
    """The order of that number, locked until the transaction ends. Raises UnknownOrder."""
    return await _found(tx, PaymentOrder.order_no == order_no, lock=True)


async def mark_sent(
    tx: WriteSession, actor: Actor, given: PaymentOrder, *, reference: str = "", file_id: UUID | None = None
) -> None:
    """It has gone to the bank. Told after an answer came already, it changes nothing but the moment."""
    given.sent_at = given.sent_at or now()
    given.bank_reference = given.bank_reference or reference or None
    if given.state == OrderState.ORDERED:
        given.state = OrderState.SENT
        given.file_id = file_id
        audit(tx, actor, "escrow.order_sent", f"payment_order:{given.id}", {"order_no": given.order_no})
    await tx.flush()


async def mark_asked(tx: WriteSession, given: PaymentOrder) -> None:
    """The bank has been asked what became of it."""
    given.asked_at = now()
    await tx.flush()


async def accept(tx: WriteSession, actor: Actor, given: PaymentOrder, reference: str = "") -> None:
    """The bank has taken it on. After its end this is old news."""
    given.bank_reference = given.bank_reference or reference or None
    if given.state in {OrderState.ORDERED, OrderState.SENT}:
        given.state = OrderState.ACCEPTED
        given.accepted_at = now()
        audit(tx, actor, "escrow.order_accepted", f"payment_order:{given.id}", {"order_no": given.order_no})
    await tx.flush()


async def pay(tx: WriteSession, actor: Actor, given: PaymentOrder, told: Movement) -> bool:
    """The bank has paid: book it from the hold, once. False when this payment was booked before.

    Raises OrderDiffers for another amount or account, OrderEnded when the order was rejected or paid by another
    movement: then nothing is booked, and the caller keeps the money in sight.
    """
    if (told.account_no, told.amount_fen) != (given.account_no, given.amount_fen):
        raise OrderDiffers
    if given.state not in OPEN:
        if given.bank_serial == told.bank_serial:
            return False
        raise OrderEnded
    source = await ledger.open_account(tx, AccountKind(given.source_kind), given.source_owner)
    bank = await ledger.open_account(tx, AccountKind.BANK, given.account_no)
    given.transfer_id = await ledger.post(
        tx,
        f"order_paid:{given.id}",
        f"payment_order:{given.id}",
        [ledger.Move(source, -given.amount_fen), ledger.Move(bank, given.amount_fen)],
        words=given.words[:120],
        value_date=await ledger.open_day(tx, told.value_date),
        hold_id=given.hold_id,
    )
    await _moved(tx, given, told, -given.amount_fen, given.transfer_id)
    given.bank_serial, given.paid_on = told.bank_serial, told.value_date
    await _end(tx, actor, given, OrderState.PAID, None)
    return True


async def reject(tx: WriteSession, actor: Actor, given: PaymentOrder, reason: str) -> bool:
    """The bank will never pay it: the hold ends. False when that was known; OrderEnded when it was paid."""
    if given.state == OrderState.REJECTED:
        return False
    if given.state not in OPEN:
        raise OrderEnded("银行先报已付款、后报拒付，请与银行核对")
    because = reason.strip() or "银行未说明原因"
    await ledger.void(tx, actor, given.hold_id, because=f"银行拒付：{because}")
    await _end(tx, actor, given, OrderState.REJECTED, because)
    return True


async def give_back(tx: WriteSession, actor: Actor, given: PaymentOrder, told: Movement, reason: str) -> bool:
    """退汇: the payee's bank sent the money back, and it is on its source again. False when booked before.

    Raises OrderEnded unless the order was paid, OrderDiffers for another amount or account.
    """
    if (told.account_no, told.amount_fen) != (given.account_no, given.amount_fen):
        raise OrderDiffers
    if given.state == OrderState.RETURNED and given.returned_serial == told.bank_serial:
        return False
    if given.state != OrderState.PAID:
        raise OrderEnded
    assert given.transfer_id is not None
    back = await ledger.reverse(tx, f"order_returned:{given.id}", given.transfer_id, words="退汇")
    await _moved(tx, given, told, given.amount_fen, back)
    await mark_returned(tx, actor, given, told.bank_serial, told.value_date, back, reason)
    return True


async def mark_returned(
    tx: WriteSession, actor: Actor, given: PaymentOrder, serial: str, day: date, transfer_id: UUID, reason: str
) -> None:
    """The paid order's money is back on its source by that transfer (退汇, or 冲正 of a payment that never was)."""
    given.returned_serial, given.returned_on, given.return_transfer_id = serial, day, transfer_id
    await _end(tx, actor, given, OrderState.RETURNED, reason.strip() or "银行退汇")


async def _end(tx: WriteSession, actor: Actor, given: PaymentOrder, state: OrderState, reason: str | None) -> None:
    assert state in ALLOWED[OrderState(given.state)]
    given.state, given.reason, given.ended_at = state, reason, now()
    await tx.flush()
    await _tell(tx, given, state, reason)
    detail = {"order_no": given.order_no, "amount_fen": given.amount_fen, "reason": reason}
    audit(tx, actor, f"escrow.order_{state}", f"payment_order:{given.id}", detail)


async def _tell(tx: WriteSession, given: PaymentOrder, state: OrderState, reason: str | None) -> None:
    """Tell the room that asked for it."""
    topics = {
        Purpose.DRAWDOWN: "escrow.drawdown_settled",
        Purpose.SUSPENSE_RETURN: "escrow.suspense_settled",
        Purpose.CLEARING: "escrow.clearing_settled",
        Purpose.LOAN_RETURN: "escrow.loan_return_settled",
    }
    topic = topics[Purpose(given.purpose)]
    payload = {"order_id": str(given.id), "subject": given.subject, "state": state.value, "reason": reason}
    await emit(tx, topic, payload, key=f"{topic}:{given.id}:{state}")


async def _moved(tx: WriteSession, given: PaymentOrder, told: Movement, signed_fen: int, transfer_id: UUID) -> None:
    await record_movement(
        tx,
        account_no=given.account_no,
        bank_serial=told.bank_serial,
        signed_fen=signed_fen,
        value_date=told.value_date,
        transfer_id=transfer_id,
        subject=f"payment_order:{given.id}",
    )


async def _found(reader: ReadSession, wanted: ColumnElement[bool], *, lock: bool = False) -> PaymentOrder:
    query = select(PaymentOrder).where(wanted).execution_options(populate_existing=True)
    found = await reader.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise UnknownOrder
    return found


async def _known(tx: WriteSession, new: NewOrder) -> PaymentOrder | None:
    # Two at once with one key: the second waits here for the first.
    await tx.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 411))", f"{tx.tenant}:{new.key}")
    known = await tx.scalar(select(PaymentOrder).where(PaymentOrder.key == new.key))
    if known is not None and _content(known) != (
        new.purpose, new.subject, new.account_no, new.source[0], new.source[1], new.payee.name, new.payee.account_no,
        new.payee.bank_code, new.payee.bank_name, new.amount_fen,
    ):  # fmt: skip
        raise OrderReused
    return known


def _content(known: PaymentOrder) -> tuple[object, ...]:
    return (
        known.purpose, known.subject, known.account_no, known.source_kind, known.source_owner, known.payee_name,
        known.payee_account, known.payee_bank_code, known.payee_bank_name, known.amount_fen,
    )  # fmt: skip


def _check(new: NewOrder) -> None:
    if not 0 < new.amount_fen <= MAX_FEN:
        raise Invalid("付款金额应大于零", field="amount_fen")
    for holder, limits in ((new, _LIMITS), (new.payee, _PAYEE_LIMITS)):
        for field, limit in limits.items():
            text = getattr(holder, field)
            if not (0 < len(text) <= limit and text.isprintable()):
                raise Invalid("付款指令的收付款信息不完整、过长或含有不可见字符", field=field)
    if not (new.payee.bank_code or new.payee.bank_name):
        raise Invalid("请填写收款人开户行", field="bank_name")
    if new.payee.bank_code and not (new.payee.bank_code.isascii() and new.payee.bank_code.isdigit()):
        raise Invalid("收款人开户行行号应为12位数字", field="bank_code")
