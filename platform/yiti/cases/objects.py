"""What a part of an application is about: its units, the entries it names, and who stands in the book."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from fractions import Fraction

from kernel.clock import SHANGHAI
from yiti.cases.application import Applicant, Part, Side
from yiti.cases.facts import CaseFacts, EntryFact, HolderFact, UnitFact
from yiti.register.kinds import PURCHASE_NOTICES, EntryKind, Sharing


def units(part: Part, facts: CaseFacts) -> tuple[UnitFact, ...]:
    """The units of the part that the facts know, in the order of the form."""
    known = {unit.id: unit for unit in facts.units}
    return tuple(known[one] for one in part.unit_ids if one in known)


def targets(part: Part, facts: CaseFacts) -> tuple[tuple[UnitFact, EntryFact], ...]:
    """The current entries that the part names, with their units, in the order of the form."""
    found = {entry.id: (unit, entry) for unit in units(part, facts) for entry in unit.entries}
    return tuple(found[one] for one in part.targets if one in found)


def ownership(unit: UnitFact) -> EntryFact | None:
    """The current ownership of a unit."""
    return next(iter(unit.of(EntryKind.OWNERSHIP)), None)


def owned(part: Part, facts: CaseFacts) -> Iterator[tuple[UnitFact, EntryFact]]:
    """Every unit of the part that has an ownership, with it."""
    for unit in units(part, facts):
        if (entry := ownership(unit)) is not None:
            yield unit, entry


def effective_seizure(unit: UnitFact) -> EntryFact | None:
    """The seizure in effect; those that wait (轮候) are not."""
    return next((entry for entry in unit.of(EntryKind.SEIZURE) if entry.rank == 0), None)


def purchase_notices(unit: UnitFact) -> tuple[EntryFact, ...]:
    """Live notices of purchases."""
    return unit.of(*PURCHASE_NOTICES)


def side(part: Part, wanted: Side) -> tuple[Applicant, ...]:
    """The applicants of one side."""
    return tuple(one for one in part.applicants if one.side is wanted)


def numbers(people: Iterable[Applicant | HolderFact]) -> frozenset[str]:
    """Their identity numbers, by which people are told apart."""
    return frozenset(normalised(one.id_number) for one in people)


def normalised(number: str) -> str:
    """An identity number without blanks, in capitals: as it is compared."""
    return "".join(number.split()).upper()


def local_day(moment: datetime) -> date:
    """The day in China."""
    return moment.astimezone(SHANGHAI).date()


def share_of(holder: HolderFact, sharing: Sharing | None) -> Fraction | None:
    """What a holder has of the right; none where it is held jointly."""
    if holder.share:
        return Fraction(holder.share)
    return Fraction(1) if sharing is Sharing.SOLE else None


def matching(people: Iterable[Applicant], entry: EntryFact) -> dict[int, Applicant]:
    """Which applicant is which holder of the entry (by position): by number first, then by name.

    A holder whose name or number has changed is found by the other of the two.
    """
    left, found = list(people), {}
    for same in (_same_number, _same_name):
        for place, holder in enumerate(entry.holders):
            if place not in found and (one := next((one for one in left if same(one, holder)), None)) is not None:
                found[place] = one
                left.remove(one)
    return found


def _same_number(one: Applicant, holder: HolderFact) -> bool:
    return normalised(one.id_number) == normalised(holder.id_number)


def _same_name(one: Applicant, holder: HolderFact) -> bool:
    return one.name.strip() == holder.name


def consented(part: Part, facts: CaseFacts, entry: EntryFact) -> frozenset[str]:
    """Who has agreed in writing on the strength of this entry, with the material at hand."""
    held = {material.code for material in facts.materials}
    return frozenset(
        normalised(one.id_number) for one in part.consents if one.entry_id == entry.id and one.material_code in held
    )


def all_consent(part: Part, facts: CaseFacts, entry: EntryFact) -> bool:
    """Whether every holder of the entry has agreed."""
    return bool(entry.holders) and numbers(entry.holders) <= consented(part, facts, entry)
