"""Outbox handlers. `event.resources` must have `.blobs` and `.signing` (`signing.applying.SigningResources`), for the
evidence report `.renderer` too."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from signing.applying import apply_signatures, prepare_documents
from signing.reporting import ensure_report


@handles("signing.prepare")
async def prepare(tx: WriteSession, event: Event) -> None:
    await prepare_documents(tx, event.resources, UUID(event.payload["ceremony_id"]))


@handles("signing.apply")
async def apply(tx: WriteSession, event: Event) -> None:
    ceremony_id = UUID(event.payload["ceremony_id"])
    await apply_signatures(tx, event.resources, ceremony_id, event.payload["signatory_key"])


@handles("signing.report")
async def report(tx: WriteSession, event: Event) -> None:
    await ensure_report(tx, event.resources, UUID(event.payload["ceremony_id"]))
