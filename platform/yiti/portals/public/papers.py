"""Every kind of paper that the public may verify, found the same way: certificates, proofs, annotated copies of them,
letters; and, by the file alone, the evidence reports of signings and supervision agreements."""

from sqlalchemy import select

from escrow.agreements.models import AgreementState, SupervisionAgreement
from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from signing.evidence_document import EVIDENCE_TITLE
from signing.models import EvidenceFile
from signing.schemas import PLATFORM_NAME
from yiti.certificates import verification as certificates
from yiti.certificates.checking import Known, PublicView, Validity, Verification, result
from yiti.certificates.copies import verification as copies
from yiti.journeys.agreements.text import parties_of
from yiti.letters import verification as letters

_AGREEMENTS = {
    AgreementState.PROPOSED: (Validity.PENDING, "尚未由三方全部盖章，没有生效"),
    AgreementState.IN_FORCE: (Validity.VALID, "三方均已盖章，现行有效"),
    AgreementState.SUPERSEDED: (Validity.REPLACED, "三方均已盖章，后来另签补充协议，不一致之处以补充协议为准"),
    AgreementState.DECLINED: (Validity.CANCELLED, "未获各方同意，没有生效"),
    AgreementState.WITHDRAWN: (Validity.CANCELLED, "已经撤回，没有生效"),
}


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
        **await _agreements_by_digest(reader, digests),
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


async def _agreements_by_digest(reader: ReadSession, digests: list[str]) -> dict[str, Known]:
    found = await reader.scalars(select(SupervisionAgreement).where(SupervisionAgreement.sealed_digest.in_(digests)))
    return {one.sealed_digest: await _agreement(reader, one) for one in found if one.sealed_digest}


async def _agreement(reader: ReadSession, terms: SupervisionAgreement) -> Known:
    parties = await parties_of(reader, terms)
    validity, words = _AGREEMENTS[AgreementState(terms.state)]
    view = PublicView(
        family="agreement",
        number=terms.agreement_no,
        item="商品房预售资金监管协议",
        holders=(parties.department, parties.developer, parties.bank),
        agency=parties.department,
        booked_on=terms.in_force_at.astimezone(SHANGHAI).date().isoformat() if terms.in_force_at else "",
        more=(("项目", parties.project),),
        sealed_at=terms.in_force_at,
    )
    return Known(validity=validity, view=view, words=words)
