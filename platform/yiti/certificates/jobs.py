"""The outbox handler that issues certificates and proofs."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from yiti.certificates.issuing import issue


@handles("certificate.issue")
async def issue_certificate(tx: WriteSession, event: Event) -> None:
    """Payload: `certificate_id`."""
    await issue(tx, event.resources, UUID(event.payload["certificate_id"]))
