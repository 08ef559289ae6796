"""Render, seal, store: a numbered certificate or proof becomes an issued one. A job after the booking's commit."""

import hashlib
from uuid import UUID

import structlog

from kernel.clock import now
from kernel.db import WriteSession
from kernel.outbox import Park, emit
from kernel.permissions import system_actor
from kernel.rendering import MissingGlyph, Rendered
from signing.schemas import agency_seal
from signing.seals import authorise_key
from yiti.certificates.models import ISSUED, NUMBERED, Certificate
from yiti.certificates.pages import content_attachment, content_html
from yiti.certificates.ports import IssuingResources
from yiti.certificates.schemas import CertificateContent, Content
from yiti.certificates.service import content_of, locked

_log = structlog.get_logger(__name__)
SEAL_FIELD = "sign-agency"


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
    seal, digest = agency_seal(tx.tenant), hashlib.sha256(rendered.pdf).hexdigest()
    subject = f"certificate:{certificate.id}"
    # The seal's use policy must allow `certificate` and `proof`.
    await authorise_key(tx, system_actor(tx.tenant), seal, certificate.kind, digest, subject)
    pdf = await resources.seal_pdf(rendered.pdf, seal=seal, field=SEAL_FIELD, box=rendered.boxes[SEAL_FIELD])
    certificate.pdf_digest = await resources.blobs.put(pdf)
    certificate.sealed_at = now()
    certificate.state = ISSUED
    await emit(
        tx, "certificate.issued", {"certificate_id": str(certificate.id)}, key=f"certificate.issued:{certificate.id}"
    )
    return certificate


async def render(resources: IssuingResources, content: Content) -> Rendered:
    """The certificate or proof as PDF/A-3u with its data attached, not yet sealed."""
    html = content_html(content, await plan_of(resources, content))
    try:
        return await resources.renderer.pdf(html, attachments=[content_attachment(content)])
    except MissingGlyph as error:
        raise Park(error.message) from error


async def plan_of(resources: IssuingResources, content: Content) -> bytes | None:
    """The picture of the 附图页, where the content names one."""
    digest = content.plan_digest if isinstance(content, CertificateContent) else None
    return await resources.blobs.get(digest) if digest else None
