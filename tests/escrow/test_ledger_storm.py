"""A storm: everything at once, repeated, late, undone in the middle and cut off; afterwards every fen is where it was.

`YITI_STORM_SECONDS` says how long (20).
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from escrow import ledger
from kernel.clock import now, today
from kernel.db import Database, WriteSession
from kernel.errors import DomainError
from kernel.permissions import system_actor
from tests.escrow.books import BANK, FUND, OWED, wrongs
from tests.testbed import Testbed
from yiti.local.servers import SUPERUSER

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

HOME = "411528"
ACTOR = system_actor(HOME)
SECONDS = float(os.environ.get("YITI_STORM_SECONDS", "20"))
CLIENTS = 12
Act = Callable[[WriteSession], Awaitable[object]]


class Undone(Exception):
    """The client's process dies here, between two statements or before its COMMIT."""


@dataclass
class Sea:
    """Accounts, what was asked of them so far, and what came of it."""

    banks: Sequence[UUID]
    funds: Sequence[UUID]
    asked: list[Act] = field(default_factory=list)
    holds: list[UUID] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    certain: dict[str, UUID] = field(default_factory=dict)
    """Keys whose COMMIT was answered, and the transfer that they had made."""


async def open_sea(database: Database) -> Sea:
    async with database.transaction(HOME) as tx:
        banks = [await ledger.open_account(tx, BANK, str(number)) for number in range(3)]
        funds = [await ledger.open_account(tx, kind, str(n)) for kind in (FUND, OWED) for n in range(3)]
    return Sea(banks, funds)


KINDS = ("deposit",) * 4 + ("withdraw", "move", "place", "place", "use", "use", "void", "expire", "close")


def new_act(sea: Sea, chance: random.Random) -> Act:
    """Something that nobody has asked yet."""
    fen, key, kind = chance.randint(1, 1000), uuid4().hex, chance.choice(KINDS)
    bank, fund, other = chance.choice(sea.banks), *chance.sample(sea.funds, 2)
    if kind in {"use", "void"} and sea.holds:
        held = chance.choice(sea.holds[-30:])
        use = partial(_use, sea, key, held, bank, chance.uniform(0.1, 1.2))
        return use if kind == "use" else partial(_void, held)
    acts: dict[str, Act] = {
        "deposit": partial(_book, sea, key, bank, fund, fen, None),
        "withdraw": partial(_book, sea, key, fund, bank, fen, None),
        "move": partial(_book, sea, key, fund, other, fen, None),
        "place": partial(_place, sea, key, fund, fen, chance.uniform(0.3, 5)),
        "close": lambda tx: ledger.close_through(tx, ACTOR, today() - timedelta(days=1)),
    }
    return acts.get(kind, lambda tx: ledger.expire_due(tx, ACTOR))


async def _void(held: UUID, tx: WriteSession) -> None:
    await ledger.void(tx, ACTOR, held, because="测试")


async def _book(sea: Sea, key: str, out: UUID, into: UUID, fen: int, hold: UUID | None, tx: WriteSession) -> None:
    moves = [ledger.Move(out, -fen), ledger.Move(into, fen)]
    booked = await ledger.post(tx, key, "test:1", moves, words="测试", hold_id=hold)
    tx.after_commit(lambda: _certain(sea, key, booked))


def _certain(sea: Sea, key: str, booked: UUID) -> None:
    assert sea.certain.setdefault(key, booked) == booked, "a repetition made another transfer"


async def _place(sea: Sea, key: str, fund: UUID, fen: int, seconds: float, tx: WriteSession) -> None:
    until = now() + timedelta(seconds=seconds)
    held = await ledger.place(tx, ACTOR, key, fund, fen, until=until, purpose="test:1", words="测试")
    tx.after_commit(lambda: sea.holds.append(held))


async def _use(sea: Sea, key: str, hold: UUID, bank: UUID, part: float, tx: WriteSession) -> None:
    held = await ledger.hold(tx, hold)
    await _book(sea, key, held.account_id, bank, max(1, int(held.amount_fen * part)), hold, tx)


