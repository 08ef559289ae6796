"""The past of an account: balances at any moment, statements, and days that are closed."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import time_machine

from escrow import ledger
from escrow.ledger.models import LedgerClosing
from kernel.clock import SHANGHAI, now, today
from kernel.db import Database
from kernel.errors import Invalid
from kernel.permissions import system_actor
from tests.escrow.books import BANK, FUND, OWED, deposit, transfer, wrongs
from tests.testbed import Testbed
from yiti.local.servers import SUPERUSER

HOME, OTHER = "411528", "411522"
ACTOR = system_actor(HOME)
MONDAY = date(2027, 3, 1)


def noon(day: int) -> datetime:
    """Noon in China, so many days after that Monday."""
    return datetime(2027, 3, 1, 12, tzinfo=SHANGHAI) + timedelta(days=day)


@pytest.fixture
async def week(fresh_database: Database) -> Database:
    """100 fen come in every day of a week, of Wednesday's 70 go out again; Monday and Tuesday are closed."""
    for day in range(7):
        with time_machine.travel(noon(day)):
            async with fresh_database.transaction(HOME) as tx:
                await deposit(tx, "p", 100, f"in-{day}")
                if day == 2:
                    await ledger.close_through(tx, ACTOR, MONDAY + timedelta(days=1))
                    await deposit(tx, "p", -70, "out")
    return fresh_database


async def account(database: Database, owner: str = "p") -> UUID:
    async with database.transaction(HOME) as tx:
        return await ledger.open_account(tx, FUND, owner)


async def test_the_balance_at_any_past_moment(week: Database) -> None:
    fund = await account(week)
    async with week.read(HOME) as reader:
        for day, fen in enumerate((100, 200, 230, 330, 430, 530, 630)):
            assert await ledger.balance_at(reader, fund, noon(day) + timedelta(hours=1)) == fen
        assert await ledger.balance_at(reader, fund, noon(0) - timedelta(hours=1)) == 0
        assert await ledger.balance_at(reader, uuid4(), now()) == 0


async def test_a_statement_runs_from_opening_to_closing(week: Database) -> None:
    fund = await account(week)
    async with week.read(HOME) as reader:
        found = await ledger.statement(reader, fund, MONDAY + timedelta(days=1), MONDAY + timedelta(days=3))
        assert (found.opening_fen, found.closing_fen, found.following) == (100, 330, None)
        assert [(line.amount_fen, line.balance_fen) for line in found.lines] == [
            (100, 200), (100, 300), (-70, 230), (100, 330),
        ]  # fmt: skip
        assert {line.words for line in found.lines} == {"测试"}
        whole = await ledger.statement(reader, fund, date(2020, 1, 1), date(2030, 1, 1))
        assert (whole.opening_fen, whole.closing_fen, len(whole.lines)) == (0, 630, 8)
        nothing = await ledger.statement(reader, fund, date(2026, 1, 1), date(2026, 1, 31))
        assert (nothing.opening_fen, nothing.closing_fen, list(nothing.lines)) == (0, 0, [])
        with pytest.raises(Invalid):
            await ledger.statement(reader, fund, MONDAY, MONDAY - timedelta(days=1))


@pytest.mark.parametrize("size", [1, 2, 3, 8])
async def test_pages_of_a_statement_say_the_same_as_the_whole(week: Database, size: int) -> None:
    fund, sunday = await account(week), MONDAY + timedelta(days=6)
    async with week.read(HOME) as reader:
        whole = await ledger.statement(reader, fund, MONDAY, sunday)
        page = await ledger.statement(reader, fund, MONDAY, sunday, limit=size)
        lines = list(page.lines)
        while page.following:
            last = lines[-1].balance_fen
            page = await ledger.statement(reader, fund, MONDAY, sunday, after=page.following, limit=size)
            assert (page.opening_fen, page.closing_fen) == (last, 630)
            lines += page.lines
        assert lines == list(whole.lines)
        outside = ledger.Place(MONDAY, now(), uuid4())
        with pytest.raises(Invalid):
            await ledger.statement(reader, fund, sunday, sunday, after=outside)


