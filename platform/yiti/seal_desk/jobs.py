"""The outbox handler that seals files."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from signing.jobs import TRIES
from yiti.seal_desk.sealing import seal_file


@handles("sealed_file.issue", tries=TRIES)
async def issue(tx: WriteSession, event: Event) -> None:
    """Payload: `file_id`."""
    await seal_file(tx, event.resources, UUID(event.payload["file_id"]))
