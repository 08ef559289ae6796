"""The register page of a unit: every entry with its holders, for those who may read the book."""

from collections import defaultdict
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from kernel.db import ReadSession
from yiti.register.models import RegisterEntry, RightHolder


class PageEntry(Struct, frozen=True):
    """One entry as the page shows it."""

    entry: RegisterEntry
    holders: tuple[RightHolder, ...]
    obligors: tuple[RightHolder, ...]


async def entries_of(reader: ReadSession, unit_id: UUID) -> list[PageEntry]:
    """All entries of a unit, oldest first."""
    wanted = select(RegisterEntry).where(RegisterEntry.unit_id == unit_id)
    entries = list(await reader.scalars(wanted.order_by(RegisterEntry.booked_at, RegisterEntry.id)))
    people = await reader.scalars(
        select(RightHolder)
        .where(RightHolder.entry_id.in_([entry.id for entry in entries]))
        .order_by(RightHolder.position)
    )
    by_role: dict[tuple[UUID, str], list[RightHolder]] = defaultdict(list)
    for person in people:
        by_role[person.entry_id, person.role].append(person)
    return [
        PageEntry(entry, tuple(by_role[entry.id, "holder"]), tuple(by_role[entry.id, "obligor"])) for entry in entries
    ]
