"""Holds (冻结): money that stays where it is and cannot be spent, until it is used, released or expires.

A hold counts until it is closed, by an act that can be read: `expire_due` ends what is past its end. The clock alone
ends nothing. A balance that changes by itself could not be guarded by the database nor explained afterwards, and a
payment that the bank has made must find its money, be the confirmation ever so late.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from uuid_utils.compat import uuid7

from escrow.ledger.errors import FrozenByCourt, HoldClosed, KeyReused, UnknownHold, in_words
from escrow.ledger.models import HoldState, LedgerHold
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.money import MAX_FEN
from kernel.permissions import Actor

_PLACE = """INSERT INTO ledger_holds
        (id, key, account_id, amount_fen, purpose, words, until, document_no, state, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9) ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id"""
_PLACED = "SELECT id, account_id, amount_fen, purpose, document_no FROM ledger_holds WHERE key = $1"
_CLOSE = """UPDATE ledger_holds SET state = $2, closed_at = $3, closed_because = $4 WHERE id = $1"""
_DUE = """SELECT id, amount_fen FROM ledger_holds WHERE state = 'pending' AND until <= $1
    ORDER BY until, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"""
_A_ROUND: Final = 100


async def place(
    tx: WriteSession,
    actor: Actor,
    key: str,
    account_id: UUID,
    amount_fen: int,
    *,
    until: datetime,
    purpose: str,
    words: str,
) -> UUID:
    """Hold an amount on a guarded account and return the hold's id; the same key again returns the first one.

    Use it by `post(…, hold_id=…)`, or `void` it. Raises InsufficientFunds, KeyReused, UnknownAccount, Invalid.
    """
    if until <= now():
        raise Invalid("冻结期限应晚于当前时间", field="until")
    return await _place(tx, actor, key, account_id, amount_fen, purpose, words, until, None)


async def freeze(
    tx: WriteSession, actor: Actor, key: str, account_id: UUID, amount_fen: int, *, document_no: str, words: str
) -> UUID:
    """Hold an amount for a court (司法冻结): without an end, and ended by `lift` or a deduction only.

    Raises InsufficientFunds, KeyReused, UnknownAccount, Invalid.
    """
    number = document_no.strip()
    if not 0 < len(number) <= 80:
        raise Invalid("请填写冻结文书编号（不超过80字）", field="document_no")
    return await _place(tx, actor, key, account_id, amount_fen, f"court:{number}"[:80], words, None, number)


async def void(tx: WriteSession, actor: Actor, hold_id: UUID, *, because: str) -> None:
    """Release the whole hold. Raises UnknownHold, HoldClosed, FrozenByCourt, Invalid."""
    held = await _locked(tx, hold_id)
    if held.document_no is not None:
        raise FrozenByCourt
    await _close(tx, actor, held, HoldState.VOIDED, because, "ledger.hold_voided")


async def lift(tx: WriteSession, actor: Actor, hold_id: UUID, *, document_no: str) -> None:
    """End a court's freeze by the document that lifts it (解除冻结). Raises UnknownHold, HoldClosed, Invalid."""
    held = await _locked(tx, hold_id)
    if held.document_no is None:
        raise Invalid("该笔冻结不是司法冻结", field="hold_id")
    await _close(tx, actor, held, HoldState.VOIDED, document_no, "ledger.freeze_lifted")


async def expire_due(tx: WriteSession, actor: Actor, limit: int = _A_ROUND) -> list[UUID]:
    """For a chore: end the holds that are past their end, one audited act each; those that somebody is at wait."""
    moment = now()
    due = await tx.rows(_DUE, moment, limit)
    for row in due:
        await tx.rows(_CLOSE, row.id, HoldState.EXPIRED, moment, None)
        audit(tx, actor, "ledger.hold_expired", f"hold:{row.id}", {"amount_fen": row.amount_fen})
    return [row.id for row in due]


async def hold(reader: ReadSession, hold_id: UUID) -> LedgerHold:
    """One hold. Raises UnknownHold."""
    found = await reader.scalar(
        select(LedgerHold).where(LedgerHold.id == hold_id).execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownHold
    return found


async def pending_holds(reader: ReadSession, account_id: UUID) -> list[LedgerHold]:
    """What is held on the account now, oldest first."""
    pending = select(LedgerHold).where(LedgerHold.account_id == account_id, LedgerHold.state == HoldState.PENDING)
    return list(await reader.scalars(pending.order_by(LedgerHold.id).execution_options(populate_existing=True)))


async def _place(
    tx: WriteSession,
    actor: Actor,
    key: str,
    account_id: UUID,
    amount_fen: int,
    purpose: str,
    words: str,
    until: datetime | None,
    document_no: str | None,
) -> UUID:
    if not 0 < amount_fen <= MAX_FEN:
        raise Invalid("冻结金额应大于零", field="amount_fen")
    with in_words():
        new = await tx.rows(
            _PLACE, uuid7(), key, account_id, amount_fen, purpose, words, until, document_no, now()
        )  # fmt: skip
    if new:
        placed: UUID = new[0].id
        detail = {"account_id": str(account_id), "amount_fen": amount_fen, "document_no": document_no}
        audit(tx, actor, "ledger.hold_placed", f"hold:{placed}", detail)
        return placed
    (known,) = await tx.rows(_PLACED, key)
    if tuple(known[1:]) != (account_id, amount_fen, purpose, document_no):
        raise KeyReused
    return known.id  # type: ignore[no-any-return]


async def _locked(tx: WriteSession, hold_id: UUID) -> LedgerHold:
    found = await tx.scalar(
        select(LedgerHold)
        .where(LedgerHold.id == hold_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownHold
    if found.state != HoldState.PENDING:
        raise HoldClosed
    return found


async def _close(tx: WriteSession, actor: Actor, held: LedgerHold, state: HoldState, because: str, action: str) -> None:
    because = because.strip()
    if not because:
        raise Invalid("请填写解除冻结的依据", field="because")
    with in_words():
        await tx.rows(_CLOSE, held.id, state, now(), because)
    audit(tx, actor, action, f"hold:{held.id}", {"amount_fen": held.amount_fen, "because": because})
