"""The cost of a booking, and of a unit's register page, with 1,000,000 units in the book against 10,000."""

import random
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.booking_county import COUNTY, DATABASE, booking_server, grow, home, transfer
from bench.report import Measure
from kernel.db import Database
from yiti.register.page import entries_of

SMALL, LARGE = 10_000, 1_000_000
ROUNDS, WARM_UP = 400, 100
TARGET = 1.3


async def measure() -> list[Measure]:
    """Two measures: booking and page, each by its median."""
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        async with booking_server(Path(folder)) as postgres, Database(postgres.dsn(DATABASE)) as database:
            await grow(postgres, 0, SMALL)
            small = await _times(database, SMALL)
            started = time.perf_counter()
            await grow(postgres, SMALL, LARGE)
            built = time.perf_counter() - started
            large = await _times(database, LARGE)
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


async def _times(database: Database, homes: int) -> dict[str, list[float]]:
    """Milliseconds of transfers and of page readings on homes all over the county."""
    chance = random.Random(homes)
    chosen = [home(number) for number in chance.sample(range(1, homes + 1), WARM_UP + ROUNDS)]
    found: dict[str, list[float]] = {"booking": [], "page": []}
    for unit_id in chosen:
        started = time.perf_counter()
        await transfer(database, unit_id)
        booked = time.perf_counter()
        async with database.read(COUNTY) as reader:
            assert len(await entries_of(reader, unit_id)) == 2
        read = time.perf_counter()
        found["booking"].append((booked - started) * 1000)
        found["page"].append((read - booked) * 1000)
    return {name: times[WARM_UP:] for name, times in found.items()}
