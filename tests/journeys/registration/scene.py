"""One business as a test plays it; every module of scenes adds its own to `SCENES`."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

from tests.journeys.registration.county import Desk
from yiti.cases.application import Part
from yiti.cases.business import Business
from yiti.register.kinds import EntryKind

B, K = Business, EntryKind


class Scene(NamedTuple):
    """What is asked for, and which kinds of entry the units hold afterwards (cancellations are told by `closed`)."""

    parts: tuple[Part, ...]
    holds: tuple[EntryKind, ...]
    closed: tuple[UUID, ...] = ()
    extra: tuple[str, ...] = ()
    """Further materials that the application rests on."""


Setup = Callable[[Desk], Awaitable[Scene]]
SCENES: dict[B, Setup] = {}


def scene(business: B) -> Callable[[Setup], Setup]:
    def keep(setup: Setup) -> Setup:
        SCENES[business] = setup
        return setup

    return keep
