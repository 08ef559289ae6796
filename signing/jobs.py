"""Outbox handlers. `event.resources` must have `.blobs` and `.signing` (`signing.applying.SigningResources`), for the
evidence report `.renderer` too."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from signing.applying import apply_signatures, prepare_documents
from signing.ending import expire
from signing.reporting import ensure_report

TRIES = 150
"""At most ten minutes apart: key store, time or certification authority may be away for a day before a person has to
look. What waits for them is whole, and nothing of it is half signed."""


@handles("signing.prepare", tries=TRIES)
async def prepare(tx: WriteSession, event: Event) -> None:
    await prepare_documents(tx, event.resources, UUID(event.payload["ceremony_id"]))


@handles("signing.apply", tries=TRIES)
async def apply(tx: WriteSession, event: Event) -> None:
    ceremony_id = UUID(event.payload["ceremony_id"])
    await apply_signatures(tx, event.resources, ceremony_id, event.payload["signatory_key"])


@handles("signing.expire")
async def end_in_time(tx: WriteSession, event: Event) -> None:
    await expire(tx, UUID(event.payload["ceremony_id"]))


@handles("signing.report", tries=TRIES)
async def report(tx: WriteSession, event: Event) -> None:
    await ensure_report(tx, event.resources, UUID(event.payload["ceremony_id"]))
