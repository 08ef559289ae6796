"""The platform's own PKI: root → issuing CA → timestamps, OCSP answers, seals and signers' short-lived certificates.

Certificates and the register lie in one folder of 0600 files; the keys beside them, encrypted, or in a PKCS#11 token,
as production demands. A county may have a licensed 电子认证服务机构 take its place (商用密码管理条例).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509

from kernel.clock import now
from signing import answers, authority, keys
from signing.errors import AuthorityEnded, SignerRevoked, UnknownCertificate, UnknownSeal
from signing.generations import Generation, load_generation, number_of_generations, pages_of, start_generation
from signing.issued import OUTSIDE, Issued, Register, register_in
from signing.keys import Credential, KeyStore, locked
from signing.outside_ca import OutsideAuthority
from signing.ports import Evidence
from signing.roots import Root, load_root, number_of_roots, start_next
from signing.schemas import PLATFORM_SEAL

SIGNER_LIFETIME = timedelta(hours=24)
OCSP_PATH = "/pki/ocsp"
TIMESTAMP_PATH = "/pki/tsa"
SEAL_LIFETIME = timedelta(days=5 * 365)
ANSWER_REUSE = timedelta(minutes=10)
"""How long one OCSP answer about a long-lived certificate is used again, as long as the register has no other."""


@dataclass
class Pki:
    """An open PKI; make one per process (`founding.open_pki`), it keeps parsed keys and recent revocation answers."""

    directory: Path
    store: KeyStore
    ocsp_url: str
    roots: list[Root]
    generations: list[Generation]
    outside: OutsideAuthority | None = None
    """Certifies persons and organisations in place of our own issuing CA."""
    _seals: dict[Path, Credential] = field(default_factory=dict)
    _answers: dict[int, tuple[datetime, bytes]] = field(default_factory=dict)
    _lists: dict[int, tuple[datetime, bytes]] = field(default_factory=dict)

    @property
    def register(self) -> Register:
        return register_in(self.directory)

    def all_roots(self) -> list[Root]:
        """Oldest first; every one of them is a trust anchor. Another process may have started one meanwhile."""
        for number in range(len(self.roots) + 1, number_of_roots(self.directory) + 1):
            self.roots.append(load_root(self.directory, self.store, number))
        return list(self.roots)

    @property
    def root(self) -> Credential:
        """The newest, under which new authorities are made."""
        return self.all_roots()[-1].credential

    def trusted_root(self, number: int) -> Root:
        """Raises UnknownCertificate."""
        if not 1 <= number <= len(self.all_roots()):
            raise UnknownCertificate
        return self.roots[number - 1]

    @property
    def current(self) -> Generation:
        """The issuing CA that works now; another process may have started a new one meanwhile."""
        for number in range(len(self.generations) + 1, number_of_generations(self.directory) + 1):
            self.generations.append(load_generation(self.directory, self.store, number))
        return self.generations[-1]

    def all_generations(self) -> list[Generation]:
        """Oldest first."""
        return self.generations[: self.current.number]

    def generation(self, number: int) -> Generation:
        """Raises UnknownCertificate."""
        if not 1 <= number <= self.current.number:
            raise UnknownCertificate
        return self.generations[number - 1]

    @property
    def issuer(self) -> Credential:
        return self.current.issuer

    @property
    def tsa(self) -> Credential:
        return self.current.tsa

    @property
    def responder(self) -> Credential:
        return self.current.responder

    def rotate(self) -> Generation:
        """A new issuing CA with new timestamp and OCSP keys. What the old ones issued stays valid and answered for."""
        with locked(self.directory):
            return self._next_generation(self.all_roots()[-1])

    def rotate_root(self) -> Generation:
        """A successor of the root, for which the old one vouches, and a new issuing CA under it. Both are trusted; what
        stands under the old root stays valid. A ceremony that broke off half way is brought to its end."""
        with locked(self.directory):
            newest = self.all_roots()[-1]
            if any(self.root_of(one).number == newest.number for one in self.all_generations()):
                newest = start_next(self.directory, self.store, newest, pages_of(self.ocsp_url))
            return self._next_generation(newest)

    def _next_generation(self, root: Root) -> Generation:
        number = number_of_generations(self.directory) + 1
        start_generation(self.directory, self.store, root, number, self.ocsp_url)
        return self.current

    def root_of(self, generation: Generation) -> Root:
        """The root that certified the generation's issuing CA."""
        by = generation.issuer.asn1.authority_key_identifier
        return next(one for one in self.all_roots() if one.credential.asn1.key_identifier == by)

    def issue_person(self, common_name: str, assertion: str, organisation: str | None = None) -> Credential:
        """A fresh key with a 24-hour certificate that names the identity assertion; it is never stored."""
        subject = authority.name(common_name, organisation=organisation)
        return self._issue(keys.new_key(), "person", "", subject, SIGNER_LIFETIME, common_name, assertion)

    def issue_seal(self, key: str, organisation: str, credit_code: str, picture: bytes) -> Credential:
        """The seal stored under `key`, made if it is not there yet; `picture` is its mask PNG."""
        with locked(self.directory):
            try:
                return self.seal(key)
            except UnknownSeal:
                return self._make_seal(key, 1, organisation, credit_code, picture)

    def renew_seal(self, key: str, organisation: str, credit_code: str) -> Credential:
        """A new key and certificate with the old picture, for a seal that ends, was revoked or has a CA that was
        replaced. Raises UnknownSeal."""
        with locked(self.directory):
            version, picture = self._seal_version(key), self.seal_picture(key)
            return self._make_seal(key, version + 1, organisation, credit_code, picture)

    def _make_seal(self, key: str, version: int, organisation: str, credit_code: str, picture: bytes) -> Credential:
        subject = authority.name(organisation, organisation=organisation, serial=credit_code)
        path = self._seal_path(key, version)
        credential = self._issue(
            self.store.generate(f"seal-{path.name}"), "seal", key, subject, SEAL_LIFETIME, organisation
        )
        keys.write_private(path.with_suffix(".png"), picture)
        self.store.keep(path, credential)
        return credential

    def _issue(
        self,
        key: authority.Key,
        kind: str,
        named: str,
        subject: x509.Name,
        lifetime: timedelta,
        full_name: str,
        assertion: str | None = None,
    ) -> Credential:
        # The platform certifies documents, and signs for nobody else: that needs no licence.
        if self.outside is not None and named != PLATFORM_SEAL:
            number, made = OUTSIDE, self.outside.certify(key, subject, full_name, assertion)
        else:
            number, at = self.current.number, now()
            issuer = self.generation(number).issuer
            left = issuer.certificate.not_valid_after_utc - at
            if left <= SIGNER_LIFETIME:
                raise AuthorityEnded
            lifetime = min(lifetime, left)
            made = authority.make_signer(issuer, key, subject, at, lifetime, self.ocsp_url, full_name, assertion)
        certificate = made.certificate
        self.register.note(certificate.serial_number, number, kind, named, certificate.not_valid_after_utc)
        return made

    def seal(self, key: str) -> Credential:
        """The newest seal of `key`, parsed once per process. Raises UnknownSeal."""
        path = self._seal_path(key, self._seal_version(key))
        if path not in self._seals:
            self._seals[path] = self.store.open(path)
        return self._seals[path]

    def seal_picture(self, key: str) -> bytes:
        """The mask PNG of the seal. Raises UnknownSeal."""
        return self._seal_path(key, self._seal_version(key)).with_suffix(".png").read_bytes()

    def _seal_version(self, key: str) -> int:
        version = 0
        while self._seal_path(key, version + 1).with_suffix(".crt").exists():
            version += 1
        if not version:
            raise UnknownSeal
        return version

    def _seal_path(self, key: str, version: int) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        return self.directory / "seals" / (name if version == 1 else f"{name}-{version}")

    def revoke(self, serial: int, at: datetime, reason: str = "") -> None:
        """Every answer made from now on calls the certificate revoked. Repeating it keeps the first time.

        Raises UnknownCertificate."""
        self.register.revoke(serial, at, reason)

    def evidence(self, certificate: asn1_x509.Certificate, at: datetime) -> Evidence:
        """Chain with root, OCSP answer about the leaf, the root's CRL: what B-LT needs. Raises SignerRevoked."""
        return self._proof(certificate, self._answer(certificate, self._usable(certificate), at), at)

    async def fresh_evidence(self, certificate: asn1_x509.Certificate, at: datetime) -> Evidence:
        """The same, asked of the outside authority where it has made the certificate; what we have revoked here stops
        at once. Raises OutsideCaUnavailable as well."""
        if self.outside is None or self._usable(certificate).generation != OUTSIDE:
            return self.evidence(certificate, at)
        return await self.outside.evidence(certificate, at)

    def _usable(self, certificate: asn1_x509.Certificate) -> Issued:
        known = self.register.find(certificate.serial_number)
        if known is None or known.revoked_at is not None:
            raise SignerRevoked
        return known

    def standing(self, certificate: asn1_x509.Certificate, at: datetime) -> Evidence:
        """The same whatever the answer is, for who judges."""
        return self._proof(certificate, self.ocsp(x509.load_der_x509_certificate(certificate.dump()), at), at)

    def _proof(self, certificate: asn1_x509.Certificate, answer: bytes, at: datetime) -> Evidence:
        generation = self._generation_of(certificate.authority_key_identifier)
        root = self.root_of(generation)
        chain = [certificate.dump(), generation.issuer.der, generation.responder.der, root.credential.der]
        lists = [self.root_list(at, root.number)]
        # Who trusts only an older root, as long as it lives, follows its bridge to the newer one.
        while root.number > 1 and at < self.trusted_root(root.number - 1).credential.certificate.not_valid_after_utc:
            chain.append(root.bridge)
            root = self.trusted_root(root.number - 1)
            chain.append(root.credential.der)
            lists.append(self.root_list(at, root.number))
        return Evidence(tuple(chain), (answer,), tuple(lists))

    def _generation_of(self, issuer_key: bytes) -> Generation:
        latest_first = reversed(self.all_generations())
        found = next((one for one in latest_first if one.issuer.asn1.key_identifier == issuer_key), None)
        if found is None:
            raise UnknownCertificate
        return found

    def _answer(self, certificate: asn1_x509.Certificate, known: Issued, at: datetime) -> bytes:
        made, answer = self._answers.get(known.serial, (None, b""))
        if made is not None and made <= at < made + ANSWER_REUSE:
            return answer
        answer = self.ocsp(x509.load_der_x509_certificate(certificate.dump()), at)
        if known.kind != "person":
            self._answers[known.serial] = (at, answer)
        return answer

    def ocsp(self, certificate: x509.Certificate, at: datetime) -> bytes:
        """What the OCSP responder says about the certificate now, good, revoked or unknown; DER."""
        by = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier or b""
        generation, known = self._generation_of(by), self.register.find(certificate.serial_number)
        return answers.about(certificate, generation.issuer, generation.responder, at, known)

    def answer_request(self, request: bytes) -> bytes:
        """The OCSP responder's answer to an outsider's request (RFC 6960, `application/ocsp-response`)."""
        asked = answers.parsed(request)
        by = (one for one in self.all_generations() if asked and answers.issued_by(asked, one.issuer))
        generation = next(by, None)
        if asked is None or generation is None:
            return answers.malformed()
        known = self.register.find(asked.serial_number)
        ours = known if known and known.generation == generation.number else None
        return answers.to_request(asked, generation.responder, now(), ours)

    def root_list(self, at: datetime, number: int = 1) -> bytes:
        """A root's CRL, DER: empty, because an issuing CA that is lost means a new PKI here.

        Raises UnknownCertificate."""
        root = self.trusted_root(number).credential
        return self._list(-number, root, tuple, at, timedelta(days=1), answers.ROOT_LIST_LIFETIME)

    def issuing_list(self, number: int, at: datetime) -> bytes:
        """The CRL of an issuing CA, DER, at most an hour old. Raises UnknownCertificate."""
        signer, revoked = self.generation(number).issuer, partial(self.register.revoked, number)
        return self._list(number, signer, revoked, at, timedelta(hours=1), answers.LIST_LIFETIME)

    def _list(
        self, place: int, signer: Credential, revoked: Callable[[], Sequence[Issued]], at: datetime, reuse: timedelta,
        lifetime: timedelta,
    ) -> bytes:  # fmt: skip
        made = self._lists.get(place)
        if made is None or not made[0] <= at < made[0] + reuse:
            made = self._lists[place] = (at, answers.revocation_list(signer, revoked(), at, lifetime))
        return made[1]
