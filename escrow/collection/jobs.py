"""What the bank did with the payment orders of clearing."""

from uuid import UUID

from escrow.collection.clearing import settle_clearing
from kernel.db import WriteSession
from kernel.outbox import Event, handles
from kernel.permissions import system_actor


@handles("escrow.clearing_settled")
async def clearing_settled(tx: WriteSession, event: Event) -> None:
    """Payload: order_id, subject `collection_bill:<id>`, state, reason."""
    payload = event.payload
    bill_id = UUID(payload["subject"].partition(":")[2])
    actor = system_actor(tx.tenant)
    await settle_clearing(tx, actor, bill_id, UUID(payload["order_id"]), payload["state"], payload["reason"] or "")
