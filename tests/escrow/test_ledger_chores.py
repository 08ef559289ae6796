"""What time makes due: holds end and days are closed by themselves, and trouble is told."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest
import time_machine
from sqlalchemy import select

from escrow import ledger
from escrow.ledger.chores import LedgerChores
from kernel.audit.models import AuditEntry
from kernel.clock import SHANGHAI, now, today
from kernel.db import Database
from kernel.permissions import system_actor
from tests.escrow.books import FUND, deposit
from tests.testbed import Testbed
from yiti.local.servers import SUPERUSER

HOME = "411528"
ACTOR = system_actor(HOME)
MORNING = datetime(2027, 3, 2, 8, tzinfo=SHANGHAI)


async def acts(database: Database) -> list[str]:
    async with database.read(HOME) as reader:
        return list(await reader.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


async def closed(database: Database) -> object:
    async with database.read(HOME) as reader:
        return await ledger.closed_through(reader)


async def test_holds_end_and_the_day_is_closed_in_the_morning(fresh_database: Database) -> None:
    with time_machine.travel(MORNING - timedelta(hours=20)):
        async with fresh_database.transaction(HOME) as tx:
            await deposit(tx, "p", 500)
            fund = await ledger.open_account(tx, FUND, "p")
            until = now() + timedelta(hours=9)
            await ledger.place(tx, ACTOR, "h", fund, 200, until=until, purpose="t:1", words="测试")
    chores = LedgerChores(fresh_database)
    with time_machine.travel(MORNING - timedelta(hours=3)):
        await chores.chore(HOME)
        assert await closed(fresh_database) == MORNING.date() - timedelta(days=2), "what came at night is waited for"
    with time_machine.travel(MORNING):
        await chores.chore(HOME)
        assert await closed(fresh_database) == MORNING.date() - timedelta(days=2), "not every ten seconds"
        await LedgerChores(fresh_database).chore(HOME)
        await LedgerChores(fresh_database).chore(HOME)
        assert await closed(fresh_database) == MORNING.date() - timedelta(days=1)
    async with fresh_database.read(HOME) as reader:
        assert await ledger.available(reader, FUND, "p") == 500
    assert await acts(fresh_database) == [
        "ledger.hold_placed", "ledger.hold_expired", "ledger.closed", "ledger.closed",
    ]  # fmt: skip


async def test_a_ledger_that_disagrees_is_told(fresh_database: Database, testbed: Testbed) -> None:
    async with fresh_database.transaction(HOME) as tx:
        await deposit(tx, "p", 500)
    host = testbed.owner_dsn().partition("?host=")[2]
    superuser = await asyncpg.connect(host=host, user=SUPERUSER, database=str(fresh_database.engine.url.database))
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE ledger_slots SET balance_fen = balance_fen + 1 WHERE guarded AND balance_fen > 0")
    await superuser.close()
    await LedgerChores(fresh_database).chore(HOME)
    assert await closed(fresh_database) is None
    assert await acts(fresh_database) == ["ledger.close_refused"]


async def test_a_closing_does_not_hold_up_the_county(fresh_database: Database) -> None:
    """Behind somebody who books for long it gives up, and those who waited for it go on."""
    yesterday = today() - timedelta(days=1)

    async def close() -> None:
        async with fresh_database.transaction(HOME) as tx:
            await ledger.close_through(tx, ACTOR, yesterday)

    async def book() -> None:
        async with fresh_database.transaction(HOME) as tx:
            await deposit(tx, "q", 1)

    async with fresh_database.transaction(HOME) as slow:
        await deposit(slow, "p", 100)
        closing = asyncio.create_task(close())
        await asyncio.sleep(0.3)
        with pytest.raises(ledger.LedgerBusy):
            async with asyncio.timeout(30):
                await asyncio.gather(closing, book())
        await LedgerChores(fresh_database).chore(HOME)
        await book()
    await LedgerChores(fresh_database).chore(HOME)
    assert await closed(fresh_database) is not None
