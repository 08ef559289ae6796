"""`python -m bench [name …]`: run all measures, or the named ones."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench import (
    booking_contention,
    booking_growth,
    booking_throughput,
    certificate_pipeline,
    ledger,
    page_time,
    proof_latency,
    signing_speed,
    verification,
)
from bench.report import Measure, table, write

MEASURES: dict[str, Callable[[], Awaitable[list[Measure]]]] = {
    "certificate_pipeline": certificate_pipeline.measure,
    "proof_latency": proof_latency.measure,
    "signing_speed": signing_speed.measure,
    "verification": verification.measure,
    "page_time": page_time.measure,
    "booking_throughput": booking_throughput.measure,
    "booking_growth": booking_growth.measure,
    "booking_contention": booking_contention.measure,
    "ledger": ledger.measure,
}
RESULTS = Path("var/bench/results.json")


async def main(names: list[str]) -> int:
    """Returns the exit code: 1 when a target was missed, 2 for an unknown name."""
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"没有这项测量：{'、'.join(unknown)}；可选：{'、'.join(MEASURES)}")
        return 2
    measures: list[Measure] = []
    for name in names or MEASURES:
        found = await MEASURES[name]()
        print(table(found), flush=True)
        measures += found
    write(measures, RESULTS)
    return 1 if any(measure.holds is False for measure in measures) else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(sys.argv[1:])))
