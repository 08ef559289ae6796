"""PAdES: pure functions from PDF bytes to signed PDF bytes. Slow (tens of ms): run them in `signing.pool`.

The order that validates everywhere: all fields with their locks → the platform certifies (FILL_FORMS) → each signer
signs and locks its own field → the last one locks everything (NO_CHANGES) → document timestamp.
Each signature is one incremental update that carries its own validation data, with the root (B-LT).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields as pdf_fields
from pyhanko.sign import signers
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import NoOpStampStyle

from kernel.clock import now
from kernel.rendering.schemas import Box
from signing import cms, hexstrings  # noqa: F401 - quick reading of signatures
from signing.appearance import Ink, InkStyle
from signing.errors import AlreadySigned, BadPdf, FieldMissing, TimestampUnavailable
from signing.ports import Evidence, Revocation, Signer, Timestamper
from signing.timestamps import ResponderClient

Level = Literal["B-B", "B-T", "B-LT"]
PLATFORM_FIELD = "platform"


@dataclass(frozen=True)
class Desk:
    """What a signing process keeps at hand: revocation answers and the time."""

    revocation: Revocation
    timestamper: Timestamper


@dataclass(frozen=True)
class FieldPlan:
    """A signature place; the one with `locks_all` is signed last and forbids every later change."""

    name: str
    box: Box | None
    locks_all: bool = False


@dataclass(frozen=True)
class SealPlace:
    """Where a seal goes in a file that somebody brought. `turn`: degrees clockwise by which the page is shown turned;
    `closes`: nothing may be added to the file afterwards, not even further seals."""

    name: str
    box: Box
    turn: int = 0
    closes: bool = False


class _FastSigner(signers.Signer):
    """pyHanko's signer with the CMS made by `signing.cms`: no dry run, no parsing of the key at each signature."""

    def __init__(self, signer: Signer, evidence: Evidence) -> None:
        super().__init__(signing_cert=signer.asn1)
        self._signer, self._chain = signer, evidence.certificates[1:2]

    async def async_sign(
        self, data_digest: bytes, digest_algorithm: str, *_: Any, timestamper: TimeStamper | None = None, **__: Any
    ) -> bytes:
        if digest_algorithm != "sha256":
            raise ValueError(f"signatures are made over sha256, not {digest_algorithm}")
        signature, unfinished = cms.signed_data(self._signer, data_digest, self._chain)
        return unfinished.finish(await _token(timestamper, cms.sha256(signature)) if timestamper else None)


class _RawTokens(TimeStamper):
    """Hands pyHanko finished tokens. asn1crypto re-encodes a parsed one, for more than a second, whenever its length
    happens to be 128 modulo 256: it takes such a header for an indefinite length."""

    def __init__(self, client: TimeStamper) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._client = client

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> bytes:  # noqa: ARG002 - sha256 always
        return await _token(self._client, message_digest)


async def _token(timestamper: TimeStamper, digest: bytes) -> bytes:
    if isinstance(timestamper, ResponderClient):
        return timestamper.token(digest)
    try:
        return bytes((await timestamper.async_timestamp(digest, "sha256")).dump())
    except TimestampRequestError as error:
        raise TimestampUnavailable from error


def open_writer(pdf: bytes) -> IncrementalPdfFileWriter:
    """Raises BadPdf on anything that is no plain PDF."""
    try:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        unusable = writer.prev.encrypted or "/Pages" not in writer.root
    except Exception as error:  # bytes made to confuse raise anything: zlib.error, AssertionError, ...
        raise BadPdf from error
    if unusable:
        raise BadPdf
    return writer


def _add_field(writer: IncrementalPdfFileWriter, plan: FieldPlan) -> None:
    lock = FieldMDPSpec(FieldMDPAction.ALL) if plan.locks_all else FieldMDPSpec(FieldMDPAction.INCLUDE, [plan.name])
    box = plan.box
    spec = SigFieldSpec(
        plan.name,
        on_page=box.page if box else 0,
        box=(box.x1, box.y1, box.x2, box.y2) if box else None,  # type: ignore[arg-type]  # points need not be whole
        field_mdp_spec=lock,
        doc_mdp_update_value=MDPPerm.NO_CHANGES if plan.locks_all else None,
    )
    pdf_fields.append_signature_field(writer, spec)


async def _apply(
    writer: IncrementalPdfFileWriter,
    field: str,
    signer: Signer,
    desk: Desk,
    *,
    ink: Ink | None,
    level: Level,
    certify: bool = False,
    permission: MDPPerm = MDPPerm.FILL_FORMS,
    reason: str | None = None,
) -> bytes:
    at = now()
    evidence = await desk.revocation.fresh_evidence(signer.asn1, at)
    if level == "B-LT":
        _embed(writer, evidence + await desk.timestamper.evidence(at))
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=certify,
        docmdp_permissions=permission,
        reason=reason,
    )
    pdf_signer = signers.PdfSigner(
        metadata,
        _FastSigner(signer, evidence),
        timestamper=None if level == "B-B" else desk.timestamper.client,
        stamp_style=InkStyle(ink=ink) if ink else NoOpStampStyle(),
    )
    output = await pdf_signer.async_sign_pdf(
        writer, existing_fields_only=True, bytes_reserved=_reserved(signer, evidence, desk)
    )
    return bytes(output.getbuffer())


