"""Which function handles which topic."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.db.sessions import Database, WriteSession


class Park(Exception):
    """Raised by a handler when trying again cannot help; a person must look. The reason is shown to operators."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a handler is given. `resources` holds the process's long-lived parts (`yiti.resources.Resources`)."""

    id: UUID
    topic: str
    key: str
    tenant: str
    payload: Mapping[str, Any]
    attempt: int
    database: Database
    resources: Any


Handler = Callable[[WriteSession, Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler and how often it is tried before its event is parked."""

    handler: Handler
    tries: int


registrations: dict[str, Registration] = {}


def handles(topic: str, *, tries: int = 10) -> Callable[[Handler], Handler]:
    """Register the one handler of a topic. It runs in one transaction together with the mark that it is done."""

    def register(handler: Handler) -> Handler:
        known = registrations.get(topic)
        if known is not None and known.handler.__qualname__ != handler.__qualname__:
            message = f"topic {topic} already has a handler: {known.handler.__qualname__}"
            raise RuntimeError(message)
        registrations[topic] = Registration(handler, tries)
        return handler

    return register
