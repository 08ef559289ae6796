"""The queue of seizures (轮候查封): what is in effect on a unit, what waits, and what moves up when the first ends.

Law: 查封扣押冻结规定 arts. 26, 27; 民诉法解释 art. 485. The first order delivered is in effect, later ones wait in the
order of delivery; when the first is lifted or expires, the next takes effect by itself, and its term starts then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from uuid_utils.compat import uuid7

from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from yiti.register import page
from yiti.register.kinds import EntryKind, EntryStatus, RegistrationType
from yiti.register.models import RegisterEntry, RightHolder
from yiti.register.rules import SEIZURE_MONTHS, last_day
from yiti.register.schemas import Append, Person

PROMOTED = "轮候查封依法生效"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A seizure that waits: its place in the queue, and the entry by which it would take effect."""

    order: tuple[datetime, int]
    promotion: Append


@dataclass(slots=True)
class Queue:
    """The seizures of one unit while a booking is arranged."""

    effective: UUID | None = None
    waiting: dict[UUID, Waiting] = field(default_factory=dict)
    promoted: dict[UUID, UUID] = field(default_factory=dict)
    """What moved up in this booking: the entry that waited, and the one that took its place."""


async def queues(reader: ReadSession, unit_ids: Sequence[UUID]) -> dict[UUID, Queue]:
    """The seizures of units as they stand; none of a unit that has none."""
    wanted = select(RegisterEntry).where(
        RegisterEntry.unit_id.in_(unit_ids),
        RegisterEntry.status == EntryStatus.CURRENT,
        RegisterEntry.kind == EntryKind.SEIZURE,
    )
    entries = list(await reader.scalars(wanted))
    found: dict[UUID, Queue] = {}
    people = await page.people_of(reader, [entry for entry in entries if entry.rank])
    for entry in entries:
        queue = found.setdefault(entry.unit_id, Queue())
        if entry.rank == 0:
            queue.effective = entry.id
            continue
        named = people[entry.id]
        queue.waiting[entry.id] = Waiting((entry.priority_at, entry.rank), _promotes(entry, named))
    return found


async def queue(reader: ReadSession, unit_id: UUID) -> list[RegisterEntry]:
    """The seizure in effect and those that wait, in the order in which they take effect."""
    wanted = select(RegisterEntry).where(
        RegisterEntry.unit_id == unit_id,
        RegisterEntry.status == EntryStatus.CURRENT,
        RegisterEntry.kind == EntryKind.SEIZURE,
    )
    return list(
        await reader.scalars(wanted.order_by(RegisterEntry.rank > 0, RegisterEntry.priority_at, RegisterEntry.rank))
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One entry to be written: asked for, or following from what was asked for."""

    operation: Append
    promoted: bool = False


def arrange(operations: Sequence[Append], queues: dict[UUID, Queue], moment: datetime) -> list[Step]:
    """The operations with the terms of seizures filled in, and each promotion right behind what makes room for it.

    Every operation must carry its id. The queues follow what is booked.
    """
    return [step for operation in operations for step in _steps(operation, queues, moment)]


def _steps(operation: Append, queues: dict[UUID, Queue], moment: datetime) -> Iterator[Step]:
    on = moment.astimezone(SHANGHAI).date()
    standing = queues.setdefault(operation.unit_id, Queue())
    closes = operation.closes_id
    if closes in standing.promoted:  # it waited when the booking was made up, and the lines before have moved it up
        closes = standing.promoted[closes]
        operation = msgspec.structs.replace(operation, closes_id=closes)
    assert operation.entry_id is not None
    replaced = standing.waiting.pop(closes, None) if closes is not None else None
    ends = closes is not None and closes == standing.effective
    if operation.kind != EntryKind.SEIZURE:
        yield Step(operation)
        if ends:
            standing.effective = None
            yield from _promotion(standing, on)
        return
    if ends or standing.effective is None:
        standing.effective = operation.entry_id
        yield Step(in_effect(operation, on))
        return
    waiting = msgspec.structs.replace(operation, valid_from=None, valid_until=None)
    yield Step(waiting)
    ranks = [one.order[1] for one in standing.waiting.values()]
    order = replaced.order if replaced else (operation.delivered_at or moment, max(ranks, default=0) + 1)
    promotion = msgspec.structs.replace(waiting, entry_id=uuid7(), closes_id=operation.entry_id, cause=PROMOTED)
    standing.waiting[operation.entry_id] = Waiting(order, promotion)


def _promotion(standing: Queue, on: date) -> Iterable[Step]:
    if not standing.waiting:
        return []
    first = min(standing.waiting, key=lambda one: standing.waiting[one].order)
    promotion = standing.waiting.pop(first).promotion
    assert promotion.entry_id is not None
    standing.effective = standing.promoted[first] = promotion.entry_id
    return [Step(in_effect(promotion, on), promoted=True)]


def in_effect(operation: Append, on: date) -> Append:
    """The seizure with its term: as ordered, or counted from the day on which it takes effect."""
    first = operation.valid_from or on
    months = int(operation.details.get("term_months", SEIZURE_MONTHS))
    return msgspec.structs.replace(
        operation, valid_from=first, valid_until=operation.valid_until or last_day(first, months)
    )


def _promotes(entry: RegisterEntry, named: page.PageEntry) -> Append:
    return Append(
        entry_id=uuid7(),
        unit_id=entry.unit_id,
        kind=EntryKind.SEIZURE,
        registration_type=RegistrationType.SEIZURE,
        cause=PROMOTED,
        holders=tuple(map(_person, named.holders)),
        obligors=tuple(map(_person, named.obligors)),
        amount_fen=entry.amount_fen,
        closes_id=entry.id,
        delivered_at=entry.priority_at,
        details=entry.details,
    )


def _person(holder: RightHolder) -> Person:
    return Person(name=holder.name, id_kind=holder.id_kind, id_number=holder.id_number)
