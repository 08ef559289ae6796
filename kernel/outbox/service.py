"""Writing to the outbox."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from kernel.clock import now
from kernel.db.sessions import WriteSession
from kernel.outbox.models import PENDING, OutboxEvent


class Waker(Protocol):
    """Tells a worker that an event may be due. Allowed to fail silently: the sweeper finds what it missed."""

    def __call__(self, tenant: str, event_id: UUID) -> None: ...


_wakers: list[Waker] = []


def wake_by(waker: Waker) -> None:
    """Use this waker in the present process (web: through Valkey; worker: straight away)."""
    _wakers[:] = [waker]


async def emit(
    tx: WriteSession,
    topic: str,
    payload: Mapping[str, Any],
    *,
    key: str,
    delay: timedelta = timedelta(),
) -> UUID | None:
    """Write an event in the caller's transaction. A key that was used before is a no-op and returns None."""
    event_id = uuid7()
    moment = now()
    row = {
        "tenant_id": tx.tenant,
        "id": event_id,
        "topic": topic,
        "key": key,
        "payload": dict(payload),
        "state": PENDING,
        "attempts": 0,
        "created_at": moment,
        "available_at": moment + delay,
    }
    statement = insert(OutboxEvent).values(row).on_conflict_do_nothing(index_elements=["tenant_id", "key"])
    written = await tx.scalar(statement.returning(OutboxEvent.id))
    if written is None:
        return None
    if not delay and _wakers:
        waker, tenant = _wakers[0], tx.tenant
        tx.after_commit(lambda: waker(tenant, event_id))
    return event_id