def _reserved(signer: Signer, evidence: Evidence, desk: Desk) -> int:
    """Hexadecimal digits to leave for a signature. Close to the need: pyHanko reads them one by one at every opening.

    Our own parts are the certificate (named three times, partly), the issuer's, and attributes of some 600 bytes.
    """
    certificate = len(signer.asn1.dump())
    return 2 * (2 * certificate + sum(map(len, evidence.certificates[1:2])) + desk.timestamper.token_size + 700)


def _embed(writer: IncrementalPdfFileWriter, evidence: Evidence) -> None:
    """Into the same revision as the signature: the answers are known before. No VRI: it names a made signature."""
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(der) for der in evidence.certificates],
        ocsps=[asn1_ocsp.OCSPResponse.load(der) for der in evidence.ocsps],
        crls=[asn1_crl.CertificateList.load(der) for der in evidence.crls],
    )


async def prepare(pdf: bytes, plans: Sequence[FieldPlan], platform: Signer, desk: Desk) -> bytes:
    """Make every signature field and certify the document: from here on, only these fields may be filled."""
    writer = open_writer(pdf)
    if writer.prev.embedded_signatures:
        raise AlreadySigned("文件已含有签名，不能再次准备")
    for plan in (*plans, FieldPlan(PLATFORM_FIELD, None)):
        _add_field(writer, plan)
    return await _apply(writer, PLATFORM_FIELD, platform, desk, ink=None, level="B-LT", certify=True)


async def sign_field(
    pdf: bytes, field: str, signer: Signer, desk: Desk, *, ink: Ink | None, level: Level = "B-LT"
) -> bytes:
    """Sign the named field in one incremental update. Raises FieldMissing, AlreadySigned."""
    writer = open_writer(pdf)
    permission = _permission(writer, field)
    return await _apply(writer, field, signer, desk, ink=ink, level=level, permission=permission)


def _permission(writer: IncrementalPdfFileWriter, field: str) -> MDPPerm:
    found = next(pdf_fields.enumerate_sig_fields(writer.prev, with_name=field), None)
    if found is None:
        raise FieldMissing(extra={"field": field})
    _, value, reference = found
    if value is not None:
        raise AlreadySigned
    place = reference.get_object()
    locks_all = "/Lock" in place and "/P" in place["/Lock"]
    return MDPPerm.NO_CHANGES if locks_all else MDPPerm.FILL_FORMS


async def seal_pdf(
    pdf: bytes, field: str, box: Box | None, signer: Signer, desk: Desk, *, ink: Ink | None, level: Level = "B-LT"
) -> bytes:
    """Seal a document of one signature (a proof, a letter): field, seal and validation data in one incremental update.

    It certifies with NO_CHANGES, so that a reader shows any later alteration at once.
    """
    writer = open_writer(pdf)
    _add_field(writer, FieldPlan(field, box, locks_all=True))
    return await _apply(writer, field, signer, desk, ink=ink, level=level, certify=True, permission=MDPPerm.NO_CHANGES)


async def add_seal(pdf: bytes, place: SealPlace, signer: Signer, desk: Desk, *, ink: Ink) -> bytes:
    """Set a seal beside those that a file may have already, in one incremental update (B-LT).

    The seal that closes a file with no other certifies it. One that leaves room for others does not: in a certified
    file readers take every new visible field for a forgery. Raises BadPdf.
    """
    writer = open_writer(pdf)
    alone = not writer.prev.embedded_signatures
    _add_field(writer, FieldPlan(place.name, place.box, locks_all=place.closes))
    permission = MDPPerm.NO_CHANGES if place.closes else MDPPerm.FILL_FORMS
    certify = alone and place.closes
    return await _apply(writer, place.name, signer, desk, ink=ink, level="B-LT", certify=certify, permission=permission)


async def archive_timestamp(pdf: bytes, desk: Desk) -> bytes:
    """Add a document timestamp over everything (B-LTA), with the timestamp's own validation data.

    Done again before the last one's certificate ends, it carries the document on: what proves the keys of the earlier
    times today is put under the new one.
    """
    writer = open_writer(pdf)
    _embed(writer, await desk.timestamper.standing(now()))
    output = await PdfTimeStamper(_RawTokens(desk.timestamper.client)).async_timestamp_pdf(
        writer, "sha256", bytes_reserved=2 * desk.timestamper.token_size
    )
    return bytes(output.getbuffer())
