"""What the choice of units does to an application: parts follow, targets and people come from the book. Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from yiti.cases.application import Application, Part
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import UnitFact
from yiti.portals.registration.window.people import prefilled


def with_unit(application: Application, units: Sequence[UnitFact], unit: UnitFact) -> Application:
    """One more unit for every part; the book fills in what nobody has touched yet. `units`: those so far."""
    parts = [_grown(part, unit) for part in application.parts]
    for place, part in enumerate(parts):
        if not part.applicants:
            parts[place] = replace(part, applicants=prefilled(parts, place, [*units, unit]))
    return replace(application, parts=tuple(parts))


def _grown(part: Part, unit: UnitFact) -> Part:
    if unit.id in part.unit_ids:
        return part
    candidates = [entry.id for entry in unit.entries if entry.kind in CATALOGUE[part.business].targets]
    # One candidate is no choice; several (mortgages in rank) are the clerk's to choose from.
    targets = (*part.targets, *candidates) if len(candidates) == 1 else part.targets
    return replace(part, unit_ids=(*part.unit_ids, unit.id), targets=targets)


def without_unit(application: Application, unit: UnitFact) -> Application:
    """The application without a unit, and without what was chosen of its entries."""
    gone = {entry.id for entry in unit.entries}
    return replace(
        application,
        parts=tuple(
            replace(
                part,
                unit_ids=tuple(one for one in part.unit_ids if one != unit.id),
                targets=tuple(one for one in part.targets if one not in gone),
                consents=tuple(one for one in part.consents if one.entry_id not in gone),
            )
            for part in application.parts
        ),
    )


def refilled(application: Application, place: int, units: Sequence[UnitFact]) -> Application:
    """The people of one part as the book names them now, in place of what was typed."""
    parts = list(application.parts)
    parts[place] = replace(parts[place], applicants=prefilled(parts, place, units))
    return replace(application, parts=tuple(parts))
