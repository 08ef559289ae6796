"""A county's ledger from before holds and slots is carried over: every fen, every entry, every key."""

from datetime import date, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from escrow import ledger
from kernel.clock import SHANGHAI
from kernel.db import Database
from tests.escrow.books import BANK, FUND, OWED, wrongs
from tests.testbed import Testbed
from yiti.local.migrations import alembic

HOME, OTHER = "411528", "411522"
pytestmark = pytest.mark.slow


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=SHANGHAI)


class Former:
    """The ledger as it was at 0008, with its own triggers."""

    def __init__(self, owner: "asyncpg.Connection[asyncpg.Record]", county: str) -> None:
        self.owner, self.county = owner, county

    async def account(self, kind: str, name: str) -> UUID:
        return await self.owner.fetchval(
            """INSERT INTO ledger_accounts (tenant_id, id, kind, owner, guarded, balance_fen, created_at)
            VALUES ($1, $2, $3::varchar, $4, $3::varchar <> 'bank', 0, now()) RETURNING id""",
            self.county, uuid4(), kind, name,
        )  # fmt: skip

    async def post(self, key: str, booked_at: datetime, *moves: tuple[UUID, int]) -> UUID:
        transfer = uuid4()
        async with self.owner.transaction():
            await self.owner.execute(
                """INSERT INTO ledger_transfers (tenant_id, id, key, subject, booked_at, created_at)
                VALUES ($1, $2, $3, 'notice:1', $4, now())""",
                self.county, transfer, key, booked_at,
            )  # fmt: skip
            for account, fen in moves:
                await self.owner.execute(
                    """INSERT INTO ledger_entries (tenant_id, id, transfer_id, account_id, amount_fen, created_at)
                    VALUES ($1, $2, $3, $4, $5, now())""",
                    self.county, uuid4(), transfer, account, fen,
                )  # fmt: skip
        return transfer


async def test_what_was_booked_before_is_booked_still(testbed: Testbed) -> None:
    name = f"ledger_{uuid4().hex}"
    await testbed.postgres.ensure_database(name)
    alembic(testbed.postgres, "upgrade", "0008", database=name)
    host = testbed.owner_dsn(name).partition("?host=")[2]
    owner = await asyncpg.connect(host=host, user="yiti_owner", database=name)
    former, theirs = Former(owner, HOME), Former(owner, OTHER)
    bank, fund = await former.account("bank", "6222"), await former.account("project_fund", "p")
    owed, unused = await former.account("refund_payable", "c"), await former.account("suspense", "6222")
    first = await former.post("receipt:1", at(5, 9), (bank, -500), (fund, 500))
    await former.post("refund_order:1", at(6, 23), (fund, -200), (owed, 200))
    await former.post("receipt:2", at(7, 0), (bank, -50), (fund, 50))
    await former.post("refund_paid:1", at(7, 8), (owed, -200), (bank, 200))
    other = await theirs.account("bank", "6222"), await theirs.account("project_fund", "p")
    await theirs.post("receipt:1", at(5, 9), (other[0], -7), (other[1], 7))
    await owner.close()
    alembic(testbed.postgres, "upgrade", "head", database=name)

    async with Database(testbed.dsn(name)) as database:
        async with database.read(HOME) as reader:
            assert await wrongs(reader) == {}
            assert await ledger.faults(reader) == []
            assert await ledger.balances(reader, FUND, ["p"]) == {"p": 350}
            assert await ledger.balances(reader, BANK, ["6222"]) == {"6222": -350}
            assert await ledger.balance_at(reader, fund, at(6, 12)) == 500
            assert await ledger.balance_before(reader, owed, date(2026, 10, 7)) == 200
            assert await ledger.balance_at(reader, unused, at(8, 0)) == 0
            told = await ledger.statement(reader, bank, date(2026, 10, 1), date(2026, 10, 31))
            assert [(line.words, line.amount_fen, line.balance_fen) for line in told.lines] == [
                ("缴款入账", -500, -500), ("缴款入账", -50, -550), ("退款付出", 200, -350),
            ]  # fmt: skip
        async with database.transaction(HOME) as tx:
            moves = [ledger.Move(bank, -500), ledger.Move(fund, 500)]
            assert await ledger.post(tx, "receipt:1", "notice:1", moves, words="收到购房款") == first
            await ledger.post(tx, "receipt:3", "notice:3", moves, words="收到购房款")
            assert await ledger.balance(tx, FUND, "p") == 850
            await ledger.post(tx, "out", "t:1", [ledger.Move(fund, -850), ledger.Move(bank, 850)], words="付出")
            assert await wrongs(tx) == {}
            assert await ledger.balance(tx, OWED, "c") == 0
        async with database.read(OTHER) as reader:
            assert await ledger.balances(reader, FUND, ["p"]) == {"p": 7}
    await testbed.drop_database(name)