async def test_a_payment_from_many_slots_is_one_line(fresh_database: Database) -> None:
    async def receive(number: int) -> None:
        async with fresh_database.transaction(HOME) as tx:
            await deposit(tx, "p", 100, f"in-{number}")
            await asyncio.sleep(0.05)

    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 1)
    await asyncio.gather(*(receive(number) for number in range(4)))
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", -401, "out")
        assert len(await tx.rows("SELECT 1 FROM ledger_entries WHERE amount_fen < 0 AND balance_fen >= 0")) > 1
    async with fresh_database.read(HOME) as reader:
        found = await ledger.statement(reader, await account(fresh_database), today(), today())
        assert [line.amount_fen for line in found.lines] == [1, 100, 100, 100, 100, -401]
        assert found.lines[-1].balance_fen == 0


async def test_a_closed_day_takes_nothing_more(week: Database) -> None:
    with time_machine.travel(noon(7)):
        async with week.transaction(HOME) as tx:
            with pytest.raises(ledger.DayClosed):
                async with tx.begin_nested():
                    await deposit(tx, "p", 5, "late", on=MONDAY + timedelta(days=1))
            assert await ledger.open_day(tx, MONDAY) == MONDAY + timedelta(days=2)
            await deposit(tx, "p", 5, "late", on=await ledger.open_day(tx, MONDAY))
            assert await ledger.balance_before(tx, await ledger.open_account(tx, FUND, "p"), MONDAY) == 0
            # The same key is known, closed day or not.
            await deposit(tx, "p", 100, "in-0")
        async with week.transaction(OTHER) as tx:
            await deposit(tx, "p", 5, "late", on=MONDAY)


async def test_a_correction_of_a_closed_day_lies_in_the_open_one(week: Database) -> None:
    with time_machine.travel(noon(7)):
        async with week.transaction(HOME) as tx:
            (wrong,) = await tx.rows("SELECT id FROM ledger_transfers WHERE key = 'in-0'")
            await ledger.reverse(tx, "back", wrong.id, words="冲正：重复入账")
        async with week.read(HOME) as reader:
            found = await ledger.statement(reader, await account(week), today(), today())
            (line,) = found.lines
            assert (line.corrects_id, line.amount_fen, line.words) == (wrong.id, -100, "冲正：重复入账")


async def test_a_day_is_closed_once_and_when_it_is_over(week: Database) -> None:
    with time_machine.travel(noon(3)):
        async with week.transaction(HOME) as tx:
            assert await ledger.closed_through(tx) == MONDAY + timedelta(days=1)
            covering = await ledger.close_through(tx, ACTOR, MONDAY)
            assert covering.day == MONDAY + timedelta(days=1)
            wednesday = await ledger.close_through(tx, ACTOR, MONDAY + timedelta(days=2))
            assert (await ledger.close_through(tx, ACTOR, MONDAY + timedelta(days=2))).id == wednesday.id
            with pytest.raises(ledger.DayNotOver):
                await ledger.close_through(tx, ACTOR, MONDAY + timedelta(days=3))


async def test_a_statement_says_the_same_before_and_after_its_days_are_closed(week: Database) -> None:
    fund, period = await account(week), (MONDAY, MONDAY + timedelta(days=5))
    async with week.read(HOME) as reader:
        before = await ledger.statement(reader, fund, *period)
    with time_machine.travel(noon(7)):
        async with week.transaction(HOME) as tx:
            await ledger.close_through(tx, ACTOR, MONDAY + timedelta(days=6))
    async with week.read(HOME) as reader:
        assert await ledger.statement(reader, fund, *period) == before
        (kept,) = await reader.rows(
            "SELECT balance_fen FROM ledger_day_balances WHERE account_id = $1 AND day = $2",
            fund, MONDAY + timedelta(days=6),
        )  # fmt: skip
        assert kept.balance_fen == 630


# Money from nowhere, in the last entry of a slot and in the slot alike.
MADE = """WITH e AS (UPDATE ledger_entries SET amount_fen = amount_fen + 1, balance_fen = balance_fen + 1
        WHERE (account_id, slot, seq) IN (SELECT account_id, slot, seq FROM ledger_slots WHERE guarded AND seq > 0
            ORDER BY booked_at DESC LIMIT 1) RETURNING account_id, slot)
    UPDATE ledger_slots s SET balance_fen = balance_fen + 1
        FROM e WHERE (e.account_id, e.slot) = (s.account_id, s.slot)"""
