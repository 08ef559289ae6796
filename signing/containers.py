"""Does every byte of a signature's own place in the file mean what it seems to?

A signature covers the whole file but for the gap that holds the signature itself. What lies in that gap could be
changed freely, and the byte range that names the gap can lie; so both are held to the one form that honest writers use.
Whatever these checks cannot account for counts as altered (compare ISO 32000-2 §12.8.1, RFC 5652 §5).
"""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing import cms as cms_parts
from signing.authority import issued

_HEX = re.compile(rb"<(?:[0-9a-f]+|[0-9A-F]+)>")
_REVISION_END = re.compile(rb"%%EOF[ \t]*(?:\r\n|\r|\n|)\Z")
_ALGORITHM = "06( 05)?"
_TST_INFO = cms_parts.oid(cms_parts.TST_INFO)
_STAMP_ATTRIBUTE = cms_parts.oid("1.2.840.113549.1.9.16.2.14")


class Altered(Exception):
    """The place of a signature is not as a signer leaves it."""


def check_place(pdf: bytes, signature: EmbeddedPdfSignature) -> None:
    """The byte range is the file from its first byte to the end of a revision, but for exactly the /Contents."""
    span = list(signature.byte_range)
    if len(span) != 4 or not all(isinstance(number, int) and number >= 0 for number in span) or span[0] != 0:
        raise Altered("byte range")
    _, gap, resume, length = (int(number) for number in span)
    end = resume + length
    if not gap < resume < end <= len(pdf):
        raise Altered("byte range")
    written = pdf[gap:resume]
    if not _HEX.fullmatch(written) or bytes.fromhex(written[1:-1].decode()) != _contents(signature):
        raise Altered("contents are not what the byte range leaves out")
    if not _indefinite(_contents(signature)):
        _whole(_contents(signature))
    if not _REVISION_END.search(pdf, max(resume, end - 16), end):
        raise Altered("byte range does not end with a revision")


def _contents(signature: EmbeddedPdfSignature) -> bytes:
    return bytes(signature.pkcs7_content)


def check_digest(signature: EmbeddedPdfSignature) -> bool:
    """Whether the signed bytes have the digest that was signed. Cheap: no certificate is looked at."""
    content = signature.signed_data["encap_content_info"]
    if content["content_type"].native == "tst_info":
        expected = content["content"].parsed["message_imprint"]["hashed_message"].native
    else:
        expected = _message_digest(signature.signer_info)
    return bool(signature.compute_digest() == expected)


def _message_digest(signer: cms.SignerInfo) -> bytes:
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            return bytes(attribute["values"][0].native)
    raise Altered("no message digest")


def check_container(signature: EmbeddedPdfSignature, trusted: Iterable[bytes]) -> None:
    """Nothing in the CMS but the signature, its certificates' chain and its timestamps. `trusted`: certificates (DER)
    already known to lead to our roots; only signatures of trusted signers need be held to this."""
    _check_content_info(_whole(_contents(signature)), list(trusted))


def _indefinite(content: bytes) -> bool:
    """Old signers wrote the beginning of BER, whose end only its contents tell."""
    return content[1:2] == b"\x80"


def _whole(content: bytes) -> "_Element":
    """The signature in its padding."""
    whole = _elements(content, first_only=True)[0]
    if content[whole.end :].strip(b"\x00"):
        raise Altered("bytes behind the signature")
    return whole


@dataclass(frozen=True)
class _Element:
    """One DER element of `data`, by places: header, contents, end."""

    data: bytes
    start: int
    body: int
    end: int

    @property
    def tag(self) -> int:
        return self.data[self.start]

    @property
    def contents(self) -> bytes:
        return self.data[self.body : self.end]

    @property
    def der(self) -> bytes:
        return self.data[self.start : self.end]

    def parts(self, shape: str) -> list["_Element"]:
        """The elements inside, whose tags (hexadecimal) must look like `shape`: none more, none less."""
        found = _elements(self.data, self.body, self.end)
        if not re.fullmatch(shape, " ".join(f"{one.tag:02x}" for one in found)):
            raise Altered("elements that do not belong there")
        return found


def _elements(data: bytes, start: int = 0, end: int | None = None, *, first_only: bool = False) -> list[_Element]:
    """The elements that fill data[start:end] exactly; only definite lengths are DER."""
    found: list[_Element] = []
    limit = len(data) if end is None else end
    while start < limit and not (first_only and found):
        size, body = (data[start + 1] if start + 1 < limit else 0x80), start + 2
        if size >= 0x80:
            octets = size & 0x7F
            size, body = int.from_bytes(data[body : body + octets]), body + octets
            if not octets or size < 0x80:
                raise Altered("not DER")
        if body + size > limit:
            raise Altered("not DER")
        found.append(_Element(data, start, body, body + size))
        start = body + size
    if not found:
        raise Altered("nothing there")
    return found


def _check_content_info(whole: _Element, known: list[bytes]) -> None:
    _, explicit = whole.parts("06 a0")
    (signed,) = explicit.parts("30")
    version, digests, content, certificates, signers = signed.parts("02 31 30 a0 31")
    kind = content.parts("06( a0)?")
    stamp = kind[0].der == _TST_INFO
    if stamp != (len(kind) == 2):
        raise Altered("content inside a detached signature")
    (digest,) = digests.parts("30")
    (signer,) = signers.parts("30")
    number, who, algorithm, _, _, _, *unsigned = signer.parts("02 (30|80) 30 a0 30 04( a1)?")
    by_key = who.tag == 0x80
    if (version.contents, number.contents) != (b"\x03" if by_key or stamp else b"\x01", b"\x03" if by_key else b"\x01"):
        raise Altered("version")
    if digest.parts(_ALGORITHM)[0].der != algorithm.parts(_ALGORITHM)[0].der:
        raise Altered("digest algorithm")
    if proven([one.der for one in certificates.parts("30( 30)*")], known)[1]:
        raise Altered("certificate outside the chain")
    for attribute in unsigned[0].parts("30( 30)*") if unsigned else ():
        name, values = attribute.parts("06 31")
        if name.der != _STAMP_ATTRIBUTE:
            raise Altered("unsigned attribute")
        _check_content_info(values.parts("30")[0], known)


def proven(certificates: Iterable[bytes], roots: Iterable[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Those of the certificates (DER) that lead to one of the roots, with the roots; and those that do not."""
    sound, waiting = list(roots), list(dict.fromkeys(certificates))
    while waiting:
        found = [der for der in waiting if der in sound or any(_issued(der, parent) for parent in sound)]
        if not found:
            break
        sound += found
        waiting = [der for der in waiting if der not in found]
    return sound, waiting


@lru_cache(maxsize=512)
def _issued(child: bytes, parent: bytes) -> bool:
    if asn1_x509.Certificate.load(child)["signature_value"].contents[:1] != b"\x00":
        return False  # bits that nobody verifies
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return issued(x509.load_der_x509_certificate(child), x509.load_der_x509_certificate(parent))
    except (ValueError, Warning):
        return False
