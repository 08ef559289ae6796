"""The one form of every signed message, in both directions: a compact JWS (ES256) over an `Envelope` as JSON.

Header: `alg` ES256, `kid` the sender's key. Payload: `iss` sender, `aud` receiver, `iat` seconds since 1970, `jti` new
for every delivery, `key` the same for every delivery of the same thing (idempotency key, event id), `op` what it is,
`county` six digits, `data` the typed content. A repeated delivery is signed afresh; its `key` and `data` stay.
"""

import hashlib
from uuid import uuid4

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol

from integrations.errors import BadSignature, MalformedMessage, MessageTooLarge, StaleMessage
from integrations.keys import KeyRing
from kernel.clock import now

LIMIT_BYTES = 64 * 1024
WINDOW_SECONDS = 300
_ALGORITHM = "ES256"


class _Sizes(jws.JWSRegistry):
    """The library's own limit is below a busy account's statement; ours is checked before it."""

    max_payload_length = 64_000_000


_SIZES = _Sizes()


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of a signed message."""

    iss: str
    aud: str
    iat: int
    jti: str
    key: str
    op: str
    county: str
    data: msgspec.Raw

    def content_digest(self) -> str:
        """SHA-256 over what the message says, leaving out when and how often it was sent."""
        data = msgspec.json.decode(self.data)
        content = msgspec.json.encode([self.iss, self.op, self.county, self.key, data], order="sorted")
        return hashlib.sha256(content).hexdigest()


def seal_message(keys: KeyRing, *, to: str, op: str, county: str, key: str, data: msgspec.Struct | msgspec.Raw) -> str:
    """Sign one delivery of a message."""
    envelope = Envelope(
        iss=keys.owner,
        aud=to,
        iat=int(now().timestamp()),
        jti=uuid4().hex,
        key=key,
        op=op,
        county=county,
        data=data if isinstance(data, msgspec.Raw) else msgspec.Raw(msgspec.json.encode(data)),
    )
    return sign(keys.own, msgspec.json.encode(envelope))


def sign(key: ECKey, payload: bytes) -> str:
    """A compact JWS over any bytes."""
    return jws.serialize_compact(
        {"alg": _ALGORITHM, "kid": key.kid}, payload, key, algorithms=[_ALGORITHM], registry=_SIZES
    )


def open_message(keys: KeyRing, compact: bytes, sender: str, limit: int = LIMIT_BYTES) -> Envelope:
    """The verified envelope; raises MessageTooLarge, BadSignature, StaleMessage, MalformedMessage."""
    payload = verified_payload(keys, compact, sender, limit)
    try:
        envelope = msgspec.json.decode(payload, type=Envelope)
    except msgspec.DecodeError as error:
        raise MalformedMessage(extra={"reason": str(error)}) from error
    if envelope.iss != sender or envelope.aud != keys.owner:
        raise BadSignature
    if abs(now().timestamp() - envelope.iat) > WINDOW_SECONDS:
        raise StaleMessage
    if not envelope.jti or not envelope.key or max(len(envelope.jti), len(envelope.key)) > 200:
        raise MalformedMessage
    return envelope


def verified_payload(keys: KeyRing, compact: bytes, sender: str, limit: int = LIMIT_BYTES) -> bytes:
    """The bytes that the sender signed with a key we know; its size is checked before anything is parsed."""
    if len(compact) > limit:
        raise MessageTooLarge

    def find(message: GuestProtocol) -> ECKey:
        key = keys.public_key(sender, str(message.headers().get("kid", "")))
        if key is None:
            raise BadSignature
        return key

    try:
        return jws.deserialize_compact(compact, find, algorithms=[_ALGORITHM], registry=_SIZES).payload
    except (JoseError, ValueError) as error:
        raise BadSignature from error
