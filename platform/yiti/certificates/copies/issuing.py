"""Render, seal, store: a requested copy becomes an issued one. A job after the request's commit."""

import hashlib
from uuid import UUID

from kernel.audit import audit
from kernel.clock import now
from kernel.db import WriteSession
from kernel.outbox import Park
from kernel.permissions import system_actor
from kernel.rendering import MissingGlyph
from signing.schemas import agency_seal
from signing.seals import authorise_key
from yiti.certificates import queries as certificates
from yiti.certificates.copies.document import copy_attachment, copy_html
from yiti.certificates.copies.models import ISSUED, REQUESTED, VOID, AnnotatedCopy
from yiti.certificates.copies.service import annotation_of, locked
from yiti.certificates.issuing import SEAL_FIELD, plan_of
from yiti.certificates.models import CANCELLED
from yiti.certificates.ports import IssuingResources

KIND = "annotated_copy"
"""What the seal's use policy calls it."""


async def issue(tx: WriteSession, resources: IssuingResources, copy_id: UUID) -> AnnotatedCopy:
    """Seal a requested copy; one that is issued or void is left as it is, so repeating is safe.

    Void where its certificate was cancelled meanwhile: nothing is sealed that is not true on the day.
    """
    copy = await locked(tx, copy_id)
    if copy.state != REQUESTED:
        return copy
    actor, subject = system_actor(tx.tenant), f"annotated_copy:{copy.id}"
    certificate = await certificates.locked(tx, copy.certificate_id)
    if certificate.state == CANCELLED:
        copy.state = VOID
        audit(tx, actor, "annotated_copy.void", subject, {"number": copy.number})
        return copy
    content, annotation = certificates.content_of(certificate), annotation_of(copy, tx.tenant)
    attached = copy_attachment(content, annotation)
    html = copy_html(content, annotation, await plan_of(resources, content))
    try:
        rendered = await resources.renderer.pdf(html, attachments=[attached])
    except MissingGlyph as error:
        raise Park(error.message) from error
    seal = agency_seal(tx.tenant)
    await authorise_key(tx, actor, seal, KIND, hashlib.sha256(rendered.pdf).hexdigest(), subject)
    pdf = await resources.seal_pdf(rendered.pdf, seal=seal, field=SEAL_FIELD, box=rendered.boxes[SEAL_FIELD])
    copy.pdf_digest = await resources.blobs.put(pdf)
    copy.data_digest = hashlib.sha256(attached.data).hexdigest()
    copy.sealed_at, copy.state = now(), ISSUED
    return copy
