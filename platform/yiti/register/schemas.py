"""What is asked of the book, and what it tells."""

from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from msgspec import Struct

from yiti.register.kinds import EntryKind, Sharing


class Person(Struct, frozen=True, kw_only=True):
    """A natural or legal person as the book names it."""

    name: str
    id_kind: str
    id_number: str
    share: Fraction | None = None


class Append(Struct, frozen=True, kw_only=True):
    """Book a new entry on a unit; where `closes_id` is given, the named entry becomes historical by it."""

    unit_id: UUID
    kind: EntryKind
    cause: str
    holders: tuple[Person, ...] = ()
    obligors: tuple[Person, ...] = ()
    sharing: Sharing | None = None
    amount_fen: int | None = None
    valid_until: date | None = None
    closes_id: UUID | None = None
    details: dict[str, Any] = {}


class Booking(Struct, frozen=True, kw_only=True):
    """A list of operations that are booked together or not at all, under one case."""

    case_id: UUID
    case_number: str
    booked_by: str
    operations: tuple[Append, ...]
