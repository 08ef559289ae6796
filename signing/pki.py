"""The development PKI: root → issuing CA → timestamps, OCSP answers, seals and signers' short-lived certificates.

Everything lies in one folder of 0600 files. In production a licensed 电子认证服务机构 takes its place
(商用密码管理条例), so `open_pki` refuses to work there.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509

from kernel.clock import now
from kernel.settings import Settings
from signing import authority, keys
from signing.errors import DevelopmentKeysRefused, SignerRevoked, UnknownSeal
from signing.keys import Credential
from signing.ports import Evidence

_YEAR = timedelta(days=365)
SIGNER_LIFETIME = timedelta(hours=24)
OCSP_PATH = "/pki/ocsp"
SEAL_LIFETIME = 5 * _YEAR
ANSWER_REUSE = timedelta(minutes=10)
"""How long one OCSP answer about a long-lived certificate is used again; a revocation takes effect within it."""


@dataclass
class DevelopmentPki:
    """An open PKI; make one per process (`open_pki`), it keeps parsed keys and recent revocation answers."""

    directory: Path
    passphrase: bytes
    ocsp_url: str
    root: Credential
    issuer: Credential
    tsa: Credential
    responder: Credential
    _seals: dict[str, Credential] = field(default_factory=dict)
    _pictures: dict[str, bytes] = field(default_factory=dict)
    _answers: dict[int, tuple[datetime, bytes]] = field(default_factory=dict)
    _crl: tuple[datetime, bytes] | None = None

    def issue_person(self, common_name: str, assertion: str, organisation: str | None = None) -> Credential:
        """A fresh key with a 24-hour certificate that names the identity assertion; it is never stored."""
        subject = authority.name(common_name, organisation=organisation)
        return authority.make_signer(
            self.issuer, subject, now(), SIGNER_LIFETIME, self.ocsp_url, common_name, assertion
        )

    def issue_seal(self, key: str, organisation: str, credit_code: str, picture: bytes) -> Credential:
        """The seal stored under `key`, made if it is not there yet; `picture` is its mask PNG."""
        with _locked(self.directory):
            try:
                return self.seal(key)
            except UnknownSeal:
                subject = authority.name(organisation, organisation=organisation, serial=credit_code)
                credential = authority.make_signer(
                    self.issuer, subject, now(), SEAL_LIFETIME, self.ocsp_url, organisation
                )
                keys.write_private(self._seal_path(key).with_suffix(".png"), picture)
                keys.save(self._seal_path(key), credential, self.passphrase)
                return credential

    def seal(self, key: str) -> Credential:
        """The seal of `key`, parsed once per process. Raises UnknownSeal."""
        if key not in self._seals:
            try:
                self._seals[key] = keys.load(self._seal_path(key), self.passphrase)
            except FileNotFoundError:
                raise UnknownSeal from None
        return self._seals[key]

    def seal_picture(self, key: str) -> bytes:
        """The mask PNG of the seal. Raises UnknownSeal."""
        if key not in self._pictures:
            try:
                self._pictures[key] = self._seal_path(key).with_suffix(".png").read_bytes()
            except FileNotFoundError:
                raise UnknownSeal from None
        return self._pictures[key]

    def _seal_path(self, key: str) -> Path:
        return self.directory / "seals" / hashlib.sha256(key.encode()).hexdigest()[:32]

    def revoke(self, serial: int, at: datetime) -> None:
        """Every OCSP answer made from now on calls the certificate revoked. Repeating it keeps the first time."""
        with _locked(self.directory):
            revoked = self._revoked()
            revoked.setdefault(str(serial), at.isoformat())
            keys.write_private(self.directory / "revoked.json", json.dumps(revoked, indent=1).encode())
        self._answers.pop(serial, None)

    def _revoked(self) -> dict[str, str]:
        try:
            revoked: dict[str, str] = json.loads((self.directory / "revoked.json").read_bytes())
        except FileNotFoundError:
            return {}
        return revoked

    def evidence(self, certificate: asn1_x509.Certificate, at: datetime) -> Evidence:
        """Chain with root, OCSP answer about the leaf, the root's CRL: what B-LT needs. Raises SignerRevoked."""
        chain = (certificate.dump(), self.issuer.der, self.responder.der, self.root.der)
        return Evidence(chain, (self._answer(certificate, at),), (self._root_crl(at),))

    def _answer(self, certificate: asn1_x509.Certificate, at: datetime) -> bytes:
        serial = certificate.serial_number
        made, answer = self._answers.get(serial, (None, b""))
        if made is not None and made <= at < made + ANSWER_REUSE:
            return answer
        if str(serial) in self._revoked():
            raise SignerRevoked
        answer = self.ocsp(x509.load_der_x509_certificate(certificate.dump()), at)
        if certificate.not_valid_after - certificate.not_valid_before > 2 * SIGNER_LIFETIME:
            self._answers[serial] = (at, answer)
        return answer

    def ocsp(self, certificate: x509.Certificate, at: datetime) -> bytes:
        """What the OCSP responder says about the certificate now, good or revoked, DER."""
        revoked_at = self._revoked_at(certificate.serial_number)
        return authority.ocsp_response(certificate, self.issuer, self.responder, at, revoked_at)

    def answer_request(self, request: bytes) -> bytes:
        """The OCSP responder's answer to an outsider's request (RFC 6960, `application/ocsp-response`)."""
        return authority.answer_request(request, self.issuer, self.responder, now(), self._revoked_at)

    def _revoked_at(self, serial: int) -> datetime | None:
        at = self._revoked().get(str(serial))
        return datetime.fromisoformat(at) if at else None

    def _root_crl(self, at: datetime) -> bytes:
        if self._crl is None or not self._crl[0] <= at < self._crl[0] + timedelta(days=1):
            self._crl = (at, authority.root_crl(self.root, at))
        return self._crl[1]


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One writer at a time in the folder, across processes."""
    with (directory / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def create_pki(directory: Path, passphrase: bytes, ocsp_url: str, label: str = "一体开发环境") -> DevelopmentPki:
    """Open the PKI of the folder, making first whatever is missing; safe to repeat and to run twice at once."""
    if not passphrase:
        raise ValueError("the PKI needs a passphrase (YITI_PKI_PASSPHRASE)")
    seals = directory / "seals"
    seals.mkdir(parents=True, exist_ok=True)
    for folder in (directory, seals):
        folder.chmod(0o700)
    with _locked(directory):
        if not (directory / "responder.crt").exists():
            _make(directory, passphrase, ocsp_url, label)
    return load_pki(directory, passphrase, ocsp_url)


def _make(directory: Path, passphrase: bytes, ocsp_url: str, label: str) -> None:
    at = now()
    root = authority.make_root(f"{label}根CA", at, 20 * _YEAR)
    issuer = authority.make_issuer(root, f"{label}签发CA", at, 15 * _YEAR)
    made = {
        "root": root,
        "issuer": issuer,
        "tsa": authority.make_timestamper(issuer, f"{label}时间戳服务", at, 12 * _YEAR, ocsp_url),
        # last: its certificate on disk means that all the others are there too
        "responder": authority.make_responder(issuer, f"{label}OCSP服务", at, 12 * _YEAR),
    }
    for file, credential in made.items():
        keys.save(directory / file, credential, passphrase)


def load_pki(directory: Path, passphrase: bytes, ocsp_url: str) -> DevelopmentPki:
    """Open an existing PKI. Raises FileNotFoundError where none was made."""
    root, issuer, tsa, responder = (
        keys.load(directory / file, passphrase) for file in ("root", "issuer", "tsa", "responder")
    )
    return DevelopmentPki(directory, passphrase, ocsp_url, root, issuer, tsa, responder)


def open_pki(settings: Settings) -> DevelopmentPki:
    """The PKI of this process's settings. Production refuses these software keys."""
    if settings.environment == "production":
        raise DevelopmentKeysRefused("production needs a licensed certification authority, not the development PKI")
    passphrase = settings.pki_passphrase.get_secret_value().encode()
    return create_pki(settings.pki_dir, passphrase, settings.public_url + OCSP_PATH)
