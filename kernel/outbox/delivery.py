"""Delivering outbox events: one event, one transaction, its effects and its mark together."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import select, update

from kernel.clock import now
from kernel.db.sessions import Database, ReadSession, WriteSession
from kernel.errors import Unavailable
from kernel.outbox.models import DONE, PARKED, PENDING, OutboxEvent
from kernel.outbox.registry import Event, Park, Registration, registrations
from kernel.tenancy import as_tenant

log = structlog.get_logger()

DELIVERED = Counter("yiti_outbox_delivered", "Outbox events delivered", ["topic"])
FAILED = Counter("yiti_outbox_failed", "Outbox deliveries that failed", ["topic"])
SECONDS = Histogram("yiti_outbox_seconds", "Time of one delivery", ["topic"])

LONGEST_WAIT = timedelta(minutes=10)


def backoff(attempts: int) -> timedelta:
    """The wait before the next try: 1 s, doubled at each failure, at most ten minutes."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 16)), LONGEST_WAIT)


async def deliver(database: Database, resources: Any, tenant: str, event_id: UUID) -> bool:
    """Deliver one event if it is due and nobody else holds it. Returns whether it was handled now."""
    with as_tenant(tenant):
        try:
            async with database.transaction(tenant) as tx:
                return await _deliver_locked(tx, database, resources, event_id)
        except Exception as error:  # noqa: BLE001  whatever went wrong is written on the event itself
            await _record_failure(database, tenant, event_id, error)
            return False


async def _deliver_locked(tx: WriteSession, database: Database, resources: Any, event_id: UUID) -> bool:
    due = (
        select(OutboxEvent)
        .where(
            OutboxEvent.id == event_id,
            OutboxEvent.state == PENDING,
            OutboxEvent.available_at <= now(),
        )
        .with_for_update(skip_locked=True)
    )
    row = await tx.scalar(due)
    if row is None:
        return False
    registration = _registration(row.topic)
    event = Event(
        row.id,
        row.topic,
        row.key,
        tx.tenant,
        row.payload,
        row.attempts + 1,
        database,
        resources,
    )
    with SECONDS.labels(row.topic).time():
        await registration.handler(tx, event)
    done = update(OutboxEvent).where(OutboxEvent.id == event_id)
    await tx.execute(
        done.values(
            state=DONE,
            done_at=now(),
            attempts=OutboxEvent.attempts + 1,
            last_error=None,
        )
    )
    DELIVERED.labels(row.topic).inc()
    return True


def _registration(topic: str) -> Registration:
    try:
        return registrations[topic]
    except KeyError:
        message = f"没有处理程序：{topic}"
        raise Park(message) from None


async def _record_failure(database: Database, tenant: str, event_id: UUID, error: Exception) -> None:
    async with database.transaction(tenant) as tx:
        locked = select(OutboxEvent).where(OutboxEvent.id == event_id, OutboxEvent.state == PENDING).with_for_update()
        row = await tx.scalar(locked)
        if row is None:
            return
        row.attempts += 1
        row.last_error = f"{type(error).__name__}: {error}"[:2000]
        tries = registrations[row.topic].tries if row.topic in registrations else 0
        hopeless = isinstance(error, Park) or row.attempts >= tries
        row.state = PARKED if hopeless else PENDING
        row.available_at = now() + backoff(row.attempts)
        FAILED.labels(row.topic).inc()
        log.warning(
            "outbox.failed",
            topic=row.topic,
            event_id=str(event_id),
            attempts=row.attempts,
            parked=hopeless,
            error=type(error).__name__,
        )


async def due_events(database: Database, tenant: str, limit: int) -> list[UUID]:
    """The oldest events that are due now, for the sweeper."""
    async with database.read(tenant) as reader:
        found = await reader.scalars(
            select(OutboxEvent.id)
            .where(OutboxEvent.state == PENDING, OutboxEvent.available_at <= now())
            .order_by(OutboxEvent.available_at)
            .limit(limit)
        )
        return list(found)


async def retry_parked(tx: WriteSession, event_id: UUID) -> bool:
    """Give a parked event a fresh set of tries, at an operator's wish."""
    changed = await tx.execute(
        update(OutboxEvent)
        .where(OutboxEvent.id == event_id, OutboxEvent.state == PARKED)
        .values(state=PENDING, attempts=0, available_at=now())
        .returning(OutboxEvent.id)
    )
    return changed.scalar() is not None


async def park_reason(reader: ReadSession, key: str) -> str | None:
    """The words with which a handler gave an event up (`Park`); None while it may still succeed or failed otherwise."""
    return await _said(reader, key, PARKED, {Park.__name__})


async def given_up(reader: ReadSession, key: str) -> bool:
    """Whether an event is parked, for whatever reason: nothing goes on until a person has looked."""
    chosen = (OutboxEvent.key == key) & (OutboxEvent.state == PARKED)
    return await reader.scalar(select(OutboxEvent.id).where(chosen)) is not None


async def waiting_reason(reader: ReadSession, key: str) -> str | None:
    """The words of the service that is away (`Unavailable`), while an event waits to be tried again."""
    return await _said(reader, key, PENDING, set(_names(Unavailable)))


def _names(error: type[Exception]) -> Iterator[str]:
    yield error.__name__
    for one in error.__subclasses__():
        yield from _names(one)


async def _said(reader: ReadSession, key: str, state: str, by: Collection[str]) -> str | None:
    chosen = (OutboxEvent.key == key) & (OutboxEvent.state == state)
    kind, _, words = (await reader.scalar(select(OutboxEvent.last_error).where(chosen)) or "").partition(": ")
    return words if kind in by else None
