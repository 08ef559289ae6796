"""一码付: a case whose county has an intermediate account, from the assessment of its tax to clearing or refund."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from escrow import collection
from escrow.banking.lines import book_line
from escrow.banking.models import BankMovement
from escrow.collection import overview
from escrow.collection.models import BillState, CollectionPayment, RefundState
from escrow.collection.schemas import ChannelPayment
from escrow.models import Bill
from escrow.overview import maintenance_fund_of
from escrow.reconciliation import corrections
from kernel.clock import now
from kernel.permissions import system_actor
from kernel.settings import Settings
from tests.escrow.collection_world import bank_pays, open_county, open_fund
from tests.escrow.correcting import CHIEF, PROOF
from tests.escrow.correcting import CLERK as FINANCE
from tests.escrow.test_corrections import missing
from tests.journeys.registration.county import CLERK, REGISTRAR, Desk, centre
from tests.journeys.registration.one_code import (
    app,
    arrival,
    assessed,
    bill_of,
    browser,
    housing,
    in_state,
    jobs,
    lines_of,
    paid,
    paid_on_paper,
    told_again,
)
from tests.journeys.registration.steps import a_sale, kinds_of_letters
from tests.portals.pages import HOST, PageClient
from tests.testbed import HOME, Testbed
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.journeys.banking import correcting
from yiti.journeys.maintenance.chores import look_again
from yiti.journeys.maintenance.receipts import receipts_of
from yiti.journeys.registration import desk
from yiti.journeys.registration.errors import PaidByOneCode, RequestAnswered
from yiti.letters import service as letters
from yiti.letters.schemas import MaintenanceReceipt

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
async def payers(testbed: Testbed, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A centre of its own: once a county collects by one code, all of its cases are paid so."""
    async with centre(testbed, settings, tmp_path_factory.mktemp("one_code")) as office:
        async with office.resources.database.transaction(HOME) as tx:
            await open_county(tx)
            await open_fund(tx)
        yield office


async def test_assessed_billed_paid_booked_cleared(payers: Desk) -> None:
    case = await payers.accepted(await a_sale(payers))
    await jobs(payers)
    assert not any(
        one["county"] == HOME for one in payers.sandbox.get("/requests") if one["counterparty"] == "treasury"
    )
    await assessed(payers, case, held_years=1)
    bill = await bill_of(payers, case)
    async with payers.resources.database.read(HOME) as reader:
        lines = await collection.lines_of(reader, bill.id)
    assert [one.kind for one in lines] == ["deed_tax", "vat", "surcharge", "income_tax", "registration_fee"]
    assert sum(one.amount_fen for one in lines) == bill.total_fen > 8_000
    await paid(payers, bill)
    await in_state(payers, bill, BillState.PAID)
    await jobs(payers)
    asked = {one.which: one for one in await payers.requests(case)}
    assert {which: (asked[which].state, asked[which].verified) for which in ("tax", "fee")} == {
        "tax": ("clear", True), "fee": ("clear", True)
    }  # fmt: skip
    assert "payment_receipt" in await kinds_of_letters(payers, case)
    async with payers.resources.database.read(HOME) as reader:
        lying = {one.code: one for one in await cases.materials(reader, case.id)}
        assert (lying["tax_proof"].reference, lying["tax_proof"].verified) == (bill.bill_no, True)
    assert (await payers.decided(case)).status == CaseStatus.BOOKED
    await jobs(payers)
    async with payers.resources.database.transaction(HOME) as tx:
        parts = await collection.clearings_of(tx, bill.id)
        for part in parts:
            await bank_pays(tx, part.order_no)
    await jobs(payers)
    await in_state(payers, bill, BillState.CLEARED)
    told = {who: payers.sandbox.get(f"/{who}/settlements")[0]["data"] for who in ("tax", "treasury")}
    assert told["tax"]["request_no"] == asked["tax"].request_no
    assert told["tax"]["amount_fen"] + told["treasury"]["amount_fen"] == bill.total_fen
    async with payers.resources.database.read(HOME) as reader:
        standing = await overview.standing(reader)
        assert standing is not None
        assert standing.agrees


