"""Generations of the root: a successor is made years before the old one ends, and the old one vouches for it.

All roots bear the same name. The successor's key is certified once more by the key before it (RFC 4210 §4.4, "new with
old"), so that who trusts only the old root follows; and because that certificate is self-issued, it does not count
against the path length that the old root allows (RFC 5280 §6.1). Authority key identifiers tell the keys apart.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.clock import now
from signing import authority
from signing.keys import Credential, KeyStore, write_certificate

ROOT_LIFETIME = timedelta(days=20 * 365)
_FIRST_LIST = "root.crl"


@dataclass(frozen=True)
class Root:
    """A root by its number from 1. `bridge`: its key, certified by the root before it (DER); empty for the first."""

    number: int
    credential: Credential
    bridge: bytes = b""

    def list_url(self, base: str) -> str:
        """Where outsiders find its list of revoked authorities; `base` is the address of the PKI's pages."""
        return f"{base}/{_FIRST_LIST}" if self.number == 1 else f"{base}/roots/{self.number}/ca.crl"


def start_first(directory: Path, store: KeyStore, label: str) -> Root:
    """The first trust anchor."""
    made = authority.make_root(store.generate("root"), f"{label}根CA", now(), ROOT_LIFETIME)
    store.keep(_path(directory, 1), made)
    return Root(1, made)


def start_next(directory: Path, store: KeyStore, old: Root, base: str) -> Root:
    """The successor. It is there once the old root has certified it, which is written last.

    A root that has ended vouches for nobody: then the new one stands for itself, and verifiers have to be given it.
    """
    number, at = old.number + 1, now()
    made = authority.make_root(store.generate(f"root-{number}"), authority.label_of(old.credential), at, ROOT_LIFETIME)
    ended = old.credential.certificate.not_valid_after_utc <= at
    by = made.certificate if ended else authority.make_bridge(old.credential, made, at, old.list_url(base))
    store.keep(_path(directory, number), made)
    write_certificate(_bridge_path(directory, number), by)
    return _root(number, made, by)


def _root(number: int, credential: Credential, by: x509.Certificate) -> Root:
    return Root(number, credential, b"" if by == credential.certificate else by.public_bytes(Encoding.DER))


def load_root(directory: Path, store: KeyStore, number: int) -> Root:
    """Raises FileNotFoundError where it was not made."""
    credential = store.open(_path(directory, number))
    if number == 1:
        return Root(1, credential)
    by = x509.load_pem_x509_certificate(_bridge_path(directory, number).with_suffix(".crt").read_bytes())
    return _root(number, credential, by)


def number_of_roots(directory: Path) -> int:
    """At least 1."""
    number = 1
    while _bridge_path(directory, number + 1).with_suffix(".crt").exists():
        number += 1
    return number


def root_file(directory: Path, number: int) -> Path:
    """Where a root's certificate lies."""
    return _path(directory, number).with_suffix(".crt")


def _path(directory: Path, number: int) -> Path:
    return directory / ("root" if number == 1 else f"root-{number}")


def _bridge_path(directory: Path, number: int) -> Path:
    return directory / f"root-{number}-by-{number - 1}"
