"""The database refuses by itself what our code would never do: plain SQL as the application's role."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from escrow import ledger
from escrow.ledger.models import LedgerTransfer
from kernel.clock import now, today
from kernel.db import Database, WriteSession
from kernel.permissions import system_actor
from kernel.web.problems import constraint_of
from tests.escrow.books import BANK, FUND, OWED, deposit, transfer, wrongs
from tests.testbed import Testbed
from yiti.local.servers import APP_ROLE

HOME, OTHER = "411528", "411522"
ACTOR = system_actor(HOME)


@pytest.fixture
async def sides(tx: WriteSession) -> tuple[UUID, UUID]:
    """A bank and a fund with 500 fen, of which 200 are held."""
    owner = uuid4().hex
    await deposit(tx, owner, 500)
    bank, fund = await ledger.open_account(tx, BANK, owner), await ledger.open_account(tx, FUND, owner)
    until = now() + timedelta(days=1)
    await ledger.place(tx, ACTOR, owner, fund, 200, until=until, purpose="test:1", words="测试")
    return bank, fund


async def refused(tx: WriteSession, statement: str, *values: object) -> str:
    """What refused the statement: the constraint's name, or PostgreSQL's words."""
    with pytest.raises(DBAPIError) as caught:
        async with tx.begin_nested():
            await tx.rows(statement, *values)
    assert await wrongs(tx) == {}
    return constraint_of(caught.value) or str(caught.value.orig)


BOOK = """INSERT INTO ledger_transfers (id, key, subject, words, value_date, accounts, amounts, created_at)
    VALUES (gen_random_uuid(), gen_random_uuid(), 's', 'w', current_date - 1, $1, $2, now())"""
HOLD = """INSERT INTO ledger_holds (id, key, account_id, amount_fen, purpose, words, until, state, created_at)
    VALUES (gen_random_uuid(), gen_random_uuid(), $1, $2, 's', 'w', now() + interval '1 day', 'pending', now())"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_slots SET balance_fen = balance_fen + 1",
        "UPDATE ledger_slots SET held_fen = 0",
        "UPDATE ledger_slots SET guarded = false",
        "INSERT INTO ledger_slots SELECT tenant_id, account_id, 63, false, 0, 0, 0 FROM ledger_slots LIMIT 1",
        "DELETE FROM ledger_slots",
        "UPDATE ledger_entries SET amount_fen = amount_fen + 1",
        """INSERT INTO ledger_entries
            SELECT tenant_id, account_id, slot, booked_at, 9, transfer_id, 1, 1, value_date
            FROM ledger_entries LIMIT 1""",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "UPDATE ledger_hold_parts SET amount_fen = 1",
        "DELETE FROM ledger_hold_parts",
        "INSERT INTO ledger_day_balances SELECT tenant_id, id, '2020-01-01', 1 FROM ledger_accounts LIMIT 1",
        "ALTER TABLE ledger_transfers DISABLE TRIGGER ledger_book",
        "SELECT ledger_release('411528', (SELECT id FROM ledger_holds WHERE state = 'pending' LIMIT 1))",
    ],
)
async def test_the_application_may_only_read_what_the_triggers_write(
    tx: WriteSession, sides: tuple[UUID, UUID], statement: str
) -> None:
    assert "permission denied" in (told := await refused(tx, statement)) or "must be owner" in told


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_accounts SET guarded = false",
        "DELETE FROM ledger_accounts",
        "UPDATE ledger_transfers SET amounts = '{-1,1}'",
        "UPDATE ledger_transfers SET value_date = value_date - 1",
        "DELETE FROM ledger_transfers",
        "UPDATE ledger_holds SET amount_fen = 1",
        "UPDATE ledger_holds SET until = now() + interval '9 years'",
        "DELETE FROM ledger_holds",
    ],
)
async def test_what_is_booked_stays(tx: WriteSession, sides: tuple[UUID, UUID], statement: str) -> None:
    assert (await refused(tx, statement)).endswith("_append_only")


@pytest.mark.parametrize(
    ("amounts", "by"),
    [
        ([-1, 2], "ledger_balanced"),
        ([0, 0], "ledger_moves_in_order"),
        ([-1], "ck_ledger_transfers_has_two_sides"),
        ([], "ck_ledger_transfers_has_two_sides"),
        ([-1, 1, 1], "ck_ledger_transfers_has_two_sides"),
    ],
)
async def test_a_transfer_balances(tx: WriteSession, sides: tuple[UUID, UUID], amounts: list[int], by: str) -> None:
    assert await refused(tx, BOOK, sorted(sides), amounts) == by


