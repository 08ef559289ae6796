"""Client processes that all begin at one moment."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def per_second(processes: int, seconds: float, run: Callable[..., int], *arguments: object) -> float:
    """Work done a second: `run(*arguments, number, starts)` tells how much its process did from `starts` on."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        # Everybody has imported what they run before the time starts.
        list(pool.map(_ready, [run] * processes))
        starts = time.time() + 1
        each = [pool.submit(run, *arguments, number, starts) for number in range(processes)]
        return sum(one.result() for one in each) / seconds


def _ready(_run: Callable[..., int]) -> None:
    time.sleep(0.2)  # so that no process takes the place of another
