"""The moments of an outbox delivery at which a worker can end, so that a test can end it exactly there.

`before`: taken, nothing done yet. `middle`: one effect outside the database has happened (a file stored, a message
sent), and its answer is lost. `uncommitted`: everything is done but the commit. `committed`: durable, but nobody has
been told yet.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Literal

from integrations.http import CounterpartyClient
from kernel.blobs import BlobStore
from kernel.db import WriteSession
from kernel.db.schema import load_modules
from kernel.outbox import Event
from kernel.outbox.registry import Handler, registrations

Moment = Literal["before", "middle", "uncommitted", "committed"]
MOMENTS: tuple[Moment, ...] = ("before", "middle", "uncommitted", "committed")
Strike = Callable[[Event, Moment], None]
_now_delivered: ContextVar[Event | None] = ContextVar("now_delivered", default=None)


@contextmanager
def watched(strike: Strike) -> Iterator[None]:
    """Call `strike` at every moment of every delivery of this process; what it raises ends the delivery there."""
    load_modules("jobs")
    handlers = dict(registrations)
    put, exchange = BlobStore.put, CounterpartyClient._exchange
    for topic, registration in handlers.items():
        registrations[topic] = replace(registration, handler=_watched(registration.handler, strike))
    BlobStore.put = _then(put, strike)  # type: ignore[method-assign]
    CounterpartyClient._exchange = _then(exchange, strike)  # type: ignore[method-assign]
    try:
        yield
    finally:
        registrations.update(handlers)
        BlobStore.put, CounterpartyClient._exchange = put, exchange  # type: ignore[method-assign]


def _watched(handler: Handler, strike: Strike) -> Handler:
    async def watching(tx: WriteSession, event: Event) -> None:
        # First of all hooks: those that wake the followers come after it.
        tx.after_commit(lambda: strike(event, "committed"))
        strike(event, "before")
        token = _now_delivered.set(event)
        try:
            await handler(tx, event)
        finally:
            _now_delivered.reset(token)
        await tx.flush()
        strike(event, "uncommitted")

    return watching


def _then(effect: Callable[..., Any], strike: Strike) -> Any:
    """The effect happens, and what it answers is lost."""

    async def happening(*arguments: Any, **named: Any) -> Any:
        answer = await effect(*arguments, **named)
        if event := _now_delivered.get():
            strike(event, "middle")
        return answer

    return happening
