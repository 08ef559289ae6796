"""RFC 3161 time: a responder inside the process for development, an outside service by setting."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import add

from asn1crypto import cms as asn1_cms
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from kernel.clock import now
from kernel.settings import Settings
from signing import cms
from signing.errors import TimestampUnavailable
from signing.pki import Pki
from signing.ports import NO_EVIDENCE, Evidence, Timestamper

_POLICY = "2.25.204512398774301965523109"
"""Our own policy identifier (UUID arc): "development time, no warranty"."""
_EVIDENCE_REUSE = timedelta(hours=6)


class ResponderClient(TimeStamper):
    """A pyHanko time-stamper that answers itself."""

    def __init__(self, pki: Pki) -> None:
        super().__init__(include_nonce=False)  # type: ignore[no-untyped-call]
        self._pki = pki

    def token(self, digest: bytes, nonce: int | None = None) -> bytes:
        """A timestamp token over a SHA-256 digest, DER."""
        tsa = self._pki.tsa
        at = now().strftime("%Y%m%d%H%M%SZ").encode()
        info = cms.sequence(
            cms.integer(1),
            cms.oid(_POLICY),
            cms.sequence(cms.SHA256, cms.octets(digest)),
            cms.integer(secrets.randbits(63)),
            cms.tlv(0x18, at),
            cms.sequence(cms.integer(1)),
            b"" if nonce is None else cms.integer(nonce),
            cms.tlv(0xA0, cms.tlv(0xA4, tsa.asn1.subject.dump())),
        )
        chain = (self._pki.issuer.der,)
        return cms.signed_data(tsa, cms.sha256(info), chain, content=info)[1].finish()

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> asn1_cms.ContentInfo:
        if md_algorithm != "sha256":
            raise ValueError(f"the responder takes sha256, not {md_algorithm}")
        return asn1_cms.ContentInfo.load(self.token(message_digest))


def answer_request(pki: Pki, request: bytes) -> bytes:
    """The reply to a request over the network (RFC 3161, `application/timestamp-reply`), DER; a refusal says why."""
    try:
        asked = tsp.TimeStampReq.load(request, strict=True)
        imprint = asked["message_imprint"]
        algorithm, digest = imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
        nonce, policy, extensions = asked["nonce"].native, asked["req_policy"].native, asked["extensions"].native
    except (ValueError, TypeError, KeyError):
        return _refused("bad_data_format")
    if algorithm != "sha256":
        return _refused("bad_alg")
    if len(digest) != 32:
        return _refused("bad_data_format")
    if policy not in {None, _POLICY}:
        return _refused("unaccepted_policy")
    if extensions:
        return _refused("unaccepted_extensions")
    granted = tsp.PKIStatusInfo({"status": "granted"})
    return cms.sequence(granted.dump(), ResponderClient(pki).token(digest, nonce))


def _refused(why: str) -> bytes:
    return cms.sequence(tsp.PKIStatusInfo({"status": "rejection", "fail_info": {why}}).dump())


@dataclass
class ResponderTimestamper:
    """Development time, signed by the PKI's own TSA key."""

    pki: Pki
    roots: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        self.client = ResponderClient(self.pki)
        # one token differs from the next by some bytes at most: the length of two integers and a signature
        self.token_size = len(self.client.token(bytes(32))) + 64

    async def evidence(self, at: datetime) -> Evidence:
        return self.pki.evidence(self.pki.tsa.asn1, at)

    async def standing(self, at: datetime) -> Evidence:
        running = [one.tsa for one in self.pki.all_generations() if at < one.tsa.certificate.not_valid_after_utc]
        return reduce(add, (self.pki.standing(tsa.asn1, at) for tsa in running), NO_EVIDENCE)


@dataclass
class HttpTimestamper:
    """An outside RFC 3161 service. Its chain must end in one of `roots`, and its revocation points be reachable."""

    url: str
    roots: tuple[bytes, ...]
    token_size: int = 12_000
    _evidence: tuple[datetime, Evidence] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.client: TimeStamper = RequestsHTTPTimeStamper(self.url, timeout=5)

    async def evidence(self, at: datetime) -> Evidence:
        """Fetched once in six hours: the answers of a timestamp authority live for days."""
        if self._evidence is None or not self._evidence[0] <= at < self._evidence[0] + _EVIDENCE_REUSE:
            self._evidence = (at, await self._fetch())
        return self._evidence[1]

    async def standing(self, at: datetime) -> Evidence:
        """An outside service keeps its own history: what it gave before is proved by what each document holds."""
        return await self.evidence(at)

    async def _fetch(self) -> Evidence:
        roots = [asn1_x509.Certificate.load(der) for der in self.roots]
        context = ValidationContext(trust_roots=roots, allow_fetching=True, revocation_mode="hard-fail")
        certificates = list(self.roots)
        try:
            async for path in self.client.validation_paths(context):
                certificates += [certificate.dump() for certificate in path.iter_certs(include_root=True)]
        except (TimestampRequestError, PathValidationError, PathBuildingError) as error:
            raise TimestampUnavailable from error
        finally:
            await context.aclose()
        return Evidence(
            tuple(dict.fromkeys(certificates)),
            tuple(answer.dump() for answer in context.ocsps),
            tuple(crl.dump() for crl in context.crls),
        )


def open_timestamper(settings: Settings, pki: Pki) -> Timestamper:
    """The outside service of `timestamp_url`, trusted through `timestamp-roots.pem` in the PKI folder; else our own."""
    if not settings.timestamp_url:
        return ResponderTimestamper(pki)
    roots = x509.load_pem_x509_certificates((settings.pki_dir / "timestamp-roots.pem").read_bytes())
    return HttpTimestamper(settings.timestamp_url, tuple(root.public_bytes(Encoding.DER) for root in roots))
