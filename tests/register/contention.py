"""Many clients contend for few units; afterwards the history must be explainable by one order of bookings.

The book itself names the order: `booked_at` is taken while the units are locked. The history is linearisable if, in
that order, (1) the simple model accepts exactly what was booked, each between its question and its answer, and
(2) every refusal and every reading fits a place in it, after whatever had been answered on that unit before it was
asked, and before what was asked after it was answered.
"""

import asyncio
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heappop, heappush
from typing import Any
from uuid import UUID, uuid4

import msgspec

from kernel.clock import now
from kernel.db import Database
from kernel.errors import DomainError
from tests.register import model
from tests.register.world import booked, cancellation, entry, person, seizure, transfer
from yiti.estate.models import Unit
from yiti.register.book import current_entries
from yiti.register.kinds import EntryKind
from yiti.register.refusals import BookingBusy
from yiti.register.schemas import Append

K = EntryKind
Standing = frozenset[tuple[UUID, str]]


@dataclass(frozen=True, slots=True)
class Event:
    """One question to the book and its answer."""

    asked: datetime
    answered: datetime
    operations: tuple[Append, ...] = ()
    booked_at: datetime | None = None
    moved: tuple[tuple[UUID, UUID], ...] = ()
    """Waiting seizures that took effect: old and new id."""
    error: str = ""
    unit_id: UUID | None = None
    seen: Standing = frozenset()
    """What a reading of the unit saw."""


async def contend(database: Database, county: str, units: Sequence[Unit], clients: int, seconds: float) -> list[Event]:
    """Let the clients book and read at random for so long; what each of them asked and was answered.

    The time runs from when every client has its connection and has been answered once; the pool must have room for all.
    """
    ready, ends = asyncio.Barrier(clients), 0.0

    async def client(number: int) -> list[Event]:
        nonlocal ends
        chance = random.Random(number)
        events = [await booking_of(database, county, (cancellation(units[0], uuid4()),))]
        if await ready.wait() == 0:
            ends = asyncio.get_running_loop().time() + seconds
        await ready.wait()
        while asyncio.get_running_loop().time() < ends:
            unit = chance.choice(units)
            reading = await reading_of(database, county, unit)
            events.append(reading)
            operations = _plan(chance, unit, reading.seen)
            if chance.random() < 0.2:  # a second unit, in an order of its own
                other = chance.choice(units)
                operations = (*_plan(chance, other, (await reading_of(database, county, other)).seen), *operations)
            events.append(await booking_of(database, county, operations))
        return events

    return [event for events in await asyncio.gather(*map(client, range(clients))) for event in events]


async def reading_of(database: Database, county: str, unit: Unit) -> Event:
    asked = now()
    async with database.read(county) as reader:
        seen = frozenset((one.id, str(one.kind)) for one in await current_entries(reader, unit.id))
    return Event(asked, now(), unit_id=unit.id, seen=seen)


async def booking_of(database: Database, county: str, operations: tuple[Append, ...]) -> Event:
    asked = now()
    try:
        async with database.transaction(county) as tx:
            entries = await booked(tx, *operations)
    except DomainError as error:
        return Event(asked, now(), operations, error=type(error).__name__)
    moved = tuple((one.closes_id, one.id) for one in entries[len(operations) :] if one.closes_id)
    return Event(asked, now(), operations, booked_at=entries[0].booked_at, moved=moved)


def _plan(chance: random.Random, unit: Unit, seen: Standing) -> tuple[Append, ...]:
    """Something that made sense when the unit was read; by now it may not."""
    of: dict[str, list[UUID]] = {str(kind): [] for kind in EntryKind}
    for id_, kind in sorted(seen):
        of[kind].append(id_)
    new: dict[str, Any] = {"entry_id": uuid4(), "holders": (person(id_number=f"buyer-{chance.randrange(5)}"),)}
    if not of[K.OWNERSHIP]:
        return (entry(unit, K.OWNERSHIP, **new),)
    sold = transfer(unit, of[K.OWNERSHIP][0], **new)
    loan = entry(unit, K.MORTGAGE, **new | {"entry_id": uuid4()}, bans_transfer=chance.random() < 0.3)
    released = tuple(_named(cancellation(unit, one)) for one in of[K.MORTGAGE])
    lifted = tuple(_named(cancellation(unit, one)) for one in of[K.SEIZURE])
    choices: list[tuple[Append, ...]] = [(sold,), (sold,), (loan,), (seizure(unit, entry_id=uuid4()),)]
    choices += [(*released, sold, loan), released[:1] or (sold,), released[:1] or (loan,)]
    choices += [(chance.choice(lifted),)] * 2 if lifted else []
    return chance.choice(choices)


