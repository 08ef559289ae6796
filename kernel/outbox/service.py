"""Writing to the outbox."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from kernel.clock import now
from kernel.db.sessions import WriteSession
from kernel.outbox.models import PENDING

# Plain SQL: every transaction that matters writes here, and none should put the statement together anew.
_INSERT = """
INSERT INTO outbox (tenant_id, id, topic, key, payload, state, attempts, created_at, available_at)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, 0, $7, $8)
ON CONFLICT (tenant_id, key) DO NOTHING
RETURNING id"""


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
    event_id, moment = uuid7(), now()
    values = (tx.tenant, event_id, topic, key, msgspec.json.encode(payload).decode(), PENDING, moment, moment + delay)
    if not await tx.rows(_INSERT, *values):
        return None
    if not delay and _wakers:
        waker, tenant = _wakers[0], tx.tenant
        tx.after_commit(lambda: waker(tenant, event_id))
    return event_id
