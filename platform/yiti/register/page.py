"""The register page of a unit: every entry with its holders, for those who may read the book."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.db import ReadSession
from kernel.db.types import UtcDateTime
from yiti.register.kinds import EntryKind, EntryStatus, HolderRole
from yiti.register.models import RegisterEntry, RightHolder


def in_order(wanted: Select[RegisterEntry]) -> Select[RegisterEntry]:
    """Oldest first; within one booking as they were asked for."""
    return wanted.order_by(RegisterEntry.booked_at, RegisterEntry.position, RegisterEntry.id)


def _with_people(*which: ColumnElement[bool]) -> Select[RegisterEntry, RightHolder]:
    """Entries and their people in one statement, put together once: every case reads the book."""
    same = (RightHolder.tenant_id == RegisterEntry.tenant_id) & (RightHolder.entry_id == RegisterEntry.id)
    wanted = in_order(select(RegisterEntry).where(*which)).add_columns(RightHolder)
    return wanted.outerjoin(RightHolder, same).order_by(RightHolder.position)


_A_RIGHT = RegisterEntry.kind != EntryKind.CANCELLATION
_ONE = RegisterEntry.unit_id == bindparam("unit_id", type_=Uuid)
_MOMENT = bindparam("at", type_=UtcDateTime)
_ALL = _with_people(_ONE)
_AT = _with_people(
    _ONE,
    _A_RIGHT,
    RegisterEntry.booked_at <= _MOMENT,
    RegisterEntry.closed_at.is_(None) | (RegisterEntry.closed_at > _MOMENT),
)
_CURRENT = _with_people(
    RegisterEntry.unit_id == func.any(bindparam("unit_ids", type_=ARRAY(Uuid))),
    _A_RIGHT,
    RegisterEntry.status == EntryStatus.CURRENT,
)


class PageEntry(Struct, frozen=True):
    """One entry as the page shows it."""

    entry: RegisterEntry
    holders: tuple[RightHolder, ...]
    obligors: tuple[RightHolder, ...]


async def entries_of(reader: ReadSession, unit_id: UUID) -> list[PageEntry]:
    """All entries of a unit, oldest first."""
    return await _pages(reader, _ALL, unit_id=unit_id)


async def entries_at(reader: ReadSession, unit_id: UUID, at: datetime) -> list[PageEntry]:
    """The book as of a moment: what was current then, oldest first, whatever became of it later.

    `entry.status`, `closed_by_id` and `closed_at` still tell what holds today. A cancellation is no right.
    """
    return await _pages(reader, _AT, unit_id=unit_id, at=at)


async def entries_for(reader: ReadSession, unit_ids: Sequence[UUID]) -> dict[UUID, list[PageEntry]]:
    """The current entries of units, oldest first, in one statement; a unit without any has an empty list."""
    found: dict[UUID, list[PageEntry]] = {unit_id: [] for unit_id in unit_ids}
    for one in await _pages(reader, _CURRENT, unit_ids=list(found)):
        found[one.entry.unit_id].append(one)
    return found


async def people_of(reader: ReadSession, entries: Sequence[RegisterEntry]) -> dict[UUID, PageEntry]:
    """The entries with their people, by id."""
    if not entries:
        return {}
    named = select(RightHolder).where(RightHolder.entry_id.in_([entry.id for entry in entries]))
    return _together(entries, await reader.scalars(named.order_by(RightHolder.position)))


async def _pages(reader: ReadSession, wanted: Select[RegisterEntry, RightHolder], **values: Any) -> list[PageEntry]:
    entries: dict[UUID, RegisterEntry] = {}
    people: list[RightHolder] = []
    for entry, person in await reader.execute(wanted, values):
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
