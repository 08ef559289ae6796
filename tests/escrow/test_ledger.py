"""The ledger: it balances, it happens once, and the database refuses what our code would never do."""

import asyncio
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from escrow import ledger
from escrow.ledger.models import AccountKind, LedgerAccount, LedgerEntry, LedgerTransfer
from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.errors import Invalid

HOME = "411528"
FUND, BANK = AccountKind.PROJECT_FUND, AccountKind.BANK


async def deposit(tx: WriteSession, owner: str, fen: int, key: str) -> UUID:
    bank, fund = await ledger.open_account(tx, BANK, owner), await ledger.open_account(tx, FUND, owner)
    return await ledger.post(tx, key, "test", [ledger.Move(bank, -fen), ledger.Move(fund, fen)])


async def one_sided(database: Database, owner: str, fen: int) -> None:
    """Book past the service, a single entry."""
    async with database.transaction(HOME) as tx:
        account = await ledger.open_account(tx, FUND, owner)
        transfer = LedgerTransfer(key=uuid4().hex, subject="bad", booked_at=now())
        tx.add(transfer)
        await tx.flush()
        tx.add(LedgerEntry(transfer_id=transfer.id, account_id=account, amount_fen=fen))


async def test_a_transfer_moves_balances_and_the_same_key_moves_nothing(tx: WriteSession) -> None:
    owner, key = uuid4().hex, uuid4().hex
    first = await deposit(tx, owner, 500, key)
    assert await deposit(tx, owner, 500, key) == first
    assert await ledger.balance(tx, FUND, owner) == 500
    assert await ledger.balances(tx, BANK, [owner, "nobody"]) == {owner: -500}
    with pytest.raises(ledger.KeyReused):
        await deposit(tx, owner, 501, key)


async def test_a_guarded_account_is_never_overdrawn(tx: WriteSession) -> None:
    owner = uuid4().hex
    await deposit(tx, owner, 500, uuid4().hex)
    with pytest.raises(ledger.InsufficientFunds):
        await deposit(tx, owner, -501, uuid4().hex)


async def test_unbalanced_or_empty_moves_are_refused(tx: WriteSession) -> None:
    one, two = await ledger.open_account(tx, BANK, "1"), await ledger.open_account(tx, FUND, "1")
    for moves in ([(one, -1)], [(one, -1), (two, 2)], [(one, 0), (two, 0)], [(one, -1), (one, 1)], []):
        with pytest.raises(Invalid):
            await ledger.post(tx, uuid4().hex, "test", [ledger.Move(*move) for move in moves])


async def test_the_database_refuses_an_unbalanced_transfer_at_commit(database: Database) -> None:
    owner = uuid4().hex
    with pytest.raises(IntegrityError, match="does not balance"):
        await one_sided(database, owner, 1)
    async with database.read(HOME) as reader:
        assert await ledger.balance(reader, FUND, owner) == 0


async def test_the_database_refuses_a_transfer_without_entries(database: Database) -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        async with database.transaction(HOME) as tx:
            tx.add(LedgerTransfer(key=uuid4().hex, subject="empty", booked_at=now()))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_accounts SET balance_fen = balance_fen + 1 WHERE owner = :owner",
        "UPDATE ledger_accounts SET guarded = false WHERE owner = :owner",
        "UPDATE ledger_entries SET amount_fen = amount_fen + 1",
        "DELETE FROM ledger_entries",
        "DELETE FROM ledger_transfers",
        (
            "INSERT INTO ledger_accounts (id, kind, owner, guarded, balance_fen, created_at) "
            "VALUES (gen_random_uuid(), 'suspense', :owner, true, 5, now())"
        ),
    ],
)
async def test_the_database_refuses_to_rewrite_the_ledger(database: Database, statement: str) -> None:
    owner = uuid4().hex
    async with database.transaction(HOME) as tx:
        await deposit(tx, owner, 500, uuid4().hex)
    with pytest.raises(DBAPIError, match=r"append-only|moves only by entries"):
        async with database.transaction(HOME) as tx:
            await tx.execute(text(statement), {"owner": owner} if ":owner" in statement else {})


async def test_the_database_itself_holds_the_guard(database: Database) -> None:
    with pytest.raises(IntegrityError, match="never_overdrawn"):
        await one_sided(database, uuid4().hex, -1)


async def test_crossing_transfers_wait_instead_of_deadlocking(fresh_database: Database) -> None:
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "a", 1000, "a")
        await deposit(tx, "b", 1000, "b")
        a, b = await ledger.open_account(tx, FUND, "a"), await ledger.open_account(tx, FUND, "b")

    async def send(number: int) -> None:
        there, back = (a, b) if number % 2 else (b, a)
        async with fresh_database.transaction(HOME) as tx:
            await ledger.post(tx, f"cross-{number}", "test", [ledger.Move(there, -7), ledger.Move(back, 7)])

    await asyncio.gather(*(send(number) for number in range(16)))
    async with fresh_database.read(HOME) as reader:
        assert await ledger.balances(reader, FUND, ["a", "b"]) == {"a": 1000, "b": 1000}


OWNERS = ["p", "q", "r"]
STEP = st.tuples(st.sampled_from(OWNERS), st.sampled_from([BANK, *OWNERS]), st.integers(1, 100), st.integers(0, 6))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=20))
async def test_whatever_happens_the_sum_is_zero_and_balances_agree_with_a_model(
    database: Database, steps: list[tuple[str, str, int, int]]
) -> None:
    run, model, booked = uuid4().hex, dict.fromkeys(OWNERS, 0), {}
    for owner, other, fen, key in steps:
        source = None if other == BANK else other
        done = await _try(database, run, owner, source, fen, key)
        if source == owner:
            assert done == "invalid"
        elif key in booked:
            assert done == ("same" if booked[key] == (owner, source, fen) else "reused")
        elif source and model[source] < fen:
            assert done == "short"
        else:
            assert done == "same"
            booked[key] = (owner, source, fen)
            model[owner] += fen
            if source:
                model[source] -= fen
    async with database.read(HOME) as reader:
        got = await ledger.balances(reader, FUND, [run + owner for owner in OWNERS])
        assert {owner: got.get(run + owner, 0) for owner in OWNERS} == model
        assert await reader.scalar(select(func.sum(LedgerAccount.balance_fen))) in {0, None}
        assert await _disagreeing(reader) == 0


async def _try(database: Database, run: str, owner: str, source: str | None, fen: int, key: int) -> str:
    try:
        async with database.transaction(HOME) as tx:
            into = await ledger.open_account(tx, FUND, run + owner)
            out = await ledger.open_account(tx, FUND if source else BANK, run + (source or ""))
            await ledger.post(tx, f"{run}{key}", "test", [ledger.Move(out, -fen), ledger.Move(into, fen)])
    except ledger.KeyReused:
        return "reused"
    except ledger.InsufficientFunds:
        return "short"
    except Invalid:
        return "invalid"
    return "same"


async def _disagreeing(reader: object) -> int:
    """Accounts whose balance is not the sum of their entries."""
    rows = await reader.execute(  # type: ignore[attr-defined]
        text(
            "SELECT a.id FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id "
            "GROUP BY a.id, a.balance_fen HAVING a.balance_fen <> coalesce(sum(e.amount_fen), 0)"
        )
    )
    return len(rows.all())
