"""Holds: money that is there and cannot be spent, until one act ends it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import select

from escrow import ledger
from escrow.ledger.models import AccountKind, HoldState
from kernel.audit.models import AuditEntry
from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.errors import DomainError, Invalid
from kernel.permissions import system_actor
from tests.escrow.books import BANK, FUND, OWED, deposit, transfer, wrongs

HOME = "411528"
ACTOR = system_actor(HOME)
DAY = timedelta(days=1)


async def account(tx: WriteSession, kind: AccountKind = FUND, fen: int = 500) -> UUID:
    """An account with that much on it."""
    owner = uuid4().hex
    await deposit(tx, owner, fen, kind=kind)
    return await ledger.open_account(tx, kind, owner)


async def place(tx: WriteSession, fund: UUID, fen: int, key: str = "") -> UUID:
    return await ledger.place(
        tx, ACTOR, key or uuid4().hex, fund, fen, until=now() + DAY, purpose="test:1", words="测试"
    )  # fmt: skip


async def state(tx: WriteSession, fund: UUID) -> tuple[int, int]:
    """Balance and what of it is held."""
    (row,) = await tx.rows(
        "SELECT sum(balance_fen)::bigint AS fen, sum(held_fen)::bigint AS held FROM ledger_slots WHERE account_id = $1",
        fund,
    )
    assert await wrongs(tx) == {}
    return row.fen, row.held


@pytest.mark.parametrize("kind", [FUND, OWED])
async def test_held_money_is_there_and_cannot_be_spent(tx: WriteSession, kind: AccountKind) -> None:
    owner = uuid4().hex
    await deposit(tx, owner, 500, kind=kind)
    fund = await ledger.open_account(tx, kind, owner)
    held = await place(tx, fund, 300)
    assert (await ledger.balance(tx, kind, owner), await ledger.available(tx, kind, owner)) == (500, 200)
    with pytest.raises(ledger.InsufficientFunds):
        async with tx.begin_nested():
            await deposit(tx, owner, -201, kind=kind)
    await deposit(tx, owner, -200, kind=kind)
    await ledger.void(tx, ACTOR, held, because="申请已撤回")
    await deposit(tx, owner, -300, kind=kind)
    assert await state(tx, fund) == (0, 0)


async def test_the_same_key_holds_once(tx: WriteSession) -> None:
    fund, key = await account(tx), uuid4().hex
    first = await place(tx, fund, 300, key)
    assert await place(tx, fund, 300, key) == first
    assert await state(tx, fund) == (500, 300)
    with pytest.raises(ledger.KeyReused):
        await place(tx, fund, 299, key)


@pytest.mark.parametrize(("used", "left"), [(300, 200), (120, 380)])
async def test_a_transfer_uses_a_hold_and_releases_the_rest(tx: WriteSession, used: int, left: int) -> None:
    fund, bank = await account(tx), await ledger.open_account(tx, BANK, uuid4().hex)
    held = await place(tx, fund, 300)
    await place(tx, fund, 200)
    key = uuid4().hex
    booked = await transfer(tx, fund, bank, used, key, held)
    assert await transfer(tx, fund, bank, used, key, held) == booked
    assert await state(tx, fund) == (left + 0, 200)
    assert (await ledger.hold(tx, held)).state == HoldState.POSTED
    with pytest.raises(ledger.KeyReused):
        await transfer(tx, fund, bank, used, key)


@pytest.mark.parametrize("fen", [301, -5])
async def test_a_transfer_takes_no_more_than_was_held(tx: WriteSession, fen: int) -> None:
    fund, bank = await account(tx), await ledger.open_account(tx, BANK, uuid4().hex)
    held = await place(tx, fund, 300)
    with pytest.raises(ledger.BeyondHold):
        async with tx.begin_nested():
            await transfer(tx, fund, bank, fen, hold=held)
    with pytest.raises(ledger.BeyondHold):
        async with tx.begin_nested():
            await transfer(tx, await account(tx), bank, 5, hold=held)
    assert await state(tx, fund) == (500, 300)


async def test_a_hold_ends_once(tx: WriteSession) -> None:
    fund, bank = await account(tx), await ledger.open_account(tx, BANK, uuid4().hex)
    held = await place(tx, fund, 300)
    await ledger.void(tx, ACTOR, held, because="不再支付")
    for again in (
        lambda: ledger.void(tx, ACTOR, held, because="再次"),
        lambda: transfer(tx, fund, bank, 1, hold=held),
        lambda: ledger.lift(tx, ACTOR, held, document_no="1"),
    ):
        with pytest.raises(ledger.HoldClosed):
            async with tx.begin_nested():
                await again()
    with pytest.raises(ledger.UnknownHold):
        await ledger.void(tx, ACTOR, uuid4(), because="没有")
    assert await state(tx, fund) == (500, 0)


async def test_a_hold_counts_until_its_expiry_is_booked(tx: WriteSession) -> None:
    fund, bank = await account(tx), await ledger.open_account(tx, BANK, uuid4().hex)
    ended, used = await place(tx, fund, 200), await place(tx, fund, 300)
    assert await ledger.expire_due(tx, ACTOR) == []
    with time_machine.travel(now() + 2 * DAY):
        # The bank has paid in time and says so late: the money is still there for it.
        await transfer(tx, fund, bank, 300, hold=used)
        assert await state(tx, fund) == (200, 200)
        assert await ledger.expire_due(tx, ACTOR) == [ended]
        assert await ledger.expire_due(tx, ACTOR) == []
    assert await state(tx, fund) == (200, 0)
    await tx.flush()
    acts = await tx.scalars(
        select(AuditEntry.action).where(AuditEntry.subject == f"hold:{ended}").order_by(AuditEntry.id)
    )
    assert list(acts) == ["ledger.hold_placed", "ledger.hold_expired"]


async def test_a_courts_freeze_has_no_end_but_a_document(tx: WriteSession) -> None:
    fund = await account(tx)
    frozen = await ledger.freeze(tx, ACTOR, uuid4().hex, fund, 400, document_no="（2026）豫1528执1号", words="司法冻结")
    with time_machine.travel(now() + 4000 * DAY):
        assert await ledger.expire_due(tx, ACTOR) == []
    with pytest.raises(ledger.FrozenByCourt):
        await ledger.void(tx, ACTOR, frozen, because="开发企业申请")
    with pytest.raises(Invalid):
        await ledger.lift(tx, ACTOR, frozen, document_no="  ")
    assert await state(tx, fund) == (500, 400)
    await ledger.lift(tx, ACTOR, frozen, document_no="（2026）豫1528执1号之一")
    assert (await ledger.hold(tx, frozen)).closed_because == "（2026）豫1528执1号之一"
    assert await state(tx, fund) == (500, 0)
    with pytest.raises(Invalid):
        await ledger.lift(tx, ACTOR, await place(tx, fund, 1), document_no="1")


async def test_bad_holds_are_refused(tx: WriteSession) -> None:
    fund = await account(tx)
    for fen in (0, -1, 10**15):
        with pytest.raises(Invalid):
            await place(tx, fund, fen)
    with pytest.raises(Invalid):
        await ledger.place(tx, ACTOR, "x", fund, 1, until=now() - DAY, purpose="t:1", words="过去")
    with pytest.raises(Invalid):
        await ledger.freeze(tx, ACTOR, "x", fund, 1, document_no=" ", words="无文书")
    with pytest.raises(Invalid):
        await ledger.freeze(tx, ACTOR, "x", fund, 1, document_no="号" * 81, words="文书编号过长")
    with pytest.raises(Invalid):
        await ledger.void(tx, ACTOR, await place(tx, fund, 1), because=" ")
    bank = await ledger.open_account(tx, BANK, uuid4().hex)
    with pytest.raises(ledger.UnknownHold):
        async with tx.begin_nested():
            await transfer(tx, fund, bank, 1, hold=uuid4())
    with pytest.raises(ledger.InsufficientFunds):
        await place(tx, fund, 501)


async def test_a_hold_takes_from_all_slots(fresh_database: Database) -> None:
    async def receive(number: int) -> None:
        async with fresh_database.transaction(HOME) as tx:
            await deposit(tx, "p", 100, f"in-{number}")
            await asyncio.sleep(0.05)

    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 1)
    await asyncio.gather(*(receive(number) for number in range(8)))
    async with fresh_database.transaction(HOME) as tx:
        fund, bank = await ledger.open_account(tx, FUND, "p"), await ledger.open_account(tx, BANK, "p")
        held = await place(tx, fund, 750)
        assert len(await tx.rows("SELECT slot FROM ledger_hold_parts")) > 1
        await transfer(tx, fund, bank, 51)
        assert await state(tx, fund) == (750, 750)
        await transfer(tx, fund, bank, 700, hold=held)
        assert await state(tx, fund) == (50, 0)


async def test_who_ends_a_hold_first_ends_it_alone(fresh_database: Database) -> None:
    """Payment, release, expiry and more payments at the same moment: one of them, for every hold."""
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 1000)
        fund, bank = await ledger.open_account(tx, FUND, "p"), await ledger.open_account(tx, BANK, "p")
        held = [await place(tx, fund, 100) for _ in range(10)]

    async def at_once(act: Callable[[WriteSession], Awaitable[object]]) -> bool:
        try:
            async with fresh_database.transaction(HOME) as tx:
                return bool(await act(tx))
        except DomainError:
            return False

    async def void(tx: WriteSession, one: UUID) -> bool:
        await ledger.void(tx, ACTOR, one, because="测试")
        return True

    with time_machine.travel(now() + 2 * DAY):
        ways = [lambda tx: ledger.expire_due(tx, ACTOR)]
        for one in held:
            ways += [lambda tx, one=one: transfer(tx, fund, bank, 60, hold=one), lambda tx, one=one: void(tx, one)]
        await asyncio.gather(*(at_once(way) for way in ways))
        async with fresh_database.transaction(HOME) as tx:
            await ledger.expire_due(tx, ACTOR)
            rows = await tx.rows("SELECT state, count(*) AS times FROM ledger_holds GROUP BY state")
            ended = {row.state: row.times for row in rows}
            assert sum(ended.values()) == len(held)
            assert "pending" not in ended
            assert await state(tx, fund) == (1000 - 60 * ended.get("posted", 0), 0)
