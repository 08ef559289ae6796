"""The outbox handler that issues letters."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from yiti.letters.issuing import issue


@handles("letter.issue")
async def issue_letter(tx: WriteSession, event: Event) -> None:
    """Payload: `letter_id`."""
    await issue(tx, event.resources, UUID(event.payload["letter_id"]))
