"""The ledger: transfers a second by eight clients, on accounts of their own and on one hot account, against `pgbench`
(tpcb-like) on the same server; and what a balance costs with 10,000,000 postings against 100,000.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
import uvloop

from bench.booking_county import COUNTY, booking_server
from bench.booking_throughput import pgbench_tps, prepare_pgbench
from bench.clients import per_second
from bench.report import Measure
from escrow import ledger
from escrow.ledger.models import WIDE, AccountKind
from kernel.db import Database, ReadSession
from kernel.db.schema import create_all
from yiti.local.servers import OWNER_ROLE, SUPERUSER, PostgresServer

CLIENTS = 8
SECONDS, ROUNDS = 10, 3
TARGETS = {"throughput": 0.2, "hot_account": 0.1}

ACCOUNTS, A_DAY = 50, 100
SMALL, LARGE = 100_000, 10_000_000
GROWTH = 1.3
SAMPLES, WARM_UP = 400, 100
BEGAN = date(2020, 1, 1)


async def measure() -> list[Measure]:
    """Two rates in alternating rounds with their reference; three readings, small and large by turns."""
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        async with booking_server(Path(folder)) as postgres:
            return [*await _rates(postgres), *await _readings(postgres)]


async def _rates(postgres: PostgresServer) -> list[Measure]:
    await _schema(postgres, "rates")
    await prepare_pgbench(postgres)
    dsn = postgres.dsn("rates")
    found: dict[str, list[float]] = {name: [] for name in ("pgbench", *TARGETS)}
    await _open_accounts(dsn)
    for turn in range(ROUNDS):
        found["pgbench"].append(await pgbench_tps(postgres, SECONDS))
        for name in TARGETS:
            found[name].append(
                await asyncio.to_thread(per_second, CLIENTS, SECONDS, _process, dsn, turn, name == "hot_account")
            )
    tps = median(found["pgbench"])
    return [
        Measure(
            name=f"ledger_{name}",
            value=median(found[name]),
            unit="transfers/s",
            reference=tps,
            ratio=median(found[name]) / tps,
            target=f"≥ {target:.2f} × pgbench tpcb-like TPS, {CLIENTS} clients each",
            holds=median(found[name]) >= target * tps,
            detail={
                "rounds transfers/s": " ".join(f"{one:.0f}" for one in found[name]),
                "rounds pgbench TPS": " ".join(f"{one:.0f}" for one in found["pgbench"]),
            },
        )
        for name, target in TARGETS.items()
    ]


async def _schema(postgres: PostgresServer, name: str) -> None:
    await postgres.ensure_database(name)
    await create_all(postgres.dsn(name, OWNER_ROLE))


async def _open_accounts(dsn: str) -> None:
    async with Database(dsn) as database, database.transaction(COUNTY) as tx:
        for owner in ("hot", *map(str, range(CLIENTS))):
            await ledger.open_account(tx, AccountKind.BANK, owner)
            await ledger.open_account(tx, AccountKind.PROJECT_FUND, owner)


def _process(dsn: str, turn: int, hot: bool, number: int, starts: float) -> int:
    return uvloop.run(_client(dsn, f"{turn}:{number}:{hot}", "hot" if hot else str(number), starts))


async def _client(dsn: str, run: str, owner: str, starts: float) -> int:
    """How many receipts this client booked between start and end, each in a transaction of its own."""
    done = 0
    async with Database(dsn, pool_size=1) as database:
        async with database.transaction(COUNTY) as tx:
            bank = await ledger.open_account(tx, AccountKind.BANK, owner)
            fund = await ledger.open_account(tx, AccountKind.PROJECT_FUND, owner)
        moves = [ledger.Move(bank, -100), ledger.Move(fund, 100)]
        for number in count():
            before = time.time() < starts
            if time.time() >= starts + SECONDS:
                return done
            async with database.transaction(COUNTY) as tx:
                await ledger.post(tx, f"{run}:{number}", "bench:1", moves, words="测量")
            done += not before
    raise AssertionError


# Account number a (from 0), its entry number n (from 1): 1 fen into a fund or out of a bank, evenly through each day.
# Half of them lie on the first slot, a quarter on the second, and so on, as when more and more come at once.
_ACCOUNT = "('eeee0000-0000-7000-8000-' || lpad(to_hex({a}), 12, '0'))::uuid"
_BUILD = (
    f"""INSERT INTO ledger_accounts (tenant_id, id, kind, owner, guarded, slots, created_at)
        SELECT $1::text, {_ACCOUNT.format(a="a")}, CASE a % 2 WHEN 0 THEN 'bank' ELSE 'project_fund' END, a::text,
            a % 2 = 1, {WIDE}, now() FROM generate_series(0, {ACCOUNTS} - 1) AS a
        WHERE $2::integer > 0""",
    f"""INSERT INTO ledger_entries
            (tenant_id, account_id, slot, booked_at, seq, transfer_id, amount_fen, balance_fen, value_date)
        WITH placed AS (SELECT n,
                CASE WHEN n & 1 = 1 THEN 0 WHEN n & 2 = 2 THEN 1 WHEN n & 4 = 4 THEN 2 ELSE 3 END AS slot
                FROM generate_series(1, $2::integer / {ACCOUNTS}) AS n),
            entry AS MATERIALIZED (SELECT slot, CASE slot WHEN 3 THEN n >> 3 ELSE (n >> slot + 1) + 1 END AS seq,
                '{BEGAN} 00:00+08'::timestamptz + (n - 1) * interval '1 day' / {A_DAY} AS booked_at,
                date '{BEGAN}' + (n - 1) / {A_DAY} AS value_date FROM placed),
            account AS MATERIALIZED (SELECT {_ACCOUNT.format(a="a")} AS id, a % 2 * 2 - 1 AS sign
                FROM generate_series(0, {ACCOUNTS} - 1) AS a)
        SELECT $1::text, id, slot, booked_at, seq, gen_random_uuid(), sign, sign * seq, value_date
        FROM entry, account""",
    """INSERT INTO ledger_slots (tenant_id, account_id, slot, guarded, balance_fen, held_fen, seq, booked_at)
        SELECT tenant_id, account_id, slot, min(amount_fen) > 0, sum(amount_fen), 0, count(*), max(booked_at)
        FROM ledger_entries WHERE tenant_id = $1::text AND $2::integer > 0 GROUP BY tenant_id, account_id, slot""",
    f"""INSERT INTO ledger_day_balances (tenant_id, account_id, day, balance_fen)
        SELECT $1::text, {_ACCOUNT.format(a="a")}, date '{BEGAN}' + d, (d + 1) * {A_DAY} * ((a % 2) * 2 - 1)
        FROM generate_series(0, $2::integer / {ACCOUNTS} / {A_DAY} - 2) AS d,
            generate_series(0, {ACCOUNTS} - 1) AS a""",
)  # fmt: skip
_INDEXES = """SELECT indexname AS name, indexdef AS again, format('DROP INDEX %I', indexname) AS drop FROM pg_indexes
    WHERE tablename = 'ledger_entries' AND indexname NOT IN (SELECT conname FROM pg_constraint)
    UNION ALL
    SELECT conname, format('ALTER TABLE ledger_entries ADD CONSTRAINT %I ', conname) || pg_get_constraintdef(oid),
        format('ALTER TABLE ledger_entries DROP CONSTRAINT %I', conname)
    FROM pg_constraint WHERE conrelid = 'ledger_entries'::regclass AND contype = 'p'"""


async def _build(postgres: PostgresServer, name: str, postings: int) -> str:
    """A database with a ledger of so many postings, every day but the last closed; its address.

    Triggers are off meanwhile, and indexes made afterwards: the rows are as the ledger writes them.
    """
    await _schema(postgres, name)
    connection = await asyncpg.connect(
        host=str(postgres.socket_dir()), user=SUPERUSER, database=name, command_timeout=1800
    )
    try:
        await connection.execute("SET session_replication_role = replica; SET maintenance_work_mem = '1GB'")
        indexes = await connection.fetch(_INDEXES)
        # Nothing here outlives the run, and a log of it would take longer than the rows.
        await connection.execute("ALTER TABLE ledger_entries SET UNLOGGED")
        for index in indexes:
            await connection.execute(index["drop"])
        for statement in _BUILD:
            await connection.execute(statement, COUNTY, postings)
        for index in indexes:
            await connection.execute(index["again"])
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return postgres.dsn(name)


Reading = Callable[[ReadSession, int, int], Awaitable[tuple[int, int]]]


async def _now(reader: ReadSession, account: int, postings: int) -> tuple[int, int]:
    kind = AccountKind.PROJECT_FUND if account % 2 else AccountKind.BANK
    return await ledger.balance(reader, kind, str(account)), postings // ACCOUNTS


async def _at(reader: ReadSession, account: int, postings: int) -> tuple[int, int]:
    entry = random.randrange(postings // ACCOUNTS)
    moment = datetime(BEGAN.year, 1, 1, tzinfo=UTC) - timedelta(hours=8) + timedelta(days=1) / A_DAY * entry
    return await ledger.balance_at(reader, _account(account), moment), entry + 1


async def _before(reader: ReadSession, account: int, postings: int) -> tuple[int, int]:
    day = random.randrange(postings // ACCOUNTS // A_DAY)
    return await ledger.balance_before(reader, _account(account), BEGAN + timedelta(days=day)), day * A_DAY


READINGS: dict[str, Reading] = {"now": _now, "past_moment": _at, "past_day": _before}


def _account(number: int) -> UUID:
    return UUID(f"eeee0000-0000-7000-8000-{number:012x}")


async def _readings(postgres: PostgresServer) -> list[Measure]:
    small = await _build(postgres, "small", SMALL)
    started = time.perf_counter()
    large = await _build(postgres, "large", LARGE)
    built = time.perf_counter() - started
    times: dict[tuple[str, int], list[float]] = {(name, size): [] for name in READINGS for size in (SMALL, LARGE)}
    async with Database(small) as few, Database(large) as many:
        for turn in range(WARM_UP + SAMPLES):
            for name, read in READINGS.items():
                for database, size in ((few, SMALL), (many, LARGE)):
                    taken = await _once(database, read, turn % ACCOUNTS, size)
                    if turn >= WARM_UP:
                        times[name, size].append(taken)
    return [_growth(name, times[name, SMALL], times[name, LARGE], built) for name in READINGS]


async def _once(database: Database, read: Reading, account: int, size: int) -> float:
    async with database.read(COUNTY) as reader:
        started = time.perf_counter()
        told, right = await read(reader, account, size)
        taken = (time.perf_counter() - started) * 1000
    assert abs(told) == right, (told, right)
    return taken


def _growth(name: str, small: list[float], large: list[float], built: float) -> Measure:
    ratio = median(large) / median(small)
    return Measure(
        name=f"ledger_growth_{name}",
        value=median(large),
        unit="ms",
        reference=median(small),
        ratio=ratio,
        target=f"at {LARGE:,} postings ≤ {GROWTH} × at {SMALL:,}",
        holds=ratio <= GROWTH,
        detail={"samples": len(large), "seconds to build": built},
    )