async def test_the_maintenance_fund_is_a_line_of_the_bill(payers: Desk) -> None:
    """What the unit owes is paid by the one code, answers the registry, and reaches the unit's fund after booking."""
    part = await a_sale(payers)
    await paid_on_paper(payers, part, 1_000_00)
    case = await payers.accepted(part)
    await assessed(payers, case)
    asked = await housing(payers, case)
    assert (asked.state, asked.amount_fen, asked.sent_at) == ("assessed", 5_000_00, None)
    bill = await bill_of(payers, case)
    assert (await lines_of(payers, bill))[-1] == ("maintenance_fund", 5_000_00)
    await paid(payers, bill)
    await in_state(payers, bill, BillState.PAID)
    with pytest.raises(PaidByOneCode):
        async with payers.resources.database.transaction(HOME) as tx:
            await desk.enter_answer(tx, CLERK, case.id, "housing", state="refused", reference="", words="未缴")
    await jobs(payers)
    asked = await housing(payers, case)
    assert (asked.state, asked.verified, asked.reference, asked.amount_fen) == ("clear", True, bill.bill_no, 5_000_00)
    async with payers.resources.database.read(HOME) as reader:
        lying = {one.code: one.reference for one in await cases.materials(reader, case.id)}
        assert lying["fund_proof"] == bill.bill_no
        assert (await reader.scalars(select(Bill).where(Bill.case_id == case.id))).all() == [], "not before the booking"
    assert (await payers.decided(case)).status == CaseStatus.BOOKED
    await jobs(payers)
    async with payers.resources.database.transaction(HOME) as tx:
        notice = (await tx.scalars(select(Bill).where(Bill.case_id == case.id))).one()
        part_of = {one.notice_id: one for one in await collection.clearings_of(tx, bill.id)}[notice.id]
        await bank_pays(tx, part_of.order_no)
    await jobs(payers)
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        text = (await (await browser(payers, "fee_clerk")).get("/collection")).text
        assert all(words in text for words in ("维修资金专户尚未报到账", notice.notice_no)), (
            "somebody has to ask the bank"
        )
    async with payers.resources.database.transaction(HOME) as tx:
        assert await book_line(tx, CLERK, arrival(part_of.order_no, notice), "d" * 64) == "confirmed"
        assert await maintenance_fund_of(tx, notice.unit_id) == 6_000_00
    await payers.run_jobs("escrow.maintenance_paid")
    async with payers.resources.database.read(HOME) as reader:
        (receipt,) = (await receipts_of(reader, [notice.id])).values()
    said = letters.content_of(receipt).content
    assert isinstance(said, MaintenanceReceipt)
    assert (said.notice_no, said.amount_fen) == (notice.notice_no, 5_000_00)


async def test_the_fund_is_paid_otherwise_meanwhile(payers: Desk) -> None:
    """The bill is made anew while it is open; one that was paid with the old line goes back whole."""
    part = await a_sale(payers)
    await paid_on_paper(payers, part, 1_000_00)
    case = await payers.accepted(part)
    await assessed(payers, case)
    first = await bill_of(payers, case)
    await look_again(payers.resources, HOME)
    assert (await bill_of(payers, case)).id == first.id, "nothing has changed"
    await paid_on_paper(payers, part, 2_000_00, "豫财002")
    await look_again(payers.resources, HOME)
    second = await bill_of(payers, case)
    assert (await lines_of(payers, second))[-1] == ("maintenance_fund", 3_000_00)
    await paid(payers, second)
    await in_state(payers, second, BillState.PAID)
    await paid_on_paper(payers, part, 3_000_00, "豫财003")
    await look_again(payers.resources, HOME)
    assert (await housing(payers, case)).state == "assessed", "the payment is taken in first"
    await jobs(payers)
    await in_state(payers, second, BillState.REFUNDED)
    third = await bill_of(payers, case)
    assert "maintenance_fund" not in dict(await lines_of(payers, third))
    await look_again(payers.resources, HOME)
    answered = await housing(payers, case)
    assert (answered.state, answered.verified) == ("clear", True)
    assert third.total_fen == second.total_fen - 3_000_00