async def test_a_transfer_names_each_account_once_and_in_order(tx: WriteSession, sides: tuple[UUID, UUID]) -> None:
    assert await refused(tx, BOOK, sorted(sides, reverse=True), [-1, 1]) == "ledger_moves_in_order"
    assert await refused(tx, BOOK, [sides[0], sides[0]], [-1, 1]) == "ledger_moves_in_order"


async def test_held_money_cannot_be_spent(tx: WriteSession, sides: tuple[UUID, UUID]) -> None:
    bank, fund = sides
    amounts = [301, -301] if bank < fund else [-301, 301]
    assert await refused(tx, BOOK, sorted(sides), amounts) == "ledger_never_overdrawn"
    assert await refused(tx, HOLD, fund, 301) == "ledger_never_overdrawn"
    assert await refused(tx, HOLD, fund, 0) == "ck_ledger_holds_holds_something"
    assert await refused(tx, HOLD, fund, -5) == "ck_ledger_holds_holds_something"
    assert await refused(tx, HOLD, bank, 5) == "ledger_hold_begins"
    await tx.rows(HOLD, fund, 300)


async def test_an_unguarded_account_is_a_bank(tx: WriteSession) -> None:
    statement = """INSERT INTO ledger_accounts (id, kind, owner, guarded, created_at)
        VALUES (gen_random_uuid(), 'project_fund', 'x', false, now())"""
    assert await refused(tx, statement) == "ck_ledger_accounts_only_banks_unguarded"


async def test_a_hold_is_closed_once_and_posted_only_by_a_transfer(tx: WriteSession, sides: tuple[UUID, UUID]) -> None:
    bank, fund = sides
    (held,) = await ledger.pending_holds(tx, fund)
    close = "UPDATE ledger_holds SET state = $2, closed_at = now(), closed_because = 'x' WHERE id = $1"
    assert await refused(tx, close, held.id, "posted") == "ledger_hold_posted_by_transfer"
    assert await refused(tx, close, held.id, "expired") == "ck_ledger_holds_expires_at_its_end"
    assert await refused(tx, close, held.id, "gone") == "ck_ledger_holds_known_state"
    assert await refused(tx, close, held.id, "pending") == "ck_ledger_holds_closed_when_it_was"
    await transfer(tx, fund, bank, 150, hold=held.id)
    for state in ("voided", "posted", "expired", "pending"):
        assert await refused(tx, close, held.id, state) == "ledger_hold_pending"
    assert await refused(tx, BOOK.replace("created_at)", "created_at, hold_id)").replace("now())", "now(), $3)"),
        sorted(sides), [-1, 1], held.id) == "uq_ledger_transfer_hold"  # fmt: skip


async def test_a_courts_freeze_needs_a_document_to_begin_and_to_end(tx: WriteSession, sides: tuple[UUID, UUID]) -> None:
    endless = HOLD.replace("now() + interval '1 day'", "NULL")
    assert await refused(tx, endless, sides[1], 5) == "ck_ledger_holds_ends_or_is_ordered"
    frozen = await ledger.freeze(tx, ACTOR, uuid4().hex, sides[1], 5, document_no="（2026）豫1528执1号", words="冻结")
    silent = "UPDATE ledger_holds SET state = $2, closed_at = now() WHERE id = $1"
    assert await refused(tx, silent, frozen, "voided") == "ck_ledger_holds_released_by_name"
    assert await refused(tx, silent, frozen, "expired") == "ck_ledger_holds_expires_at_its_end"


async def test_a_value_date_is_not_ahead(tx: WriteSession, sides: tuple[UUID, UUID]) -> None:
    late = BOOK.replace("current_date - 1", "current_date + 2")
    assert await refused(tx, late, sorted(sides), [-1, 1]) == "ck_ledger_transfers_value_date_is_not_ahead"
    for never in ("'-infinity'::date", "current_date - 1, $1, $2, 'infinity')  --"):
        statement = BOOK.replace("current_date - 1", never)
        assert await refused(tx, statement, sorted(sides), [-1, 1]) == "ck_ledger_transfers_days_are_days"


