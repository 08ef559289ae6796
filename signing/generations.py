"""Generations of the issuing authority: each an issuing CA with a timestamp key and an OCSP key of its own.

The first lies in the folder of the PKI itself, each later one in a folder beside it. Only the newest issues; the others
go on answering for what they have issued, so a change of keys breaks no document.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from kernel.clock import now
from signing import authority
from signing.keys import Credential, KeyStore

_YEAR = timedelta(days=365)
_ISSUER_LIFETIME, _SERVICE_LIFETIME = 15 * _YEAR, 12 * _YEAR
# The last one that is saved: its certificate on disk means that all the others are there too.
_LAST = "responder"


@dataclass(frozen=True)
class Generation:
    """An issuing CA and the keys that speak for it."""

    number: int
    issuer: Credential
    tsa: Credential
    responder: Credential

    def keep(self, directory: Path, store: KeyStore) -> None:
        folder = _folder(directory, self.number)
        folder.mkdir(mode=0o700, exist_ok=True)
        for name in ("issuer", "tsa", _LAST):
            store.keep(folder / name, getattr(self, name))


def make_generation(root: Credential, number: int, ocsp_url: str, store: KeyStore) -> Generation:
    """New keys, certified by the root. Never beyond the root's own end."""
    at, ends = now(), root.certificate.not_valid_after_utc
    label = authority.label_of(root).removesuffix("根CA") + (f"第{number}代" if number > 1 else "")

    def key(name: str) -> ec.EllipticCurvePrivateKey:
        return store.generate(f"{name}-{number}")

    issuer = authority.make_issuer(root, key("issuer"), f"{label}签发CA", at, min(_ISSUER_LIFETIME, ends - at))
    lifetime = min(_SERVICE_LIFETIME, ends - at)
    return Generation(
        number,
        issuer,
        authority.make_timestamper(issuer, key("tsa"), f"{label}时间戳服务", at, lifetime, ocsp_url),
        authority.make_responder(issuer, key(_LAST), f"{label}OCSP服务", at, lifetime),
    )


def load_generation(directory: Path, store: KeyStore, number: int) -> Generation:
    """Raises FileNotFoundError where it was not made."""
    folder = _folder(directory, number)
    return Generation(number, *(store.open(folder / name) for name in ("issuer", "tsa", _LAST)))


def number_of_generations(directory: Path) -> int:
    number = 0
    while (_folder(directory, number + 1) / f"{_LAST}.crt").exists():
        number += 1
    return number


def service_serials(generation: Generation) -> Iterator[tuple[str, int, datetime]]:
    """What the issuing CA itself has issued for its services: name, serial number, end."""
    for name in ("tsa", _LAST):
        certificate = getattr(generation, name).certificate
        yield name, certificate.serial_number, certificate.not_valid_after_utc


def _folder(directory: Path, number: int) -> Path:
    return directory if number == 1 else directory / f"generation-{number}"
