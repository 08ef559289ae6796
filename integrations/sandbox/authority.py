"""The keys and acts of a licensed certification authority; `integrations.sandbox.certification` is its door."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from kernel.clock import now

_COPIED = (x509.SubjectAlternativeName, x509.KeyUsage)
_CERTIFICATE_DAYS = 1
_AUTHORITY_DAYS = 3650
_Extensions = Mapping[x509.ExtensionType, bool]


@dataclass(frozen=True)
class SandboxAuthority:
    """A root, an issuing CA that answers for its own certificates, and the serial numbers that it has revoked."""

    root: x509.Certificate
    root_key: ec.EllipticCurvePrivateKey
    issuer: x509.Certificate
    issuer_key: ec.EllipticCurvePrivateKey
    revoked: set[int]

    def issue(self, asked: x509.CertificateSigningRequest, url: str) -> x509.Certificate:
        """For a day, with the extensions that were asked for."""
        wanted: dict[x509.ExtensionType, bool] = {
            one.value: one.critical for one in asked.extensions if isinstance(one.value, _COPIED)
        }
        at = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{url}/ocsp"))
        wanted[x509.AuthorityInformationAccess([at])] = False
        public = asked.public_key()
        return _certificate(asked.subject, public, self.issuer.subject, self.issuer_key, _CERTIFICATE_DAYS, wanted)

    def answer(self, question: bytes) -> bytes:
        """Good, or revoked; DER."""
        asked = ocsp.load_der_ocsp_request(question)
        gone, at = asked.serial_number in self.revoked, now()
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + timedelta(days=1),
            revocation_time=at if gone else None,
            revocation_reason=None,
        )
        for one in asked.extensions:
            builder = builder.add_extension(one.value, critical=one.critical)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.issuer)
        return builder.sign(self.issuer_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def root_list(self) -> bytes:
        """The root has revoked nothing; DER."""
        at = now()
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.root.subject)
        builder = builder.last_update(at).next_update(at + timedelta(days=30))
        key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key())
        builder = builder.add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        builder = builder.add_extension(key_id, critical=False)
        return builder.sign(self.root_key, hashes.SHA256()).public_bytes(Encoding.DER)


def open_authority(folder: Path, url: str) -> SandboxAuthority:
    """The authority of this folder, made at its first use; `url` is where its root's CRL will be found."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "issuer.crt").exists():
        _found(folder, url)
    (root, root_key), (issuer, issuer_key) = _read(folder / "root"), _read(folder / "issuer")
    return SandboxAuthority(root, root_key, issuer, issuer_key, set())


def _found(folder: Path, url: str) -> None:
    root_key, issuer_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, issuer_name = _name("沙箱电子认证根CA"), _name("沙箱电子认证签发CA")
    signs: _Extensions = {x509.BasicConstraints(ca=True, path_length=1): True, _AUTHORITY_USAGE: True}
    root = _certificate(root_name, root_key.public_key(), root_name, root_key, _AUTHORITY_DAYS, signs)
    place = [x509.UniformResourceIdentifier(f"{url}/root.crl")]
    listed = x509.CRLDistributionPoints([x509.DistributionPoint(place, None, None, None)])
    below: _Extensions = {
        x509.BasicConstraints(ca=True, path_length=0): True, _AUTHORITY_USAGE: True, listed: False,
    }  # fmt: skip
    issuer = _certificate(issuer_name, issuer_key.public_key(), root_name, root_key, _AUTHORITY_DAYS, below)
    for path, key, certificate in ((folder / "root", root_key, root), (folder / "issuer", issuer_key, issuer)):
        plain = serialization.NoEncryption()
        path.with_suffix(".key").write_bytes(key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        path.with_suffix(".crt").write_bytes(certificate.public_bytes(Encoding.PEM))


def _read(path: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = serialization.load_pem_private_key(path.with_suffix(".key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return x509.load_pem_x509_certificate(path.with_suffix(".crt").read_bytes()), key


_AUTHORITY_USAGE = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, public: Any, issuer: x509.Name, by: ec.EllipticCurvePrivateKey, days: int, more: _Extensions
) -> x509.Certificate:
    at = now()
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(at - timedelta(minutes=5)).not_valid_after(at + timedelta(days=days))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    builder = builder.add_extension(key_id, critical=False)
    for extension, critical in more.items():
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(by, hashes.SHA256())