async def test_the_fund_is_asked_for_again_after_payment(payers: Desk) -> None:
    """Then the bill goes back whole, and all that it paid is asked and billed anew; nothing is billed twice."""
    part = await a_sale(payers)
    await paid_on_paper(payers, part, 1_000_00)
    case = await payers.accepted(part)
    await assessed(payers, case)
    first = await bill_of(payers, case)
    await paid(payers, first)
    await in_state(payers, first, BillState.PAID)
    await jobs(payers)
    async with payers.resources.database.transaction(HOME) as tx:
        await desk.ask_again(tx, CLERK, case.id, "housing")
    await jobs(payers)
    await in_state(payers, first, BillState.REFUNDED)
    states = {one.which: one.state for one in await payers.requests(case)}
    assert (states["housing"], states["tax"], states["fee"]) == ("assessed", "requested", "requested")
    await assessed(payers, case)
    second = await bill_of(payers, case)
    assert (second.state, await lines_of(payers, second)) == ("open", await lines_of(payers, first))


async def test_refused_after_payment_goes_back(payers: Desk) -> None:
    case = await payers.accepted(await a_sale(payers))
    await assessed(payers, case)
    bill = await bill_of(payers, case)
    await paid(payers, bill)
    await in_state(payers, bill, BillState.PAID)
    await jobs(payers)
    async with payers.resources.database.transaction(HOME) as tx:
        await desk.refuse(tx, REGISTRAR, case.id, "存在权属争议", "条例第二十二条")
    await jobs(payers)
    await in_state(payers, bill, BillState.REFUNDED)
    assert not any(one["counterparty"] == "treasury" for one in payers.sandbox.get("/requests"))


async def test_paid_while_it_is_withdrawn(payers: Desk) -> None:
    """The payment is booked, the case ends before it is taken in: all goes back, once."""
    case = await payers.accepted(await a_sale(payers))
    await assessed(payers, case)
    bill = await bill_of(payers, case)
    await paid(payers, bill)
    await in_state(payers, bill, BillState.PAID)
    with pytest.raises(PaidByOneCode):
        async with payers.resources.database.transaction(HOME) as tx:
            await desk.enter_answer(tx, CLERK, case.id, "tax", state="clear", reference="纸质完税证明1号")

    async def withdraw() -> None:
        async with payers.resources.database.transaction(HOME) as tx:
            await desk.withdraw(tx, CLERK, case.id, "不再办理")

    await asyncio.gather(withdraw(), payers.run_jobs("collection.paid"))
    await jobs(payers)
    await in_state(payers, bill, BillState.REFUNDED)
    late = await payers.accepted(await a_sale(payers))
    await assessed(payers, late)
    void = await bill_of(payers, late)
    async with payers.resources.database.transaction(HOME) as tx:
        await desk.withdraw(tx, CLERK, late.id, "不再办理")
    assert (await in_state(payers, void, BillState.VOID)).ending == "业务件已撤回"


