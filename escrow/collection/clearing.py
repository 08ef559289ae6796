"""清分: after the booking, and only then, each authority gets its share of a bill.

One payment order per authority and bill, not one a day: its number and summary name the bill, so that the tax bureau
and the treasury can put every amount to its voucher; and what a bank refuses holds up nothing but itself.

A unit's maintenance fund gets a payment notice (缴款通知书) of its own, paid by one order: the fund's bank tells of the
money as of any notice, and that confirms it. That its fund was paid otherwise since the bill was paid changes nothing:
the money is the unit's, and lies in its fund.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select

from escrow import banking, ledger
from escrow import bills as payment_notices
from escrow.collection import rules
from escrow.collection.accounts import payee_of
from escrow.collection.bills import bill as find_bill
from escrow.collection.bills import lines_of, locked_bill, move
from escrow.collection.errors import NoticePaid, UnknownClearing, WrongState
from escrow.collection.models import (
    MAINTENANCE,
    BillState,
    ClearingState,
    CollectionBill,
    CollectionClearing,
    CollectionLine,
)
from escrow.ledger.models import AccountKind
from escrow.models import UNPAID, Bill, BillKind
from escrow.schemas import NewBill
from escrow.supervision import maintenance_account
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor

_AGAIN = frozenset({ClearingState.REJECTED, ClearingState.RETURNED})


async def begin_clearing(tx: WriteSession, actor: Actor, bill_id: UUID) -> list[CollectionClearing]:
    """The case is booked: the bill's money becomes the authorities', and is ordered to their accounts. Once.

    Raises WrongState when the bill is not paid, NoAuthority while an authority has no account.
    """
    bill = await locked_bill(tx, CollectionBill.id == bill_id)
    if bill.state in (BillState.CLEARING, BillState.CLEARED):
        return await clearings_of(tx, bill.id)
    move(bill, BillState.CLEARING)
    await tx.flush()
    lines = await lines_of(tx, bill.id)
    parts = rules.shares((line.authority, line.amount_fen) for line in lines)
    # All accounts before the numbers of notices, and these before those of the orders, in one sequence for everybody:
    # two bills never wait for each other.
    for code in sorted(parts):
        await _to_authority(tx, bill, code, parts[code])
    notices = [await _notice(tx, actor, bill, line) for line in lines if line.unit_id is not None]
    for code, fen in parts.items():
        if code != MAINTENANCE:
            await _order(tx, actor, bill, code, fen)
    for notice in notices:
        await _order(tx, actor, bill, MAINTENANCE, notice.amount_fen, notice)
    detail = {"bill_no": bill.bill_no, "total_fen": bill.total_fen}
    audit(tx, actor, "collection.clearing_begun", f"collection_bill:{bill.id}", detail)
    return await clearings_of(tx, bill.id)


async def _to_authority(tx: WriteSession, bill: CollectionBill, code: str, fen: int) -> None:
    held = await ledger.open_account(tx, AccountKind.COLLECTION, bill.bill_no)
    payable = await ledger.open_account(tx, AccountKind.AUTHORITY_PAYABLE, code)
    moves = [ledger.Move(held, -fen), ledger.Move(payable, fen)]
    await ledger.post(
        tx, f"clearing:{bill.id}:{code}", f"collection_bill:{bill.id}", moves, words=f"清分{bill.bill_no}"
    )


async def _notice(tx: WriteSession, actor: Actor, bill: CollectionBill, line: CollectionLine) -> Bill:
    """The unit's payment notice, which our own order pays."""
    assert line.unit_id is not None
    assert line.unit_code is not None
    asked = NewBill(
        kind=BillKind.MAINTENANCE_FUND,
        case_id=bill.case_id,
        paid_from=bill.account_no,
        unit_id=line.unit_id,
        unit_code=line.unit_code,
        payer=bill.payer,
        amount_fen=line.amount_fen,
        basis=line.basis or {},
    )
    return await payment_notices.issue(tx, actor, await maintenance_account(tx), asked)


async def _order(
    tx: WriteSession, actor: Actor, bill: CollectionBill, code: str, fen: int, notice: Bill | None = None
) -> None:
    order = await _payment(tx, actor, bill, code, fen, 1, notice)
    tx.add(
        CollectionClearing(
            bill_id=bill.id, authority=code, notice_id=notice.id if notice else None, amount_fen=fen,
            state=ClearingState.ORDERED, attempt=1, order_id=order.id, order_no=order.order_no,
        )
    )  # fmt: skip
    await tx.flush()


async def _payment(
    tx: WriteSession, actor: Actor, bill: CollectionBill, code: str, fen: int, attempt: int, notice: Bill | None
) -> banking.PaymentOrder:
    return await banking.order_payment(
        tx,
        actor,
        banking.NewOrder(
            key=f"clearing:{bill.id}:{notice.notice_no if notice else code}:{attempt}",
            purpose=banking.Purpose.CLEARING,
            subject=f"collection_bill:{bill.id}",
            account_no=bill.account_no,
            source=(AccountKind.AUTHORITY_PAYABLE, code),
            payee=await payee_of(tx, code, today()),
            amount_fen=fen,
            words=f"一码付清分{f' {notice.notice_no}' if notice else ''} 账单{bill.bill_no} 业务号{bill.case_no}",
        ),
    )


