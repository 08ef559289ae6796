"""Keys with their certificates, and where they lie."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

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


def write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """`<path>.crt`, always written last: a certificate on disk means that its key is there too."""
    write_private(path.with_suffix(".crt"), certificate.public_bytes(serialization.Encoding.PEM))


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One writer at a time in the folder, across processes."""
    with (directory / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class KeyStore(Protocol):
    """Where the long-lived keys of the PKI lie: encrypted files, or a token (`signing.tokens`)."""

    def generate(self, label: str) -> ec.EllipticCurvePrivateKey:
        """A new key; `label` names it where it lies."""
        ...

    def keep(self, path: Path, credential: Credential) -> None: ...

    def open(self, path: Path) -> Credential:
        """Raises FileNotFoundError where there is none, ValueError where it cannot be opened with these settings."""
        ...


@dataclass(frozen=True)
class SoftwareKeys:
    """PKCS#8 files, encrypted with the passphrase."""

    passphrase: bytes

    def __post_init__(self) -> None:
        if not self.passphrase:
            raise ValueError("the PKI needs a passphrase (YITI_PKI_PASSPHRASE)")

    def generate(self, label: str) -> ec.EllipticCurvePrivateKey:  # noqa: ARG002 - a file has its path for a name
        return new_key()

    def keep(self, path: Path, credential: Credential) -> None:
        encrypted = credential.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(self.passphrase),
        )
        write_private(path.with_suffix(".key"), encrypted)
        write_certificate(path, credential.certificate)

    def open(self, path: Path) -> Credential:
        key = serialization.load_pem_private_key(path.with_suffix(".key").read_bytes(), self.passphrase)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{path.name} is not an elliptic-curve key")
        return Credential(key, x509.load_pem_x509_certificate(path.with_suffix(".crt").read_bytes()))
