"""What a bank, or somebody who says so, can send to the real web process over HTTP."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import time_machine
from sqlalchemy import func, select

import escrow.service as escrow
from escrow.ledger import service as ledger
from escrow.ledger.models import AccountKind
from escrow.models import BankConfirmation, Bill
from integrations.models import InboundEvent
from integrations.sandbox.callbacks import forger
from kernel.clock import now
from kernel.outbox.models import OutboxEvent
from kernel.web.problems import PROBLEM_JSON
from tests.faults.bank import DOOR, Bank, Payment
from tests.faults.outcome import assert_ledger_balanced, assert_sold_once
from tests.faults.play import Play
from tests.faults.world import PATIENCE, World
from tests.journeys.stage import HOME
from yiti.journeys import presale

pytestmark = [pytest.mark.timeout(400), pytest.mark.soak]


@pytest.fixture
async def bank(world: World) -> AsyncIterator[Bank]:
    """The web process answers; in the end the ledger balances."""
    await world.serving()
    made = Bank.of(world)
    yield made
    await made.http.aclose()
    async with world.database.read(HOME) as reader:
        await assert_ledger_balanced(reader)


async def bills(world: World, sale: Play) -> list[Bill]:
    async with world.database.read(HOME) as reader:
        return await escrow.bills_of(reader, sale.contract_id)


async def billed(world: World) -> tuple[Play, Bill]:
    """A sale that waits for its money, and its first notice."""
    sale = await Play.drafted(world)
    await world.stage.billed(sale.contract_id)
    return sale, (await bills(world, sale))[0]


async def booked(world: World, payment: Payment) -> int:
    """How often this money is in the books."""
    async with world.database.read(HOME) as reader:
        mine = select(func.count()).where(BankConfirmation.bank_serial == payment.serial)
        return await reader.scalar(mine) or 0


async def suspense(world: World, bill: Bill) -> int:
    async with world.database.read(HOME) as reader:
        return await ledger.balance(reader, AccountKind.SUSPENSE, bill.account_no)


def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(PROBLEM_JSON)
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert any("一" <= character <= "鿿" for character in problem["title"]), "words for people"


async def test_ten_deliveries_at_once_are_one_payment(world: World, bank: Bank) -> None:
    sale, bill = await billed(world)
    payment = Payment(bill)
    answers = await asyncio.gather(*(bank.tell(payment) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert Counter(answer.json()["result"] for answer in answers) == {"confirmed": 1, "duplicate": 9}
    assert await booked(world, payment) == 1
    async with world.database.read(HOME) as reader:
        told = select(OutboxEvent).where(OutboxEvent.key == f"escrow.confirmed:{bill.id}")
        assert len(list(await reader.scalars(told))) == 1
    assert [one.state for one in await bills(world, sale)] in (["confirmed", "issued"], ["confirmed", "sent"])


async def test_the_same_bytes_again_are_a_duplicate(world: World, bank: Bank) -> None:
    _, bill = await billed(world)
    message = bank.signed(Payment(bill))
    answers = [await bank.send(message) for _ in range(3)]
    assert [answer.json()["result"] for answer in answers] == ["confirmed", "duplicate", "duplicate"]


async def test_one_movement_under_two_event_numbers_is_booked_once(world: World, bank: Bank) -> None:
    _, bill = await billed(world)
    payment = Payment(bill)
    again = Payment(bill, serial=payment.serial, paid_at=payment.paid_at)
    answers = await asyncio.gather(bank.tell(payment), bank.tell(again))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await booked(world, payment) == 1


async def test_a_forged_report_is_refused(world: World, bank: Bank) -> None:
    _, bill = await billed(world)
    payment = Payment(bill)
    false = Bank(forger(bank.keys), bank.http)
    assert_refused(await false.tell(payment), 401, "integrations.bad_signature")
    assert await booked(world, payment) == 0
    assert (await bank.tell(payment)).json() == {"result": "confirmed"}


async def test_one_event_with_another_content_is_refused(world: World, bank: Bank) -> None:
    _, bill = await billed(world)
    payment = Payment(bill)
    assert (await bank.tell(payment)).status_code == 200
    assert_refused(await bank.tell(payment, amount_fen=1), 409, "integrations.replayed")
    assert await booked(world, payment) == 1


async def test_an_old_recording_is_refused(world: World, bank: Bank) -> None:
    _, bill = await billed(world)
    with time_machine.travel(now() - timedelta(minutes=6), tick=False):
        message = bank.signed(Payment(bill))
    assert_refused(await bank.send(message), 401, "integrations.stale_message")


@pytest.mark.parametrize(
    ("signed_for", "door", "status", "code"),
    [
        ("411522", DOOR, 401, "integrations.bad_signature"),
        (HOME, DOOR.replace(HOME, "411522"), 401, "integrations.bad_signature"),
        (HOME, DOOR.replace(HOME, "110101"), 404, "not_found"),
        (HOME, DOOR.replace("supervision_bank", "tax"), 401, "integrations.bad_signature"),
        (HOME, DOOR.replace("supervision_bank", "nobody"), 401, "integrations.bad_signature"),
    ],
)
async def test_a_report_at_a_wrong_door_is_refused(
    world: World, bank: Bank, signed_for: str, door: str, status: int, code: str
) -> None:
    _, bill = await billed(world)
    payment = Payment(bill)
    assert_refused(await bank.send(bank.signed(payment, county=signed_for), door), status, code)
    assert await booked(world, payment) == 0


async def test_a_wrong_amount_is_booked_to_suspense(world: World, bank: Bank) -> None:
    sale, bill = await billed(world)
    before, payment = await suspense(world, bill), Payment(bill)
    answers = [await bank.tell(payment, amount_fen=bill.amount_fen - 1) for _ in range(2)]
    assert [answer.json()["result"] for answer in answers] == ["suspense", "duplicate"]
    assert await suspense(world, bill) == before + bill.amount_fen - 1
    assert {one.state for one in await bills(world, sale)} <= {"issued", "sent"}


async def test_money_for_a_void_notice_is_booked_to_suspense(world: World, bank: Bank) -> None:
    sale, bill = await billed(world)
    before, payment = await suspense(world, bill), Payment(bill)
    async with world.database.transaction(HOME) as tx:
        await presale.take_back(tx, await world.stage.actor("shoulou"), sale.contract_id)
    assert (await bank.tell(payment)).json() == {"result": "suspense"}
    assert await suspense(world, bill) == before + bill.amount_fen
    assert {one.state for one in await bills(world, sale)} == {"void"}


async def test_money_and_taking_back_at_the_same_moment(world: World, bank: Bank) -> None:
    """Either the money came first and the draft stays frozen, or the notice was void and the money is in suspense."""
    sale, bill = await billed(world)
    before, payment = await suspense(world, bill), Payment(bill)

    async def take_back() -> None:
        async with world.database.transaction(HOME) as tx:
            await presale.take_back(tx, await world.stage.actor("shoulou"), sale.contract_id)

    answer, taken_back = await asyncio.gather(bank.tell(payment), take_back(), return_exceptions=True)
    assert isinstance(answer, httpx.Response)
    won = answer.json()["result"]
    assert won == ("confirmed" if isinstance(taken_back, Exception) else "suspense")
    assert await suspense(world, bill) == before + (0 if won == "confirmed" else bill.amount_fen)


GARBAGE = {
    "nothing": (b"", 401, "integrations.bad_signature"),
    "json": (b"{}", 401, "integrations.bad_signature"),
    "dots": (b"..", 401, "integrations.bad_signature"),
    "bytes": (b"\xff\x00" * 40, 401, "integrations.bad_signature"),
    "no key of ours": (b"eyJhbGciOiJub25lIn0.e30.", 401, "integrations.bad_signature"),
    "a form": (b"notice_no=1&amount_fen=2", 401, "integrations.bad_signature"),
    "a flood": (b"x" * (64 * 1024 + 1), 413, "http.413"),
}


@pytest.mark.parametrize("kind", list(GARBAGE))
async def test_garbage_is_refused_in_words(world: World, bank: Bank, kind: str) -> None:
    message, status, code = GARBAGE[kind]
    async with world.database.read(HOME) as reader:
        before = await reader.scalar(select(func.count()).select_from(InboundEvent))
    assert_refused(await bank.send(message), status, code)
    async with world.database.read(HOME) as reader:
        assert await reader.scalar(select(func.count()).select_from(InboundEvent)) == before


async def test_a_flood_without_a_length_is_cut_off(bank: Bank) -> None:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"x" * 1024

    answer = await bank.http.post(DOOR, content=drops())
    assert_refused(answer, 413, "http.413")


@pytest.mark.parametrize(
    "wrong",
    [{"amount_fen": 0}, {"amount_fen": 1.5}, {"paid_at": "gestern"}, {"notice_no": ""}, {"op": "payment.unheard_of"}],
)
async def test_well_signed_nonsense_is_refused(world: World, bank: Bank, wrong: dict[str, object]) -> None:
    _, bill = await billed(world)
    payment = Payment(bill)
    assert_refused(await bank.tell(payment, **wrong), 422, "integrations.malformed")
    assert await booked(world, payment) == 0


async def test_other_methods_are_refused(bank: Bank) -> None:
    assert_refused(await bank.http.get(DOOR), 405, "http.405")


async def test_the_banks_own_reports_reach_a_sale_through_forgery_and_doubt(world: World, bank: Bank) -> None:
    """The sandbox bank learns of the notices by itself, first sends forged reports, then each twice."""
    await world.working()
    sale, _ = await billed(world)
    notices = await sale.notices()
    for state in (bill.state for bill in await bills(world, sale)):
        assert state in ("issued", "sent")

    async def known() -> bool:
        items = await asyncio.to_thread(world.sandbox.get, "/bank/notices")
        return notices <= {one["notice"]["notice_no"] for one in items}

    await world.stage.until(known, bool, PATIENCE)
    world.sandbox.fault("supervision_bank", forged_signature=True)
    for notice in notices:
        await asyncio.to_thread(world.sandbox.post, f"/bank/notices/{notice}/pay")
    await asyncio.sleep(0.5)
    assert {one.state for one in await bills(world, sale)} == {"sent"}
    world.sandbox.fault("supervision_bank", duplicate_callback=True)

    async def paid() -> bool:
        return {one.state for one in await bills(world, sale)} == {"confirmed"}

    await world.stage.until(paid, bool, PATIENCE)
    await sale.submit()
    await sale.sign()
    await sale.seal()
    await assert_sold_once(world, sale.contract_id)
