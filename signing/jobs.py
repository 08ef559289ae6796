"""Outbox handlers. `event.resources` must have `.blobs` and `.signing` (`signing.applying.SigningResources`)."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from signing.applying import apply_signatures, prepare_documents


@handles("signing.prepare")
async def prepare(tx: WriteSession, event: Event) -> None:
    await prepare_documents(tx, event.resources, UUID(event.payload["ceremony_id"]))


@handles("signing.apply")
async def apply(tx: WriteSession, event: Event) -> None:
    ceremony_id = UUID(event.payload["ceremony_id"])
    await apply_signatures(tx, event.resources, ceremony_id, event.payload["signatory_key"])
