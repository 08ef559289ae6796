"""Generations of the issuing authority: each an issuing CA with a timestamp key and an OCSP key of its own.

The first lies in the folder of the PKI itself, each later one in a folder beside it. Only the newest issues; the others
go on answering for what they have issued, so a change of keys breaks no document. Each lies under the root that was the
newest when it began (`signing.roots`).
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from kernel.clock import now
from signing import authority
from signing.errors import PkiRefused
from signing.issued import register_in
from signing.keys import Credential, KeyStore
from signing.roots import Root

_YEAR = timedelta(days=365)
_ISSUER_LIFETIME, _SERVICE_LIFETIME = 15 * _YEAR, 12 * _YEAR
# The last one that is saved: its certificate on disk means that all the others are there too.
_LAST = "responder"
_SERVICES = ("tsa", _LAST)


@dataclass(frozen=True)
class Generation:
    """An issuing CA and the keys that speak for it."""

    number: int
    issuer: Credential
    tsa: Credential
    responder: Credential

    def keep(self, directory: Path, store: KeyStore) -> None:
        folder = folder_of(directory, self.number)
        folder.mkdir(mode=0o700, exist_ok=True)
        for name in ("issuer", *_SERVICES):
            store.keep(folder / name, getattr(self, name))


def start_generation(directory: Path, store: KeyStore, root: Root, number: int, ocsp_url: str) -> None:
    """Make a generation and write its services down before it is there to be used."""
    made, register = _made(root, number, ocsp_url, store), register_in(directory)
    register.create()
    for name in _SERVICES:
        certificate = getattr(made, name).certificate
        register.note(certificate.serial_number, number, "service", name, certificate.not_valid_after_utc)
    made.keep(directory, store)


def _made(root: Root, number: int, ocsp_url: str, store: KeyStore) -> Generation:
    """New keys, certified by the root. Never beyond the root's own end."""
    at, by = now(), root.credential
    ends = by.certificate.not_valid_after_utc
    if ends <= at:
        raise PkiRefused(f"the root ended on {ends:%Y-%m-%d}: start its successor with `yiti pki rotate --root`")
    label = authority.label_of(by).removesuffix("根CA") + (f"第{number}代" if number > 1 else "")

    def key(name: str) -> ec.EllipticCurvePrivateKey:
        return store.generate(f"{name}-{number}")

    lifetime, listed = min(_ISSUER_LIFETIME, ends - at), root.list_url(pages_of(ocsp_url))
    issuer = authority.make_issuer(by, key("issuer"), f"{label}签发CA", at, lifetime, listed)
    lifetime = min(_SERVICE_LIFETIME, ends - at)
    return Generation(
        number,
        issuer,
        authority.make_timestamper(issuer, key("tsa"), f"{label}时间戳服务", at, lifetime, ocsp_url),
        authority.make_responder(issuer, key(_LAST), f"{label}OCSP服务", at, lifetime),
    )


def pages_of(ocsp_url: str) -> str:
    """The address of the PKI's pages, from that of its OCSP responder."""
    return ocsp_url.rpartition("/")[0]


def load_generation(directory: Path, store: KeyStore, number: int) -> Generation:
    """Raises FileNotFoundError where it was not made."""
    folder = folder_of(directory, number)
    return Generation(number, *(store.open(folder / name) for name in ("issuer", *_SERVICES)))


def number_of_generations(directory: Path) -> int:
    number = 0
    while (folder_of(directory, number + 1) / f"{_LAST}.crt").exists():
        number += 1
    return number


def folder_of(directory: Path, number: int) -> Path:
    """Where the certificates of a generation lie."""
    return directory if number == 1 else directory / f"generation-{number}"
