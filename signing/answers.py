"""What an authority says about its certificates: OCSP answers (RFC 6960) and lists of revoked ones (RFC 5280)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from signing.issued import Issued
from signing.keys import Credential

OCSP_LIFETIME = timedelta(days=7)
ROOT_LIST_LIFETIME = timedelta(days=365)
LIST_LIFETIME = timedelta(days=7)


def about(
    certificate: x509.Certificate, issuer: Credential, responder: Credential, at: datetime, known: Issued | None
) -> bytes:
    """The answer about one certificate that lies before us, DER."""
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA256(),
        cert_status=_status(known),
        this_update=at,
        next_update=at + OCSP_LIFETIME,
        revocation_time=known.revoked_at if known else None,
        revocation_reason=None,
    )
    return _signed(builder, responder)


def parsed(request: bytes) -> ocsp.OCSPRequest | None:
    """A request over the network; None where it is none, or asks about several certificates at once."""
    try:
        asked = ocsp.load_der_ocsp_request(request)
        _ = asked.hash_algorithm
    except (ValueError, UnsupportedAlgorithm, NotImplementedError):
        return None
    return asked


def malformed() -> bytes:
    answer = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    return answer.public_bytes(Encoding.DER)


def issued_by(asked: ocsp.OCSPRequest, issuer: Credential) -> bool:
    digest = hashes.Hash(asked.hash_algorithm)
    digest.update(issuer.asn1.public_key["public_key"].native)
    return asked.issuer_key_hash == digest.finalize()


def to_request(asked: ocsp.OCSPRequest, responder: Credential, at: datetime, known: Issued | None) -> bytes:
    """The answer to an outsider, DER, with the nonce of the question. What we never issued is `unknown`."""
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=asked.issuer_name_hash,
        issuer_key_hash=asked.issuer_key_hash,
        serial_number=asked.serial_number,
        algorithm=asked.hash_algorithm,
        cert_status=_status(known),
        this_update=at,
        next_update=at + OCSP_LIFETIME,
        revocation_time=known.revoked_at if known else None,
        revocation_reason=None,
    )
    for extension in asked.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    return _signed(builder, responder)


def _status(known: Issued | None) -> ocsp.OCSPCertStatus:
    if known is None:
        return ocsp.OCSPCertStatus.UNKNOWN
    return ocsp.OCSPCertStatus.GOOD if known.revoked_at is None else ocsp.OCSPCertStatus.REVOKED


def _signed(builder: ocsp.OCSPResponseBuilder, responder: Credential) -> bytes:
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    builder = builder.certificates([responder.certificate])
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(Encoding.DER)


def revocation_list(authority: Credential, revoked: Iterable[Issued], at: datetime, lifetime: timedelta) -> bytes:
    """The authority's CRL, DER. Its number is the time, so that a later list always has a higher one."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(at)
        .next_update(at + lifetime)
        .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial)
        if one.revoked_at is not None:
            builder = builder.add_revoked_certificate(entry.revocation_date(one.revoked_at).build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)
