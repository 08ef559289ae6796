"""What the bank made of a drawdown's payment order."""

from uuid import UUID

from escrow.drawdowns.decisions import settle
from kernel.db import WriteSession
from kernel.outbox import Event, handles


@handles("escrow.drawdown_settled")
async def drawdown_settled(tx: WriteSession, event: Event) -> None:
    """Paid, rejected or returned; see `escrow.banking`."""
    told = event.payload
    await settle(tx, UUID(told["order_id"]), told["subject"], told["state"], told["reason"] or "")
