"""The book in a few lines of Python, written from the law: what may be booked, and what then stands.

Immutable values; one `Unit` is the tuple of its current entries. Only homes with one holder each are modelled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from yiti.register.kinds import PURCHASE_NOTICES, SECURITIES, EntryKind, RegistrationType
from yiti.register.schemas import Append

K, T = EntryKind, RegistrationType
STANDS_ON_OWNERSHIP = {K.MORTGAGE, K.RESIDENCE, K.EASEMENT, K.SALE_NOTICE, K.MORTGAGE_NOTICE}
TAKEN_OVER_BY_MORTGAGE = {K.CONSTRUCTION_MORTGAGE, K.PRESALE_MORTGAGE_NOTICE, K.MORTGAGE_NOTICE}


@dataclass(frozen=True, slots=True)
class Entry:
    """A current entry. `order` ranks securities and seizures; a seizure is in effect or waits."""

    id: UUID
    kind: EntryKind
    holder: str
    obligor: str
    amount: int
    bans: bool
    order: int
    waits: bool = False


Unit = tuple[Entry, ...]
Book = Mapping[UUID, Unit]


class Refused(Exception):
    """The model says no."""


def booked(book: Book, operations: tuple[Append, ...], clock: int) -> tuple[dict[UUID, Unit], list[UUID]]:
    """The book after the operations, and the waiting seizures that took effect, by their old ids."""
    after, promoted = dict(book), []
    for place, operation in enumerate(operations):
        unit = after.get(operation.unit_id, ())
        unit, moved_up = _applied(unit, operation, clock * 100 + place)
        after[operation.unit_id] = unit
        promoted += moved_up
    for operation in operations:
        kinds = {entry.kind for entry in after[operation.unit_id]}
        if K.PRESALE_MORTGAGE_NOTICE in kinds and not kinds & {K.PRESALE_NOTICE, K.OWNERSHIP}:
            raise Refused("a mortgage notice without its presale notice")
    return after, promoted


def _applied(unit: Unit, operation: Append, order: int) -> tuple[Unit, list[UUID]]:
    closed = next((entry for entry in unit if entry.id == operation.closes_id), None)
    if operation.closes_id is not None and (closed is None or not _may_close(operation.kind, closed.kind)):
        raise Refused("closes nothing that it may close")
    rest = tuple(entry for entry in unit if entry is not closed)
    _judge(rest, operation, closed)
    if operation.kind == K.CANCELLATION:
        return _move_up(rest)
    new = _entry(operation, closed, order)
    if new.kind == K.SEIZURE:
        new = replace(new, waits=any(entry.kind == K.SEIZURE and not entry.waits for entry in rest))
    return (*rest, new), []


def _may_close(closer: EntryKind, closed: EntryKind) -> bool:
    return closer in {K.CANCELLATION, closed} or (closer == K.MORTGAGE and closed in TAKEN_OVER_BY_MORTGAGE)


def _entry(operation: Append, closed: Entry | None, order: int) -> Entry:
    assert operation.entry_id is not None
    keeps_order = closed is not None and operation.kind in SECURITIES | {K.SEIZURE}
    return Entry(
        id=operation.entry_id,
        kind=operation.kind,
        holder=operation.holders[0].id_number if operation.holders else "",
        obligor=operation.obligors[0].id_number if operation.obligors else "",
        amount=operation.amount_fen or 0,
        bans=bool(operation.bans_transfer),
        order=closed.order if closed is not None and keeps_order else order,
    )


def _move_up(unit: Unit) -> tuple[Unit, list[UUID]]:
    seizures = [entry for entry in unit if entry.kind == K.SEIZURE]
    if not seizures or not all(entry.waits for entry in seizures):
        return unit, []
    first = min(seizures, key=lambda entry: entry.order)
    return tuple(replace(entry, waits=False) if entry is first else entry for entry in unit), [first.id]


def _judge(rest: Unit, operation: Append, closed: Entry | None) -> None:
    kinds = {entry.kind for entry in rest}
    if _disposes(rest, operation, closed):
        if any(entry.kind == K.SEIZURE and not entry.waits for entry in rest):
            raise Refused("seized")
        if any(_stands_against(entry, operation) for entry in rest):
            raise Refused("live notice")
        if operation.kind == K.OWNERSHIP and any(
            entry.bans and entry.kind in {K.MORTGAGE, K.CONSTRUCTION_MORTGAGE} and entry.id not in operation.consents
            for entry in rest
        ):
            raise Refused("banned")
        if operation.kind == K.CANCELLATION and kinds & STANDS_ON_OWNERSHIP:
            raise Refused("carries rights")
    _judge_ground(kinds, operation, closed, disposes=_disposes(rest, operation, closed))


def _judge_ground(kinds: set[EntryKind], operation: Append, closed: Entry | None, *, disposes: bool) -> None:
    kind = operation.kind
    if kind == K.OWNERSHIP and (K.OWNERSHIP in kinds or not _ownership_by_its_type(operation, closed)):
        raise Refused("another owner")
    if kind == K.PRESALE_NOTICE and K.PRESALE_NOTICE in kinds:
        raise Refused("another notice")
    if kind in STANDS_ON_OWNERSHIP and K.OWNERSHIP not in kinds:
        raise Refused("no ownership")
    if kind == K.CONSTRUCTION_MORTGAGE and (K.OWNERSHIP in kinds or (K.PRESALE_NOTICE in kinds and disposes)):
        raise Refused("sold")
    if kind == K.PRESALE_MORTGAGE_NOTICE and K.PRESALE_NOTICE not in kinds and closed is None:
        raise Refused("no presale notice")


def _ownership_by_its_type(operation: Append, closed: Entry | None) -> bool:
    if operation.registration_type == T.FIRST:
        return closed is None
    return closed is not None or operation.registration_type != T.TRANSFER


def _stands_against(entry: Entry, operation: Append) -> bool:
    if entry.kind not in PURCHASE_NOTICES or entry.id in operation.consents:
        return False
    buyers_bank = {K.PRESALE_MORTGAGE_NOTICE} | ({K.MORTGAGE_NOTICE} if entry.kind == K.SALE_NOTICE else set())
    return operation.kind not in buyers_bank


def _disposes(rest: Unit, operation: Append, closed: Entry | None) -> bool:
    """Whether the right of an owner, or of the holder of a notice, gets worse by it."""
    if operation.kind in {K.COMMON_PARTS, K.SEIZURE, K.OBJECTION}:
        return False
    if operation.kind == K.CANCELLATION:
        return closed is not None and closed.kind == K.OWNERSHIP
    holder = operation.holders[0].id_number
    if closed is None:
        if operation.kind != K.OWNERSHIP:
            return True
        notices = [entry for entry in rest if _stands_against(entry, operation)]
        gave = {entry.obligor for entry in rest if entry.kind == K.PRESALE_NOTICE}
        return bool(notices) and holder not in gave
    if operation.kind in SECURITIES:
        goes_on = closed.kind in {operation.kind, K.CONSTRUCTION_MORTGAGE}
        return not goes_on or (operation.amount_fen or 0) > closed.amount
    same = closed.kind == operation.kind and closed.holder == holder
    return not same or operation.registration_type not in {T.CHANGE, T.CORRECTION}
