"""The facts on which a case is decided: gathered by the journeys, frozen, and kept in the decision receipt."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from yiti.cases.application import Application
from yiti.cases.declaration import Settings
from yiti.register.kinds import EntryKind, RegistrationType, Sharing


class HolderFact(Struct, frozen=True, kw_only=True):
    """A right holder or obligor as the book names them; the share as text such as `1/3`."""

    name: str
    id_kind: str
    id_number: str
    share: str | None = None


class EntryFact(Struct, frozen=True, kw_only=True):
    """A current entry of the book."""

    id: UUID
    kind: EntryKind
    registration_type: RegistrationType
    case_number: str
    holders: tuple[HolderFact, ...]
    obligors: tuple[HolderFact, ...]
    sharing: Sharing | None
    amount_fen: int | None
    valid_from: date | None
    valid_until: date | None
    bans_transfer: bool | None
    rank: int
    """Seizures: 0 in effect, from 1 in the queue."""
    priority_at: datetime
    booked_at: datetime
    details: dict[str, Any]


class UnitFact(Struct, frozen=True, kw_only=True):
    """A unit and everything current on it."""

    id: UUID
    code: str
    location: str
    state: Literal["planned", "built", "historical"]
    usage: str
    building_area: Decimal
    entries: tuple[EntryFact, ...]
    inner_area: Decimal | None = None
    shared_area: Decimal | None = None
    structure: str = ""
    floor: str = ""
    floors_total: int | None = None
    completed_on: date | None = None

    def of(self, *kinds: EntryKind) -> tuple[EntryFact, ...]:
        """The current entries of these kinds, in order of booking."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)


class MaterialFact(Struct, frozen=True, kw_only=True):
    """A material that lies with the case. `verified`: proved by a machine (shared source, valid signature)."""

    code: str
    digest: str
    source: str
    verified: bool
    unit_codes: tuple[str, ...] = ()
    """Where the material itself names units; empty when it does not."""


class PersonFact(Struct, frozen=True, kw_only=True):
    """What is known of a natural person or organisation that takes part."""

    id_number: str
    identity_reference: str
    """Of the real-name check; empty without one."""
    matched: bool | None
    """The answer of the check; none where nobody asked."""
    deceased: bool | None
    birth_date: date | None
    checked_by: str = ""
    """Who compared the original document at the window, if nobody asked a machine."""


class OutsideFact(Struct, frozen=True, kw_only=True):
    """An answer that the case waits for: tax (完税/免税), housing (维修资金), fee (登记费)."""

    state: Literal["not_needed", "missing", "requested", "clear", "exempt", "refused"]
    reference: str = ""
    words: str = ""
    verified: bool = False


class PendingFact(Struct, frozen=True, kw_only=True):
    """Another case that has been accepted and not yet booked on a unit of this one."""

    number: str
    name: str
    unit_id: UUID
    accepted_at: datetime


class CaseFacts(Struct, frozen=True, kw_only=True):
    """Everything that the rules of a case may look at."""

    on: date
    application: Application
    units: tuple[UnitFact, ...]
    materials: tuple[MaterialFact, ...]
    people: tuple[PersonFact, ...]
    tax: OutsideFact
    housing: OutsideFact
    fee: OutsideFact
    public_notice_over: bool
    """True where none is needed."""
    case_number: str = ""
    settings: dict[str, Settings] = {}
    """By business, as snapshot at acceptance; what is not named counts as the catalogue declares it."""
    pending: tuple[PendingFact, ...] = ()
    """Other cases under way on the units, accepted before this one."""

    def unit(self, unit_id: UUID) -> UnitFact:
        """A unit of the application."""
        return next(unit for unit in self.units if unit.id == unit_id)

    def person(self, id_number: str) -> PersonFact | None:
        """What is known of a person, if anything was gathered."""
        return next((one for one in self.people if one.id_number == id_number), None)
