"""`kill -9` of the worker process, once in each kind of step of one sale. Every moment of every step, without the
price of a new process, is in `test_crash_anywhere`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.outcome import assert_sold_once
from tests.faults.play import Play
from tests.faults.world import World

pytestmark = [pytest.mark.timeout(600), pytest.mark.soak]
ENDS: tuple[tuple[str, str, str], ...] = (
    ("documents rendered and stored, but the ceremony is not open", "sale.prepare:*", "uncommitted"),
    ("the link is sent, but not noted as sent", "sale.invite:*", "middle"),
    ("a buyer has signed, and the signed documents are half stored", "signing.apply:*:buyer-1", "middle"),
    ("filed, decided and booked, but not committed", "signing.completed:*", "uncommitted"),
    ("the proof is issued, but nobody is told", "certificate.issue:*", "committed"),
    ("the archive package is made, but not committed", "sale.archive:*", "uncommitted"),
)
STEPS = {"sale.prepare:*": Play.submit, "signing.apply:*:buyer-1": Play.sign, "signing.completed:*": Play.seal}
"""Before the first end of these events, somebody does this."""


async def test_one_sale_outlives_six_workers(world: World) -> None:
    sale = await Play.drafted(world)
    await sale.pay()
    steps: dict[str, Callable[[Play], Awaitable[None]]] = dict(STEPS)
    for where, key, moment in ENDS:
        world.worker.doom(key, moment)
        await world.working()
        if step := steps.pop(key, None):
            await step(sale)
        await asyncio.to_thread(world.worker.dies, where)
    await world.working()
    await assert_sold_once(world, sale.contract_id)


async def test_its_children_end_with_a_killed_worker(world: World) -> None:
    await world.working()
    children = _descendants(world.worker.pid)
    assert len(children) >= 3, "one that is forked from, one that renders and one that signs"
    world.worker.kill()
    async with asyncio.timeout(20):
        while any(_alive(child) for child in children):  # noqa: ASYNC110  they have nobody left to tell
            await asyncio.sleep(0.05)


def _descendants(pid: int) -> list[int]:
    told = [tasks.read_text() for tasks in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [int(child) for line in told for child in line.split()]
    return [*children, *(one for child in children for one in _descendants(child))]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