async def test_what_is_owed_changes(payers: Desk) -> None:
    """Assessed anew, exempted, paid at the tax hall, asked again after payment: the bill always says what is owed."""
    case = await payers.accepted(await a_sale(payers))
    await assessed(payers, case)
    first = await bill_of(payers, case)
    (tax,) = [one for one in await payers.requests(case) if one.which == "tax"]
    payers.sandbox.post(f"/requests/{tax.request_no}/answer", json={"state": "assessed", "homes": 3}).raise_for_status()
    await in_state(payers, first, BillState.VOID)
    second = await bill_of(payers, case)
    assert second.total_fen - 8_000 == 3 * (first.total_fen - 8_000)
    async with payers.resources.database.transaction(HOME) as tx:
        await desk.claim_exemption(tx, CLERK, case.id, "small_business", "营业执照和小微企业名录查询结果")
    third = await bill_of(payers, case)
    assert third.total_fen == second.total_fen - 8_000
    async with payers.resources.database.read(HOME) as reader:
        told = (await collection.lines_of(reader, third.id))[-1]
    assert (told.kind, told.amount_fen, told.exempt_fen) == ("registration_fee", 0, 8_000)
    assert "小微企业" in told.words
    fee = (await payers.case(case.id)).outside["fee"]
    assert (fee["state"], fee["verified"], "营业执照" in fee["words"]) == ("exempt", False, True)
    await paid(payers, third)
    await in_state(payers, third, BillState.PAID)
    with pytest.raises(RequestAnswered):
        await told_again(payers, tax.id)
    await jobs(payers)
    async with payers.resources.database.transaction(HOME) as tx:
        await desk.ask_again(tx, CLERK, case.id, "tax")
    await jobs(payers)
    await in_state(payers, third, BillState.REFUNDED)
    newest = [one for one in await payers.requests(case) if one.which == "tax"][-1]
    payers.sandbox.post(f"/requests/{newest.request_no}/answer", json={"state": "exempt"}).raise_for_status()

    async def flags() -> list[str]:
        return (await payers.case(case.id)).flags

    await payers.until(flags, lambda found: not found)
    assert (await payers.decided(case)).status == CaseStatus.BOOKED


async def test_the_payer_s_page(payers: Desk) -> None:
    """From the code on the case's page to the bill, which expires and is made anew."""
    part_ = await a_sale(payers)
    await paid_on_paper(payers, part_, 1_000_00)
    case = await payers.accepted(part_)
    await assessed(payers, case)
    bill = await bill_of(payers, case)
    web = PageClient(AsyncClient(transport=ASGITransport(app(payers)), base_url=f"http://{HOST}"))  # type: ignore[arg-type]
    here = f"/pay/{HOME}/{bill.code}"
    window = await (await browser(payers, "window_clerk")).get(f"/registration/cases/{case.id}")
    assert all(words in window.text for words in (here, "缴款码", "登记费减免"))
    shown = await web.get(here)
    assert all(words in shown.text for words in ("去支付", "hx-trigger", "契税", "维修资金", "已缴 1,000.00 元"))
    assert bill.payer not in shown.text
    assert (await web.get(f"/pay/{HOME}/{bill.bill_no}")).status_code == 404, "the number is no code"
    assert (await web.get(f"/pay/411522/{bill.code}")).status_code == 404, "not of that county"
    part = await web.htmx("GET", here)
    assert part.text.lstrip().startswith('<div id="bill"'), "it asks for its news by itself"
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        assert "已过期" in (await web.get(here)).text
        assert (await web.get(f"{here}/go")).headers["location"].endswith(bill.code)
        renewed = await web.post(f"{here}/renew")
        assert (await web.get(renewed.headers["location"])).text.count("去支付") == 1
    async with payers.resources.database.transaction(HOME) as tx:
        await desk.withdraw(tx, CLERK, case.id, "不再办理")
    assert "已作废" in (await web.get(renewed.headers["location"])).text
    assert (await web.post(f"{here}/renew")).status_code == 409, "nothing is owed any more"
    await web.http.aclose()


