"""The exchange log: what was said to whom, when, and how it ended; kept also when the caller's work is undone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select

from integrations.counterparties import Counterparty
from integrations.models import Direction, Exchange, Outcome
from kernel.db import Database, ReadSession
from kernel.errors import NotFound

PAGE_LIMIT = 200
_BODY_LIMIT = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt, ready to be written down. `error` must not hold personal data."""

    counterparty: Counterparty
    operation: str
    title: str
    direction: Direction
    key: str
    attempt: int
    outcome: Outcome
    started_at: datetime
    duration_ms: int
    request: bytes
    answer: bytes | None = None
    http_status: int | None = None
    error: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    subject: str | None = None


class ExchangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the administration page; holds no personal data."""

    id: UUID
    counterparty: str
    operation: str
    title: str
    direction: str
    idempotency_key: str
    attempt: int
    outcome: str
    http_status: int | None
    error: str | None
    started_at: datetime
    duration_ms: int
    subject: str | None


class ExchangePage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `before` of the next page, or None on the last."""

    rows: tuple[ExchangeRow, ...]
    next_before: UUID | None


class ExchangeLog:
    """Writes each attempt in its own short transaction.

    The caller usually holds a connection of its own while it waits for this one: give the log a `Database` with a
    small pool of its own, so that many callers at once cannot starve each other.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, county: str, attempt: Attempt) -> UUID:
        """Write one attempt down; durable when this returns. A log that cannot be written stops the work."""
        row = Exchange(
            counterparty=attempt.counterparty.value,
            operation=attempt.operation,
            title=attempt.title,
            direction=attempt.direction.value,
            idempotency_key=attempt.key,
            attempt=attempt.attempt,
            outcome=attempt.outcome.value,
            http_status=attempt.http_status,
            error=attempt.error[:300] if attempt.error else None,
            started_at=attempt.started_at,
            duration_ms=attempt.duration_ms,
            request_digest=_digest(attempt.request),
            answer_digest=None if attempt.answer is None else _digest(attempt.answer),
            request_body=_text(attempt.request),
            answer_body=None if attempt.answer is None else _text(attempt.answer),
            facts=dict(attempt.facts),
            subject=attempt.subject,
        )
        async with self._database.transaction(county) as tx:
            tx.add(row)
        return row.id


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _text(body: bytes) -> str:
    # Nonsense from outside must still fit a text column; the digest is over the bytes as they came.
    return body[:_BODY_LIMIT].decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


_ROW = tuple(getattr(Exchange, name) for name in ExchangeRow.__struct_fields__)


async def exchanges(
    reader: ReadSession,
    *,
    counterparty: str | None = None,
    outcome: str | None = None,
    subject: str | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> ExchangePage:
    """One page of the log, newest first, keyset by id; bodies are not read."""
    limit = min(max(limit, 1), PAGE_LIMIT)
    query = select(*_ROW).order_by(Exchange.id.desc()).limit(limit + 1)
    for column, wanted in (
        (Exchange.counterparty, counterparty),
        (Exchange.outcome, outcome),
        (Exchange.subject, subject),
    ):
        query = query if wanted is None else query.where(column == wanted)
    if before is not None:
        query = query.where(Exchange.id < before)
    found = [ExchangeRow(**row) for row in (await reader.execute(query)).mappings()]
    more = len(found) > limit
    return ExchangePage(rows=tuple(found[:limit]), next_before=found[limit - 1].id if more else None)


async def exchange(reader: ReadSession, exchange_id: UUID) -> Exchange:
    """One exchange with its bodies; the caller audits who read them. NotFound in another county."""
    query = select(Exchange).where(Exchange.id == exchange_id)
    found = (await reader.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到该条接口交换记录")
    return found
