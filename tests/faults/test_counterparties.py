"""Counterparties that are down, slow, talk nonsense or lose their answers: the sale goes on to its proof, and what
they missed reaches them afterwards, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from integrations.breaker import BreakerState
from integrations.connectors import connect
from integrations.counterparties import Counterparty
from integrations.http import Policy
from integrations.models import Exchange, Outcome
from kernel.clock import now
from kernel.db import Database
from kernel.db.schema import load_modules
from kernel.outbox import delivery
from kernel.outbox.delivery import deliver, retry_parked
from kernel.outbox.models import PARKED, OutboxEvent
from kernel.outbox.registry import registrations
from kernel.outbox.worker import OutboxWorker
from tests.faults.outcome import assert_sold_once, unfinished
from tests.faults.play import Play
from tests.faults.world import PATIENCE, World, woken_by
from tests.journeys.stage import HOME
from yiti.portals.admin import operations
from yiti.resources import Resources

pytestmark = [pytest.mark.timeout(400), pytest.mark.soak]
HASTY = Policy(
    timeout_seconds=0.5, attempts=2, first_pause_seconds=0.01, failures_to_open=4, open_for=timedelta(seconds=1)
)
FAULTS: dict[Counterparty, dict[str, Any]] = {
    Counterparty.SUPERVISION_BANK: {"slow_seconds": 1.5},
    Counterparty.SMS: {"down": True},
    Counterparty.TAX: {"garbage": True},
    Counterparty.MORTGAGE_BANK: {"lost_answer": True},
}
HELD_UP = {
    "escrow.notice_issued", "escrow.confirmed", "contract.filed", "sale.tell_buyers", "sale.tell_tax", "sale.tell_bank",
}  # fmt: skip
"""What cannot be said meanwhile; everything else is done."""


@pytest.fixture
async def resources(world: World) -> AsyncIterator[Resources]:
    """The platform's parts with impatient connectors, and a worker on them that is quick to try again."""
    load_modules("jobs")
    async with Database(world.settings.database_url, pool_size=2) as log:
        connectors = connect(world.settings, log, world.stage.resources.blobs, HASTY)
        yield replace(world.stage.resources, connectors=connectors)
        await connectors.aclose()


@pytest.fixture
async def working(world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    world.worker.kill()
    monkeypatch.setattr(delivery, "backoff", lambda attempts: timedelta(seconds=min(0.1 * attempts, 0.5)))
    worker = OutboxWorker(world.database, resources, world.settings.valkey_url)
    with woken_by(worker.wake):
        task = asyncio.create_task(worker.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def events(world: World, sale: Play, state: str) -> dict[str, UUID]:
    """Topic → event of this sale's events in this state."""
    topics = {topic for topic, found, _ in await unfinished(world, sale.contract_id) if found == state}
    async with world.database.read(HOME) as reader:
        rows = await reader.scalars(select(OutboxEvent).where(OutboxEvent.topic.in_(topics)))
        return {row.topic: row.id for row in rows if row.state == state}


async def outcomes(world: World, counterparty: Counterparty) -> set[str]:
    async with world.database.read(HOME) as reader:
        found = await reader.scalars(select(Exchange.outcome).where(Exchange.counterparty == counterparty.value))
        return set(found)


async def test_a_sale_gets_its_proof_while_all_counterparties_fail(
    world: World, resources: Resources, working: None
) -> None:
    for counterparty, fault in FAULTS.items():
        world.sandbox.fault(counterparty, **fault)
    sale = await Play.drafted(world)
    await sale.pay()
    await sale.submit()
    # No SMS goes out: the buyers take the link from the screen of the sales office.
    await world.stage.signed_by_buyers(sale.contract_id)
    await sale.seal()

    async def sealed() -> bool:
        proof = await world.stage.proof(sale.contract_id)
        return proof is not None and proof.state == "issued"

    await world.stage.until(sealed, bool, PATIENCE)

    async def waiting() -> set[str]:
        return {topic for topic, _, _ in await unfinished(world, sale.contract_id)}

    await world.stage.until(waiting, lambda topics: topics == HELD_UP, PATIENCE)
    breakers = resources.connectors.breakers
    assert breakers[Counterparty.SMS].state is not BreakerState.CLOSED
    assert Outcome.NOT_SENT in await outcomes(world, Counterparty.SMS), "left alone while its breaker was open"
    assert Outcome.BAD_ANSWER in await outcomes(world, Counterparty.TAX)
    world.sandbox.heal()
    # The buyer signed before the link could be sent: there is no invitation any more.
    await assert_sold_once(world, sale.contract_id, invited=False)
    assert {breaker.state for name, breaker in breakers.items() if name in FAULTS} == {BreakerState.CLOSED}


async def test_what_was_given_up_is_shown_and_can_be_tried_again(
    world: World, working: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for topic in ("contract.filed", "sale.tell_tax"):
        monkeypatch.setitem(registrations, topic, replace(registrations[topic], tries=3))
    sale = await Play.drafted(world)
    await sale.pay()
    await sale.submit()
    await sale.sign()
    world.sandbox.fault(Counterparty.TAX, down=True)
    await sale.seal()

    async def parked() -> dict[str, UUID]:
        return await events(world, sale, PARKED)

    given_up = await world.stage.until(
        parked, lambda found: found.keys() == {"contract.filed", "sale.tell_tax"}, PATIENCE
    )
    async with world.database.read(HOME) as reader:
        shown, _ = await operations.jobs(reader, PARKED)
        reasons = {job.reason for job in shown if job.id in given_up.values()}
        assert (await operations.figures(reader)).parked >= 2
    assert reasons == {"CounterpartyUnavailable: 税务局暂时无法连接，请稍后重试"}
    world.sandbox.heal()
    for event_id in given_up.values():
        async with world.database.transaction(HOME) as tx:
            assert await retry_parked(tx, event_id)
    await assert_sold_once(world, sale.contract_id)


async def test_an_outage_of_a_day_needs_nobody(world: World, resources: Resources) -> None:
    """A tax bureau that is away over night is not the administrator's work in the morning."""
    world.worker.kill()
    sale = await Play.drafted(world)
    await world.stage.billed(sale.contract_id)
    (_, event_id) = next(iter((await events(world, sale, "pending")).items()))
    world.sandbox.fault(Counterparty.SUPERVISION_BANK, down=True)
    moment = now()
    for _ in range(30):
        with time_machine.travel(moment, tick=False):
            assert not await deliver(world.database, resources, HOME, event_id)
        moment += delivery.LONGEST_WAIT
    assert (await events(world, sale, PARKED)) == {}
    world.sandbox.heal()
    # The bank checks when a message was signed: the last delivery is at its own time of day.
    async with world.database.transaction(HOME) as tx:
        event = (await tx.scalars(select(OutboxEvent).where(OutboxEvent.id == event_id))).one()
        assert event.attempts == 30
        event.available_at = now()
    resources.connectors.breakers[Counterparty.SUPERVISION_BANK].succeeded()
    assert await deliver(world.database, resources, HOME, event_id)
