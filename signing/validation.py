"""Is a signed PDF what its signers signed? Judged by pyHanko against our trust roots, without any network access.

poppler's pdfsig calls a document valid after its text was replaced by an incremental update; only the analysis of what
was added after each signed revision shows it. The report keeps the two apart.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Literal

import structlog
from asn1crypto import cms, x509
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from signing.ports import NO_EVIDENCE, Evidence
from signing.reports import is_stamp, row, unreadable
from signing.schemas import SignatureReport, ValidationReport

_log = structlog.get_logger(__name__)

MAX_SIGNATURES = 64


@dataclass(frozen=True)
class Trust:
    """Root certificates we believe (DER), and fresh answers about our own timestamp authority.

    Without fresh answers (offline, from an archive package) the answers embedded beside a timestamp stand for it: a
    timestamp key revoked since then is not noticed.
    """

    roots: tuple[bytes, ...]
    fresh: Evidence = NO_EVIDENCE


async def validate_pdf(pdf: bytes, trust: Trust) -> ValidationReport:
    """Judge every signature. Never raises on bad input: what cannot be judged is reported as not valid."""
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        if reader.encrypted:
            return _nothing("文件已加密，无法验证")
        signatures = list(reader.embedded_signatures)
        if not signatures:
            return _nothing("文件中没有电子签名")
        if len(signatures) > MAX_SIGNATURES:
            return _nothing("文件中的电子签名过多")
        return await _Examiner(reader, trust).report(signatures)
    except Exception as error:  # noqa: BLE001 - bytes made to confuse raise anything: zlib.error, AssertionError, ...
        _log.warning("signing.pdf_unreadable", error=repr(error))
        return _nothing("文件不是有效的 PDF，或已损坏")


def _nothing(problem: str) -> ValidationReport:
    return ValidationReport(valid=False, signatures=(), unsigned_tail=False, problem=problem)


class _Examiner:
    def __init__(self, reader: PdfFileReader, trust: Trust) -> None:
        self._reader = reader
        self._offline = not trust.fresh.ocsps
        self._roots = [x509.Certificate.load(der) for der in trust.roots]
        certificates, ocsps, crls = _stored(reader)
        self._certificates = [x509.Certificate.load(der) for der in trust.fresh.certificates] + certificates
        self._ocsps = [asn1_ocsp.OCSPResponse.load(der) for der in trust.fresh.ocsps] + ocsps
        self._crls = [asn1_crl.CertificateList.load(der) for der in trust.fresh.crls] + crls

    def _context(self, moment: datetime | None = None) -> ValidationContext:
        """As of a moment (None: now). Nothing is fetched: an uploaded file must not make this server call addresses of
        its maker's choice."""
        return ValidationContext(
            trust_roots=self._roots,
            other_certs=self._certificates,
            ocsps=self._ocsps,
            crls=self._crls,
            moment=moment,
            allow_fetching=False,
            revocation_mode="require",
        )

    async def report(self, signatures: list[EmbeddedPdfSignature]) -> ValidationReport:
        stamps = [await self._stamp(s) for s in signatures if is_stamp(s)]
        trusted = [stamp.revision for stamp in stamps if stamp.trusted and stamp.intact]
        reports = stamps + [await self._signature(s, trusted) for s in signatures if not is_stamp(s)]
        reports.sort(key=lambda report: report.revision)
        tail = not any(report.covers_whole_file for report in reports)
        signed = any(report.kind != "timestamp" for report in reports)
        sound = all(r.intact and r.trusted and r.changes != "illegal" for r in reports)
        return ValidationReport(valid=signed and sound, signatures=tuple(reports), unsigned_tail=tail)

    async def _stamp(self, stamp: EmbeddedPdfSignature) -> SignatureReport:
        try:
            context = self._stamp_context(_gen_time(stamp.signed_data))
            status = await async_validate_pdf_timestamp(stamp, validation_context=context)
            return row(stamp, "DTS", status, _verdict(status), status.timestamp)
        except Exception as error:  # noqa: BLE001 - as above; the other signatures are still judged
            return unreadable(stamp, "DTS", error)

    async def _signature(self, signature: EmbeddedPdfSignature, stamps: list[int]) -> SignatureReport:
        try:
            status = await self._judge(signature)
            verdict = _verdict(status)
            if status.intact and status.valid and verdict is not AdESPassed.OK and stamps:
                verdict = await self._past(signature, verdict)
            stamp = status.timestamp_validity
            time = stamp.timestamp if stamp is not None and stamp.trusted else None
            return row(signature, self._level(signature, stamps), status, verdict, time)
        except Exception as error:  # noqa: BLE001 - as above; the other signatures are still judged
            return unreadable(signature, "B-B", error)

    async def _judge(self, signature: EmbeddedPdfSignature) -> PdfSignatureStatus:
        """Was the certificate good at the time that the signature's own, presently trusted, timestamp proves?

        Without such a timestamp nothing proves the time, and the certificate must be good now.
        """
        token = _token_time(signature)
        status = await self._validate(signature, token)
        stamp = status.timestamp_validity
        if token is not None and not (stamp and stamp.intact and stamp.valid and stamp.trusted):
            return await self._validate(signature, None)
        return status

    async def _validate(self, signature: EmbeddedPdfSignature, moment: datetime | None) -> PdfSignatureStatus:
        return await async_validate_pdf_signature(
            signature,
            signer_validation_context=self._context(moment),
            ts_validation_context=self._stamp_context(_token_time(signature)),
        )

    def _stamp_context(self, stamped: datetime | None) -> ValidationContext:
        return self._context(stamped if self._offline else None)

    async def _past(self, signature: EmbeddedPdfSignature, verdict: AdESSubIndic) -> AdESSubIndic:
        """Years later, by the chain of document timestamps (EN 319 102-1 §5.6.3)."""
        policy = CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=self._roots),
            revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
        )
        spec = SignatureValidationSpec(
            cert_validation_policy=policy,
            revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
        )
        past = await ades.ades_lta_validation(signature, PdfSignatureValidationSpec(spec))
        return past.ades_subindic if past.ades_subindic is AdESPassed.OK else verdict

    def _level(self, signature: EmbeddedPdfSignature, stamps: list[int]) -> Literal["B-B", "B-T", "B-LT", "B-LTA"]:
        if _token_time(signature) is None:
            return "B-B"
        serial = signature.signer_cert.serial_number
        if not any(_serial(answer) == serial for answer in self._ocsps):
            return "B-T"
        return "B-LTA" if any(revision > signature.signed_revision for revision in stamps) else "B-LT"


