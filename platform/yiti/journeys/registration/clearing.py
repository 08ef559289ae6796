"""After the booking: the case's bill is cleared, payer and authorities are told; and what goes back is ordered back."""

from uuid import UUID

from sqlalchemy import select

from escrow import collection
from escrow.collection.models import BillState, CollectionBill
from escrow.collection.refunds import wire_number
from integrations.connectors import Connectors
from integrations.counterparties import Counterparty
from integrations.payment_channel import CollectionRefund
from integrations.settlements import SettledLine, Settlement
from kernel.db import WriteSession
from kernel.outbox import Park, emit
from kernel.permissions import system_actor
from yiti.cases.models import Case
from yiti.journeys.registration.collecting import TAX, TREASURY
from yiti.journeys.registration.models import CaseRequest


async def order_clearing(tx: WriteSession, case: Case) -> None:
    """The case is booked: what it paid by one code goes to the authorities, in a job of its own."""
    bill = await collection.live_bill(tx, case.id)
    if bill is not None and bill.state == BillState.PAID:
        await emit(tx, "collection.clear", {"bill_id": str(bill.id)}, key=f"collection.clear:{bill.id}")


async def clear(tx: WriteSession, bill_id: UUID) -> None:
    """One payment order for each authority. Safe to repeat."""
    await collection.begin_clearing(tx, system_actor(tx.tenant), bill_id)


async def send_refund(tx: WriteSession, connectors: Connectors, refund_id: UUID) -> None:
    """Order the channel to give a payment back; safe to repeat. `Park` where none is connected."""
    order, payment = await collection.refund(tx, refund_id)
    if order.state != "ordered":
        return
    if connectors.payment_channel is None:
        raise Park(f"本县尚未与{Counterparty.PAYMENT_CHANNEL.words}联网，请线下办理退款")
    told = CollectionRefund(
        refund_no=wire_number(order),
        bill_no=payment.bill_no,
        serial=payment.serial,
        amount_fen=order.amount_fen,
        reason=order.reason,
    )
    await connectors.payment_channel.refund(told, subject=f"collection_refund:{order.id}")


async def tell_authority(tx: WriteSession, connectors: Connectors, clearing_id: UUID) -> None:
    """Tax bureau or treasury learns which voucher brought its money of which bill; safe to repeat."""
    part, bill = await collection.clearing(tx, clearing_id)
    if part.state != "paid" or bill.paid_at is None:
        return
    lines = [one for one in await collection.lines_of(tx, bill.id) if one.authority == part.authority]
    told = Settlement(
        request_no=await _request_no(tx, bill, part.authority),
        bill_no=bill.bill_no,
        case_no=bill.case_no,
        voucher=part.order_no,
        amount_fen=part.amount_fen,
        lines=tuple(SettledLine(kind=one.kind, title=one.title, amount_fen=one.amount_fen) for one in lines),
        paid_at=bill.paid_at,
    )
    subject = f"case:{bill.case_id}"
    if part.authority == TAX:
        await connectors.tax.settled(told, subject=subject)
    elif part.authority == TREASURY and connectors.treasury is not None:
        await connectors.treasury.settled(told, subject=subject)


async def _request_no(tx: WriteSession, bill: CollectionBill, authority: str) -> str:
    which = "tax" if authority == TAX else "fee"
    wanted = select(CaseRequest.request_no).where(CaseRequest.bill_id == bill.id, CaseRequest.which == which)
    found: str | None = await tx.scalar(wanted)
    return found or bill.bill_no
