"""The outbox handler that looks after stored packages."""

from uuid import UUID

from e_archive.ports import ArchiveResources
from e_archive.renewing import look_after
from kernel.db import WriteSession
from kernel.outbox import Event, handles


@handles("archive.look_after")
async def look_after_archive(tx: WriteSession, event: Event) -> None:
    """Payload: `archive_id`."""
    resources: ArchiveResources = event.resources
    await look_after(tx, resources.blobs, resources.signing, UUID(event.payload["archive_id"]))