@pytest.mark.parametrize("amounts", ["{NULL,1}", "{-1,NULL}", "[0:1]={-1,1}", "[2:3]={-1,1}", "{{-1},{1}}"])
async def test_amounts_with_holes_move_nothing(tx: WriteSession, sides: tuple[UUID, UUID], amounts: str) -> None:
    statement = BOOK.replace("$2", f"'{amounts}'")
    assert await refused(tx, statement, sorted(sides))


async def test_an_older_view_of_the_county_books_nothing(fresh_database: Database, testbed: Testbed) -> None:
    """In REPEATABLE READ a transfer would not see the closing that it had waited for."""
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 500)
    host = testbed.dsn().partition("?host=")[2]
    alone = await asyncpg.connect(host=host, user=APP_ROLE, database=str(fresh_database.engine.url.database))
    await alone.execute("SELECT set_config('yiti.tenant', '411528', false)")
    pair = [row["id"] for row in await alone.fetch("SELECT id FROM ledger_accounts ORDER BY id")]
    older = alone.transaction(isolation="repeatable_read")
    await older.start()
    with pytest.raises(asyncpg.RestrictViolationError, match="committed while it waited"):
        await alone.execute(BOOK, pair, [-1, 1])
    await older.rollback()
    await alone.close()


async def test_another_countys_money_cannot_be_named(fresh_database: Database) -> None:
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 500)
        theirs = await ledger.open_account(tx, FUND, "p")
    async with fresh_database.transaction(OTHER) as tx:
        ours = await ledger.open_account(tx, BANK, "p")
        assert await ledger.balance(tx, FUND, "p") == 0
        assert await ledger.balance_at(tx, theirs, now()) == 0
        with pytest.raises(ledger.UnknownAccount):
            async with tx.begin_nested():
                await transfer(tx, theirs, ours, 1)
        with pytest.raises(ledger.UnknownAccount):
            async with tx.begin_nested():
                await ledger.freeze(tx, ACTOR, "x", theirs, 1, document_no="1", words="冻结")
        with pytest.raises(DBAPIError, match="row-level security"):
            async with tx.begin_nested():
                await tx.rows(BOOK.replace("(id,", "(tenant_id, id,").replace("VALUES (", "VALUES ('411528', "), [], [])


async def test_a_table_of_ones_own_deceives_nobody(fresh_database: Database) -> None:
    """The triggers look for their tables in the schema, not where a role may put others of the same name."""
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 500)
        await tx.rows("CREATE TEMPORARY TABLE ledger_closings (tenant_id text, day date)")
        await tx.rows("CREATE TEMPORARY TABLE ledger_slots (LIKE public.ledger_slots)")
        await deposit(tx, "p", 5)
        (row,) = await tx.rows("SELECT sum(balance_fen) AS fen FROM public.ledger_slots WHERE guarded")
        assert row.fen == 505


async def test_an_entity_inserted_is_a_booking(database: Database) -> None:
    """Whoever adds a transfer books it whole: there is no second step that could be left out."""
    owner = uuid4().hex
    async with database.transaction(HOME) as tx:
        pair = sorted([await ledger.open_account(tx, BANK, owner), await ledger.open_account(tx, OWED, owner)])
        bank_first = pair[0] == await ledger.open_account(tx, BANK, owner)
        amounts = [-3, 3] if bank_first else [3, -3]
        early = datetime(2026, 1, 5, tzinfo=UTC)
        tx.add(
            LedgerTransfer(key=owner, subject="t:1", words="w", value_date=early.date(), accounts=pair, amounts=amounts)
        )
    async with database.read(HOME) as reader:
        assert await ledger.balance(reader, OWED, owner) == 3
        assert today() >= early.date()


async def test_what_runs_as_the_owner_can_be_called_by_nobody(tx: WriteSession) -> None:
    """Only as triggers, and they look for tables and functions in the schema alone (ADR 0019)."""
    rows = await tx.rows(
        "SELECT proname, prorettype = 'trigger'::regtype AS fires, proconfig FROM pg_proc "
        "WHERE prosecdef AND proname LIKE 'ledger%' ORDER BY proname"
    )
    assert [row.proname for row in rows] == [
        "ledger_add_slots", "ledger_book", "ledger_close_days", "ledger_close_hold", "ledger_place_hold",
    ]  # fmt: skip
    assert {(row.fires, *row.proconfig) for row in rows} == {(True, "search_path=public, pg_temp")}
