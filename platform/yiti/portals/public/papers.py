"""Every kind of paper that the public may verify, found the same way: certificates, proofs, annotated copies of them,
letters; and, by the file alone, the evidence reports of signings."""

from sqlalchemy import select

from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from signing.evidence_document import EVIDENCE_TITLE
from signing.models import EvidenceFile
from signing.schemas import PLATFORM_NAME
from yiti.certificates import verification as certificates
from yiti.certificates.checking import Known, PublicView, Validity, Verification, result
from yiti.certificates.copies import verification as copies
from yiti.letters import verification as letters


async def verify_code(reader: ReadSession, code: str) -> Verification:
    """By the code of the QR address; an unknown or malformed code is `NOT_OURS`, never an error."""
    for kind in (certificates, copies, letters):
        if known := await kind.known_by_code(reader, code):
            return result(known)
    return result(None)


async def known_by_digest(reader: ReadSession, digests: list[str]) -> dict[str, Known]:
    """Which of these files are papers of the county, and what the books say of them now."""
    return {
        **await letters.known_by_digest(reader, digests),
        **await copies.known_by_digest(reader, digests),
        **await certificates.known_by_digest(reader, digests),
        **await _evidence_by_digest(reader, digests),
    }


async def _evidence_by_digest(reader: ReadSession, digests: list[str]) -> dict[str, Known]:
    found = await reader.scalars(select(EvidenceFile).where(EvidenceFile.pdf_digest.in_(digests)))
    return {one.pdf_digest: Known(validity=Validity.VALID, view=_evidence(one)) for one in found}


def _evidence(file: EvidenceFile) -> PublicView:
    return PublicView(
        family="evidence",
        number=str(file.ceremony_id),
        item=EVIDENCE_TITLE,
        holders=(),
        agency=PLATFORM_NAME,
        booked_on=file.made_at.astimezone(SHANGHAI).date().isoformat(),
        more=(("证据数据摘要", file.content_digest),),
        sealed_at=file.made_at,
    )
