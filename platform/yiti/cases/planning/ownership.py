"""First registration, transfers, changes, splits and mergers, and the end of ownership."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import msgspec

from yiti.cases.application import Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import CaseFacts, EntryFact, UnitFact
from yiti.cases.form import value
from yiti.cases.objects import numbers, owned, ownership, purchase_notices, side, units
from yiti.cases.planning.people import as_booked, giving, new_holders, renamed
from yiti.register.details import CancellationDetails, CommonPartsDetails, OwnershipDetails, stored
from yiti.register.kinds import EntryKind, RegistrationType, Sharing
from yiti.register.schemas import Append, UnitLink

Planned = tuple[list[Append], list[UnitLink]]


def cancels(unit: UnitFact, entry: EntryFact, cause: str, **details: str) -> Append:
    """The cancellation that closes an entry."""
    return Append(
        unit_id=unit.id,
        kind=EntryKind.CANCELLATION,
        registration_type=RegistrationType.CANCELLATION,
        cause=cause,
        closes_id=entry.id,
        details=stored(CancellationDetails(closes=entry.case_number, **details)),
    )


def first(part: Part, facts: CaseFacts) -> Planned:
    """首次: ownership on each unit; the owners' common parts (业主共有部分) stand in the book without a certificate."""
    common = set((value(part, "common_parts") or "").split())
    return [_common_parts(part, unit) if unit.code in common else _first(part, unit) for unit in units(part, facts)], []


def _common_parts(part: Part, unit: UnitFact) -> Append:
    return Append(
        unit_id=unit.id,
        kind=EntryKind.COMMON_PARTS,
        registration_type=RegistrationType.FIRST,
        cause=part.cause,
        details=stored(CommonPartsDetails(name=unit.usage or unit.location, area=unit.building_area)),
    )


def _first(part: Part, unit: UnitFact) -> Append:
    details = _surveyed(unit)
    details = msgspec.structs.replace(
        details,
        right_nature=value(part, "right_nature") or details.right_nature,
        land_usage=value(part, "land_usage") or details.land_usage,
        land_area=value(part, "land_area", Decimal),
        land_from=value(part, "land_from", date),
        land_until=value(part, "land_until", date),
        completed_on=value(part, "completed_on", date) or unit.completed_on,
        held_separately=part.held_separately,
    )
    return Append(
        unit_id=unit.id,
        kind=EntryKind.OWNERSHIP,
        registration_type=RegistrationType.FIRST,
        cause=part.cause,
        holders=new_holders(part),
        sharing=part.sharing,
        details=stored(details),
    )


def _surveyed(unit: UnitFact) -> OwnershipDetails:
    return OwnershipDetails(
        usage=unit.usage,
        building_area=unit.building_area,
        inner_area=unit.inner_area,
        shared_area=unit.shared_area,
        structure=unit.structure,
        floor=unit.floor,
        floors_total=unit.floors_total,
        completed_on=unit.completed_on,
    )


def transfer(part: Part, facts: CaseFacts) -> Planned:
    """转移: closes the buyer's own purchase notice, then the old ownership by the new one."""
    operations = []
    acquiring = numbers(side(part, Side.HOLDER))
    for unit, old in owned(part, facts):
        operations += [
            cancels(unit, notice, "预告登记转本登记")
            for notice in purchase_notices(unit)
            if numbers(notice.holders) == acquiring
        ]
        details = {**old.details, "held_separately": part.held_separately}
        operations.append(
            Append(
                unit_id=unit.id,
                kind=EntryKind.OWNERSHIP,
                registration_type=RegistrationType.TRANSFER,
                cause=part.cause,
                holders=new_holders(part),
                obligors=giving(part) or as_booked_without_shares(old),
                sharing=part.sharing,
                amount_fen=part.price_fen,
                closes_id=old.id,
                consents=consents(part),
                details=details,
            )
        )
    return operations, []


def as_booked_without_shares(entry: EntryFact) -> tuple[Any, ...]:
    """The old holders as obligors of the new entry, who have no share in it."""
    return tuple(msgspec.structs.replace(one, share=None) for one in as_booked(entry.holders))


