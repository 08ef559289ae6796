"""The ledger: it balances, it happens once, and busy accounts do not wait."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import time_machine

from escrow import ledger
from escrow.ledger.models import WIDE, AccountKind
from kernel.clock import today
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from kernel.money import MAX_FEN
from tests.escrow.books import BANK, FUND, OWED, deposit, transfer, wrongs
from tests.testbed import Testbed
from yiti.local.servers import SUPERUSER

HOME = "411528"


async def test_a_transfer_moves_balances_and_the_same_key_moves_nothing(tx: WriteSession) -> None:
    owner, key = uuid4().hex, uuid4().hex
    first = await deposit(tx, owner, 500, key)
    assert await deposit(tx, owner, 500, key) == first
    assert await ledger.balance(tx, FUND, owner) == 500
    assert await ledger.balances(tx, BANK, [owner, "nobody"]) == {owner: -500}
    with pytest.raises(ledger.KeyReused):
        await deposit(tx, owner, 501, key)


async def test_the_same_key_on_another_day_is_the_same_booking(tx: WriteSession) -> None:
    owner, key = uuid4().hex, uuid4().hex
    first = await deposit(tx, owner, 500, key)
    with time_machine.travel(timedelta(days=3)):
        assert await deposit(tx, owner, 500, key) == first


@pytest.mark.parametrize("kind", [FUND, OWED])
async def test_a_guarded_account_is_never_overdrawn(tx: WriteSession, kind: AccountKind) -> None:
    owner = uuid4().hex
    await deposit(tx, owner, 500, kind=kind)
    await deposit(tx, owner, -500, kind=kind)
    await deposit(tx, owner, 7, kind=kind)
    with pytest.raises(ledger.InsufficientFunds):
        async with tx.begin_nested():
            await deposit(tx, owner, -8, kind=kind)
    assert await ledger.balance(tx, kind, owner) == 7
    assert await wrongs(tx) == {}


async def test_unbalanced_empty_or_absurd_moves_are_refused(tx: WriteSession) -> None:
    one, two = await ledger.open_account(tx, BANK, "1"), await ledger.open_account(tx, FUND, "1")
    absurd = MAX_FEN + 1
    for moves in (
        [(one, -1)], [(one, -1), (two, 2)], [(one, 0), (two, 0)], [(one, -1), (one, 1)], [],
        [(one, -absurd), (two, absurd)],
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await ledger.post(tx, uuid4().hex, "test:1", [ledger.Move(*move) for move in moves], words="测试")


async def test_an_account_that_is_not_there_is_named(tx: WriteSession) -> None:
    bank = await ledger.open_account(tx, BANK, uuid4().hex)
    with pytest.raises(ledger.UnknownAccount):
        await transfer(tx, bank, uuid4(), 1)


async def test_money_spread_over_slots_is_spent_as_one(fresh_database: Database) -> None:
    """Deposits on many connections lie on many slots; a payment takes them together and leaves no fen."""

    async def receive(number: int) -> None:
        async with fresh_database.transaction(HOME) as tx:
            await deposit(tx, "p", 100, f"in-{number}")
            await asyncio.sleep(0.1)

    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 1, "first")
    await asyncio.gather(*(receive(number) for number in range(8)))
    async with fresh_database.transaction(HOME) as tx:
        used = await tx.rows("SELECT count(DISTINCT slot) AS slots FROM ledger_entries WHERE amount_fen > 1")
        assert 1 < used[0].slots <= WIDE
        await deposit(tx, "p", -801, "out")
        assert await ledger.balance(tx, FUND, "p") == 0
        with pytest.raises(ledger.InsufficientFunds):
            async with tx.begin_nested():
                await deposit(tx, "p", -1, "too much")
    async with fresh_database.read(HOME) as reader:
        assert await wrongs(reader) == {}


async def test_a_busy_account_makes_nobody_wait(fresh_database: Database, testbed: Testbed) -> None:
    """While one slot of the fund and of the bank's mirror is free, a receipt is booked at once."""
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 1)
    host = testbed.owner_dsn().partition("?host=")[2]
    others = await asyncpg.connect(host=host, user=SUPERUSER, database=str(fresh_database.engine.url.database))
    try:
        async with others.transaction():
            await others.execute("SELECT FROM ledger_slots WHERE slot <> 7 FOR NO KEY UPDATE")
            async with asyncio.timeout(5), fresh_database.transaction(HOME) as tx:
                await deposit(tx, "p", 100)
                used = await tx.rows("SELECT slot FROM ledger_entries WHERE abs(amount_fen) = 100")
                assert [row.slot for row in used] == [7, 7]
    finally:
        await others.close()