async def test_the_fee_clerk_s_desk(payers: Desk) -> None:
    """What waits for a person, the bills, the days, and the files for Excel."""
    case = await payers.accepted(await a_sale(payers))
    await assessed(payers, case)
    bill = await bill_of(payers, case)
    await paid(payers, bill, amount_fen=bill.total_fen + 1)
    await payers.until(lambda: _payments(payers), lambda found: any(one.reason == "wrong_amount" for one in found))
    payers.sandbox.http.put("/payment_channel/refusing", json={"refuse": True}).raise_for_status()
    await jobs(payers)
    fees = await browser(payers, "fee_clerk")

    async def work_list() -> str:
        return (await fees.get("/collection")).text

    text = await payers.until(work_list, lambda found: "支付渠道未能原路退回" in found)
    assert all(words in text for words in (bill.bill_no, "账实相符"))
    assert bill.payer not in text
    payers.sandbox.http.put("/payment_channel/refusing", json={"refuse": False}).raise_for_status()
    async with payers.resources.database.read(HOME) as reader:
        ((refund, _),) = await overview.refunds_page(reader, [RefundState.REFUSED], 9)
    assert (await fees.post(f"/collection/refunds/{refund.id}/retry")).status_code == 303
    await jobs(payers)
    await payers.until(work_list, lambda found: "支付渠道未能原路退回" not in found)
    for url in (f"/collection/bills/{bill.id}", "/collection/days"):
        assert (await fees.get(url)).status_code == 200, url
    for url in ("/collection/bills.xlsx", "/collection/days.xlsx"):
        assert (await fees.get(url)).content[:2] == b"PK", url
    assert (await (await browser(payers, "window_clerk")).get("/collection")).status_code == 403


async def _payments(office: Desk) -> list[Any]:
    async with office.resources.database.read(HOME) as reader:
        return list(await reader.scalars(select(CollectionPayment)))


async def test_a_payment_that_never_came_is_asked_for_again(payers: Desk) -> None:
    case = await payers.accepted(await a_sale(payers))
    await assessed(payers, case, held_years=1)
    bill = await bill_of(payers, case)
    await paid(payers, bill)
    await in_state(payers, bill, BillState.PAID)
    await jobs(payers)
    async with payers.resources.database.transaction(HOME) as tx:
        payment = await collection.payment_of(tx, bill.id)
        booked = select(BankMovement).where(BankMovement.transfer_id == payment.transfer_id)
        wrong = await missing(tx, (await tx.scalars(booked)).one())
        new = await corrections.propose(tx, FINANCE, wrong.id, "渠道误报", PROOF)
        told = ChannelPayment(**{name: getattr(payment, name) for name in ChannelPayment.__struct_fields__})
    async with payers.resources.database.transaction(HOME) as tx:
        await correcting.approve(tx, CHIEF, new.id, "同意")
    asked = {one.which: (one.state, one.bill_id) for one in await payers.requests(case) if one.which != "housing"}
    assert asked == {"tax": ("assessed", None), "fee": ("requested", None)}
    async with payers.resources.database.read(HOME) as reader:
        waits = cases.outside_of(await cases.get(reader, case.id))
    assert {which: waits[which].state for which in ("tax", "fee")} == {"tax": "requested", "fee": "requested"}
    async with payers.resources.database.transaction(HOME) as tx:  # late truth: the same bill is paid after all
        await collection.record_payment(tx, system_actor(HOME), told)
    await jobs(payers)
    assert {one.state for one in await payers.requests(case)} == {"clear"}
    assert (await payers.decided(case)).status == CaseStatus.BOOKED
    async with payers.resources.database.transaction(HOME) as tx:
        payment = await collection.payment_of(tx, bill.id)
        booked = select(BankMovement).where(BankMovement.transfer_id == payment.transfer_id)
        wrong = await missing(tx, (await tx.scalars(booked)).one())
        if (await collection.bill(tx, bill.id)).state == BillState.PAID:
            late = await corrections.propose(tx, FINANCE, wrong.id, "渠道又误报", PROOF)
            with pytest.raises(correcting.CaseGoneOn):
                async with tx.begin_nested():
                    await correcting.approve(tx, CHIEF, late.id, "同意")