def consents(part: Part) -> tuple[Any, ...]:
    """The entries whose holders have agreed in writing."""
    return tuple(dict.fromkeys(one.entry_id for one in part.consents))


def continued(part: Part, unit: UnitFact, old: EntryFact, **changes: Any) -> Append:
    """An entry of the same kind that takes the place of `old`, with changes."""
    operation = Append(
        unit_id=unit.id,
        kind=old.kind,
        registration_type=CATALOGUE[part.business].registration_type,
        cause=part.cause,
        holders=as_booked(old.holders),
        obligors=as_booked(old.obligors),
        sharing=old.sharing,
        amount_fen=old.amount_fen,
        valid_from=old.valid_from,
        valid_until=old.valid_until,
        bans_transfer=old.bans_transfer,
        closes_id=old.id,
        consents=consents(part),
        details=old.details,
    )
    return msgspec.structs.replace(operation, **changes)


def change_holder(part: Part, facts: CaseFacts) -> Planned:
    """变更: the same people under the names and numbers that they have now."""
    return [continued(part, unit, old, holders=renamed(part, old)) for unit, old in owned(part, facts)], []


def change_property(part: Part, facts: CaseFacts) -> Planned:
    """变更: what the form or the survey says of the building now."""
    return [
        continued(
            part, unit, old, details={**old.details, **_told(part, "usage", "structure", "notes"), **_areas(part)}
        )
        for unit, old in owned(part, facts)
    ], []


def change_term(part: Part, facts: CaseFacts) -> Planned:
    """变更: the term of the land use right and its nature."""
    told = {**_told(part, "right_nature"), **_days(part, "land_from", "land_until")}
    return [continued(part, unit, old, details={**old.details, **told}) for unit, old in owned(part, facts)], []


def _told(part: Part, *names: str) -> dict[str, Any]:
    return {name: found for name in names if (found := value(part, name)) is not None}


def _areas(part: Part) -> dict[str, Any]:
    names = ("building_area", "inner_area")
    return {name: str(found) for name in names if (found := value(part, name, Decimal)) is not None}


def _days(part: Part, *names: str) -> dict[str, Any]:
    return {name: found.isoformat() for name in names if (found := value(part, name, date)) is not None}


def corrected(part: Part) -> dict[str, Any]:
    """What a correction says otherwise of the property."""
    return {**_told(part, "usage"), **_areas(part), **_days(part, "land_until")}


def regroup(part: Part, facts: CaseFacts) -> Planned:
    """分割、合并: the old ownerships end, the same people own the new units; the old units become historical."""
    old = list(owned(part, facts))
    new = [unit for unit in units(part, facts) if ownership(unit) is None]
    if not old:
        return [], []
    kind: Literal["split", "merger"] = "split" if len(old) == 1 else "merger"
    operations = [cancels(unit, entry, part.cause) for unit, entry in old]
    operations += [_successor(part, unit, old[0][1]) for unit in new]
    links = [UnitLink(kind=kind, predecessor_id=before.id, successor_id=after.id) for before, _ in old for after in new]
    return operations, links


def _successor(part: Part, unit: UnitFact, old: EntryFact) -> Append:
    surveyed = stored(_surveyed(unit))
    return Append(
        unit_id=unit.id,
        kind=EntryKind.OWNERSHIP,
        registration_type=RegistrationType.CHANGE,
        cause=part.cause,
        holders=as_booked(old.holders),
        sharing=old.sharing,
        details={**old.details, **surveyed, "held_separately": old.sharing is Sharing.FRACTIONAL
                 and bool(old.details.get("held_separately"))},
    )  # fmt: skip


def cancel_ownership(part: Part, facts: CaseFacts) -> Planned:
    """注销: rights of others that stand on the property end first (their holders have agreed), then the ownership."""
    operations = []
    for unit, entry in owned(part, facts):
        operations += [cancels(unit, other, part.cause) for other in _resting(unit)]
        operations.append(cancels(unit, entry, part.cause))
    return operations, []


def _resting(unit: UnitFact) -> Iterator[EntryFact]:
    stays = (EntryKind.OWNERSHIP, EntryKind.SEIZURE, EntryKind.COMMON_PARTS)
    return (entry for entry in unit.entries if entry.kind not in stays)
