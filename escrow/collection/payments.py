"""Payments on bills: each is booked exactly once, to its bill or on its way back to whoever paid it."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from escrow import banking, ledger
from escrow.banking.movements import of_serial, taken_back_before
from escrow.collection import rules
from escrow.collection.accounts import collection_account
from escrow.collection.bills import locked_bill, move
from escrow.collection.errors import PaymentDiffers, UnknownBill, UnknownPayment
from escrow.collection.models import LIVE, BillState, CollectionBill, CollectionPayment, CollectionRefund
from escrow.collection.refunds import order_back
from escrow.collection.schemas import ChannelPayment, Outcome
from escrow.ledger.models import AccountKind
from escrow.told import check
from kernel.audit import audit
from kernel.clock import SHANGHAI
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict
from kernel.outbox import emit
from kernel.permissions import Actor

_LIMITS: Final = {"event_id": 80, "bill_no": 40, "serial": 80, "account_no": 40, "channel": 40}


async def record_payment(tx: WriteSession, actor: Actor, told: ChannelPayment) -> Outcome:
    """Book what the channel says it received; exactly once however often and however concurrently it is told.

    Paid its bill: emits `collection.paid` {bill_id, case_id}. Otherwise the Outcome says why, and the money goes back
    by the way it came; only what arrived on an account that is not the intermediate one waits for the fee clerk. The
    caller locks no case: what the case makes of it is the event's business. Raises Invalid, PaymentDiffers.
    """
    check(told, _LIMITS, "支付回执")
    bill = await _named(tx, told.bill_no)
    if known := await _known(tx, told):
        return known
    verdict = rules.judge(told, await _facts(tx, bill) if bill else None)
    paid = bill if verdict is None else None
    transfer_id = await _book(tx, told, paid)
    row: dict[str, Any] = {"id": uuid7(), "bill_id": paid.id if paid else None, "transfer_id": transfer_id}
    row |= {name: getattr(told, name) for name in ChannelPayment.__struct_fields__}
    row |= {"reason": verdict.reason if verdict else None, "words": verdict.words if verdict else ""}
    written = insert(CollectionPayment).values(row).on_conflict_do_nothing().returning(CollectionPayment.id)
    if await tx.scalar(written) is None:
        # Lost a race that no bill's lock could order (an unknown bill told twice at once).
        known = await _known(tx, told)
        if known is None:
            raise PaymentDiffers
        return known
    if paid is not None:
        return await _pay(tx, actor, told, paid, row["id"])
    assert verdict is not None
    return await _set_aside(tx, actor, told, row["id"], verdict)


async def payment_of(reader: ReadSession, bill_id: UUID) -> CollectionPayment:
    """What paid the bill. Raises UnknownPayment."""
    found = await reader.scalar(
        select(CollectionPayment).where(CollectionPayment.bill_id == bill_id, CollectionPayment.reversed_by.is_(None))
    )
    if found is None:
        raise UnknownPayment
    return found


async def take_back(tx: WriteSession, actor: Actor, payment: CollectionPayment, words: str) -> None:
    """The booking of a payment is reversed: its bill is unpaid again. Conflict when the money has gone on meanwhile."""
    if payment.bill_id is None:
        sent_back = select(CollectionRefund.id).where(CollectionRefund.payment_id == payment.id)
        if await tx.scalar(sent_back) is not None:
            raise Conflict("该笔缴款已经办理原路退回，不能冲正；请先核对退款")
    else:
        bill = await locked_bill(tx, CollectionBill.id == payment.bill_id)
        if bill.state != BillState.PAID:
            raise Conflict("该账单已经清分或者退款，缴款不能冲正")
        move(bill, BillState.OPEN)
        bill.paid_at = None
    await tx.flush()
    detail = {"bill_no": payment.bill_no, "amount_fen": payment.amount_fen, "words": words}
    audit(tx, actor, "collection.payment_reversed", f"collection_payment:{payment.id}", detail)


async def _named(tx: WriteSession, bill_no: str) -> CollectionBill | None:
    try:
        return await locked_bill(tx, CollectionBill.bill_no == bill_no)
    except UnknownBill:
        return None


async def _facts(reader: ReadSession, bill: CollectionBill) -> rules.BillFacts:
    other = exists().where(
        CollectionBill.case_id == bill.case_id, CollectionBill.id != bill.id, CollectionBill.state.in_(LIVE)
    )
    return rules.BillFacts(
        bill_no=bill.bill_no,
        state=BillState(bill.state),
        total_fen=bill.total_fen,
        account_no=bill.account_no,
        expires_at=bill.expires_at,
        replaced=bool(await reader.scalar(select(other))),
    )


async def _known(reader: ReadSession, told: ChannelPayment) -> Outcome | None:
    """What was answered before to this event, or to this movement of money under another event id."""
    same_money = (CollectionPayment.account_no == told.account_no) & (CollectionPayment.serial == told.serial)
    wanted = select(CollectionPayment).where(or_(CollectionPayment.event_id == told.event_id, same_money))
    found = list(await reader.scalars(wanted.where(CollectionPayment.reversed_by.is_(None))))
    if not found:
        return None
    if len(found) > 1 or _money(found[0]) != _money(told):
        raise PaymentDiffers
    return Outcome(bill_id=found[0].bill_id, reason=found[0].reason, words=found[0].words, duplicate=True)


def _money(told: CollectionPayment | ChannelPayment) -> tuple[object, ...]:
    return told.bill_no, told.amount_fen, told.paid_at, told.serial, told.account_no


async def _book(tx: WriteSession, told: ChannelPayment, paid: CollectionBill | None) -> UUID:
    bank = await ledger.open_account(tx, AccountKind.BANK, told.account_no)
    kind, owner = (AccountKind.COLLECTION, paid.bill_no) if paid else (AccountKind.SUSPENSE, told.account_no)
    held = await ledger.open_account(tx, kind, owner)
    day = told.paid_at.astimezone(SHANGHAI).date()
    before = await taken_back_before(tx, of_serial(told.account_no, told.serial))
    transfer_id = await ledger.post(
        tx,
        f"collection{before}:{told.account_no}:{told.serial}"[:120],
        f"collection_bill:{told.bill_no}",
        [ledger.Move(bank, -told.amount_fen), ledger.Move(held, told.amount_fen)],
        words=f"一码付{told.bill_no}" if paid else "一码付不明入账",
        value_date=await ledger.open_day(tx, day),
    )
    await banking.record_movement(
        tx,
        account_no=told.account_no,
        bank_serial=told.serial,
        signed_fen=told.amount_fen,
        value_date=day,
        transfer_id=transfer_id,
        subject=f"collection_bill:{told.bill_no}",
    )
    return transfer_id


async def _pay(tx: WriteSession, actor: Actor, told: ChannelPayment, bill: CollectionBill, payment_id: UUID) -> Outcome:
    move(bill, BillState.PAID)
    bill.paid_at = told.paid_at
    await tx.flush()
    payload = {"bill_id": str(bill.id), "case_id": str(bill.case_id)}
    key = f"collection.paid:{bill.id}"
    if await emit(tx, "collection.paid", payload, key=key) is None:  # paid anew after a 冲正
        await emit(tx, "collection.paid", payload, key=f"{key}:{payment_id}")
    detail = {"bill_no": bill.bill_no, "amount_fen": told.amount_fen, "event_id": told.event_id}
    audit(tx, actor, "collection.paid", f"collection_bill:{bill.id}", detail)
    return Outcome(bill_id=bill.id)


async def _set_aside(
    tx: WriteSession, actor: Actor, told: ChannelPayment, payment_id: UUID, verdict: rules.Uncounted
) -> Outcome:
    detail = {"reason": verdict.reason, "amount_fen": told.amount_fen, "event_id": told.event_id}
    audit(tx, actor, "collection.not_counted", f"collection_payment:{payment_id}", detail)
    ours = await collection_account(tx)
    if ours is not None and ours.account_no == told.account_no:
        source = (AccountKind.SUSPENSE, told.account_no)
        await order_back(tx, actor, payment_id, told.amount_fen, source, verdict.words)
    return Outcome(bill_id=None, reason=verdict.reason, words=verdict.words)
