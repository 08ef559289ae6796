"""Balances of the past, and statements (对账单).

By booking time: each entry carries its slot's balance after it, so the past is one look per slot. By value date: closed
days have their balances, so that no more than the days since then are added up.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from kernel.db import ReadSession
from kernel.errors import Invalid

_AT = """SELECT coalesce(sum(e.balance_fen), 0)::bigint AS fen FROM ledger_slots s CROSS JOIN LATERAL (
        SELECT l.balance_fen FROM ledger_entries l
        WHERE l.tenant_id = s.tenant_id AND l.account_id = s.account_id AND l.slot = s.slot AND l.booked_at <= $2
        ORDER BY l.booked_at DESC, l.seq DESC LIMIT 1) e
    WHERE s.account_id = $1 AND s.seq > 0"""
_KEPT = """SELECT day, balance_fen AS fen FROM ledger_day_balances WHERE account_id = $1 AND day < $2
    ORDER BY day DESC LIMIT 1"""
# Apart from the last, since PostgreSQL plans by the days that it is told: a range it does not know could be everything.
_SINCE = """SELECT coalesce(sum(amount_fen), 0)::bigint AS fen FROM ledger_entries
    WHERE account_id = $1 AND value_date > $2 AND value_date < $3"""
_OF_THE_DAY = """SELECT coalesce(sum(amount_fen), 0)::bigint AS fen FROM ledger_entries
    WHERE account_id = $1 AND value_date = $2 AND (booked_at, transfer_id) <= ($3, $4)"""
_LINES = """SELECT e.*, t.subject, t.words, t.corrects_id FROM (
        SELECT value_date, booked_at, transfer_id, sum(amount_fen)::bigint AS amount_fen FROM ledger_entries
        WHERE account_id = $1 AND value_date BETWEEN $2 AND $3 AND (value_date, booked_at, transfer_id) > ($2, $4, $5)
        GROUP BY value_date, booked_at, transfer_id ORDER BY value_date, booked_at, transfer_id LIMIT $6) e
    JOIN ledger_transfers t ON t.id = e.transfer_id ORDER BY e.value_date, e.booked_at, e.transfer_id"""
_DAWN = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


class Place(Struct, frozen=True):
    """Where a page of a statement ends: the next one begins after it."""

    value_date: date
    booked_at: datetime
    transfer_id: UUID


class StatementLine(Struct, frozen=True, kw_only=True):
    """One transfer on the account."""

    value_date: date
    booked_at: datetime
    transfer_id: UUID
    subject: str
    words: str
    amount_fen: int
    balance_fen: int
    """After this line."""
    corrects_id: UUID | None


class Statement(Struct, frozen=True, kw_only=True):
    """A page of an account's statement, by value dates."""

    opening_fen: int
    """Before the first line of this page."""
    lines: Sequence[StatementLine]
    closing_fen: int
    """At the end of the period."""
    following: Place | None
    """Where the next page begins; None on the last one."""


async def balance_at(reader: ReadSession, account_id: UUID, moment: datetime) -> int:
    """Fen on the account after everything booked up to that moment."""
    (row,) = await reader.rows(_AT, account_id, moment)
    return int(row.fen)


async def balance_before(reader: ReadSession, account_id: UUID, day: date) -> int:
    """Fen on the account by value dates before that day: its opening balance."""
    kept = await reader.rows(_KEPT, account_id, day)
    since, opening = (kept[0].day, kept[0].fen) if kept else (date.min, 0)
    (row,) = await reader.rows(_SINCE, account_id, since, day)
    return int(opening + row.fen)


async def statement(
    reader: ReadSession, account_id: UUID, first: date, last: date, *, after: Place | None = None, limit: int = 100
) -> Statement:
    """The account from the first to the last day by value dates, a page at a time. Raises Invalid."""
    if last < first or (after is not None and not first <= after.value_date <= last):
        raise Invalid("对账单的起止日期不正确", field="first")
    opening = await balance_before(reader, account_id, after.value_date if after else first)
    if after:
        (row,) = await reader.rows(_OF_THE_DAY, account_id, after.value_date, after.booked_at, after.transfer_id)
        opening += row.fen
    start = after or Place(first, _DAWN, UUID(int=0))
    rows = await reader.rows(
        _LINES, account_id, start.value_date, last, start.booked_at, start.transfer_id, limit + 1
    )  # fmt: skip
    lines, running = [], opening
    for row in rows[:limit]:
        running += row.amount_fen
        lines.append(StatementLine(**{name: row[name] for name in _OF_ROW}, balance_fen=running))
    end = lines[-1] if len(rows) > limit else None
    return Statement(
        opening_fen=opening,
        lines=lines,
        closing_fen=await balance_before(reader, account_id, last + timedelta(days=1)),
        following=Place(end.value_date, end.booked_at, end.transfer_id) if end else None,
    )


_OF_ROW = tuple(name for name in StatementLine.__struct_fields__ if name != "balance_fen")