Stored = tuple[list[x509.Certificate], list[asn1_ocsp.OCSPResponse], list[asn1_crl.CertificateList]]


def _stored(reader: PdfFileReader) -> Stored:
    """What the document security store holds."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return [], [], []
    ocsps = [asn1_ocsp.OCSPResponse.load(ref.get_object().data) for ref in store.ocsps]
    return list(store.load_certs()), ocsps, [asn1_crl.CertificateList.load(ref.get_object().data) for ref in store.crls]


def _verdict(status: SignatureStatus) -> AdESSubIndic:
    if not status.intact:
        return AdESFailure.HASH_FAILURE
    if not status.valid:
        return AdESFailure.SIG_CRYPTO_FAILURE
    if status.trusted:
        return AdESPassed.OK
    return status.trust_problem_indic or AdESIndeterminate.GENERIC


def _token_time(signature: EmbeddedPdfSignature) -> datetime | None:
    """When the signature's own timestamp says it was made; not yet checked."""
    token = next(extract_tst_data_iter(signature.signer_info, signed=False), None)
    return None if token is None else _gen_time(token)


def _gen_time(token: cms.SignedData) -> datetime:
    time: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return time


def _serial(answer: asn1_ocsp.OCSPResponse) -> int | None:
    if answer["response_status"].native != "successful":
        return None
    responses = answer.basic_ocsp_response["tbs_response_data"]["responses"]
    return int(responses[0]["cert_id"]["serial_number"].native)
