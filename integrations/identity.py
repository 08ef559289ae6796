"""The identity service (实名认证 + 人脸比对), in the manner of OpenID Connect with pushed requests.

Wire (ours):

* `POST /requests` `identity.start` `IdentityCheck` → `CheckOpened`. The person's browser is then sent to `url`.
* The service sends the browser to `return_url?code=…&state=…`, or `?error=access_denied&state=…` when it failed.
* `POST /token` `identity.finish` `CodeGrant` → `Granted`, whose `assertion` is a compact JWS (ES256, the service's
  key) over `AssertionClaims`. A code is good once, for the reference it was made for; a repeated request with the same
  `Idempotency-Key` gets the same answer.

The face picture never leaves the service: only the result and its evidence number do (个人信息保护法 arts. 28–29).
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import Literal

import msgspec
from sqlalchemy import select, update

from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import WINDOW_SECONDS, verified_payload
from integrations.errors import BadSignature, ForeignIdentity, IdentityUsed, MalformedMessage
from integrations.http import Answer, CounterpartyClient, Operation, county_of_work
from integrations.keys import KeyRing
from integrations.models import IdentityRequest
from integrations.wire import Moment, Short
from kernel.clock import now
from kernel.db import Database


class IdentityCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be checked, and where the browser goes afterwards."""

    name: Short
    id_no: Short
    return_url: str
    state: Short
    nonce: Short


class CheckOpened(Answer, frozen=True, kw_only=True):
    """The service's reference, and its page for the person."""

    reference: Short
    url: str


class CodeGrant(msgspec.Struct, frozen=True, kw_only=True):
    """Exchange of the code that the browser brought back."""

    reference: Short
    code: Short


class Granted(Answer, frozen=True, kw_only=True):
    """The signed result."""

    assertion: str

    def facts(self) -> dict[str, str]:
        return {"核验结论": "已返回签名的实名认证与人脸比对结果"}


class AssertionClaims(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the assertion. `level`: `advanced` = real name + face (高级认证)."""

    iss: str
    aud: str
    iat: int
    exp: int
    jti: str
    reference: str
    nonce: str
    name: str
    id_no: str
    level: Literal["basic", "advanced"]
    face: Literal["passed", "failed", "not_done"]
    evidence_id: str
    verified_at: Moment


class IdentityStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The identity service's own reference, and where to send the person."""

    reference: str
    url: str


class IdentityAssertion(msgspec.Struct, frozen=True, kw_only=True):
    """What the service confirmed. `digest` is the SHA-256 of `signed`, its signed answer, to be kept as evidence."""

    reference: str
    name: str
    id_no: str
    method: str
    provider: str
    verified_at: datetime
    digest: str
    level: str
    evidence_id: str
    signed: str


START = Operation("identity.start", "实名认证发起", "/requests", CheckOpened)
FINISH = Operation("identity.finish", "实名认证与人脸比对", "/token", Granted)


class IdentityService:
    """The connector; works for the current county."""

    def __init__(self, client: CounterpartyClient, keys: KeyRing, database: Database) -> None:
        self._client = client
        self._keys = keys
        self._database = database

    async def start(self, name: str, id_no: str, return_url: str, state: str) -> IdentityStarted:
        """Open a check. Raises CounterpartyUnavailable, CounterpartyRefused."""
        nonce = secrets.token_hex(16)
        check = IdentityCheck(name=name, id_no=id_no, return_url=return_url, state=state, nonce=nonce)
        opened = await self._client.call(START, check, key=f"identity.start:{nonce}")
        async with self._database.transaction(county_of_work()) as tx:
            tx.add(IdentityRequest(reference=opened.reference, nonce=nonce, state_digest=_sha256(state)))
        return IdentityStarted(reference=opened.reference, url=opened.url)

    async def finish(self, reference: str, code: str, *, state: str | None = None) -> IdentityAssertion:
        """Fetch and verify the result. Give `state` as the browser brought it, so that a foreign one is refused.

        Each check counts once: the mark is durable before this returns. Raises ForeignIdentity, IdentityUsed,
        BadSignature, CounterpartyUnavailable, CounterpartyRefused (face check failed, code unknown or used).
        """
        request = await self._open_request(reference)
        if state is not None and not hmac.compare_digest(_sha256(state), request.state_digest):
            raise ForeignIdentity
        grant = CodeGrant(reference=reference, code=code)
        granted = await self._client.call(FINISH, grant, key=f"identity.finish:{_sha256(reference + ' ' + code)}")
        claims = self._verify(granted.assertion, request)
        await self._use_up(request)
        return IdentityAssertion(
            reference=reference,
            name=claims.name,
            id_no=claims.id_no,
            method="实名认证（高级）+ 人脸比对",
            provider=Counterparty.IDENTITY.words,
            verified_at=claims.verified_at.astimezone(UTC),
            digest=_sha256(granted.assertion),
            level=claims.level,
            evidence_id=claims.evidence_id,
            signed=granted.assertion,
        )

    async def _open_request(self, reference: str) -> IdentityRequest:
        async with self._database.read(county_of_work()) as reader:
            request = await reader.scalar(select(IdentityRequest).where(IdentityRequest.reference == reference))
        if request is None:
            raise ForeignIdentity
        if request.used_at is not None:
            raise IdentityUsed
        return request

    def _verify(self, assertion: str, request: IdentityRequest) -> AssertionClaims:
        payload = verified_payload(self._keys, assertion.encode(), Counterparty.IDENTITY)
        try:
            claims = msgspec.json.decode(payload, type=AssertionClaims)
        except msgspec.DecodeError as error:
            raise MalformedMessage from error
        moment = now().timestamp()
        if claims.iss != Counterparty.IDENTITY or claims.aud != PLATFORM:
            raise BadSignature
        if not (claims.iat - WINDOW_SECONDS <= moment <= claims.exp):
            raise ForeignIdentity
        if claims.reference != request.reference or not hmac.compare_digest(claims.nonce, request.nonce):
            raise ForeignIdentity
        if claims.level != "advanced" or claims.face != "passed":
            raise ForeignIdentity("人脸比对未通过或认证级别不足，不能用于签署")
        return claims

    async def _use_up(self, request: IdentityRequest) -> None:
        mine = update(IdentityRequest).where(IdentityRequest.id == request.id, IdentityRequest.used_at.is_(None))
        async with self._database.transaction(county_of_work()) as tx:
            used = await tx.scalar(mine.values(used_at=now()).returning(IdentityRequest.id))
        if used is None:
            raise IdentityUsed


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
