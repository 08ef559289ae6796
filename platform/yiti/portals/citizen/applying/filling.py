"""From the typed form to the application. What the platform filled in is taken from the draft, never from the form."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace

from yiti.cases.application import Application, Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import HolderFact, UnitFact
from yiti.portals.registration.window import parsing
from yiti.portals.registration.window.people import prefilled
from yiti.portals.registration.window.rows import Typed
from yiti.register.kinds import PURCHASE_NOTICES, SECURITIES, EntryKind

PEOPLE = (Side.HOLDER, Side.OBLIGOR)
_MAY_OBJECT = SECURITIES | PURCHASE_NOTICES | {EntryKind.OWNERSHIP}


@dataclass(frozen=True)
class Objector:
    """Somebody whose right may stand in the way and who does not apply. `key` names them without their number."""

    key: str
    entry_id: UUID
    kind: EntryKind
    holder: HolderFact


def filled(typed: Typed, saved: Application, units: Sequence[UnitFact], known: frozenset[str]) -> Application:
    """The application as typed. `known`: numbers of people whose name and number the page did not ask for.

    `Invalid` names the field that cannot be read.
    """
    found = parsing.application_in({**typed, **_kept(typed, saved, units, known)}, saved)
    parts: list[Part] = []
    for part in found.parts:
        parts.append(part)
        if follows(len(parts) - 1, part):
            given = [one for one in prefilled(parts, len(parts) - 1, units) if one.side is Side.OBLIGOR]
            gaining = [one for one in part.applicants if one.side is not Side.OBLIGOR]
            parts[-1] = replace(part, applicants=(*gaining, *given))
    return replace(found, parts=tuple(parts))


def follows(place: int, part: Part) -> bool:
    """Whether the giving side of this part is taken from what stands before it: the buyer pledges what they buy."""
    return place > 0 and CATALOGUE[part.business].applicants == "both"


def without(typed: Typed, key: str) -> dict[str, str]:
    """The form without one person, such as `parts.0.holder.2`."""
    return {name: value for name, value in typed.items() if not name.startswith(f"{key}.")}


def objectors(place: int, part: Part, units: Sequence[UnitFact]) -> Iterator[Objector]:
    """Whose written consent may be needed, in the order of the book."""
    applying = {one.id_number for one in part.applicants}
    for unit in units:
        for entry in unit.entries if unit.id in part.unit_ids else ():
            for number, holder in enumerate(entry.holders if entry.kind in _MAY_OBJECT else (), start=1):
                if holder.id_number not in applying:
                    yield Objector(f"parts.{place}.agrees.{entry.id}.{number}", entry.id, entry.kind, holder)


def _kept(typed: Typed, saved: Application, units: Sequence[UnitFact], known: frozenset[str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for place, part in enumerate(saved.parts):
        prefix = f"parts.{place}"
        kept |= {f"{prefix}.targets.{one}": "on" for one in part.targets}
        for one in objectors(place, part, units):
            kept[f"{prefix}.consents.{one.entry_id}.{one.holder.id_number}"] = typed.get(one.key, "")
        for side in PEOPLE:
            kept |= _people(f"{prefix}.{side}", part, side, known)
    return kept


def _people(prefix: str, part: Part, side: Side, known: frozenset[str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for row, person in enumerate((one for one in part.applicants if one.side is side), start=1):
        here, agent = f"{prefix}.{row}", person.agent
        if person.id_number in known:
            kept[f"{here}.name"], kept[f"{here}.id_kind"] = person.name, person.id_kind
            kept[f"{here}.id_number"] = person.id_number
        if agent is not None and agent.id_number in known:
            kept[f"{here}.agent_basis"], kept[f"{here}.agent_name"] = agent.basis, agent.name
            kept[f"{here}.agent_id_number"] = agent.id_number
    return kept
