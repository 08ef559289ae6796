"""Opening accounts, moving money, reading balances."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from uuid_utils.compat import uuid7

from escrow.ledger.models import UNGUARDED, AccountKind, LedgerAccount, LedgerEntry, LedgerTransfer
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid


class InsufficientFunds(Conflict):
    """A guarded account does not hold that much."""

    code = "escrow.insufficient_funds"
    default_message = "账户余额不足，未做任何划转"


class KeyReused(Conflict):
    """The same key came again with another content: somebody's mistake, nothing was booked."""

    code = "escrow.key_reused"
    default_message = "同一笔业务的入账内容前后不一致，未重复记账"


class Move(NamedTuple):
    """One line of a transfer: positive fen into the account, negative out of it."""

    account_id: UUID
    amount_fen: int


async def open_account(tx: WriteSession, kind: AccountKind, owner: str) -> UUID:
    """The id of the owner's account of that kind, opened when it is the first time."""
    known = await tx.scalar(_ids(kind, owner))
    if known is not None:
        return known
    values = {"id": uuid7(), "kind": kind, "owner": owner, "guarded": kind not in UNGUARDED}
    new = upsert(LedgerAccount).values(values).on_conflict_do_nothing(index_elements=["tenant_id", "kind", "owner"])
    opened = await tx.scalar(new.returning(LedgerAccount.id))
    # None: another transaction opened it between the two statements, and has committed by now.
    return opened if opened is not None else (await tx.scalars(_ids(kind, owner))).one()


async def post(tx: WriteSession, key: str, subject: str, moves: Sequence[Move]) -> UUID:
    """Book one transfer and return its id; the same key again returns the first booking unchanged.

    Raises InsufficientFunds, KeyReused, or Invalid when the moves do not balance. Accounts are locked in the order
    of their ids, so transfers crossing each other wait instead of deadlocking.
    """
    _must_balance(moves)
    transfer_id = uuid7()
    row = {"id": transfer_id, "key": key, "subject": subject, "booked_at": now()}
    new = upsert(LedgerTransfer).values(row).on_conflict_do_nothing(index_elements=["tenant_id", "key"])
    if await tx.scalar(new.returning(LedgerTransfer.id)) is None:
        return await _booked_before(tx, key, moves)
    ordered = sorted(moves)
    await _lock(tx, ordered)
    entries = [{"transfer_id": transfer_id, "account_id": m.account_id, "amount_fen": m.amount_fen} for m in ordered]
    await tx.execute(insert(LedgerEntry), entries)
    return transfer_id


async def balance(reader: ReadSession, kind: AccountKind, owner: str) -> int:
    """Fen on the owner's account; 0 when it was never opened."""
    found = await reader.scalar(
        select(LedgerAccount.balance_fen).where(LedgerAccount.kind == kind, LedgerAccount.owner == owner)
    )
    return found or 0


async def balances(reader: ReadSession, kind: AccountKind, owners: Sequence[str]) -> dict[str, int]:
    """Fen on each owner's account; owners without one are left out."""
    rows = await reader.execute(
        select(LedgerAccount.owner, LedgerAccount.balance_fen).where(
            LedgerAccount.kind == kind, LedgerAccount.owner.in_(owners)
        )
    )
    return dict(rows.all())


def _ids(kind: AccountKind, owner: str) -> Select[UUID]:
    return select(LedgerAccount.id).where(LedgerAccount.kind == kind, LedgerAccount.owner == owner)


def _must_balance(moves: Sequence[Move]) -> None:
    accounts = {move.account_id for move in moves}
    if len(moves) < 2 or len(accounts) != len(moves) or any(move.amount_fen == 0 for move in moves):
        raise Invalid("一笔划转至少涉及两个不同账户，且金额不能为零")
    if sum(move.amount_fen for move in moves) != 0:
        raise Invalid("划转的借贷金额不平衡")


async def _booked_before(tx: WriteSession, key: str, moves: Sequence[Move]) -> UUID:
    rows = await tx.execute(
        select(LedgerTransfer.id, LedgerEntry.account_id, LedgerEntry.amount_fen)
        .join(LedgerEntry, LedgerEntry.transfer_id == LedgerTransfer.id)
        .where(LedgerTransfer.key == key)
        .order_by(LedgerEntry.account_id)
    )
    found = rows.all()
    if [Move(account, amount) for _, account, amount in found] != sorted(moves):
        raise KeyReused
    return found[0][0]


async def _lock(tx: WriteSession, moves: Sequence[Move]) -> None:
    rows = await tx.execute(
        select(LedgerAccount.id, LedgerAccount.guarded, LedgerAccount.balance_fen)
        .where(LedgerAccount.id.in_([move.account_id for move in moves]))
        .order_by(LedgerAccount.id)
        .with_for_update()
    )
    state = {account: (guarded, fen) for account, guarded, fen in rows}
    for move in moves:
        guarded, fen = state[move.account_id]
        if guarded and fen + move.amount_fen < 0:
            raise InsufficientFunds
