"""A worker that is struck at every moment of every step of a sale."""

import asyncio
from asyncio import CancelledError
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest

from kernel.outbox import Event
from kernel.outbox.worker import OutboxWorker
from tests.faults.moments import MOMENTS, Moment, watched
from tests.faults.outcome import assert_sold_once
from tests.faults.play import Play
from tests.faults.world import World, woken_by

pytestmark = [pytest.mark.timeout(400), pytest.mark.soak]


class Struck:
    """Ends every delivery once at each of its moments, as `kill -9` would: nothing is recorded, nothing is tidied."""

    def __init__(self, worker: OutboxWorker) -> None:
        self.worker = worker
        self.done: set[tuple[UUID, Moment]] = set()
        self.counted: Counter[tuple[str, Moment]] = Counter()

    def __call__(self, event: Event, moment: Moment) -> None:
        if (event.id, moment) in self.done:
            return
        self.done.add((event.id, moment))
        self.counted[event.topic, moment] += 1
        asyncio.get_running_loop().call_later(0.05, self.worker.wake, event.tenant, event.id)
        raise CancelledError


@asynccontextmanager
async def struck_worker(world: World) -> AsyncIterator[Struck]:
    """A worker in this process, so that its end costs no time, and no other that would take its work away."""
    world.worker.kill()
    worker = OutboxWorker(world.database, world.stage.resources, world.settings.valkey_url)
    strike = Struck(worker)
    with watched(strike), woken_by(worker.wake):
        working = asyncio.create_task(worker.run())
        try:
            yield strike
        finally:
            working.cancel()
            with suppress(CancelledError):
                await working


async def test_a_sale_survives_the_end_of_its_worker_at_every_moment(world: World) -> None:
    async with struck_worker(world) as struck:
        sale = await Play.drafted(world)
        await sale.all()
        await assert_sold_once(world, sale.contract_id)
    topics = {
        "escrow.notice_issued", "escrow.confirmed", "sale.prepare_documents", "sale.invite", "signing.prepare",
        "signing.apply", "signing.completed", "contract.filed", "certificate.issue", "certificate.issued",
        "sale.tell_buyers", "sale.tell_tax", "sale.tell_bank", "sale.archive",
    }  # fmt: skip
    assert {topic for topic, _ in struck.counted} >= topics, "others may have left work behind"
    without_effects_outside = {"signing.completed", "certificate.issued"}
    for topic in topics:
        for moment in MOMENTS:
            expected = moment != "middle" or topic not in without_effects_outside
            assert bool(struck.counted[topic, moment]) == expected, (topic, moment)