def _named(operation: Append) -> Append:
    return msgspec.structs.replace(operation, entry_id=uuid4())


class NotLinearisable(AssertionError):
    """No order of bookings explains the history."""


@dataclass(slots=True)
class History:
    """The bookings in their order, and each unit as it was after those that touched it."""

    bookings: list[Event]
    places: dict[UUID, list[int]]
    states: dict[UUID, list[model.Unit]]

    def at(self, unit_id: UUID, place: int) -> model.Unit:
        """The unit when `place` bookings were done."""
        return self.states[unit_id][bisect_left(self.places[unit_id], place)]


def check(events: Sequence[Event]) -> Counter[str]:
    """Raise `NotLinearisable`, or tell how often what was answered."""
    history = _replay(events)
    place_of = {id(event): place for place, event in enumerate(history.bookings, start=1)}
    ended: list[tuple[datetime, int, int]] = []
    floor = dict.fromkeys(history.places, 0)
    by_question = sorted(events, key=lambda event: event.asked)
    for number, event in enumerate(by_question):
        while ended and ended[0][0] < event.asked:
            _, place, earlier = heappop(ended)
            for unit_id in _units(by_question[earlier]):
                floor[unit_id] = max(floor[unit_id], place)
        if event.error != BookingBusy.__name__:  # nothing is said about the book by one that was not let in
            place = place_of.get(id(event)) or _explain(event, max(floor[one] for one in _units(event)), history)
            heappush(ended, (event.answered, place, number))
    return Counter(event.error or ("booked" if event.booked_at else "read") for event in events)


def _units(event: Event) -> set[UUID]:
    own = {operation.unit_id for operation in event.operations}
    return own | {event.unit_id} if event.unit_id else own


def _replay(events: Sequence[Event]) -> History:
    """The model accepts what was booked, each within its own time."""
    bookings = sorted((event for event in events if event.booked_at), key=_moment)
    units = {unit_id for event in events for unit_id in _units(event)}
    history = History(bookings, {one: [] for one in units}, {one: [()] for one in units})
    for place, event in enumerate(bookings):
        if not event.asked <= _moment(event) <= event.answered:
            raise NotLinearisable(f"booked outside its own time: {event}")
        for unit_id, unit in _follow({one: history.states[one][-1] for one in _units(event)}, event, place).items():
            history.places[unit_id].append(place)
            history.states[unit_id].append(unit)
    return history


def _moment(event: Event) -> datetime:
    assert event.booked_at is not None
    return event.booked_at


def _follow(book: dict[UUID, model.Unit], event: Event, place: int) -> dict[UUID, model.Unit]:
    try:
        after, promoted = model.booked(book, event.operations, place)
    except model.Refused as refused:
        raise NotLinearisable(f"booked although {refused}: {event}") from refused
    moved = dict(event.moved)
    if set(moved) != set(promoted):
        raise NotLinearisable(f"another seizure took effect: {event}")
    return {
        unit_id: tuple(replace(one, id=moved.get(one.id, one.id)) for one in unit) for unit_id, unit in after.items()
    }


def _explain(event: Event, first: int, history: History) -> int:
    """The earliest place, not before `first` and not behind a booking asked for later, that gives this answer."""
    places = sorted({place for one in _units(event) for place in history.places[one] if place >= first})
    for place in [first, *(place + 1 for place in places)]:
        if place > first and history.bookings[place - 1].asked > event.answered:
            break
        if _answers(event, {one: history.at(one, place) for one in _units(event)}, place):
            return place
    raise NotLinearisable(f"no moment explains {event}")


def _answers(event: Event, book: dict[UUID, model.Unit], place: int) -> bool:
    if event.unit_id is not None:
        return frozenset((one.id, str(one.kind)) for one in book[event.unit_id]) == event.seen
    try:
        model.booked(book, event.operations, place)
    except model.Refused:
        return True
    return False
