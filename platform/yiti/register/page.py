"""The register page of a unit: every entry with its holders, for those who may read the book."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, select

from kernel.db import ReadSession
from yiti.register.kinds import EntryKind, EntryStatus, HolderRole
from yiti.register.models import RegisterEntry, RightHolder


class PageEntry(Struct, frozen=True):
    """One entry as the page shows it."""

    entry: RegisterEntry
    holders: tuple[RightHolder, ...]
    obligors: tuple[RightHolder, ...]


async def entries_of(reader: ReadSession, unit_id: UUID) -> list[PageEntry]:
    """All entries of a unit, oldest first."""
    return await _pages(reader, select(RegisterEntry).where(RegisterEntry.unit_id == unit_id))


async def entries_at(reader: ReadSession, unit_id: UUID, at: datetime) -> list[PageEntry]:
    """The book as of a moment: what was current then, oldest first, whatever became of it later.

    `entry.status`, `closed_by_id` and `closed_at` still tell what holds today. A cancellation is no right.
    """
    then = select(RegisterEntry).where(
        RegisterEntry.unit_id == unit_id,
        RegisterEntry.kind != EntryKind.CANCELLATION,
        RegisterEntry.booked_at <= at,
        RegisterEntry.closed_at.is_(None) | (RegisterEntry.closed_at > at),
    )
    return await _pages(reader, then)


async def entries_for(reader: ReadSession, unit_ids: Sequence[UUID]) -> dict[UUID, list[PageEntry]]:
    """The current entries of units, oldest first, in one statement; a unit without any has an empty list."""
    found: dict[UUID, list[PageEntry]] = {unit_id: [] for unit_id in unit_ids}
    current = select(RegisterEntry).where(
        RegisterEntry.unit_id.in_(list(found)),
        RegisterEntry.status == EntryStatus.CURRENT,
        RegisterEntry.kind != EntryKind.CANCELLATION,
    )
    for one in await _pages(reader, current):
        found[one.entry.unit_id].append(one)
    return found


async def people_of(reader: ReadSession, entries: Sequence[RegisterEntry]) -> dict[UUID, PageEntry]:
    """The entries with their people, by id."""
    if not entries:
        return {}
    named = select(RightHolder).where(RightHolder.entry_id.in_([entry.id for entry in entries]))
    return _together(entries, await reader.scalars(named.order_by(RightHolder.position)))


def in_order(wanted: Select[RegisterEntry]) -> Select[RegisterEntry]:
    """Oldest first; within one booking as they were asked for."""
    return wanted.order_by(RegisterEntry.booked_at, RegisterEntry.position, RegisterEntry.id)


async def _pages(reader: ReadSession, wanted: Select[RegisterEntry]) -> list[PageEntry]:
    """Entries and their people in one statement."""
    same = (RightHolder.tenant_id == RegisterEntry.tenant_id) & (RightHolder.entry_id == RegisterEntry.id)
    rows = await reader.execute(
        in_order(wanted).add_columns(RightHolder).outerjoin(RightHolder, same).order_by(RightHolder.position)
    )
    entries: dict[UUID, RegisterEntry] = {}
    people: list[RightHolder] = []
    for entry, person in rows:
        entries[entry.id] = entry
        if person is not None:
            people.append(person)
    return list(_together(entries.values(), people).values())


def _together(entries: Iterable[RegisterEntry], people: Iterable[RightHolder]) -> dict[UUID, PageEntry]:
    by_role: dict[tuple[UUID, str], list[RightHolder]] = defaultdict(list)
    for person in people:
        by_role[person.entry_id, person.role].append(person)
    return {
        entry.id: PageEntry(
            entry,
            tuple(by_role[entry.id, HolderRole.HOLDER]),
            tuple(by_role[entry.id, HolderRole.OBLIGOR]),
        )
        for entry in entries
    }