LOST = "DELETE FROM ledger_entries e USING ledger_transfers t WHERE t.id = e.transfer_id AND t.key = 'in-6'"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE ledger_slots SET balance_fen = balance_fen + 1 WHERE guarded AND slot = 0", "监管资金p余额与分录不符"),
        ("UPDATE ledger_slots SET seq = seq + 1 WHERE guarded AND slot = 0", "监管资金p.*最后一笔分录"),
        ("UPDATE ledger_slots SET held_fen = 1 WHERE guarded AND balance_fen > 0", "监管资金p冻结金额"),
        ("UPDATE ledger_entries SET amount_fen = amount_fen + 1 WHERE booked_at > '2027-03-05'", "银行账户p余额"),
        ("UPDATE ledger_day_balances SET balance_fen = balance_fen + 1", "银行账户p余额与分录不符"),
        (LOST, "银行账户p余额与分录不符；.*监管资金p余额与分录不符"),
        (MADE, "全部账户合计不为零"),
    ],
)
async def test_a_ledger_that_disagrees_with_itself_is_not_closed(
    week: Database, testbed: Testbed, damage: str, words: str
) -> None:
    name = week.engine.url.database
    assert name
    host = testbed.owner_dsn(name).partition("?host=")[2]
    superuser = await asyncpg.connect(host=host, user=SUPERUSER, database=name)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(damage)
    await superuser.close()
    with time_machine.travel(noon(7)):
        with pytest.raises(ledger.LedgerDisagrees, match=words):
            async with week.transaction(HOME) as tx:
                await ledger.close_through(tx, ACTOR, MONDAY + timedelta(days=6))
        async with week.transaction(HOME) as tx:
            assert await ledger.closed_through(tx) == MONDAY + timedelta(days=1)
            await deposit(tx, "p", 1, "still open", on=MONDAY + timedelta(days=6))


async def test_closing_waits_for_who_is_booking_and_nobody_slips_in_after(fresh_database: Database) -> None:
    """A transfer that began before the closing is in it; one that comes during it is refused."""
    yesterday = today() - timedelta(days=1)

    async def close() -> LedgerClosing:
        async with fresh_database.transaction(HOME) as tx:
            closing = await ledger.close_through(tx, ACTOR, yesterday)
            await asyncio.sleep(0.2)
            return closing

    async def late() -> None:
        async with fresh_database.transaction(HOME) as tx:
            await deposit(tx, "p", 7, "late", on=yesterday)

    async with fresh_database.transaction(HOME) as slow:
        await deposit(slow, "p", 100, "slow", on=yesterday)
        closing = asyncio.create_task(close())
        await asyncio.sleep(0.2)
        assert not closing.done()
        afterwards = asyncio.create_task(late())
        await asyncio.sleep(0.1)
        assert not afterwards.done()
    await closing
    with pytest.raises(ledger.DayClosed):
        await afterwards
    async with fresh_database.read(HOME) as reader:
        fund = await account(fresh_database)
        assert await ledger.balance_before(reader, fund, today()) == 100
        kept = await reader.rows("SELECT sum(balance_fen) AS fen, count(*) AS rows FROM ledger_day_balances")
        assert (kept[0].fen, kept[0].rows) == (0, 2)


async def test_who_waited_longest_is_not_booked_into_the_past(fresh_database: Database) -> None:
    """The moment of booking is taken with the locks held: the entries of a slot follow each other in time."""
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 100, kind=OWED)
        owed, bank = await ledger.open_account(tx, OWED, "p"), await ledger.open_account(tx, BANK, "p")
    with time_machine.travel(datetime(2028, 1, 1, tzinfo=UTC)):
        async with fresh_database.transaction(HOME) as tx:
            await transfer(tx, owed, bank, 1)
    async with fresh_database.transaction(HOME) as tx:
        await transfer(tx, owed, bank, 1)
        assert await wrongs(tx) == {}
