"""X.509 profiles of the platform's certificates."""

import stringprep
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from signing.keys import Credential

_CN_BYTES = 64
_CLOCK_SKEW = timedelta(minutes=5)
Key = ec.EllipticCurvePrivateKey
ASSERTION_URN = "urn:yiti:identity-assertion:"
NAME_URN = "urn:yiti:name:"


def name(common_name: str, *, organisation: str | None = None, serial: str | None = None) -> x509.Name:
    """A subject of country CN; `serial` carries what tells two of the same name apart (a social credit code).

    A common name has room for 64 bytes, some 21 Chinese characters. A longer one is cut there and stands in full as
    the organisation's name, or as a person's given name. Names are compared by RFC 4518, which knows the characters of
    Unicode 3.2 only: a later one, such as 𬭊, is written as U+2CB4A, and the name stands as it is in `NAME_URN`.
    """
    common_name, organisation = comparable(common_name), comparable(organisation or "")
    fitting = common_name.encode()[:_CN_BYTES].decode(errors="ignore")
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]))
    if serial:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial))
    if common_name not in {fitting, organisation}:
        parts.append(x509.NameAttribute(NameOID.GIVEN_NAME, common_name[:64]))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, fitting))
    return x509.Name(parts)


def label_of(authority: Credential) -> str:
    """The common name of an authority."""
    (named,) = authority.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named.value)


def told(uris: Iterable[str], urn: str) -> str | None:
    """What the alternative names of a certificate say under `ASSERTION_URN` or `NAME_URN`."""
    return next((unquote(one.removeprefix(urn)) for one in uris if one.startswith(urn)), None)


def alternatives(certificate: x509.Certificate) -> list[str]:
    """The alternative names of a certificate that are URIs."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def issued(one: x509.Certificate, by: x509.Certificate) -> bool:
    """Whether `by` names itself as the issuer of `one` and its key made the signature; not whether it may issue."""
    try:
        one.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def comparable(text: str) -> str:
    """The text with every character that RFC 4518 calls unassigned written as its code point."""
    return "".join(f"U+{ord(one):04X}" if stringprep.in_table_a1(one) else one for one in text)


def _usage(*, signs: bool = False, issues: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(
    subject: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_name: x509.Name,
    issuer_public: ec.EllipticCurvePublicKey,
    at: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _CLOCK_SKEW)
        .not_valid_after(at + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
    )


def make_root(key: Key, common_name: str, at: datetime, lifetime: timedelta) -> Credential:
    subject = name(common_name)
    builder = _certificate(subject, key.public_key(), subject, key.public_key(), at, lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(issues=True), critical=True)
    return Credential(key, builder.sign(key, hashes.SHA256()))


def make_bridge(old: Credential, new: Credential, at: datetime, list_url: str) -> x509.Certificate:
    """The key of a new root, certified by the old one under their common name; it ends with the old one.

    `list_url`: the old root's list.
    """
    ends = min(old.certificate.not_valid_after_utc, new.certificate.not_valid_after_utc)
    builder = _certificate(
        new.certificate.subject,
        new.key.public_key(),
        old.certificate.subject,
        old.key.public_key(),
        at,
        ends - at,
    )
    builder = builder.add_extension(_listed_at(list_url), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(issues=True), critical=True)
    return builder.sign(old.key, hashes.SHA256())


def _listed_at(url: str) -> x509.CRLDistributionPoints:
    place = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return x509.CRLDistributionPoints([place])


def _issue(
    issuer: Credential, key: Key, subject: x509.Name, at: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    issuer_public = issuer.key.public_key()
    return _certificate(subject, key.public_key(), issuer.certificate.subject, issuer_public, at, lifetime)


def make_issuer(
    root: Credential, key: Key, common_name: str, at: datetime, lifetime: timedelta, list_url: str
) -> Credential:
    """`list_url`: where outsiders find the root's list of revoked issuing authorities."""
    builder = _issue(root, key, name(common_name), at, lifetime)
    builder = builder.add_extension(_listed_at(list_url), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(issues=True), critical=True)
    return Credential(key, builder.sign(root.key, hashes.SHA256()))


def _leaf(
    issuer: Credential,
    key: Key,
    subject: x509.Name,
    at: datetime,
    lifetime: timedelta,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
) -> Credential:
    builder = _issue(issuer, key, subject, at, lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Credential(key, builder.sign(issuer.key, hashes.SHA256()))


def _answered_at(ocsp_url: str) -> tuple[x509.ExtensionType, bool]:
    """Where the OCSP responder is. A leaf must name it: validators use embedded OCSP answers only where it is named.

    No CRL distribution point beside it, so that the OCSP answer is the one that counts.
    """
    method = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url))
    return x509.AuthorityInformationAccess([method]), False


def make_timestamper(
    issuer: Credential, key: Key, common_name: str, at: datetime, lifetime: timedelta, ocsp_url: str
) -> Credential:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return _leaf(issuer, key, name(common_name), at, lifetime, [(usage, True), _answered_at(ocsp_url)])


def make_responder(issuer: Credential, key: Key, common_name: str, at: datetime, lifetime: timedelta) -> Credential:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    return _leaf(issuer, key, name(common_name), at, lifetime, [(usage, False), (x509.OCSPNoCheck(), False)])


def make_signer(
    issuer: Credential,
    key: Key,
    subject: x509.Name,
    at: datetime,
    lifetime: timedelta,
    ocsp_url: str,
    full_name: str,
    assertion: str | None = None,
) -> Credential:
    """A signer's certificate."""
    known = _also_named(full_name, assertion)
    extensions = [_answered_at(ocsp_url), *([(known, False)] if known else [])]
    return _leaf(issuer, key, subject, at, lifetime, extensions)


def request(
    key: Key, subject: x509.Name, full_name: str, assertion: str | None = None
) -> x509.CertificateSigningRequest:
    """What an outside authority is asked to certify (PKCS#10)."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    if known := _also_named(full_name, assertion):
        builder = builder.add_extension(known, critical=False)
    return builder.sign(key, hashes.SHA256())


def _also_named(full_name: str, assertion: str | None) -> x509.SubjectAlternativeName | None:
    """The reference of the identity assertion, and the full name where the subject cannot hold it."""
    known = [(ASSERTION_URN, assertion)] if assertion else []
    known += [(NAME_URN, full_name)] if comparable(full_name) != full_name else []
    uris = [x509.UniformResourceIdentifier(urn + quote(value, safe="")) for urn, value in known]
    return x509.SubjectAlternativeName(uris) if uris else None
