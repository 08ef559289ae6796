"""CMS SignedData put together from DER pieces (RFC 5652, CAdES attributes of RFC 5035).

pyHanko builds the same structure through asn1crypto in some 30 ms a signature; these few lines take well under one.
pyHanko, OpenSSL and poppler are the judges of it in the tests.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import core, x509

from signing.ports import Signer

_SEQUENCE, _SET, _OCTETS = 0x30, 0x31, 0x04


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element."""
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + body


def sequence(*parts: bytes) -> bytes:
    return tlv(_SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """DER orders the members of a SET OF by their encoding."""
    return tlv(_SET, *sorted(parts))


def octets(data: bytes) -> bytes:
    return tlv(_OCTETS, data)


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@lru_cache(maxsize=64)
def oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


DATA = "1.2.840.113549.1.7.1"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
_ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"))
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_STAMP_ATTRIBUTE = "1.2.840.113549.1.9.16.2.14"


def attribute(kind: str, value: bytes) -> bytes:
    return sequence(oid(kind), set_of(value))


@dataclass(frozen=True)
class _Identity:
    """The parts of a signer's certificate that its every signature repeats."""

    der: bytes
    issuer_and_serial: bytes
    signing_certificate: bytes


@lru_cache(maxsize=256)
def _identity(der: bytes) -> _Identity:
    certificate = x509.Certificate.load(der)
    issuer, serial = certificate.issuer.dump(), integer(certificate.serial_number)
    issuer_serial = sequence(sequence(tlv(0xA4, issuer)), serial)
    reference = sequence(sequence(sequence(octets(sha256(der)), issuer_serial)))
    return _Identity(der, sequence(issuer, serial), attribute("1.2.840.113549.1.9.16.2.47", reference))


def signed_attributes(certificate: bytes, digest: bytes, content_type: str = DATA) -> bytes:
    """The SET OF attributes over which the signature is made. PAdES forbids the signing-time attribute here."""
    return set_of(
        attribute("1.2.840.113549.1.9.3", oid(content_type)),
        attribute("1.2.840.113549.1.9.4", octets(digest)),
        attribute("1.2.840.113549.1.9.52", sequence(SHA256, tlv(0xA1, _ECDSA_SHA256[2:]))),
        _identity(certificate).signing_certificate,
    )


def signed_data(
    signer: Signer, digest: bytes, chain: tuple[bytes, ...], *, content: bytes | None = None
) -> tuple[bytes, "Unfinished"]:
    """Sign a SHA-256 digest; returns the raw signature (for a timestamp) and the structure to finish with the token.

    With `content` (a TSTInfo) the content travels inside, as a timestamp token needs it.
    """
    certificate = signer.asn1.dump()
    content_type = DATA if content is None else TST_INFO
    attributes = signed_attributes(certificate, digest, content_type)
    signature = signer.sign(attributes)
    return signature, Unfinished(certificate, chain, attributes, signature, content)


@dataclass(frozen=True)
class Unfinished:
    """A SignedData that lacks only its unsigned attributes."""

    certificate: bytes
    chain: tuple[bytes, ...]
    attributes: bytes
    signature: bytes
    content: bytes | None

    def finish(self, token: bytes | None = None) -> bytes:
        """The ContentInfo, DER; `token` is the timestamp over the signature."""
        unsigned = tlv(0xA1, attribute(_STAMP_ATTRIBUTE, token)) if token else b""
        signer_info = sequence(
            integer(1),
            _identity(self.certificate).issuer_and_serial,
            SHA256,
            b"\xa0" + self.attributes[1:],
            _ECDSA_SHA256,
            octets(self.signature),
            unsigned,
        )
        content = oid(DATA) if self.content is None else oid(TST_INFO) + tlv(0xA0, octets(self.content))
        return sequence(
            _SIGNED_DATA,
            tlv(
                0xA0,
                sequence(
                    integer(1 if self.content is None else 3),
                    set_of(SHA256),
                    sequence(content),
                    tlv(0xA0, *sorted({self.certificate, *self.chain})),
                    set_of(signer_info),
                ),
            ),
        )