async def client(database: Database, sea: Sea, seed: int, ends: float) -> None:
    """New acts, old acts once more and out of order; now and then dead in the middle of a transaction."""
    chance = random.Random(seed)
    while asyncio.get_running_loop().time() < ends:
        again = sea.asked and chance.random() < 0.25
        acts = [chance.choice(sea.asked[-200:]) if again else new_act(sea, chance)]
        if chance.random() < 0.1:
            acts.append(new_act(sea, chance))
        sea.asked += acts
        dies = chance.random() < 0.1
        try:
            async with database.transaction(HOME) as tx:
                for act in acts:
                    await act(tx)
                _perhaps(dies)
            sea.outcomes["done"] += 1
        except Undone:
            sea.outcomes["undone"] += 1
        except DomainError as refused:
            sea.outcomes[refused.code] += 1
        except DBAPIError as error:
            _cut_off_or_raise(error)
            sea.outcomes["cut off"] += 1
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError):
            sea.outcomes["cut off"] += 1


def _perhaps(dies: bool) -> None:
    if dies:
        raise Undone


def _cut_off_or_raise(error: DBAPIError) -> None:
    """A lost connection, or a collision that PostgreSQL ended: nothing was done. All else is a fault."""
    if not error.connection_invalidated and str(getattr(error.orig, "sqlstate", ""))[:2] not in {"57", "40", "08"}:
        raise error


async def cut_off(superuser: "asyncpg.Connection[asyncpg.Record]", ends: float, sea: Sea) -> None:
    """Somebody's connection dies every now and then, in whatever statement it is."""
    while asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(0.15)
        ended = await superuser.fetch(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = 'yiti_app' ORDER BY random() LIMIT 1"""
        )
        sea.outcomes["connections ended"] += len(ended)


async def onlooker(database: Database, ends: float, sea: Sea) -> None:
    """Whoever looks in the middle of it sees a ledger that is whole."""
    while asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(0.5)
        try:
            async with database.read(HOME) as reader:
                assert await ledger.faults(reader) == []
                (row,) = await reader.rows(
                    "SELECT min(balance_fen - held_fen) AS least FROM ledger_slots WHERE guarded"
                )
                assert row.least >= 0
        except DBAPIError as error:
            _cut_off_or_raise(error)


async def test_no_fen_is_lost_in_a_storm(fresh_database: Database, testbed: Testbed) -> None:
    name = str(fresh_database.engine.url.database)
    host = testbed.owner_dsn(name).partition("?host=")[2]
    superuser = await asyncpg.connect(host=host, user=SUPERUSER, database=name)
    sea, ends = await open_sea(fresh_database), asyncio.get_running_loop().time() + SECONDS
    async with Database(testbed.dsn(name), pool_size=CLIENTS) as database, asyncio.TaskGroup() as group:
        for seed in range(CLIENTS):
            group.create_task(client(database, sea, seed, ends))
        group.create_task(cut_off(superuser, ends, sea))
        group.create_task(onlooker(database, ends, sea))
    await superuser.close()
    await _calm(fresh_database, sea)


async def _calm(database: Database, sea: Sea) -> None:
    """After it: everything that must be true is, and whatever was answered is in the book once."""
    async with database.read(HOME) as reader:
        assert await wrongs(reader) == {}
        assert await ledger.faults(reader) == []
        rows = await reader.rows("SELECT key, id FROM ledger_transfers")
        booked = {row.key: row.id for row in rows}
        assert len(booked) == len(rows)
        assert sea.certain.items() <= booked.items()
        moments = await reader.rows("SELECT booked_at AS at FROM ledger_entries ORDER BY random() LIMIT 50")
        accounts = [*sea.banks, *sea.funds]
        for row in moments:
            assert sum([await ledger.balance_at(reader, account, row.at) for account in accounts]) == 0
    for needed in ("done", "undone", "cut off", "connections ended", "escrow.insufficient_funds", "escrow.hold_closed"):
        assert sea.outcomes[needed] > 0, f"the storm had no {needed}: {dict(sea.outcomes)}"
    async with database.transaction(HOME) as tx:
        # Nothing hangs: whatever is still held can be ended.
        await asyncio.sleep(5)
        while await ledger.expire_due(tx, ACTOR):
            pass
        (row,) = await tx.rows("SELECT sum(held_fen) AS held FROM ledger_slots")
        assert row.held == 0
