"""What signing needs from outside: a key that signs, a time, revocation answers, an identity service."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from asn1crypto import x509
from pyhanko.sign.timestamps import TimeStamper

from signing.schemas import IdentityAssertion, IdentityStarted


class Signer(Protocol):
    """A signing key, wherever it lives: `signing.keys.Credential` in software; a PKCS#11 token fits the same."""

    @property
    def asn1(self) -> x509.Certificate: ...

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of `data`, DER encoded."""
        ...


@dataclass(frozen=True)
class Evidence:
    """Validation material for the document security store, DER: certificates with their root, OCSP answers, CRLs."""

    certificates: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    crls: tuple[bytes, ...]

    def __add__(self, other: "Evidence") -> "Evidence":
        def merged(ours: tuple[bytes, ...], theirs: tuple[bytes, ...]) -> tuple[bytes, ...]:
            return tuple(dict.fromkeys(ours + theirs))

        return Evidence(
            merged(self.certificates, other.certificates),
            merged(self.ocsps, other.ocsps),
            merged(self.crls, other.crls),
        )


NO_EVIDENCE = Evidence((), (), ())


class Timestamper(Protocol):
    """RFC 3161 time, with what proves its certificate later."""

    @property
    def client(self) -> TimeStamper: ...

    @property
    def token_size(self) -> int:
        """Bytes that a token may have at most; as much is left for it in the PDF."""
        ...

    @property
    def roots(self) -> tuple[bytes, ...]:
        """Root certificates (DER) of an outside service; empty where it is our own PKI's."""
        ...

    async def evidence(self, at: datetime) -> Evidence:
        """What proves the certificate of the time that is given now."""
        ...

    async def standing(self, at: datetime) -> Evidence:
        """The same for every certificate of ours that ever gave the time and still runs: old documents bear them."""
        ...


class Revocation(Protocol):
    """The certification authority's answers about the signers' certificates."""

    async def fresh_evidence(self, certificate: x509.Certificate, at: datetime) -> Evidence:
        """Chain from the leaf up and revocation answers; raises `SignerRevoked` where the answer is not good."""
        ...


class IdentityProvider(Protocol):
    """The provincial identity service: real name and face."""

    async def start(self, name: str, id_no: str, return_url: str, state: str) -> IdentityStarted: ...

    async def finish(self, reference: str, code: str) -> IdentityAssertion: ...
