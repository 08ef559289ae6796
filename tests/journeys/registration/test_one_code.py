"""一码付: a case whose county has an intermediate account, from the assessment of its tax to clearing or refund."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy import select

from escrow import collection
from escrow.collection import overview
from escrow.collection.models import BillState, CollectionBill, CollectionPayment, RefundState
from integrations.gateway import CaseAnswer
from kernel.clock import now
from kernel.settings import Settings
from kernel.web.dependencies import DEPENDENCIES
from tests.escrow.collection_world import bank_pays, open_county
from tests.journeys.registration.county import CLERK, REGISTRAR, Desk, centre
from tests.journeys.registration.steps import a_sale, kinds_of_letters
from tests.portals.pages import HOST, PageClient, sign_in_as
from tests.testbed import COUNTIES, HOME, Testbed
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.journeys.registration import desk
from yiti.journeys.registration.errors import PaidByOneCode, RequestAnswered
from yiti.journeys.registration.models import CaseRequest
from yiti.portals import collection as pages
from yiti.portals import registration
from yiti.portals.shell.plugin import Shell

pytestmark = pytest.mark.timeout(180)
TOPICS = ("registration.", "collection.", "escrow.clearing")


@pytest.fixture(scope="module")
async def payers(testbed: Testbed, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A centre of its own: once a county collects by one code, all of its cases are paid so."""
    async with centre(testbed, settings, tmp_path_factory.mktemp("one_code")) as office:
        async with office.resources.database.transaction(HOME) as tx:
            await open_county(tx)
        yield office


async def jobs(office: Desk) -> None:
    for _ in range(3):
        for topic in TOPICS:
            await office.run_jobs(topic)


async def assessed(office: Desk, case: Case, **verdict: Any) -> None:
    """The tax bureau assesses, by its own tables unless told otherwise."""
    await jobs(office)
    (tax,) = [one for one in await office.requests(case) if one.which == "tax" and one.state == "requested"]
    answer = {"state": "assessed"} | verdict
    office.sandbox.post(f"/requests/{tax.request_no}/answer", json=answer).raise_for_status()

    async def state() -> str:
        return next(one.state for one in await office.requests(case) if one.id == tax.id)

    await office.until(state, lambda found: found != "requested")


async def bill_of(office: Desk, case: Case) -> CollectionBill:
    async with office.resources.database.read(HOME) as reader:
        return (await collection.of_case(reader, case.id))[-1]


async def paid(office: Desk, bill: CollectionBill, **payment: Any) -> None:
    """Over HTTP at the sandbox's channel, as the page's button leads there."""
    web = AsyncClient(transport=ASGITransport(app(office)), base_url=f"http://{HOST}")  # type: ignore[arg-type]
    answer = await web.get(f"/pay/{HOME}/{bill.code}/go")
    assert (answer.status_code, answer.headers["location"].startswith("http")) == (303, True)
    await web.aclose()
    office.sandbox.post(f"/payment_channel/orders/{bill.bill_no}/pay", json=payment).raise_for_status()


async def in_state(office: Desk, bill: CollectionBill, *states: BillState) -> CollectionBill:
    async def now_() -> CollectionBill:
        async with office.resources.database.read(HOME) as reader:
            return await collection.bill(reader, bill.id)

    return await office.until(now_, lambda one: one.state in states)


def app(office: Desk) -> Litestar:
    return Litestar(
        route_handlers=[*pages.ROUTES, *registration.ROUTES],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: office.resources, sync_to_thread=False)},
        plugins=[Shell(office.resources.settings, [registration.PORTAL, pages.PORTAL])],
        state=State(
            {
                "database": office.resources.database,
                "counties": {str(one["code"]): str(one["name"]) for one in COUNTIES},
            }
        ),
        openapi_config=None,
    )


async def browser(office: Desk, role: str) -> PageClient:
    transport = ASGITransport(app(office), raise_app_exceptions=False)  # type: ignore[arg-type]
    http = AsyncClient(transport=transport, base_url=f"http://{HOST}")
    return await sign_in_as(office.resources.database, http, role, HOME)


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
        await _told_again(payers, tax.id)
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


async def _told_again(office: Desk, request_id: UUID) -> None:
    """The tax bureau changes its mind while the payment is being taken in."""
    (request,) = [one for one in await _requests(office, request_id) if one.id == request_id]
    answer = CaseAnswer(
        event_id="x", request_no=request.request_no, state="clear", reference="PZ1", words="", amount_fen=0,
        decided_at=now(), evidence_digest="a" * 64,
    )  # fmt: skip
    async with office.resources.database.transaction(HOME) as tx:
        await desk.receive(tx, "tax", answer)


async def _requests(office: Desk, request_id: UUID) -> list[Any]:
    async with office.resources.database.read(HOME) as reader:
        return list(await reader.scalars(select(CaseRequest).where(CaseRequest.id == request_id)))


async def test_the_payer_s_page(payers: Desk) -> None:
    """From the code on the case's page to the bill, which expires and is made anew."""
    case = await payers.accepted(await a_sale(payers))
    await assessed(payers, case)
    bill = await bill_of(payers, case)
    web = PageClient(AsyncClient(transport=ASGITransport(app(payers)), base_url=f"http://{HOST}"))  # type: ignore[arg-type]
    here = f"/pay/{HOME}/{bill.code}"
    window = await (await browser(payers, "window_clerk")).get(f"/registration/cases/{case.id}")
    assert all(words in window.text for words in (here, "缴款码", "登记费减免"))
    shown = await web.get(here)
    assert all(words in shown.text for words in ("去支付", "hx-trigger", "契税"))
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
    for url in (f"/collection/bills/{bill.id}", "/collection/days", "/collection/authorities"):
        assert (await fees.get(url)).status_code == 200, url
    for url in ("/collection/bills.xlsx", "/collection/days.xlsx"):
        assert (await fees.get(url)).content[:2] == b"PK", url
    form = {
        "code": "tax", "name": "国家税务总局息县税务局", "account_no": "41050188880000009999", "account_name": "税款户",
        "bank_name": "建设银行", "valid_from": "2020-01-01", "source": "文件",
    }  # fmt: skip
    assert (await fees.post("/collection/authorities", form)).status_code == 422, "never in the past"
    assert (await (await browser(payers, "window_clerk")).get("/collection")).status_code == 403


async def _payments(office: Desk) -> list[Any]:
    async with office.resources.database.read(HOME) as reader:
        return list(await reader.scalars(select(CollectionPayment)))
