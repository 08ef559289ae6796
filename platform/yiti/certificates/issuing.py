"""Render, seal, store: what turns a numbered proof into an issued one. Runs as a job after the booking's commit."""

import hashlib
from uuid import UUID

import structlog

from kernel.clock import now
from kernel.db import WriteSession
from kernel.outbox import Park, emit
from kernel.permissions import system_actor
from kernel.rendering import MissingGlyph, Rendered
from signing.seals import authorise_key
from yiti.certificates.document import proof_attachment, proof_html
from yiti.certificates.models import ISSUED, NUMBERED, Certificate
from yiti.certificates.ports import IssuingResources
from yiti.certificates.schemas import ProofContent
from yiti.certificates.service import content_of, locked

_log = structlog.get_logger(__name__)
SEAL_FIELD = "sign-agency"
DOCUMENT_KIND = "proof"
"""What the registration agency's seal must be allowed for in its use policy."""


async def issue(tx: WriteSession, resources: IssuingResources, certificate_id: UUID) -> Certificate:
    """Issue a numbered certificate; one that is issued or was cancelled meanwhile is left as it is.

    Repeating is safe: the row stays locked, and a sealed file of an attempt that did not commit is only an
    unreferenced blob. `Park` when a name cannot be printed: a person has to add the glyph.
    """
    certificate = await locked(tx, certificate_id)
    if certificate.state != NUMBERED:
        _log.info("certificate.not_to_issue", certificate=str(certificate_id), state=certificate.state)
        return certificate
    rendered = await render(resources, content_of(certificate))
    seal, digest = f"county:{tx.tenant}:registration", hashlib.sha256(rendered.pdf).hexdigest()
    subject = f"certificate:{certificate.id}"
    await authorise_key(tx, system_actor(tx.tenant), seal, DOCUMENT_KIND, digest, subject)
    pdf = await resources.seal_pdf(rendered.pdf, seal=seal, field=SEAL_FIELD, box=rendered.boxes[SEAL_FIELD])
    certificate.pdf_digest = await resources.blobs.put(pdf)
    certificate.sealed_at = now()
    certificate.state = ISSUED
    await emit(
        tx, "certificate.issued", {"certificate_id": str(certificate.id)}, key=f"certificate.issued:{certificate.id}"
    )
    return certificate


async def render(resources: IssuingResources, content: ProofContent) -> Rendered:
    """The proof as PDF/A-3u with its data attached, not yet sealed."""
    try:
        return await resources.renderer.pdf(proof_html(content), attachments=[proof_attachment(content)])
    except MissingGlyph as error:
        raise Park(error.message) from error
