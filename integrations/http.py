"""Calls to counterparties over HTTP: signed, timed out, retried where that is safe, guarded by a breaker, logged.

A call is `POST <base><path>` with a signed message (`integrations.envelope`) as `application/jose` and its key again,
percent-encoded, in `Idempotency-Key`. Answers: 200 with the operation's JSON; 4xx with `{"code", "message"}` is a
refusal; anything else (5xx, 429, redirects, unreadable JSON, silence) means that the counterparty is unavailable.
"""

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec
import structlog

from integrations.breaker import Breaker
from integrations.counterparties import Counterparty
from integrations.envelope import seal_message
from integrations.errors import CounterpartyRefused, CounterpartyUnavailable
from integrations.exchange import Attempt, ExchangeLog
from integrations.keys import KeyRing
from integrations.models import Direction, Outcome
from kernel.clock import now
from kernel.tenancy import current_tenant

log = structlog.get_logger()

ANSWER_LIMIT_BYTES = 256 * 1024
IDEMPOTENCY_HEADER = "idempotency-key"
SANDBOX_HEADER = "x-yiti-sandbox"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all answers; a counterparty may add fields that we do not know."""

    def facts(self) -> dict[str, str]:
        """What the answer establishes, label → words, without personal data (for the verification record)."""
        return {}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a 4xx answer."""

    code: str
    message: str


