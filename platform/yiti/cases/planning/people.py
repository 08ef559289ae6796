"""The people of an application as the book names them."""

from collections.abc import Iterable
from fractions import Fraction

from yiti.cases.application import Applicant, Part, Side
from yiti.cases.facts import EntryFact, HolderFact
from yiti.cases.objects import matching, side
from yiti.register.kinds import Sharing
from yiti.register.schemas import Person


def persons(people: Iterable[Applicant], *, shares: bool = False) -> tuple[Person, ...]:
    """Applicants; with their shares only where the right is held in fractions."""
    return tuple(
        Person(name=one.name, id_kind=one.id_kind, id_number=one.id_number, share=one.share if shares else None)
        for one in people
    )


def new_holders(part: Part) -> tuple[Person, ...]:
    """The right holders that the part asks for."""
    return persons(side(part, Side.HOLDER), shares=part.sharing is Sharing.FRACTIONAL)


def giving(part: Part) -> tuple[Person, ...]:
    """The obligors of the part."""
    return persons(side(part, Side.OBLIGOR))


def as_booked(people: Iterable[HolderFact]) -> tuple[Person, ...]:
    """People of an entry, as they stand."""
    return tuple(
        Person(
            name=one.name,
            id_kind=one.id_kind,
            id_number=one.id_number,
            share=Fraction(one.share) if one.share else None,
        )
        for one in people
    )


def renamed(part: Part, entry: EntryFact) -> tuple[Person, ...]:
    """The holders of an entry with the names and numbers that the applicants have now; shares as they stand."""
    found = matching(side(part, Side.HOLDER), entry)
    return tuple(
        one
        if place not in found
        else Person(
            name=found[place].name, id_kind=found[place].id_kind, id_number=found[place].id_number, share=one.share
        )
        for place, one in enumerate(as_booked(entry.holders))
    )
