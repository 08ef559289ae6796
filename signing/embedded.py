"""What the signatures of a PDF carry, as it stands there: certificates, signed attributes, timestamps; not judged.

From these pieces anybody can recompute a signature without the document: the evidence report holds them.
"""

import hashlib
from datetime import datetime
from io import BytesIO

import msgspec
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.errors import BadPdf
from signing.ports import NO_EVIDENCE, Evidence


class EmbeddedSignature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature; all certificates and structures are DER."""

    field: str
    certificate: bytes
    others: tuple[bytes, ...]
    """The further certificates that it carries; its timestamp's too."""
    signed_attributes: bytes
    """What the signature is made over (a SET OF); it names the digest of the signed bytes."""
    message_digest: str
    """SHA-256 of the signed bytes of the PDF, hex."""
    signature: bytes
    timestamp: bytes | None
    """The token of RFC 3161, made over `signature`."""
    stamped_at: datetime | None


class EmbeddedSignatures(msgspec.Struct, frozen=True, kw_only=True):
    """All signatures of a PDF in the order they were made, and the certificates kept beside them for later (DSS)."""

    signatures: tuple[EmbeddedSignature, ...]
    certificates: tuple[bytes, ...]

    @property
    def everything(self) -> dict[str, bytes]:
        """Every certificate that is in the PDF, by the hex SHA-256 of its DER."""
        found = [*self.certificates]
        for one in self.signatures:
            found += [one.certificate, *one.others]
        return {hashlib.sha256(der).hexdigest(): der for der in found}


def embedded_signatures(pdf: bytes) -> EmbeddedSignatures:
    """Raises BadPdf on what cannot be read. Some 20 ms a signature: run it in a process."""
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        found = sorted(reader.embedded_regular_signatures, key=lambda one: one.signed_revision)
        return EmbeddedSignatures(
            signatures=tuple(_signature(one) for one in found), certificates=stored(reader).certificates
        )
    except Exception as error:  # bytes made to confuse raise anything: zlib.error, AssertionError, ...
        raise BadPdf from error


def stored(reader: PdfFileReader) -> Evidence:
    """The document security store: what a PDF carries so that its signatures can be judged later. Raises on bytes made
    to confuse."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return NO_EVIDENCE
    return Evidence(
        tuple(certificate.dump() for certificate in store.load_certs()),
        tuple(ref.get_object().data for ref in store.ocsps),
        tuple(ref.get_object().data for ref in store.crls),
    )


def _signature(found: EmbeddedPdfSignature) -> EmbeddedSignature:
    info: cms.SignerInfo = found.signer_info
    attributes = {one["type"].native: one["values"] for one in info["signed_attrs"]}
    token = _token(info)
    stamp = cms.ContentInfo.load(token)["content"] if token else None
    others = [one.dump() for one in found.other_embedded_certs]
    others += [one.chosen.dump() for one in stamp["certificates"]] if stamp is not None else []
    return EmbeddedSignature(
        field=str(found.field_name),
        certificate=found.signer_cert.dump(),
        others=tuple(others),
        # In the structure it stands under another tag; signed is the SET OF itself (RFC 5652 §5.4).
        signed_attributes=b"\x31" + info["signed_attrs"].dump()[1:],
        message_digest=attributes["message_digest"][0].native.hex(),
        signature=info["signature"].native,
        timestamp=token,
        stamped_at=stamp["encap_content_info"]["content"].parsed["gen_time"].native if stamp is not None else None,
    )


def _token(info: cms.SignerInfo) -> bytes | None:
    for one in info["unsigned_attrs"] or ():
        if one["type"].native == "signature_time_stamp_token":
            return bytes(one["values"][0].dump())
    return None
