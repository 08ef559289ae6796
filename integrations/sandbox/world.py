"""What all counterparties of the sandbox share: their state, their keys, and one way to take a signed request."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.response import Stream

from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import Envelope, open_message
from integrations.errors import BadSignature, MalformedMessage, Replayed
from integrations.http import IDEMPOTENCY_HEADER, Answer, Operation, Refusal, header_value
from integrations.keys import KeyRing
from integrations.sandbox.authority import SandboxAuthority
from integrations.sandbox.callbacks import Deliverer
from integrations.sandbox.state import Faults, Played, Store
from kernel.clock import today

_GARBAGE = "<html><body>系统升级中，敬请谅解！</body></html>"
AnyRequest = Request[Any, Any, Any]
A = TypeVar("A", bound=Answer)
D = TypeVar("D", bound=msgspec.Struct)


class _Digested(Protocol):
    digest: str


K = TypeVar("K", bound=_Digested)


@dataclass(frozen=True)
class World:
    """One sandbox process."""

    store: Store
    keys: dict[Counterparty, KeyRing]
    deliverer: Deliverer
    authority: SandboxAuthority

    def faults(self, who: Played) -> Faults:
        """What is wrong with it now."""
        return self.store.state.faults.get(who.value, Faults())

    async def struck(self, who: Played) -> Response[Any] | None:
        """What one gets instead of an answer, if it is out of order now; for what is asked without a signed message."""
        faults = self._strike(who)
        await asyncio.sleep(faults.slow_seconds)
        if faults.down:
            return Response(b"", status_code=503)
        return Response(_GARBAGE, media_type="text/html") if faults.garbage else None

    async def take(
        self,
        request: AnyRequest,
        counterparty: Counterparty,
        operation: Operation[A],
        kind: type[D],
        act: Callable[[Envelope, D], A],
    ) -> Response[Any] | Stream:
        """Verify a signed request, act on it, keep the state, and answer as well as the faults let it."""
        faults = self._strike(counterparty)
        await asyncio.sleep(faults.slow_seconds)
        if faults.down:
            return Response(Refusal(code="down", message="系统维护中"), status_code=503)
        envelope = open_message(self.keys[counterparty], await request.body(), PLATFORM)
        if envelope.op != operation.name or request.headers.get(IDEMPOTENCY_HEADER) != header_value(envelope.key):
            raise BadSignature
        try:
            data = msgspec.json.decode(envelope.data, type=kind)
        except msgspec.DecodeError as error:
            raise MalformedMessage(f"报文格式不符合约定：{error}") from error
        answer = act(envelope, data)
        await self.store.save()
        if faults.lost_answer:
            return Stream(_broken(), status_code=200, media_type="application/json")
        if faults.garbage:
            return Response(_GARBAGE, status_code=200, media_type="text/html")
        return Response(answer, status_code=200)

    def _strike(self, who: Played) -> Faults:
        faults = self.faults(who)
        if faults.requests is None:
            return faults
        if faults.requests <= 0:
            return Faults()
        faults.requests -= 1
        return faults


Here = NamedDependency[World]
"""Annotation of the handlers' `world` parameter."""


async def _broken() -> AsyncIterator[bytes]:
    yield b'{"reference":'
    message = "the sandbox breaks the connection on purpose"
    raise ConnectionAbortedError(message)


def once(items: dict[str, K], key: str, envelope: Envelope, make: Callable[[str], K]) -> K:
    """The entry of this key, made the first time; the same key with another content is refused."""
    digest = envelope.content_digest()
    entry = items.get(key)
    if entry is None:
        entry = items[key] = make(digest)
    if entry.digest != digest:
        raise Replayed
    return entry


def new_reference(prefix: str) -> str:
    """A receipt number such as `YH20260828-3F9A0C1B22`."""
    return f"{prefix}{today():%Y%m%d}-{secrets.token_hex(5).upper()}"
