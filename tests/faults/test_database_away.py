"""PostgreSQL restarts, dies and refuses: the web process says so, the worker waits, and the sale goes on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

import escrow.service as escrow
from tests.faults.bank import Bank, Payment
from tests.faults.outcome import assert_sold_once
from tests.faults.pages import signed_in
from tests.faults.play import Play
from tests.faults.world import World, superuser
from tests.journeys.stage import HOME
from tests.portals.pages import PageClient

pytestmark = [pytest.mark.timeout(600), pytest.mark.soak]
HELD = (
    ("documents stored, ceremony not open", "sale.prepare:*", "middle", Play.submit),
    ("signed, not committed", "signing.apply:*:buyer-1", "uncommitted", Play.sign),
    ("booked, not committed", "signing.completed:*", "uncommitted", Play.seal),
)
"""Moments at which the server is taken away from a worker in the middle of its transaction."""


async def test_a_sale_survives_a_server_that_dies_under_its_transactions(world: World) -> None:
    await world.working()
    pid = world.worker.pid
    sale = await Play.drafted(world)
    await sale.pay()
    for _, key, moment, step in HELD:
        world.worker.doom(key, moment, "hold")
        await step(sale)
        await asyncio.to_thread(world.worker.held)
        world.postgres.kill()
        world.worker.release()
        # Long enough for the worker to find out, to fail at noting it down, and to sweep in vain.
        await asyncio.sleep(2.5)
        world.postgres.start()
    await assert_sold_once(world, sale.contract_id)
    assert world.worker.alive
    assert world.worker.pid == pid
    assert "outbox.sweep_failed" in world.worker.said()


async def test_a_sale_survives_restarts_between_its_steps(world: World) -> None:
    await world.working()
    pid = world.worker.pid
    sale = await Play.drafted(world)
    for step in sale.steps():
        await step()
        world.postgres.restart()
    await assert_sold_once(world, sale.contract_id)
    assert world.worker.pid == pid


@pytest.fixture
async def clerk(world: World) -> AsyncIterator[PageClient]:
    """A clerk of the sales office at her browser."""
    await world.serving()
    async with signed_in(world, "shoulou") as client:
        yield client


@pytest.fixture
async def bank(world: World) -> AsyncIterator[Bank]:
    await world.serving()
    made = Bank.of(world)
    yield made
    await made.http.aclose()


async def unpaid(world: World) -> Payment:
    """The payment of a notice, before it is made."""
    sale = await Play.drafted(world)
    await world.stage.billed(sale.contract_id)
    async with world.database.read(HOME) as reader:
        return Payment((await escrow.bills_of(reader, sale.contract_id))[0])


async def assert_unavailable(clerk: PageClient, bank: Bank, payment: Payment, unit: UUID) -> None:
    """People and machines are told in words; nobody is told that something was done."""
    for answer in (await clerk.get("/sales/projects"), await clerk.post(f"/sales/units/{unit}/sale")):
        assert answer.status_code == 503
        assert "系统暂时繁忙" in answer.text
    told = await bank.tell(payment)
    assert (told.status_code, told.json()["code"]) == (503, "unavailable")
    assert (await bank.http.get("/health/ready")).status_code == 503
    assert (await bank.http.get("/health")).status_code == 200


async def assert_back(clerk: PageClient, bank: Bank, payment: Payment, unit: UUID) -> None:
    """The same signed-in clerk goes on, and what was refused can be done."""
    assert (await bank.http.get("/health/ready")).status_code == 200
    assert (await bank.tell(payment)).json() == {"result": "confirmed"}
    assert (await clerk.post(f"/sales/units/{unit}/sale")).status_code == 303


async def test_a_dead_server_is_answered_in_words(world: World, clerk: PageClient, bank: Bank) -> None:
    payment, unit = await unpaid(world), await world.stage.free_unit()
    world.postgres.kill()
    await assert_unavailable(clerk, bank, payment, unit)
    world.postgres.start()
    await assert_back(clerk, bank, payment, unit)


async def test_a_server_that_takes_nobody_in_is_answered_in_words(world: World, clerk: PageClient, bank: Bank) -> None:
    """While it starts up or shuts down, PostgreSQL answers new connections with a refusal of its own."""
    await world.working()
    payment, unit = await unpaid(world), await world.stage.free_unit()
    try:
        async with superuser(world) as connection:
            os.kill(world.postgres.pid, signal.SIGTERM)  # waits for this connection before it ends
            ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'yiti_app'"
            await connection.execute(ours)
            await assert_unavailable(clerk, bank, payment, unit)
            await asyncio.sleep(2.5)
            assert world.worker.alive, world.worker.said()
    finally:
        world.postgres.restart()
    await assert_back(clerk, bank, payment, unit)
