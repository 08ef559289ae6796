"""Valkey only wakes workers: without it a sale takes seconds longer, and nothing else."""

import asyncio

import pytest
from redis.asyncio import Redis

from kernel.outbox.worker import QUEUE
from tests.faults.outcome import assert_sold_once
from tests.faults.play import Play
from tests.faults.world import World

pytestmark = [pytest.mark.timeout(400), pytest.mark.soak]


async def test_a_worker_starts_and_a_whole_sale_runs_without_valkey(world: World) -> None:
    world.worker.kill()
    world.valkey.stop()
    await world.working()
    pid = world.worker.pid
    sale = await Play.drafted(world)
    await sale.all()
    await assert_sold_once(world, sale.contract_id)
    assert world.worker.alive
    assert world.worker.pid == pid


async def test_valkey_comes_and_goes_between_the_steps_of_a_sale(world: World) -> None:
    await world.working()
    pid = world.worker.pid
    sale = await Play.drafted(world)
    for number, step in enumerate(sale.steps()):
        if number % 2:
            world.valkey.start()
        else:
            world.valkey.kill()
        await step()
    await assert_sold_once(world, sale.contract_id)
    assert world.worker.pid == pid
    await _assert_listening(world)


async def _assert_listening(world: World) -> None:
    """The worker takes wake-ups again: what is in its queue disappears."""
    async with Redis(unix_socket_path=world.settings.valkey_url.removeprefix("unix://")) as valkey:
        await valkey.zadd(QUEUE, {"a wake-up that nobody has ordered": 1})
        async with asyncio.timeout(30):
            while await valkey.zcard(QUEUE):  # noqa: ASYNC110  another process takes it
                await asyncio.sleep(0.05)
