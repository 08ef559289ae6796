"""A licensed certification authority (电子认证服务机构, 电子签名法 art. 16) that certifies signers in place of our own.

Standards only: certificates over EST (RFC 7030), their standing over OCSP (RFC 6960) and CRLs (RFC 5280) at the
addresses that the certificates name. Keys never leave us: the authority sees requests (PKCS#10). It is trusted through
its roots in `outside-ca-roots.pem` in the PKI folder. Revoking is done at the authority, by its own rules.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathError, RevokedError, ValidationError

from kernel.clock import now
from kernel.settings import Settings
from signing import authority
from signing.containers import proven
from signing.errors import CertificateUnfit, OutsideCaUnavailable, SignerRevoked
from signing.keys import Credential
from signing.ports import Evidence

ROOTS = "outside-ca-roots.pem"
_TIMEOUT_SECONDS = 10.0
_STANDING_REUSE = timedelta(minutes=1)
_MOST_KEPT = 64
_ACCEPTED = 202
_PKCS10 = {"content-type": "application/pkcs10", "content-transfer-encoding": "base64"}


@dataclass
class OutsideAuthority:
    """The client of one authority; one per process."""

    url: str
    roots: tuple[bytes, ...]
    user: str = ""
    password: str = ""
    _known: tuple[bytes, ...] = ()
    _standing: dict[int, tuple[datetime, Evidence]] = field(default_factory=dict)

    def certify(
        self, key: authority.Key, subject: x509.Name, full_name: str, assertion: str | None = None
    ) -> Credential:
        """A certificate for the key. Raises OutsideCaUnavailable (ask again later) and CertificateUnfit: what came is
        not what was asked for, and a person has to look."""
        request = authority.request(key, subject, full_name, assertion).public_bytes(Encoding.DER)
        answer = self._ask("POST", "simpleenroll", base64.encodebytes(request))
        made = next((one for one in _certificates(answer) if one.public_key() == key.public_key()), None)
        if made is None:
            raise CertificateUnfit("签发机构的应答中没有所申请的证书")
        self._expect_fit(made, subject, assertion)
        return Credential(key, made)

    def _expect_fit(self, made: x509.Certificate, subject: x509.Name, assertion: str | None) -> None:
        if made.subject != subject:
            raise CertificateUnfit("签发的证书主体与申请不一致")
        if assertion is not None and authority.told(authority.alternatives(made), authority.ASSERTION_URN) != assertion:
            raise CertificateUnfit("签发的证书没有载明实名核验编号")
        if not made.not_valid_before_utc <= now() < made.not_valid_after_utc:
            raise CertificateUnfit("签发的证书此刻不在有效期内")
        if not self.has_issued(asn1_x509.Certificate.load(made.public_bytes(Encoding.DER))):
            raise CertificateUnfit("签发的证书不通向所信任的根证书")

    def has_issued(self, certificate: asn1_x509.Certificate) -> bool:
        """Whether the certificate leads to one of the roots."""
        return not proven([*self._authorities(), certificate.dump()], self.roots)[1]

    def _authorities(self) -> tuple[bytes, ...]:
        """The authority's own certificates that lead to the roots; asked for once."""
        if not self._known:
            found = [one.public_bytes(Encoding.DER) for one in _certificates(self._ask("GET", "cacerts"))]
            sound, _ = proven(found, self.roots)
            self._known = tuple(sound)
        return self._known

    async def evidence(self, certificate: asn1_x509.Certificate, at: datetime) -> Evidence:
        """Chain with root, and the authority's fresh answers about it. Raises SignerRevoked, OutsideCaUnavailable."""
        made, kept = self._standing.get(certificate.serial_number, (None, None))
        if made is None or kept is None or not made <= at < made + _STANDING_REUSE:
            kept = await self._fetched(certificate)
            while len(self._standing) >= _MOST_KEPT:
                self._standing.pop(next(iter(self._standing)))
            self._standing[certificate.serial_number] = (at, kept)
        return kept

    async def _fetched(self, certificate: asn1_x509.Certificate) -> Evidence:
        context = ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(der) for der in self.roots],
            other_certs=[asn1_x509.Certificate.load(der) for der in self._authorities()],
            allow_fetching=True,
            revocation_mode="hard-fail",
        )
        try:
            path = await CertificateValidator(certificate, validation_context=context).async_validate_usage(
                {"digital_signature"}
            )
        except RevokedError as error:
            raise SignerRevoked from error
        except (PathBuildingError, PathError, ValidationError) as error:
            raise OutsideCaUnavailable from error
        finally:
            await context.aclose()
        # From the leaf up, as a signature carries them.
        chain = reversed([one.dump() for one in path.iter_certs(include_root=True)])
        return Evidence(
            tuple(dict.fromkeys(chain)),
            tuple(answer.dump() for answer in context.ocsps),
            tuple(crl.dump() for crl in context.crls),
        )

    def _ask(self, method: str, operation: str, content: bytes = b"") -> bytes:
        """The DER of an answer of EST. `202` is an authority where a person has to agree first: asked again later."""
        try:
            answer = httpx.request(
                method,
                f"{self.url}/{operation}",
                content=content,
                headers=_PKCS10 if content else None,
                auth=(self.user, self.password) if self.user else None,
                timeout=_TIMEOUT_SECONDS,
                trust_env=False,
            )
        except httpx.HTTPError as error:
            raise OutsideCaUnavailable from error
        if answer.is_server_error or answer.status_code == _ACCEPTED:
            raise OutsideCaUnavailable
        if not answer.is_success:
            raise CertificateUnfit(f"签发机构拒绝了证书申请（{answer.status_code}）")
        try:
            return base64.b64decode(answer.content)
        except binascii.Error as error:
            raise CertificateUnfit("签发机构的应答无法识别") from error


def _certificates(der: bytes) -> list[x509.Certificate]:
    try:
        return pkcs7.load_der_pkcs7_certificates(der)
    except ValueError as error:
        raise CertificateUnfit("签发机构的应答无法识别") from error


def open_outside(settings: Settings) -> OutsideAuthority | None:
    """The authority of `ca_url`; None where our own certifies."""
    if not settings.ca_url:
        return None
    roots = _roots(settings.pki_dir / ROOTS)
    return OutsideAuthority(settings.ca_url, roots, settings.ca_user, settings.ca_password.get_secret_value())


def _roots(path: Path) -> tuple[bytes, ...]:
    return tuple(one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(path.read_bytes()))
