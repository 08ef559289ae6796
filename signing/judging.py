"""Is one signature what its signer signed, and was its certificate good? Judged by pyHanko against our trust roots."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from asn1crypto import cms, x509
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.validation import ades
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
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureStatus, TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from signing.containers import Altered, check_container, check_digest, check_place, proven
from signing.embedded import stored
from signing.ports import NO_EVIDENCE, Evidence
from signing.reports import Judgement, Level, Stamp, broken, common_name, row
from signing.schemas import SignatureReport


@dataclass(frozen=True)
class Trust:
    """Root certificates we believe (DER), and fresh answers about our own timestamp authority.

    Without fresh answers (offline, from an archive package) the answers embedded beside a timestamp stand for it: a
    timestamp key revoked since then is not noticed.
    """

    roots: tuple[bytes, ...]
    fresh: Evidence = NO_EVIDENCE


class Judge:
    """Judges the signatures of one file. Its methods raise on bytes made to confuse."""

    def __init__(self, pdf: bytes, reader: PdfFileReader, trust: Trust) -> None:
        self._pdf, self._reader, self._trust = pdf, reader, trust
        self._offline = not trust.fresh.ocsps
        self._roots = [x509.Certificate.load(der) for der in trust.roots]
        self._contexts: dict[datetime | None, ValidationContext] = {}
        self._proofs: dict[int, datetime] = {}
        """By revision, the time of each good document timestamp."""

    @cached_property
    def _material(self) -> Evidence:
        """Fresh answers, and what the document security store holds."""
        return self._trust.fresh + stored(self._reader)

    @cached_property
    def _ocsps(self) -> list[asn1_ocsp.OCSPResponse]:
        return [asn1_ocsp.OCSPResponse.load(der) for der in self._material.ocsps]

    @cached_property
    def _proven(self) -> list[bytes]:
        return proven(self._material.certificates, self._trust.roots)[0]

    def _context(self, moment: datetime | None) -> ValidationContext:
        """As of a moment (None: now). Nothing is fetched: an uploaded file must not make this server call addresses of
        its maker's choice."""
        if moment not in self._contexts:
            self._contexts[moment] = ValidationContext(
                trust_roots=self._roots,
                other_certs=[x509.Certificate.load(der) for der in self._material.certificates],
                ocsps=self._ocsps,
                crls=[asn1_crl.CertificateList.load(der) for der in self._material.crls],
                moment=moment,
                allow_fetching=False,
                revocation_mode="require",
            )
        return self._contexts[moment]

    def _altered(self, signature: EmbeddedPdfSignature, level: Level) -> SignatureReport | None:
        """What can be told without looking at any certificate; most forgeries end here."""
        try:
            check_place(self._pdf, signature)
            return None if check_digest(signature) else broken(signature, level, AdESFailure.HASH_FAILURE)
        except Altered:
            return broken(signature, level, AdESFailure.FORMAT_FAILURE)

    def _crowded(self, signature: EmbeddedPdfSignature, level: Level) -> SignatureReport | None:
        """The place of a trusted signature must hold nothing that is not accounted for."""
        try:
            check_container(signature, self._proven)
        except Altered:
            return broken(signature, level, AdESFailure.FORMAT_FAILURE)
        return None

    async def stamp(self, stamp: EmbeddedPdfSignature) -> SignatureReport:
        """A document timestamp; the later ones first, for they prove since when the earlier ones have been there."""
        if altered := self._altered(stamp, "DTS"):
            return altered
        context = self._stamp_context(stamp, _gen_time(stamp.signed_data))
        status = await async_validate_pdf_timestamp(stamp, validation_context=context)
        verdict = _verdict(status)
        if verdict is AdESPassed.OK and (crowded := self._crowded(stamp, "DTS")):
            return crowded
        if verdict is AdESPassed.OK:
            self._proofs[stamp.signed_revision] = _gen_time(stamp.signed_data)
        return row(stamp, Judgement(level="DTS", status=status, verdict=verdict, signed_at=status.timestamp))

    async def signature(self, signature: EmbeddedPdfSignature, stamps: list[int]) -> SignatureReport:
        """A signature; `stamps` are the revisions of the good document timestamps."""
        if altered := self._altered(signature, "B-B"):
            return altered
        status = await self._judged(signature)
        verdict = _verdict(status)
        if status.intact and status.valid and verdict is not AdESPassed.OK and stamps:
            verdict = await self._past(signature, verdict)
        if verdict is AdESPassed.OK and (crowded := self._crowded(signature, "B-B")):
            return crowded
        stamp = status.timestamp_validity
        kind = _stamp_kind(stamp)
        return row(
            signature,
            Judgement(
                level=self._level(signature, stamps),
                status=status,
                verdict=verdict,
                signed_at=stamp.timestamp if stamp is not None and kind == "trusted" else None,
                claimed_at=_claimed(status, stamp),
                stamp=kind,
                stamped_by=common_name(stamp.signing_cert) if stamp is not None else "",
            ),
        )

    async def _judged(self, signature: EmbeddedPdfSignature) -> PdfSignatureStatus:
        """Was the certificate good at the time that the signature's own, presently trusted, timestamp proves?

        Without such a timestamp nothing proves the time, and the certificate must be good now.
        """
        token = _token_time(signature)
        status = await self._validate(signature, token)
        if token is not None and _stamp_kind(status.timestamp_validity) != "trusted":
            return await self._validate(signature, None)
        return status

    async def _validate(self, signature: EmbeddedPdfSignature, moment: datetime | None) -> PdfSignatureStatus:
        return await async_validate_pdf_signature(
            signature,
            signer_validation_context=self._context(moment),
            ts_validation_context=self._stamp_context(signature, _token_time(signature)),
        )

    def _stamp_context(self, signature: EmbeddedPdfSignature, stamped: datetime | None) -> ValidationContext:
        """As of when the timestamp of this signature is judged: as of the first good document timestamp over it, which
        holds it fast together with the answers of that day; otherwise now, so that a lost key is noticed."""
        over = [at for revision, at in self._proofs.items() if revision > signature.signed_revision]
        return self._context(min(over) if over else stamped if self._offline else None)

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

    def _level(self, signature: EmbeddedPdfSignature, stamps: list[int]) -> Level:
        if _token_time(signature) is None:
            return "B-B"
        serial = signature.signer_cert.serial_number
        if not any(_serial(answer) == serial for answer in self._ocsps):
            return "B-T"
        return "B-LTA" if any(revision > signature.signed_revision for revision in stamps) else "B-LT"


def _verdict(status: SignatureStatus) -> AdESSubIndic:
    if not status.intact:
        return AdESFailure.HASH_FAILURE
    if not status.valid:
        return AdESFailure.SIG_CRYPTO_FAILURE
    if status.trusted:
        return AdESPassed.OK
    return status.trust_problem_indic or AdESIndeterminate.GENERIC


def _stamp_kind(stamp: TimestampSignatureStatus | None) -> Stamp:
    if stamp is None:
        return "none"
    if not (stamp.intact and stamp.valid):
        return "broken"
    return "trusted" if stamp.trusted else "untrusted"


def _claimed(status: PdfSignatureStatus, stamp: TimestampSignatureStatus | None) -> datetime | None:
    claimed: datetime | None = stamp.timestamp if stamp is not None else status.signer_reported_dt
    return claimed if claimed is not None and claimed.tzinfo else None


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
