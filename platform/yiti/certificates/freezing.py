"""From a booked entry to the frozen content of its certificate or proof: pure, so that it can be made again."""

from datetime import date, datetime
from typing import Any

import msgspec

from yiti.certificates import entry_data, ownership, proofs
from yiti.certificates.elicence import CERTIFICATE_TYPE, PROOF_TYPE, licence_identifier
from yiti.certificates.schemas import (
    CertificateContent,
    Content,
    EntryCertificate,
    EntryProofContent,
    Issuer,
    Replacement,
)
from yiti.certificates.wording import certificate_number, holder_lines, proof_number, sharing_words
from yiti.register.details import OwnershipDetails
from yiti.register.kinds import ISSUES_CERTIFICATE, EntryKind

CERTIFICATE_TEMPLATE = "certificate/1"
PROOF_TEMPLATE = "proof/1"
_REISSUE_WORDS = {"renewal": "换发", "loss": "补发"}


def is_certificate(kind: EntryKind) -> bool:
    """Whether the entry brings forth a certificate (证书) rather than a proof (证明)."""
    return kind in ISSUES_CERTIFICATE


def freeze(
    facts: EntryCertificate, issuer: Issuer, *, serial: int, verify_code: str, frozen_at: datetime, holder: int = 0
) -> CertificateContent | EntryProofContent:
    """All that is printed. `holder`: whose certificate it is where each holder has one (分别持证), from 1; else 0."""
    common = _common(facts, issuer, serial, verify_code, frozen_at)
    if not is_certificate(facts.kind):
        return EntryProofContent(
            **common,
            item=proofs.item(facts),
            holders=holder_lines(facts.holders),
            sharing=sharing_words(facts.sharing, facts.holders) if facts.sharing else "",
            others=proofs.others(facts),
            remarks=proofs.remarks(facts),
            data=entry_data.of(facts),
        )
    details = facts.details
    assert isinstance(details, OwnershipDetails)  # held by `service.check`
    return CertificateContent(
        **common,
        item=ownership.RIGHT_TYPE,
        holders=holder_lines(facts.holders[holder - 1 : holder] if holder else facts.holders),
        sharing=ownership.sharing(facts, holder),
        right_nature=details.right_nature,
        usage=f"{details.land_usage}/{details.usage}",
        area=ownership.areas(details),
        term=ownership.land_term(details),
        others=ownership.others(facts, details, holder),
        remarks=ownership.remarks(facts, details),
        data=entry_data.of(facts),
        plan_digest=facts.plan_digest,
    )


def freeze_again(old: Content, issuer: Issuer, why: Replacement, *, serial: int, code: str, at: datetime) -> Content:
    """The same right on a new paper: what the old one said, under its own number, with the reason in 附记.

    A new number (实施细则 art. 22: what was lost is made void and made anew), so a new serial in the 证照标识; its
    version stays 001, for a version counts changes of a licence that keeps its number.
    """
    certificate = isinstance(old, CertificateContent)
    paper = "不动产权证书" if certificate else "不动产登记证明"
    note = f"{_REISSUE_WORDS[why.cause]}：原{paper}（{old.number}）已作废"
    return msgspec.structs.replace(
        old,
        **_identity(issuer, why.booked_on, serial, certificate=certificate),
        case_number=why.case_number,
        booked_on=why.booked_on,
        frozen_at=at,
        verify_url=_verify_url(issuer, code),
        remarks=(f"业务号：{why.case_number}", note, *(line for line in old.remarks if not _superseded(line))),
        **_issuing_agency(issuer),
    )


def _superseded(line: str) -> bool:
    return line.startswith(("业务号：", *(f"{words}：原" for words in _REISSUE_WORDS.values())))


def _common(
    facts: EntryCertificate, issuer: Issuer, serial: int, verify_code: str, frozen_at: datetime
) -> dict[str, Any]:
    certificate = is_certificate(facts.kind)
    return {
        "template": CERTIFICATE_TEMPLATE if certificate else PROOF_TEMPLATE,
        **_identity(issuer, facts.booked_on, serial, certificate=certificate),
        "obligors": holder_lines(facts.obligors),
        "location": facts.location,
        "unit_code": facts.unit_code,
        "case_number": facts.case_number,
        **_issuing_agency(issuer),
        "booked_on": facts.booked_on,
        "frozen_at": frozen_at,
        "verify_url": _verify_url(issuer, verify_code),
    }


def _identity(issuer: Issuer, booked_on: date, serial: int, *, certificate: bool) -> dict[str, Any]:
    number = certificate_number if certificate else proof_number
    kind = CERTIFICATE_TYPE if certificate else PROOF_TYPE
    running = f"{issuer.county_code}{booked_on.year}{serial:09d}"
    return {
        "number": number(issuer, booked_on.year, serial),
        "licence_id": licence_identifier(kind, issuer.agency_code, running),
    }


def _issuing_agency(issuer: Issuer) -> dict[str, Any]:
    return {
        "county_code": issuer.county_code,
        "agency_name": issuer.agency_name,
        "agency_code": issuer.agency_code,
    }


def _verify_url(issuer: Issuer, verify_code: str) -> str:
    return f"{issuer.public_url.rstrip('/')}/verify/{issuer.county_code}/{verify_code}"
