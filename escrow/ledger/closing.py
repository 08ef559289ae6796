"""日终: closing days, and the check that the ledger agrees with itself."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from escrow.ledger.errors import LedgerDisagrees, in_words
from escrow.ledger.models import KINDS, AccountKind, LedgerClosing
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.permissions import Actor
from kernel.web.problems import constraint_of

_CLOSE = "INSERT INTO ledger_closings (id, day, closed_by, created_at) VALUES ($1, $2, $3, $4)"
_FAULTS = """SELECT f.account_id, a.kind, a.owner, f.fault FROM ledger_faults($1, 'infinity') f
    LEFT JOIN ledger_accounts a ON a.id = f.account_id ORDER BY a.kind, a.owner LIMIT $2"""
_PATIENCE = "2s"
_WORDS = {
    "postings": "余额与分录不符",
    "chain": "分户余额与最后一笔分录不符",
    "holds": "冻结金额与冻结明细不符",
    "sum": "全部账户合计不为零",
}


class Fault(NamedTuple):
    """Something that does not agree; `account_id` is None where it is the sum of all accounts."""

    account_id: UUID | None
    words: str


async def close_through(tx: WriteSession, actor: Actor, day: date) -> LedgerClosing:
    """Close every day up to this one (日终; the last day of a month is its 月结). A day is closed once.

    Returns the closing that covers the day, whoever made it. Nobody books in the county meanwhile. Raises DayNotOver;
    LedgerBusy when somebody has been booking for two seconds, since all others wait behind the closing; LedgerDisagrees
    with the account named when a balance is not what its postings say. Then nothing is closed.
    """
    with in_words():
        await tx.rows("SELECT set_config('lock_timeout', $1, true)", _PATIENCE)
        await tx.rows("SELECT ledger_enter($1, true)", tx.tenant)
        await tx.rows("SELECT set_config('lock_timeout', '0', true)")
    covering = select(LedgerClosing).where(LedgerClosing.day >= day).order_by(LedgerClosing.day).limit(1)
    known = await tx.scalar(covering)
    if known is not None:
        return known
    try:
        async with tx.begin_nested():
            with in_words():
                await tx.rows(_CLOSE, uuid7(), day, str(actor.id or actor.kind), now())
    except IntegrityError as error:
        if constraint_of(error) != "ledger_agrees":
            raise
        found = await faults(tx)
        raise LedgerDisagrees("账目核对不平，未结账：" + "；".join(fault.words for fault in found)) from error
    audit(tx, actor, "ledger.closed", f"ledger:{day}", {})
    return (await tx.scalars(covering)).one()


async def faults(reader: ReadSession, limit: int = 10) -> Sequence[Fault]:
    """What does not agree now: balances, slots, holds, the sum of all. Empty is as it must be."""
    rows = await reader.rows(_FAULTS, reader.tenant, limit)
    return [Fault(row.account_id, f"{_named(row.kind, row.owner)}{_WORDS[row.fault]}") for row in rows]


async def closed_through(reader: ReadSession) -> date | None:
    """The last closed day; None before the first closing."""
    (row,) = await reader.rows("SELECT max(day) AS day FROM ledger_closings")
    found: date | None = row.day
    return found


def _named(kind: str | None, owner: str) -> str:
    return f"{KINDS[AccountKind(kind)]}{owner}" if kind else ""
