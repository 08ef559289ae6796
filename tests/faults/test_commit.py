"""A COMMIT that fails is never answered as done: over HTTP, on the real web process."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

import escrow.service as escrow
from escrow.models import Bill
from kernel.web.problems import PROBLEM_JSON
from tests.faults.bank import Bank, Payment
from tests.faults.outcome import assert_ledger_balanced
from tests.faults.play import Play
from tests.faults.world import World, superuser
from tests.journeys.stage import HOME

pytestmark = [pytest.mark.timeout(400), pytest.mark.soak]

REFUSE = "RAISE EXCEPTION 'too late' USING ERRCODE = 'check_violation';"
STALL = "PERFORM pg_sleep(60);"


@pytest.fixture
async def bank(world: World) -> AsyncIterator[Bank]:
    await world.serving()
    made = Bank.of(world)
    yield made
    await made.http.aclose()


@pytest.fixture
async def payment(world: World) -> Payment:
    sale = await Play.drafted(world)
    await world.stage.billed(sale.contract_id)
    async with world.database.read(HOME) as reader:
        return Payment((await escrow.bills_of(reader, sale.contract_id))[0])


async def at_commit(world: World, what: str) -> None:
    """From now on this happens when a transaction that confirms a payment commits."""
    async with superuser(world) as connection:
        await connection.execute(
            f"""CREATE OR REPLACE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN {what} RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON bank_confirmations DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION at_commit()"""
        )


async def no_more(world: World) -> None:
    async with superuser(world) as connection:
        await connection.execute("DROP TRIGGER at_commit ON bank_confirmations")


async def committing(world: World) -> None:
    """Wait until the web process has sent its COMMIT and PostgreSQL has not answered it."""
    stalled = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ILIKE 'commit%'"
    async with superuser(world) as connection, asyncio.timeout(60):
        while not await connection.fetchval(stalled):  # noqa: ASYNC110  it happens in PostgreSQL
            await asyncio.sleep(0.02)


async def bill_of(world: World, payment: Payment) -> Bill:
    async with world.database.read(HOME) as reader:
        await assert_ledger_balanced(reader)
        return await escrow.bill(reader, payment.bill.id)


UNPAID = {"issued", "sent"}


async def assert_paid_once(world: World, bank: Bank, payment: Payment, first: str) -> None:
    """The bank repeats its report until it is answered with 200; the money is booked once."""
    answers = [await bank.tell(payment) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"result": first}, {"result": "duplicate"}]
    assert (await bill_of(world, payment)).state == "confirmed"


async def test_a_deferred_refusal_is_answered_as_a_conflict(world: World, bank: Bank, payment: Payment) -> None:
    await at_commit(world, REFUSE)
    answer = await bank.tell(payment)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await bill_of(world, payment)).state in UNPAID
    await no_more(world)
    await assert_paid_once(world, bank, payment, "confirmed")


async def test_a_server_that_dies_at_commit_is_answered_as_unavailable(
    world: World, bank: Bank, payment: Payment
) -> None:
    await at_commit(world, STALL)
    asking = asyncio.create_task(bank.tell(payment))
    await committing(world)
    world.postgres.kill()
    answer = await asking
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"].startswith(PROBLEM_JSON)
    assert answer.json()["title"]
    world.postgres.start()
    assert (await bill_of(world, payment)).state in UNPAID
    await no_more(world)
    await assert_paid_once(world, bank, payment, "confirmed")


async def test_a_web_process_that_dies_at_commit_has_not_answered(world: World, bank: Bank, payment: Payment) -> None:
    """Whether PostgreSQL still commits is its own affair: the bank was not answered, and asks again."""
    await at_commit(world, STALL.replace("60", "1"))
    asking = asyncio.create_task(bank.tell(payment))
    await committing(world)
    world.web.kill()
    with pytest.raises(httpx.TransportError):
        await asking
    await asyncio.sleep(1.2)
    await no_more(world)
    state = (await bill_of(world, payment)).state
    await world.serving()
    await assert_paid_once(world, bank, payment, "duplicate" if state == "confirmed" else "confirmed")
