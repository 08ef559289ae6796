"""What follows the arrival of a statement, and the end of an order that returns money without an owner."""

from uuid import UUID

from escrow.reconciliation.statements import reconcile
from escrow.reconciliation.suspense import settled
from kernel.db import WriteSession
from kernel.outbox import Event, handles
from kernel.permissions import system_actor


@handles("escrow.statement_received")
async def compare_statement(tx: WriteSession, event: Event) -> None:
    """A bank's statement is compared with the book."""
    await reconcile(tx, UUID(event.payload["statement_id"]))


@handles("escrow.suspense_settled")
async def suspense_returned(tx: WriteSession, event: Event) -> None:
    """Money without an owner has gone back to its payer, or could not."""
    told = event.payload
    receipt_id = UUID(told["subject"].removeprefix("suspense:"))
    await settled(tx, system_actor(tx.tenant), receipt_id, UUID(told["order_id"]), told["state"])
