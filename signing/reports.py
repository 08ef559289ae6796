"""One signature of a PDF, turned into a row of the validation report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

import structlog
from asn1crypto import x509
from pyhanko.sign.ades.report import AdESPassed, AdESSubIndic
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel, SignatureStatus

from signing.authority import ASSERTION_URN, NAME_URN
from signing.schemas import SignatureReport

_log = structlog.get_logger(__name__)


def is_stamp(signature: EmbeddedPdfSignature) -> bool:
    return bool(signature.sig_object_type == "/DocTimeStamp")


def row(
    signature: EmbeddedPdfSignature,
    level: Literal["B-B", "B-T", "B-LT", "B-LTA", "DTS"],
    status: SignatureStatus,
    verdict: AdESSubIndic,
    signed_at: datetime | None,
) -> SignatureReport:
    certificate = signature.signer_cert
    subject = certificate.subject.native
    return SignatureReport(
        field=str(signature.field_name),
        kind=_kind(signature),
        signer=_alternative(certificate, NAME_URN) or _full_name(subject),
        organisation=subject.get("organization_name"),
        assertion=_alternative(certificate, ASSERTION_URN),
        signed_at=signed_at,
        level=level,
        intact=bool(status.intact and status.valid),
        trusted=verdict is AdESPassed.OK,
        verdict=verdict.standard_name,
        covers_whole_file=signature.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        changes=_changes(signature),
        revision=signature.signed_revision,
    )


def unreadable(signature: EmbeddedPdfSignature, level: Literal["B-B", "DTS"], error: Exception) -> SignatureReport:
    _log.warning("signing.signature_unreadable", field=str(signature.field_name), error=repr(error))
    return SignatureReport(
        field=str(signature.field_name),
        kind="timestamp" if level == "DTS" else "signature",
        signer="",
        organisation=None,
        assertion=None,
        signed_at=None,
        level=level,
        intact=False,
        trusted=False,
        verdict="FORMAT_FAILURE",
        covers_whole_file=False,
        changes="illegal",
        revision=signature.signed_revision,
    )


def _kind(signature: EmbeddedPdfSignature) -> Literal["certification", "signature", "timestamp"]:
    if is_stamp(signature):
        return "timestamp"
    references = signature.sig_object.get("/Reference", ())
    certifies = any(ref.get_object().get("/TransformMethod") == "/DocMDP" for ref in references)
    return "certification" if certifies else "signature"


def _full_name(subject: Mapping[str, Any]) -> str:
    """The common name has room for 21 Chinese characters only (`signing.authority.name`)."""
    common, organisation = str(subject.get("common_name", "")), str(subject.get("organization_name", ""))
    return str(subject.get("given_name") or (organisation if organisation.startswith(common) else common))


def _alternative(certificate: x509.Certificate, urn: str) -> str | None:
    names = certificate.subject_alt_name_value
    for name in names.native if names is not None else ():
        if isinstance(name, str) and name.startswith(urn):
            return unquote(name.removeprefix(urn))
    return None


def _changes(signature: EmbeddedPdfSignature) -> Literal["none", "permitted", "illegal"]:
    if signature.coverage is None or signature.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return "illegal"
    if signature.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "none"
    difference = signature.diff_result
    if not isinstance(difference, DiffResult) or difference.modification_level == ModificationLevel.OTHER:
        return "illegal"
    return "permitted" if signature.summarise_integrity_info()["docmdp_ok"] else "illegal"
