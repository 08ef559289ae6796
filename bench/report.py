"""One measure, a table for people and a list for machines."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

import msgspec


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """`ratio` is value / reference, both in `unit`; `holds` is None where no target is set."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
    target: str = ""
    holds: bool | None = None
    detail: dict[str, float | int | str] = {}


def middle_and_tail(samples: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return median(samples), quantiles(samples, n=20, method="inclusive")[-1]


def write(measures: Sequence[Measure], path: Path) -> None:
    """Keep the results of the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(measures)))


def table(measures: Sequence[Measure]) -> str:
    """The results in lines."""
    return "\n".join(_lines(measure) for measure in measures)


def _lines(measure: Measure) -> str:
    verdict = {True: "✓", False: "✗", None: "·"}[measure.holds]
    ratio = f"  ratio {measure.ratio:.3g}" if measure.ratio is not None else ""
    head = f"{verdict} {measure.name:<22} {measure.value:>10.3f} {measure.unit:<10}{ratio}  {measure.target}"
    rest = [f"    {key}: {value:.3f}" if isinstance(value, float) else f"    {key}: {value}"
            for key, value in measure.detail.items()]  # fmt: skip
    return "\n".join([head, *rest])
