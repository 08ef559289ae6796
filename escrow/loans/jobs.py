"""What follows a loan's return, and a lender that has told where it wants its money."""

from uuid import UUID

from sqlalchemy import select

from escrow import refund_queue
from escrow.models import Refund, RefundState
from kernel.db import WriteSession
from kernel.outbox import Event, handles
from kernel.permissions import system_actor


@handles("escrow.loan_return_settled")
async def settle_return(tx: WriteSession, event: Event) -> None:
    """The bank has paid the lender, or would not. Payload: `order_id`, `subject` (`loan_return:<refund>`)."""
    refund_id = UUID(event.payload["subject"].partition(":")[2])
    await refund_queue.loan_return_ended(tx, system_actor(tx.tenant), refund_id, UUID(event.payload["order_id"]))


@handles("escrow.return_loan")
async def return_loan(tx: WriteSession, event: Event) -> None:
    """The lender has told its account: what waited for that goes on. Payload: `bill_id`."""
    waiting = select(Refund.id).where(
        Refund.bill_id == UUID(event.payload["bill_id"]), Refund.state == RefundState.WAITING
    )
    refund_id = await tx.scalar(waiting)
    if refund_id is not None:
        await refund_queue.resume_one(tx, system_actor(tx.tenant), refund_id)