T = TypeVar("T", bound=Answer)


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One thing that a counterparty can be asked. Only idempotent ones are ever repeated."""

    name: str
    title: str
    path: str
    answer: type[T]
    idempotent: bool = True


@dataclass(frozen=True)
class Policy:
    """How patient a client is. A call takes at most `attempts` × `timeout_seconds` plus the pauses."""

    timeout_seconds: float = 5.0
    attempts: int = 3
    first_pause_seconds: float = 0.2
    failures_to_open: int = 5
    open_for: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class _Reply(Generic[T]):
    outcome: Outcome
    duration_ms: int = 0
    status: int | None = None
    body: bytes | None = None
    error: str | None = None
    answer: T | None = None
    refusal: Refusal | None = None


class CounterpartyClient:
    """All calls of this process to one counterparty."""

    def __init__(
        self,
        counterparty: Counterparty,
        base_url: str,
        *,
        http: httpx.AsyncClient,
        keys: KeyRing,
        log: ExchangeLog,
        policy: Policy = Policy(),
        refuse_sandbox: bool = False,
    ) -> None:
        self.counterparty = counterparty
        self.breaker = Breaker(policy.failures_to_open, policy.open_for)
        self._base = base_url.rstrip("/")
        self._http = http
        self._keys = keys
        self._log = log
        self._policy = policy
        self._refuse_sandbox = refuse_sandbox

    async def call(self, operation: Operation[T], data: msgspec.Struct, *, key: str, subject: str | None = None) -> T:
        """Ask, and return the typed answer.

        `key` stays the same for the same thing, also across repeated jobs: the counterparty acts once per key. Raises
        CounterpartyUnavailable (try again later) or CounterpartyRefused (do not). Works for the current county.
        """
        county = county_of_work()
        attempts = self._policy.attempts if operation.idempotent else 1
        for attempt in range(1, attempts + 1):
            reply, request = await self._try(operation, data, key, county)
            await self._write_down(operation, reply, request, county, key, attempt, subject)
            if reply.answer is not None:
                return reply.answer
            if reply.refusal is not None:
                raise CounterpartyRefused(self.counterparty, reply.refusal.message, reply.refusal.code)
            if reply.outcome is Outcome.NOT_SENT:
                break
            if attempt < attempts:
                await asyncio.sleep(self._policy.first_pause_seconds * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
        raise CounterpartyUnavailable(self.counterparty)

    async def _try(
        self, operation: Operation[T], data: msgspec.Struct, key: str, county: str
    ) -> tuple[_Reply[T], bytes]:
        if not self.breaker.admit():
            return _Reply(Outcome.NOT_SENT, error="circuit breaker open"), msgspec.json.encode(data)
        request = seal_message(
            self._keys, to=self.counterparty, op=operation.name, county=county, key=key, data=data
        ).encode()
        reply = await self._exchange(operation, request, key)
        if reply.outcome in (Outcome.ANSWERED, Outcome.REFUSED):
            self.breaker.succeeded()
        else:
            self.breaker.failed()
            log.warning("counterparty_failed", counterparty=self.counterparty.value, outcome=reply.outcome.value)
        return reply, request

    async def _exchange(self, operation: Operation[T], request: bytes, key: str) -> _Reply[T]:
        started = time.perf_counter()
        url = self._base + operation.path
        headers = {
            "content-type": "application/jose",
            "accept": "application/json",
            IDEMPOTENCY_HEADER: header_value(key),
        }
        try:
            # One limit over everything: httpx's own limits are per read, and a drip of bytes would outlast them.
            async with asyncio.timeout(self._policy.timeout_seconds):
                async with self._http.stream("POST", url, content=request, headers=headers) as got:
                    body = await _read_limited(got)
        except (httpx.HTTPError, TimeoutError) as error:
            return _Reply(Outcome.UNREACHABLE, _ms(started), error=type(error).__name__)
        return self._understand(operation, got, body, _ms(started))

    def _understand(self, operation: Operation[T], got: httpx.Response, body: bytes, duration: int) -> _Reply[T]:
        status = got.status_code
        if self._refuse_sandbox and SANDBOX_HEADER in got.headers:
            return _Reply(Outcome.BAD_ANSWER, duration, status, body, "a sandbox answered in production")
        if status >= 500 or status in (408, 425, 429):
            return _Reply(Outcome.UNREACHABLE, duration, status, body, f"HTTP {status}")
        if status != 200 and not 400 <= status < 500:
            return _Reply(Outcome.BAD_ANSWER, duration, status, body, f"HTTP {status}")
        try:
            if status == 200:
                answer = msgspec.json.decode(body, type=operation.answer)
                return _Reply(Outcome.ANSWERED, duration, status, body, answer=answer)
            refusal = msgspec.json.decode(body, type=Refusal)
            return _Reply(Outcome.REFUSED, duration, status, body, refusal.code, refusal=refusal)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # msgspec names the field, never its value.
            return _Reply(Outcome.BAD_ANSWER, duration, status, body, str(error))

    async def _write_down(
        self,
        operation: Operation[T],
        reply: _Reply[T],
        request: bytes,
        county: str,
        key: str,
        attempt: int,
        subject: str | None,
    ) -> None:
        entry = Attempt(
            counterparty=self.counterparty,
            operation=operation.name,
            title=operation.title,
            direction=Direction.OUT,
            key=key,
            attempt=0 if reply.outcome is Outcome.NOT_SENT else attempt,
            outcome=reply.outcome,
            started_at=now() - timedelta(milliseconds=reply.duration_ms),
            duration_ms=reply.duration_ms,
            request=request,
            answer=reply.body,
            http_status=reply.status,
            error=reply.error,
            facts=reply.answer.facts() if reply.answer is not None else {},
            subject=subject,
        )
        await self._log.record(county, entry)


def county_of_work() -> str:
    """The county of the current request or job; without one an exchange has no owner."""
    county = current_tenant()
    if county is None:
        message = "an exchange belongs to a county: call it inside as_tenant(...)"
        raise RuntimeError(message)
    return county


def header_value(key: str) -> str:
    """A key as it stands in the header: percent-encoded, for keys may hold Chinese numbers and headers may not."""
    return quote(key, safe=":-._~")


async def _read_limited(got: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in got.aiter_bytes():
        body += chunk
        if len(body) > ANSWER_LIMIT_BYTES:
            message = "answer too large"
            raise httpx.DecodingError(message)
    return bytes(body)


def _ms(started: float) -> int:
    return int((time.perf_counter() - started) * 1000)
