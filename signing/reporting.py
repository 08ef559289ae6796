"""The evidence report (签署证据报告) of a completed ceremony: rendered with its data inside, sealed by the platform."""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import NotFound
from kernel.outbox import Park
from kernel.rendering import Attachment, MissingGlyph, Rendered
from kernel.rendering.schemas import Box
from signing.applying import Blobs
from signing.ceremonies import documents_of, lock_ceremony
from signing.embedded import EmbeddedSignatures
from signing.evidence import evidence_report
from signing.evidence_document import ATTACHMENT, report_html
from signing.models import Ceremony, CeremonyDocument, EvidenceFile
from signing.schemas import PLATFORM_SEAL, EvidenceReport, SealRef

SEAL_FIELD = "platform-seal"


class ReportNotMade(NotFound):
    code = "signing.report_not_made"
    default_message = "签署证据报告尚未生成，各方签署完成后自动生成，请稍后再试"


class Rendering(Protocol):
    """The part of `kernel.rendering.Renderer` that is needed."""

    async def pdf(self, html: str, *, attachments: Sequence[Attachment] = ()) -> Rendered: ...


class Sealing(Protocol):
    """The part of `signing.pool.SigningPool` that is needed."""

    async def embedded(self, pdf: bytes) -> EmbeddedSignatures: ...

    async def seal_pdf(self, pdf: bytes, seal: SealRef, field: str = ..., box: Box | None = ...) -> bytes: ...


class ReportingResources(Protocol):
    """What making a report takes from the process's resources."""

    @property
    def blobs(self) -> Blobs: ...

    @property
    def signing(self) -> Sealing: ...

    @property
    def renderer(self) -> Rendering: ...


async def ensure_report(tx: WriteSession, resources: ReportingResources, ceremony_id: UUID) -> EvidenceFile:
    """The report of a completed ceremony, made now unless it is there. Raises ReportNotMade before the completion.

    `Park` where the chain does not hold, or a name cannot be printed: a person has to look.
    """
    ceremony = await lock_ceremony(tx, ceremony_id)
    known = await find_report(tx, ceremony_id)
    if known is not None:
        return known
    if ceremony.status != "completed":
        raise ReportNotMade
    documents = await documents_of(tx, ceremony_id)
    evidence = await evidence_report(tx, ceremony_id, await _embedded(resources, documents))
    if not evidence.intact:
        raise Park("签署证据链校验不通过，未出具签署证据报告")
    pdf = await _sealed(resources, ceremony, evidence)
    content_digest, pdf_digest = await asyncio.gather(resources.blobs.put(evidence.content), resources.blobs.put(pdf))
    made = EvidenceFile(
        ceremony_id=ceremony_id,
        content_digest=content_digest,
        pdf_digest=pdf_digest,
        chain_digest=evidence.head,
        made_at=now(),
    )
    tx.add(made)
    await tx.flush()
    return made


async def find_report(reader: ReadSession, ceremony_id: UUID) -> EvidenceFile | None:
    """The report, if it has been made."""
    return await reader.scalar(select(EvidenceFile).where(EvidenceFile.ceremony_id == ceremony_id))


async def _embedded(
    resources: ReportingResources, documents: Sequence[CeremonyDocument]
) -> dict[str, EmbeddedSignatures]:
    async def one(row: CeremonyDocument) -> EmbeddedSignatures:
        return await resources.signing.embedded(await resources.blobs.get(row.current_digest))

    found = await asyncio.gather(*(one(row) for row in documents))
    return {row.key: signatures for row, signatures in zip(documents, found, strict=True)}


async def _sealed(resources: ReportingResources, ceremony: Ceremony, evidence: EvidenceReport) -> bytes:
    data = Attachment(
        name=ATTACHMENT,
        data=evidence.content,
        created=ceremony.completed_at or now(),
        description="签署证据（机器可读）",
        relationship="Source",
    )
    try:
        rendered = await resources.renderer.pdf(report_html(evidence, now()), attachments=[data])
    except MissingGlyph as error:
        raise Park(error.message) from error
    return await resources.signing.seal_pdf(rendered.pdf, SealRef(key=PLATFORM_SEAL), SEAL_FIELD)
