"""Private keys at rest: PKCS#8, encrypted with the settings' passphrase, readable by the owner only."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_ECDSA_SHA256 = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True)
class Credential:
    """A P-256 key in memory and its certificate; parsed once, because parsing at each signature is what is slow."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @cached_property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @cached_property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256, DER encoded."""
        return self.key.sign(data, _ECDSA_SHA256)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def write_private(path: Path, data: bytes) -> None:
    """Write through a temporary file, so that a crash leaves the old file or the new one, never half of one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def save(path: Path, credential: Credential, passphrase: bytes) -> None:
    """`<path>.crt` is written last: a certificate on disk means that its key is there too."""
    encrypted = credential.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )
    write_private(path.with_suffix(".key"), encrypted)
    write_private(path.with_suffix(".crt"), credential.certificate.public_bytes(serialization.Encoding.PEM))


def load(path: Path, passphrase: bytes) -> Credential:
    """Raises FileNotFoundError where there is none, ValueError on a wrong passphrase."""
    key = serialization.load_pem_private_key(path.with_suffix(".key").read_bytes(), passphrase)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} is not an elliptic-curve key")
    return Credential(key, x509.load_pem_x509_certificate(path.with_suffix(".crt").read_bytes()))