async def retry_clearing(tx: WriteSession, actor: Actor, clearing_id: UUID) -> CollectionClearing:
    """Order it anew after the bank did not pay or got it back, to the account now in force.

    Raises UnknownClearing, WrongState, and NoticePaid while the fund's bank has not taken back what it told of.
    """
    bill_id = await tx.scalar(select(CollectionClearing.bill_id).where(CollectionClearing.id == clearing_id))
    if bill_id is None:
        raise UnknownClearing
    bill = await locked_bill(tx, CollectionBill.id == bill_id)
    part = await _locked(tx, CollectionClearing.id == clearing_id)
    if part.state not in _AGAIN:
        raise WrongState
    notice = await _unpaid(tx, part.notice_id)
    part.attempt += 1
    order = await _payment(tx, actor, bill, part.authority, part.amount_fen, part.attempt, notice)
    part.order_id, part.order_no = order.id, order.order_no
    part.state, part.settled_at = ClearingState.ORDERED, None
    await tx.flush()
    detail = {"order_no": order.order_no, "attempt": part.attempt}
    audit(tx, actor, "collection.clearing_retried", f"collection_clearing:{part.id}", detail)
    return part


async def _unpaid(tx: WriteSession, notice_id: UUID | None) -> Bill | None:
    if notice_id is None:
        return None
    notice = await payment_notices.locked_bill(tx, Bill.id == notice_id)
    if notice.state not in UNPAID:
        raise NoticePaid
    return notice


async def settle_clearing(
    tx: WriteSession, actor: Actor, bill_id: UUID, order_id: UUID, state: str, reason: str
) -> CollectionBill:
    """How a payment order has ended: paid, rejected, or returned after it was paid. Old news changes nothing.

    Emits `collection.authority_paid` {clearing_id} when an authority outside has its money. Once all are paid, the
    bill is cleared.
    """
    bill = await locked_bill(tx, CollectionBill.id == bill_id)
    wanted = (CollectionClearing.bill_id == bill.id) & (CollectionClearing.order_id == order_id)
    part = await tx.scalar(select(CollectionClearing).where(wanted).with_for_update())
    told = ClearingState(state)
    if part is None or part.state == told or (part.state != ClearingState.ORDERED and told != ClearingState.RETURNED):
        return bill
    part.state, part.reason, part.settled_at = told, reason[:300], now()
    await tx.flush()
    if told == ClearingState.PAID and part.notice_id is None:
        key = f"collection.authority_paid:{part.id}:{part.attempt}"
        await emit(tx, "collection.authority_paid", {"clearing_id": str(part.id)}, key=key)
    await _follow(tx, actor, bill)
    detail = {"order_no": part.order_no, "state": told, "amount_fen": part.amount_fen}
    audit(tx, actor, "collection.clearing_settled", f"collection_clearing:{part.id}", detail)
    return bill


async def _follow(tx: WriteSession, actor: Actor, bill: CollectionBill) -> None:
    done = all(part.state == ClearingState.PAID for part in await clearings_of(tx, bill.id))
    if done and bill.state == BillState.CLEARING:
        bill.cleared_at = now()
        move(bill, BillState.CLEARED)
        audit(tx, actor, "collection.cleared", f"collection_bill:{bill.id}", {"bill_no": bill.bill_no})
    elif not done and bill.state == BillState.CLEARED:
        move(bill, BillState.CLEARING)
    await tx.flush()


async def clearings_of(reader: ReadSession, bill_id: UUID) -> list[CollectionClearing]:
    """What each authority gets of the bill, in the order of its lines."""
    wanted = select(CollectionClearing).where(CollectionClearing.bill_id == bill_id).order_by(CollectionClearing.id)
    return list(await reader.scalars(wanted.execution_options(populate_existing=True)))


async def notices_of(reader: ReadSession, parts: Sequence[CollectionClearing]) -> dict[UUID, str]:
    """The numbers of the payment notices among these, by notice."""
    wanted = select(Bill.id, Bill.notice_no).where(Bill.id.in_([part.notice_id for part in parts if part.notice_id]))
    return {row.id: row.notice_no for row in await reader.execute(wanted)}


async def clearing(reader: ReadSession, clearing_id: UUID) -> tuple[CollectionClearing, CollectionBill]:
    """One authority's share, with its bill. Raises UnknownClearing."""
    found = await reader.scalar(select(CollectionClearing).where(CollectionClearing.id == clearing_id))
    if found is None:
        raise UnknownClearing
    return found, await find_bill(reader, found.bill_id)


async def _locked(tx: WriteSession, condition: ColumnElement[bool]) -> CollectionClearing:
    wanted = select(CollectionClearing).where(condition).with_for_update()
    return (await tx.scalars(wanted.execution_options(populate_existing=True))).one()
