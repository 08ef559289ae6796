"""What the payment channel reports, booked by escrow."""

from escrow import collection
from integrations.payment_channel import ChannelPaid, ChannelRefunded
from kernel.db import WriteSession
from kernel.permissions import Actor


async def apply(tx: WriteSession, actor: Actor, event: ChannelPaid | ChannelRefunded, size: int) -> str:
    """`paid`, `suspense` for money that paid no bill (it goes back), or what became of a refund. `size`: in bytes."""
    if isinstance(event, ChannelRefunded):
        refund = await collection.confirm_refund(
            tx,
            actor,
            collection.ChannelRefund(
                event_id=event.event_id,
                refund_no=event.refund_no,
                paid=event.state == "paid",
                amount_fen=event.amount_fen,
                serial=event.serial,
                paid_at=event.paid_at,
                account_no=event.account_no,
                words=event.words,
                evidence_digest=event.evidence_digest,
            ),
        )
        return f"refund_{refund.state}"
    outcome = await collection.record_payment(
        tx,
        actor,
        collection.ChannelPayment(
            event_id=event.event_id,
            bill_no=event.bill_no,
            amount_fen=event.amount_fen,
            serial=event.serial,
            paid_at=event.paid_at,
            account_no=event.account_no,
            channel=event.channel,
            evidence_digest=event.evidence_digest,
            evidence_bytes=size,
        ),
    )
    return "paid" if outcome.bill_id is not None else "suspense"
