"""The units of a case with everything current on them, as the rules see them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, cast
from uuid import UUID

from kernel.db import ReadSession, Row, among
from kernel.pii import decrypt
from yiti.cases.facts import EntryFact, HolderFact, UnitFact
from yiti.estate.errors import UnitNotFound
from yiti.register.kinds import EntryKind, HolderRole, RegistrationType, Sharing
from yiti.register.models import ID_CONTEXT, NAME_CONTEXT, RegisterEntry, RightHolder
from yiti.register.page import PageEntry

# One row for each person of each entry. Every step of every case reads this, so it is plain SQL.
_UNITS = """
SELECT u.id AS unit_id, u.code, u.location, u.state, u.usage, u.structure, u.floor, u.building_area, u.inner_area,
    u.shared_area, b.floors_total, e.id, e.kind, e.registration_type, e.case_number, e.sharing, e.amount_fen,
    e.valid_from, e.valid_until, e.bans_transfer, e.rank, e.priority_at, e.booked_at, e.details, h.role, h.name,
    h.id_kind, h.id_number, h.share_numerator, h.share_denominator
FROM units u
JOIN buildings b ON b.tenant_id = u.tenant_id AND b.id = u.building_id
LEFT JOIN register_entries e ON e.tenant_id = u.tenant_id AND e.unit_id = u.id AND e.status = 'current'
    AND e.kind <> 'cancellation'
LEFT JOIN register_holders h ON h.tenant_id = e.tenant_id AND h.entry_id = e.id
WHERE u.id {}
ORDER BY e.booked_at, e.position, e.id, h.position"""


async def units_of(reader: ReadSession, unit_ids: Sequence[UUID]) -> tuple[UnitFact, ...]:
    """The units with everything current on them, oldest first, in the order asked; one statement for all.

    Raises UnitNotFound.
    """
    found: dict[UUID, dict[UUID | None, list[Row]]] = {}
    for row in await reader.rows(*among(_UNITS, unit_ids)):
        found.setdefault(row.unit_id, {}).setdefault(row.id, []).append(row)
    if len(found) != len(set(unit_ids)):
        raise UnitNotFound
    return tuple(_unit(found[one]) for one in unit_ids)


def _unit(entries: dict[UUID | None, list[Row]]) -> UnitFact:
    unit = next(iter(entries.values()))[0]
    current = tuple(_entry_with_people(rows) for entry_id, rows in entries.items() if entry_id is not None)
    completed = next((one.details.get("completed_on") for one in current if one.kind is EntryKind.OWNERSHIP), None)
    return UnitFact(
        id=unit.unit_id,
        code=unit.code,
        location=unit.location,
        state=cast("Literal['planned', 'built', 'historical']", unit.state),
        usage=unit.usage,
        building_area=unit.building_area,
        entries=current,
        inner_area=unit.inner_area,
        shared_area=unit.shared_area,
        structure=unit.structure,
        floor=unit.floor,
        floors_total=unit.floors_total,
        completed_on=date.fromisoformat(completed) if completed else None,
    )


def _entry_with_people(rows: Sequence[Row]) -> EntryFact:
    def those(role: HolderRole) -> Iterable[HolderFact]:
        return (_person(row) for row in rows if row.role == role)

    return _entry(rows[0], rows[0].details, those(HolderRole.HOLDER), those(HolderRole.OBLIGOR))


def _person(row: Row) -> HolderFact:
    name, number = decrypt(row.name, NAME_CONTEXT), decrypt(row.id_number, ID_CONTEXT)
    return HolderFact(name=name, id_kind=row.id_kind, id_number=number, share=_share(row))


def entry_fact(page: PageEntry) -> EntryFact:
    """An entry of the register page as rules see it."""
    holders, obligors = map(_holder, page.holders), map(_holder, page.obligors)
    return _entry(page.entry, page.entry.details, holders, obligors)


def _holder(one: RightHolder) -> HolderFact:
    return HolderFact(name=one.name, id_kind=one.id_kind, id_number=one.id_number, share=_share(one))


def _share(one: Row | RightHolder) -> str | None:
    return f"{one.share_numerator}/{one.share_denominator}" if one.share_numerator else None


def _entry(
    entry: Row | RegisterEntry,
    details: dict[str, object],
    holders: Iterable[HolderFact],
    obligors: Iterable[HolderFact],
) -> EntryFact:
    return EntryFact(
        id=entry.id,
        kind=EntryKind(entry.kind),
        registration_type=RegistrationType(entry.registration_type),
        case_number=entry.case_number,
        holders=tuple(holders),
        obligors=tuple(obligors),
        sharing=Sharing(entry.sharing) if entry.sharing else None,
        amount_fen=entry.amount_fen,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        bans_transfer=entry.bans_transfer,
        rank=entry.rank,
        priority_at=entry.priority_at,
        booked_at=entry.booked_at,
        details=details,
    )