async def test_an_account_may_be_widened_and_never_narrowed(tx: WriteSession) -> None:
    owner = uuid4().hex
    await deposit(tx, owner, 5, kind=OWED)
    account = await ledger.open_account(tx, OWED, owner)
    slots = "SELECT count(*) AS slots FROM ledger_slots WHERE account_id = $1"
    await tx.rows("UPDATE ledger_accounts SET slots = 4 WHERE id = $1", account)
    assert (await tx.rows(slots, account))[0].slots == 4
    assert await ledger.balance(tx, OWED, owner) == 5
    with pytest.raises(Exception, match="keeps its slots"):
        await tx.rows("UPDATE ledger_accounts SET slots = 2 WHERE id = $1", account)


@pytest.mark.parametrize("kind", [FUND, OWED])
async def test_crossing_transfers_wait_instead_of_deadlocking(fresh_database: Database, kind: AccountKind) -> None:
    async with fresh_database.transaction(HOME) as tx:
        for owner in "ab":
            await deposit(tx, owner, 1000, kind=kind)
        a, b = await ledger.open_account(tx, kind, "a"), await ledger.open_account(tx, kind, "b")

    async def send(number: int) -> None:
        there, back = (a, b) if number % 2 else (b, a)
        async with fresh_database.transaction(HOME) as tx:
            await transfer(tx, there, back, 120, f"cross-{number}")

    await asyncio.gather(*(send(number) for number in range(16)))
    async with fresh_database.read(HOME) as reader:
        assert await ledger.balances(reader, kind, ["a", "b"]) == {"a": 1000, "b": 1000}
        assert await wrongs(reader) == {}


async def test_the_same_key_on_many_connections_books_once(fresh_database: Database) -> None:
    async def once() -> UUID:
        async with fresh_database.transaction(HOME) as tx:
            return await deposit(tx, "p", 100, "same")

    assert len(set(await asyncio.gather(*(once() for _ in range(8))))) == 1
    async with fresh_database.read(HOME) as reader:
        assert await ledger.balance(reader, FUND, "p") == 100


async def test_a_correction_names_what_it_takes_back_once(tx: WriteSession) -> None:
    owner = uuid4().hex
    wrong = await deposit(tx, owner, 500, on=today() - timedelta(days=2))
    back = await ledger.reverse(tx, uuid4().hex, wrong, words="冲正")
    (row,) = await tx.rows("SELECT corrects_id, value_date FROM ledger_transfers WHERE id = $1", back)
    assert (row.corrects_id, row.value_date) == (wrong, today())
    assert await ledger.balance(tx, FUND, owner) == 0
    with pytest.raises(ledger.UnknownTransfer):
        await ledger.reverse(tx, uuid4().hex, uuid4(), words="冲正")
    await deposit(tx, owner, 500)
    with pytest.raises(ledger.Corrected):
        await ledger.reverse(tx, uuid4().hex, wrong, words="再次冲正")


async def test_no_value_date_lies_ahead(tx: WriteSession) -> None:
    with pytest.raises(Invalid, match="起息日"):
        await deposit(tx, uuid4().hex, 1, on=today() + timedelta(days=1))


async def test_a_day_in_the_future_counts_as_today(tx: WriteSession) -> None:
    assert await ledger.open_day(tx, today() + timedelta(days=9)) == today()
    assert await ledger.open_day(tx, date(2026, 1, 5)) == date(2026, 1, 5)
