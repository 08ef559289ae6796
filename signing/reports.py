"""One signature of a PDF, turned into a row of the validation report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import structlog
from asn1crypto import x509
from pyhanko.sign.ades.report import AdESFailure, AdESPassed, AdESSubIndic
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel, SignatureStatus

from signing.authority import ASSERTION_URN, NAME_URN, told
from signing.schemas import SignatureReport

_log = structlog.get_logger(__name__)
_LONGEST = 400
Level = Literal["B-B", "B-T", "B-LT", "B-LTA", "DTS"]
Stamp = Literal["none", "trusted", "untrusted", "broken"]


def is_stamp(signature: EmbeddedPdfSignature) -> bool:
    return bool(signature.sig_object_type == "/DocTimeStamp")


@dataclass(frozen=True)
class Judgement:
    """What was found out about one signature."""

    level: Level
    status: SignatureStatus
    verdict: AdESSubIndic
    signed_at: datetime | None = None
    claimed_at: datetime | None = None
    stamp: Stamp = "none"
    stamped_by: str = ""


def row(signature: EmbeddedPdfSignature, found: Judgement) -> SignatureReport:
    """A signature whose bytes are as they were signed."""
    return SignatureReport(
        **_names(signature),
        field=plain(signature.field_name),
        kind=_kind(signature),
        signed_at=found.signed_at,
        claimed_at=found.claimed_at,
        stamp=found.stamp,
        stamped_by=found.stamped_by,
        level=found.level,
        intact=bool(found.status.intact and found.status.valid),
        trusted=found.verdict is AdESPassed.OK,
        verdict=found.verdict.standard_name,
        covers_whole_file=signature.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        changes=_changes(signature),
        revision=signature.signed_revision,
    )


def broken(signature: EmbeddedPdfSignature, level: Level, verdict: AdESSubIndic) -> SignatureReport:
    """A signature whose bytes are not those that were signed; who signed is what the signature says."""
    return SignatureReport(
        **_names(signature),
        field=plain(signature.field_name),
        kind=_kind(signature),
        signed_at=None,
        level=level,
        intact=False,
        trusted=False,
        verdict=verdict.standard_name,
        covers_whole_file=False,
        changes="illegal",
        revision=signature.signed_revision,
    )


def unreadable(field: str, error: Exception, revision: int = 0) -> SignatureReport:
    """A signature of which nothing can be made out."""
    _log.warning("signing.signature_unreadable", error=type(error).__name__)
    return SignatureReport(
        field=plain(field),
        kind="signature",
        signer="",
        organisation=None,
        assertion=None,
        signed_at=None,
        level="B-B",
        intact=False,
        trusted=False,
        verdict=AdESFailure.FORMAT_FAILURE.standard_name,
        covers_whole_file=False,
        changes="illegal",
        revision=revision,
    )


def _names(signature: EmbeddedPdfSignature) -> dict[str, Any]:
    certificate = signature.signer_cert
    subject = certificate.subject.native
    return {
        "signer": plain(_alternative(certificate, NAME_URN) or _full_name(subject)),
        "organisation": _text(subject.get("organization_name")),
        "assertion": _alternative(certificate, ASSERTION_URN),
        "issuer": plain(_full_name(certificate.issuer.native)),
    }


def plain(text: object) -> str:
    """A name from a stranger's file, fit to be sent on and shown."""
    return str(text)[:_LONGEST].encode("utf-8", "replace").decode()


def common_name(certificate: x509.Certificate) -> str:
    """Whose certificate it is."""
    return plain(_full_name(certificate.subject.native))


def _text(value: object) -> str | None:
    """A name may hold several values of one kind."""
    if isinstance(value, list):
        return plain("、".join(str(one) for one in value))
    return None if value is None else plain(value)


def _kind(signature: EmbeddedPdfSignature) -> Literal["certification", "signature", "timestamp"]:
    if is_stamp(signature):
        return "timestamp"
    references = signature.sig_object.get("/Reference", ())
    certifies = any(ref.get_object().get("/TransformMethod") == "/DocMDP" for ref in references)
    return "certification" if certifies else "signature"


def _full_name(subject: Mapping[str, Any]) -> str:
    """The common name has room for 21 Chinese characters only (`signing.authority.name`)."""
    common, organisation = _text(subject.get("common_name")) or "", _text(subject.get("organization_name")) or ""
    return _text(subject.get("given_name")) or (organisation if organisation.startswith(common) else common)


def _alternative(certificate: x509.Certificate, urn: str) -> str | None:
    names = certificate.subject_alt_name_value
    found = told((name for name in (names.native if names is not None else ()) if isinstance(name, str)), urn)
    return None if found is None else plain(found)


def _changes(signature: EmbeddedPdfSignature) -> Literal["none", "permitted", "illegal"]:
    if signature.coverage is None or signature.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return "illegal"
    if signature.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "none"
    difference = signature.diff_result
    if not isinstance(difference, DiffResult) or difference.modification_level == ModificationLevel.OTHER:
        return "illegal"
    return "permitted" if signature.summarise_integrity_info()["docmdp_ok"] else "illegal"
