"""The cost of a booking, and of a unit's register page, with 1,000,000 units in the book against 10,000."""

import random
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from uuid import UUID

from bench.booking_county import COUNTY, booking_server, build, home, transfer
from bench.report import Measure
from kernel.db import Database
from yiti.register.page import entries_of

SMALL, LARGE = 10_000, 1_000_000
ROUNDS, WARM_UP = 400, 100
TARGET = 1.3


async def measure() -> list[Measure]:
    """Two measures: booking and page, each by its median. Small and large county take turns on one server."""
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        async with booking_server(Path(folder)) as postgres:
            small_dsn = await build(postgres, "small", SMALL)
            started = time.perf_counter()
            large_dsn = await build(postgres, "large", LARGE)
            built = time.perf_counter() - started
            async with Database(small_dsn) as few, Database(large_dsn) as many:
                small, large = await _times((few, SMALL), (many, LARGE))
    return [
        Measure(
            name=f"booking_growth_{name}",
            value=median(large[name]),
            unit="ms",
            reference=median(small[name]),
            ratio=median(large[name]) / median(small[name]),
            target=f"at {LARGE:,} units ≤ {TARGET} × at {SMALL:,}",
            holds=median(large[name]) <= TARGET * median(small[name]),
            detail={"samples": len(large[name]), "seconds to build": built},
        )
        for name in ("booking", "page")
    ]


Times = dict[str, list[float]]


async def _times(*counties: tuple[Database, int]) -> list[Times]:
    """Milliseconds of transfers and of page readings on homes all over each county."""
    chance = random.Random(1)
    homes = [chance.sample(range(1, count + 1), WARM_UP + ROUNDS) for _, count in counties]
    found: list[Times] = [defaultdict(list) for _ in counties]
    for turn in range(WARM_UP + ROUNDS):
        for place, (database, _) in enumerate(counties):
            booking, page = await _once(database, home(homes[place][turn]))
            if turn >= WARM_UP:
                found[place]["booking"].append(booking)
                found[place]["page"].append(page)
    return found


async def _once(database: Database, unit_id: UUID) -> tuple[float, float]:
    started = time.perf_counter()
    await transfer(database, unit_id)
    booked = time.perf_counter()
    async with database.read(COUNTY) as reader:
        assert len(await entries_of(reader, unit_id)) == 2
    return (booked - started) * 1000, (time.perf_counter() - booked) * 1000
