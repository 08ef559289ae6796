"""The first content of an application: what the book and the sign-in already know, filled in. Pure.

Whoever holds the right (or the notice) sees its other holders filled in from the book; whoever does not hold it, such
as a buyer or an heir, learns nothing of its holders from us and enters them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace

from yiti.cases.application import Agent, AgentBasis, Applicant, Application, Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration
from yiti.cases.facts import EntryFact, UnitFact
from yiti.portals.registration.window.people import prefilled
from yiti.register.kinds import PURCHASE_NOTICES, EntryKind


@dataclass(frozen=True)
class Person:
    """Somebody by name and number."""

    name: str
    id_number: str
    id_kind: str = "resident_id"


@dataclass(frozen=True)
class Beginning:
    """Who begins on what. `entry_id` names the starter's own entry; without it the starter is new to the unit."""

    starter: Person
    unit: UnitFact
    entry_id: UUID | None = None
    side: Side = Side.HOLDER
    principal: Person | None = None
    """For whom the starter acts as agent."""


def application(declared: Sequence[Declaration], begun: Beginning) -> Application:
    """One part for each business, in the order of booking."""
    parts: list[Part] = []
    for one in declared:
        parts.append(_part(one, begun, first=not parts))
        parts[-1] = replace(parts[-1], applicants=_applicants(parts, begun))
    return Application(parts=tuple(parts))


def known_numbers(units: Sequence[UnitFact], own: str) -> frozenset[str]:
    """Identity numbers that the platform has filled in or may show to this person: their own, and those of everybody
    on a unit whose book names them. Their rows are shown masked and cannot be changed.
    """
    named = [
        {person.id_number for entry in unit.entries for person in (*entry.holders, *entry.obligors)} for unit in units
    ]
    return frozenset({own}.union(*(people for people in named if own in people)))


def _part(declared: Declaration, begun: Beginning, *, first: bool) -> Part:
    start = _start(begun)
    buys = start is not None and start.kind in PURCHASE_NOTICES and declared.books is EntryKind.OWNERSHIP
    return Part(
        business=declared.business,
        unit_ids=(begun.unit.id,),
        applicants=(),
        cause=declared.causes[0] if declared.causes else "",
        # The holders of a purchase notice become owners, and share as it says.
        sharing=start.sharing if declared.asks_sharing and start is not None and buys else None,
        targets=tuple(one.id for one in _targets(declared, begun, start if first else None)),
    )


def _start(begun: Beginning) -> EntryFact | None:
    return next((one for one in begun.unit.entries if one.id == begun.entry_id), None)


def _targets(declared: Declaration, begun: Beginning, start: EntryFact | None) -> list[EntryFact]:
    fitting = [one for one in begun.unit.entries if one.kind in declared.targets]
    if start is not None:
        return [one for one in fitting if one.id == start.id]
    # Of several mortgages the right one is a choice; of one ownership there is none.
    return fitting if len(fitting) == 1 else []


def _applicants(parts: Sequence[Part], begun: Beginning) -> tuple[Applicant, ...]:
    """Whom the book names, for a starter whom it names too; and the starter, wherever they are not among them."""
    by_the_book = _start(begun) is not None and begun.principal is None
    named = _as_signed_in(prefilled(parts, len(parts) - 1, [begun.unit]), begun.starter) if by_the_book else ()
    if len(parts) > 1 and CATALOGUE[parts[-1].business].applicants == "both":
        # Who gives here is who gained before; see `filling`.
        return tuple(one for one in named if one.side is not Side.OBLIGOR)
    known = {one.id_number for one in named}
    return named if begun.starter.id_number in known else (*named, _applicant(begun))


def _as_signed_in(named: Sequence[Applicant], me: Person) -> tuple[Applicant, ...]:
    """The starter goes by the name on today's identity document, whatever the book says (姓名变更)."""
    return tuple(replace(one, name=me.name) if one.id_number == me.id_number else one for one in named)


def _applicant(begun: Beginning) -> Applicant:
    me = begun.starter
    if begun.principal is None:
        return Applicant(side=begun.side, name=me.name, id_kind=me.id_kind, id_number=me.id_number)
    agent = Agent(name=me.name, id_kind=me.id_kind, id_number=me.id_number, basis=AgentBasis.POWER_OF_ATTORNEY)
    other = begun.principal
    return Applicant(side=begun.side, name=other.name, id_kind=other.id_kind, id_number=other.id_number, agent=agent)
