"""Fifty clients contend for ten units for a minute; the checker of the tests must find one order that explains all."""

import tempfile
from pathlib import Path

from bench.booking_county import COUNTY, booking_server
from bench.report import Measure
from kernel.db import Database
from kernel.db.schema import create_all
from tests.register.contention import check, contend
from tests.register.world import make_unit
from yiti.local.servers import OWNER_ROLE
from yiti.register.refusals import BookingBusy

CLIENTS, UNITS, SECONDS = 50, 10, 60


async def measure() -> list[Measure]:
    """Answers a second; holds if the history is linearisable and nobody was told of a collision."""
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        async with booking_server(Path(folder)) as postgres:
            await postgres.ensure_database("contention")
            await create_all(postgres.dsn("contention", OWNER_ROLE))
            async with Database(postgres.dsn("contention"), pool_size=CLIENTS) as database:
                async with database.transaction(COUNTY) as tx:
                    units = [await make_unit(tx) for _ in range(UNITS)]
                answers = check(await contend(database, COUNTY, units, CLIENTS, SECONDS))
    return [
        Measure(
            name="booking_contention",
            value=answers.total() / SECONDS,
            unit="answers/s",
            target=f"linearisable, no deadlock told: {CLIENTS} clients, {UNITS} units, {SECONDS} s",
            holds=answers[BookingBusy.__name__] == 0,
            detail=dict(answers),
        )
    ]
