"""The outbox handler that issues annotated copies."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from yiti.certificates.copies.issuing import issue


@handles("annotated_copy.issue")
async def issue_copy(tx: WriteSession, event: Event) -> None:
    """Payload: `copy_id`."""
    await issue(tx, event.resources, UUID(event.payload["copy_id"]))
