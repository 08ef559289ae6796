"""What a part of an application books: its operations on the book, and the book after them. Pure.

`plan` expects a part that its form check has passed; what it cannot find it leaves out, and the rules say why.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec
from msgspec import Struct

from kernel.clock import SHANGHAI
from yiti.cases.application import Part
from yiti.cases.facts import CaseFacts, EntryFact, HolderFact, UnitFact
from yiti.cases.planning import PLANNERS
from yiti.register.kinds import EntryKind, RegistrationType
from yiti.register.schemas import Append, Person, UnitLink


class Plan(Struct, frozen=True, kw_only=True):
    """What is booked together or not at all."""

    operations: tuple[Append, ...] = ()
    links: tuple[UnitLink, ...] = ()


def plan(part: Part, facts: CaseFacts) -> Plan:
    """The operations of one part on the book as `facts` show it, in order.

    Each carries the id that its entry will get, so that a later part of the same case can close it.
    """
    operations, links = PLANNERS[part.business](part, facts)
    named = _named(facts, operations)
    return Plan(operations=tuple(named), links=tuple(links))


def plan_case(facts: CaseFacts) -> Plan:
    """Every part in order, each on the book as the parts before it leave it."""
    operations: list[Append] = []
    links: list[UnitLink] = []
    for part in facts.application.parts:
        step = plan(part, facts)
        operations += step.operations
        links += step.links
        facts = project(facts, step.operations)
    return Plan(operations=tuple(operations), links=tuple(links))


def _named(facts: CaseFacts, operations: list[Append]) -> Iterator[Append]:
    """The same case on the same book always gets the same ids; another case never gets them."""
    for place, one in enumerate(operations):
        standing = len(next(unit.entries for unit in facts.units if unit.id == one.unit_id))
        name = f"{facts.case_number}:{one.unit_id}:{one.kind}:{one.closes_id}:{standing}:{place}"
        yield msgspec.structs.replace(one, entry_id=uuid5(NAMESPACE_OID, name))


def project(facts: CaseFacts, operations: tuple[Append, ...]) -> CaseFacts:
    """The facts as they are once these operations are booked."""
    for one in operations:
        units = tuple(_booked(unit, one, facts) if unit.id == one.unit_id else unit for unit in facts.units)
        facts = msgspec.structs.replace(facts, units=units)
    return facts


def _booked(unit: UnitFact, operation: Append, facts: CaseFacts) -> UnitFact:
    closed = next((entry for entry in unit.entries if entry.id == operation.closes_id), None)
    standing = tuple(entry for entry in unit.entries if entry is not closed)
    if operation.kind is not EntryKind.CANCELLATION:
        standing = (*standing, _entry(operation, closed, standing, facts))
    return msgspec.structs.replace(unit, entries=_moved_up(standing))


def _entry(operation: Append, closed: EntryFact | None, standing: tuple[EntryFact, ...], facts: CaseFacts) -> EntryFact:
    moment = datetime.combine(facts.on, time(12), SHANGHAI).astimezone(UTC)
    waiting = [one.rank for one in standing if one.kind is EntryKind.SEIZURE]
    rank = (closed.rank if closed else max(waiting, default=-1) + 1) if operation.kind is EntryKind.SEIZURE else 0
    return EntryFact(
        id=operation.entry_id or UUID(int=0),
        kind=operation.kind,
        registration_type=RegistrationType(operation.registration_type),
        case_number=facts.case_number,
        holders=tuple(map(_holder, operation.holders)),
        obligors=tuple(map(_holder, operation.obligors)),
        sharing=operation.sharing,
        amount_fen=operation.amount_fen,
        valid_from=operation.valid_from,
        valid_until=operation.valid_until,
        bans_transfer=operation.bans_transfer,
        rank=rank,
        priority_at=closed.priority_at if closed else operation.delivered_at or moment,
        booked_at=moment,
        details=operation.details,
    )


def _holder(one: Person) -> HolderFact:
    share = f"{one.share.numerator}/{one.share.denominator}" if one.share is not None else None
    return HolderFact(name=one.name, id_kind=one.id_kind, id_number=one.id_number, share=share)


def _moved_up(entries: tuple[EntryFact, ...]) -> tuple[EntryFact, ...]:
    """查封规定 art. 26: when the seizure in effect ends, the next one takes its place by itself."""
    waiting = [one for one in entries if one.kind is EntryKind.SEIZURE]
    if not waiting or any(one.rank == 0 for one in waiting):
        return entries
    first = min(waiting, key=lambda one: one.rank)
    return tuple(msgspec.structs.replace(one, rank=0) if one is first else one for one in entries)
