"""Writing to the tables of the book past everything that the application checks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from kernel.clock import now
from kernel.db import WriteSession
from kernel.web.problems import constraint_of
from yiti.estate.models import Unit
from yiti.register.kinds import EntryKind
from yiti.register.models import RegisterEntry, RightHolder

Row = dict[str, Any]
NOBODY = frozenset({EntryKind.SEIZURE, EntryKind.CANCELLATION, EntryKind.COMMON_PARTS})
SECURED = frozenset(
    {
        EntryKind.MORTGAGE,
        EntryKind.CONSTRUCTION_MORTGAGE,
        EntryKind.MORTGAGE_NOTICE,
        EntryKind.PRESALE_MORTGAGE_NOTICE,
    }
)
TERM = {"valid_from": date(2026, 1, 1), "valid_until": date(2028, 12, 31)}


def row(unit: Unit, kind: EntryKind, **changes: Any) -> Row:
    """An entry's row that nothing is wrong with in itself."""
    usual: Row = {
        "id": uuid7(), "unit_id": unit.id, "unit_code": unit.code, "kind": kind, "registration_type": "100",
        "case_id": uuid7(), "case_number": "1", "cause": "测试", "sharing": None if kind in NOBODY else "sole",
        "amount_fen": 100 if kind in SECURED else None, "booked_at": now(),
        "priority_at": datetime(2026, 1, 1, tzinfo=UTC), "status": "current", "closed_by_id": None, "closed_at": None,
        "booked_by": "测试", "details": {}, "closes_id": None, "consents": [], "bans_transfer": None,
        "valid_from": None, "valid_until": None, "rank": 0,
    }  # fmt: skip
    return usual | (TERM if kind == EntryKind.SEIZURE else {}) | changes


def holder(entry_id: UUID, number: str = "甲", share: Fraction | None = None, **changes: Any) -> Row:
    usual: Row = {
        "entry_id": entry_id, "role": "holder", "position": int.from_bytes(number.encode()) % 10_000_000,
        "name": number, "id_kind": "resident_id", "id_number": number, "id_index": number.encode(),
        "share_numerator": share and share.numerator, "share_denominator": share and share.denominator,
    }  # fmt: skip
    return usual | changes


async def put(tx: WriteSession, *rows: Row, people: Sequence[Row] | None = None) -> UUID:
    """Insert the rows in one statement, each with one holder unless people are given; the id of the last entry."""
    if people is None:
        people = [holder(one["id"]) for one in rows if one["kind"] not in NOBODY]
    if people:
        await tx.execute(insert(RightHolder), list(people))
    # Without nulls written out, SQLAlchemy would send rows with different gaps as different statements.
    one_statement = insert(RegisterEntry).returning(RegisterEntry.id).execution_options(render_nulls=True)
    await tx.execute(one_statement, list(rows))
    last: UUID = rows[-1]["id"]
    return last


async def put_refused(tx: WriteSession, *rows: Row, people: Sequence[Row] | None = None) -> str | None:
    """The name of the invariant that refuses the rows. The session goes on as if they had never been sent."""
    with pytest.raises(IntegrityError) as caught:
        async with tx.begin_nested():
            await put(tx, *rows, people=people)
    return constraint_of(caught.value)


async def at_commit(tx: WriteSession) -> None:
    await tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def refused(tx: WriteSession, sql: str, **values: object) -> str | None:
    async def attack() -> None:
        await tx.execute(text(sql), values)
        await at_commit(tx)

    with pytest.raises(IntegrityError) as caught:
        await attack()
    return constraint_of(caught.value)


async def stand(tx: WriteSession, unit: Unit, *kinds: EntryKind, **changes: Any) -> list[UUID]:
    """Book entries of these kinds, one statement each; the changes are the last one's."""
    last = len(kinds) - 1
    return [await put(tx, row(unit, kind, **(changes if place == last else {}))) for place, kind in enumerate(kinds)]
