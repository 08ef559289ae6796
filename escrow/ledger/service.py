"""Opening accounts, moving money, reading what is there now."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from escrow.ledger.errors import InsufficientFunds, KeyReused, UnknownTransfer, in_words
from escrow.ledger.models import SLOTS, UNGUARDED, AccountKind
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.money import MAX_FEN

__all__ = ["InsufficientFunds", "KeyReused", "Move", "Transfer", "available", "balance", "balances", "open_account",
           "open_accounts", "open_day", "post", "post_all", "reverse"]  # fmt: skip

_FIND = "SELECT id FROM ledger_accounts WHERE kind = $1 AND owner = $2"
_OPEN = """INSERT INTO ledger_accounts (id, kind, owner, guarded, slots, created_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (tenant_id, kind, owner) DO NOTHING RETURNING id"""
_FIND_ALL = "SELECT id, owner FROM ledger_accounts WHERE kind = $1 AND owner = ANY($2::text[])"
_OPEN_ALL = """INSERT INTO ledger_accounts (id, kind, owner, guarded, slots, created_at)
    SELECT new.id, $1, new.owner, $2, $3, $4 FROM unnest($5::uuid[], $6::text[]) AS new(id, owner) ORDER BY new.owner
    ON CONFLICT (tenant_id, kind, owner) DO NOTHING RETURNING id"""
_BOOK_ALL = """INSERT INTO ledger_transfers (id, key, subject, words, value_date, accounts, amounts, created_at)
    SELECT id, key, subject, words, $2, accounts, amounts, $3
    FROM jsonb_to_recordset($1::jsonb)
        AS new(id uuid, key text, subject text, words text, accounts uuid[], amounts bigint[])"""
_BOOK = """INSERT INTO ledger_transfers
        (id, key, subject, words, value_date, accounts, amounts, hold_id, corrects_id, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id"""
_BOOKED = "SELECT id, subject, accounts, amounts, hold_id, corrects_id FROM ledger_transfers WHERE key = $1"
_BALANCES = """SELECT a.owner, sum(s.balance_fen)::bigint AS fen,
        sum(s.balance_fen - s.held_fen)::bigint AS available_fen
    FROM ledger_accounts a JOIN ledger_slots s ON s.tenant_id = a.tenant_id AND s.account_id = a.id
    WHERE a.kind = $1 AND a.owner = ANY($2::text[]) GROUP BY a.owner"""


class Move(NamedTuple):
    """One line of a transfer: positive fen into the account, negative out of it."""

    account_id: UUID
    amount_fen: int


class Transfer(NamedTuple):
    """A transfer for `post_all`: as `post` takes it."""

    key: str
    subject: str
    moves: tuple[Move, ...]
    words: str


async def open_account(tx: WriteSession, kind: AccountKind, owner: str) -> UUID:
    """The id of the owner's account of that kind, opened when it is the first time."""
    known = await tx.rows(_FIND, kind, owner)
    if not known:
        known = await tx.rows(_OPEN, uuid7(), kind, owner, kind not in UNGUARDED, SLOTS.get(kind, 1), now())
    if not known:
        # Another transaction opened it between the two statements, and has committed by now.
        known = await tx.rows(_FIND, kind, owner)
    found: UUID = known[0].id
    return found


async def post(
    tx: WriteSession,
    key: str,
    subject: str,
    moves: Sequence[Move],
    *,
    words: str,
    value_date: date | None = None,
    hold_id: UUID | None = None,
    corrects_id: UUID | None = None,
) -> UUID:
    """Book one transfer and return its id; the same key again returns the first booking unchanged.

    `value_date` (起息日) is today in China unless given; `words` is the summary (摘要) on statements. With `hold_id`
    the money comes from that hold, and what is not used of it is released. Raises InsufficientFunds, KeyReused,
    DayClosed, HoldClosed, BeyondHold, UnknownAccount, LedgerBusy, or Invalid when the moves do not balance.
    """
    ordered = _checked(moves)
    accounts, amounts = [move.account_id for move in ordered], [move.amount_fen for move in ordered]
    content = (subject, accounts, amounts, hold_id, corrects_id)
    day = value_date or today()
    with in_words():
        new = await tx.rows(
            _BOOK, uuid7(), key, subject, words, day, accounts, amounts, hold_id, corrects_id, now()
        )  # fmt: skip
    if new:
        booked: UUID = new[0].id
        return booked
    (known,) = await tx.rows(_BOOKED, key)
    if tuple(known[1:]) != content:
        raise KeyReused
    return known.id  # type: ignore[no-any-return]


async def open_accounts(tx: WriteSession, kind: AccountKind, owners: Sequence[str]) -> dict[str, UUID]:
    """The same for many owners, in three statements."""
    new = sorted(set(owners) - {row.owner for row in await tx.rows(_FIND_ALL, kind, list(owners))})
    if new:
        ids = [uuid7() for _ in new]
        await tx.rows(_OPEN_ALL, kind, kind not in UNGUARDED, SLOTS.get(kind, 1), now(), ids, new)
    return {row.owner: row.id for row in await tx.rows(_FIND_ALL, kind, list(owners))}


async def post_all(tx: WriteSession, transfers: Sequence[Transfer]) -> list[UUID]:
    """Book many transfers of today in one statement, all or none; their ids in the same order.

    For keys that the caller knows to be new: one that is not raises IntegrityError. Otherwise as `post`.
    """
    ordered = [_checked(transfer.moves) for transfer in transfers]
    ids = [uuid7() for _ in transfers]
    rows = [
        {
            "id": new, "key": transfer.key, "subject": transfer.subject, "words": transfer.words,
            "accounts": [move.account_id for move in moves], "amounts": [move.amount_fen for move in moves],
        }
        for new, transfer, moves in zip(ids, transfers, ordered, strict=True)
    ]  # fmt: skip
    with in_words():
        await tx.rows(_BOOK_ALL, msgspec.json.encode(rows).decode(), today(), now())
    return ids


async def reverse(tx: WriteSession, key: str, transfer_id: UUID, *, words: str) -> UUID:
    """Take a transfer back by its opposite, with today's value date (冲正): it names what it corrects, once.

    Raises UnknownTransfer, Corrected, InsufficientFunds.
    """
    found = await tx.rows("SELECT subject, accounts, amounts FROM ledger_transfers WHERE id = $1", transfer_id)
    if not found:
        raise UnknownTransfer
    back = [Move(account, -fen) for account, fen in zip(found[0].accounts, found[0].amounts, strict=True)]
    return await post(tx, key, found[0].subject, back, words=words, corrects_id=transfer_id)


async def open_day(tx: WriteSession, wanted: date) -> date:
    """The value date for what happened on that day: itself, or the first open day after it; never after today.

    It stays open until the transaction ends.
    """
    (row,) = await tx.rows("SELECT ledger_open_day($1, $2) AS day", tx.tenant, min(wanted, today()))
    found: date = row.day
    return found


async def balance(reader: ReadSession, kind: AccountKind, owner: str) -> int:
    """Fen on the owner's account, held money included; 0 when it was never opened."""
    return (await balances(reader, kind, [owner])).get(owner, 0)


async def balances(reader: ReadSession, kind: AccountKind, owners: Sequence[str]) -> dict[str, int]:
    """Fen on each owner's account; owners without one are left out."""
    return {row.owner: row.fen for row in await reader.rows(_BALANCES, kind, owners)}


async def available(reader: ReadSession, kind: AccountKind, owner: str) -> int:
    """Fen that may be spent: the balance without what is held; 0 when the account was never opened."""
    found = await reader.rows(_BALANCES, kind, [owner])
    return found[0].available_fen if found else 0


def _checked(moves: Sequence[Move]) -> list[Move]:
    accounts = {move.account_id for move in moves}
    if len(moves) < 2 or len(accounts) != len(moves) or any(move.amount_fen == 0 for move in moves):
        raise Invalid("一笔划转至少涉及两个不同账户，且金额不能为零")
    if any(abs(move.amount_fen) > MAX_FEN for move in moves):
        raise Invalid("划转金额超出允许的范围")
    if sum(move.amount_fen for move in moves) != 0:
        raise Invalid("划转的借贷金额不平衡")
    return sorted(moves)
