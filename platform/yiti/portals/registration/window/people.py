"""Which sides of an application a business has, and whom the book already names on them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from msgspec.structs import replace

from yiti.cases.application import Applicant, Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration
from yiti.cases.facts import EntryFact, HolderFact, UnitFact
from yiti.register.kinds import PURCHASE_NOTICES, EntryKind

_AUTHORITY = "嘱托机关"


@dataclass(frozen=True, slots=True)
class SideOf:
    """One side of the form. `shares`: its people may hold by shares."""

    side: Side
    words: str
    shares: bool


def sides_of(declared: Declaration) -> tuple[SideOf, ...]:
    """The sides in the order of the form; none where the registry acts by itself (依职权)."""
    holder = SideOf(Side.HOLDER, declared.holder_words, declared.asks_sharing)
    obligor = SideOf(Side.OBLIGOR, declared.obligor_words, shares=False)
    authority = SideOf(Side.AUTHORITY, _AUTHORITY, shares=False)
    match declared.applicants:
        case "both":
            return holder, obligor
        case "authority" if declared.books is not None:
            return authority, obligor
        case "authority":
            return (authority,)
        case "ex_officio":
            return ()
        case _:
            return (holder,)


def prefilled(parts: Sequence[Part], place: int, units: Sequence[UnitFact]) -> tuple[Applicant, ...]:
    """Whom the book names in this part, to be completed by the clerk: phone, validity of the document, agent.

    After a transfer in the same case its transferees stand where the owners of the book stood.
    """
    part = parts[place]
    declared = CATALOGUE[part.business]
    entries = [entry for one in units if one.id in part.unit_ids for entry in one.entries]
    targets = [entry for entry in entries if entry.id in part.targets]
    transferees = _transferees(parts[:place])
    owners = _people(_of(entries, EntryKind.OWNERSHIP)) if transferees is None else transferees
    match declared.applicants:
        case "holder" if targets:
            return _on(Side.HOLDER, _people(targets))
        case "holder" if declared.asks_sharing:
            return ()
        case "holder":
            return _on(Side.HOLDER, owners)
        case "both":
            return (*_on(Side.HOLDER, _holders(declared, entries, targets)),
                    *_on(Side.OBLIGOR, _obligors(declared, entries, targets, owners)))  # fmt: skip
        case _:
            return ()


def _holders(declared: Declaration, entries: Sequence[EntryFact], targets: Sequence[EntryFact]) -> list[Applicant]:
    """Who gains: the holder of the notice that is turned into the right; of a target that is changed or cancelled."""
    if declared.books is EntryKind.OWNERSHIP:
        return _people([one for one in entries if one.kind in PURCHASE_NOTICES])
    return [] if _moves(declared, targets) else _people(targets)


def _obligors(
    declared: Declaration, entries: Sequence[EntryFact], targets: Sequence[EntryFact], owners: list[Applicant]
) -> list[Applicant]:
    """Who gives: the holder of a mortgage that is transferred, else the owner; before there is one, the buyer."""
    if declared.books is None:
        named = [holder for one in targets for holder in one.obligors]
        return [_applicant(one) for one in named] or owners
    if _moves(declared, targets):
        return _people(targets)
    return owners or (
        _people(_of(entries, EntryKind.PRESALE_NOTICE)) if declared.books is not EntryKind.OWNERSHIP else []
    )


def _moves(declared: Declaration, targets: Sequence[EntryFact]) -> bool:
    """Whether the right itself goes to somebody else: of the same kind, on a transfer."""
    return bool(targets) and declared.registration_type == "200" and all(one.kind is declared.books for one in targets)


def _transferees(before: Sequence[Part]) -> list[Applicant] | None:
    """Who owns after the parts before this one; none where they move no ownership."""
    for part in reversed(before):
        declared = CATALOGUE[part.business]
        if declared.books is EntryKind.OWNERSHIP and declared.asks_sharing:
            return [one for one in part.applicants if one.side is Side.HOLDER]
    return None


def _of(entries: Sequence[EntryFact], kind: EntryKind) -> list[EntryFact]:
    return [one for one in entries if one.kind is kind]


def _people(entries: Sequence[EntryFact]) -> list[Applicant]:
    return [_applicant(holder) for one in entries for holder in one.holders]


def _applicant(one: HolderFact) -> Applicant:
    share = Fraction(one.share) if one.share and one.share != "1/1" else None
    return Applicant(side=Side.HOLDER, name=one.name, id_kind=one.id_kind, id_number=one.id_number, share=share)


def _on(side: Side, people: Sequence[Applicant]) -> tuple[Applicant, ...]:
    """Everybody once, on this side; only right holders have shares."""
    once = {one.id_number: one for one in people}
    return tuple(replace(one, side=side, share=one.share if side is Side.HOLDER else None) for one in once.values())
