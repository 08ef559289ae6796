"""Answers of tax bureau, housing department and treasury: in time, twice, forged, wrong, by hand."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from integrations.case_requests import ANSWERED
from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import seal_message
from integrations.gateway import CaseAnswer
from integrations.keys import KeyRing
from kernel.clock import now
from kernel.errors import Conflict, Invalid
from tests.journeys.registration.county import CLERK, REGISTRAR, Desk, scan
from tests.journeys.registration.steps import a_sale, actions_of
from tests.testbed import HOME
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.cases.service import ActionRefused, Blocked
from yiti.journeys.registration import desk
from yiti.journeys.registration.errors import (
    RefundDiffers,
    RequestAnswered,
    RequestUnknown,
)
from yiti.journeys.registration.models import CaseRequest
from yiti.journeys.registration.schemas import RefundView

B = Business
pytestmark = pytest.mark.timeout(180)


async def test_tax_unpaid_shuts_the_gate(office: Desk) -> None:
    """契税法 art. 11."""
    case = await office.accepted(await a_sale(office))
    with pytest.raises(ActionRefused):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.review(tx, REGISTRAR, case.id, "同意")
    await office.run_jobs()
    (tax, fee) = [one for one in await office.requests(case) if one.which in ("tax", "fee")]
    office.sandbox.post(f"/requests/{fee.request_no}/answer").raise_for_status()
    refusal = {"state": "refused", "words": "计税价格明显偏低"}
    office.sandbox.post(f"/requests/{tax.request_no}/answer", json=refusal).raise_for_status()

    async def flags() -> list[str]:
        return (await office.case(case.id)).flags

    await office.until(flags, lambda found: not found)
    with pytest.raises(Blocked) as refused:
        async with office.resources.database.transaction(HOME) as tx:
            await desk.review(tx, REGISTRAR, case.id, "同意")
    assert "outside.tax" in refused.value.extra["findings"]
    async with office.resources.database.transaction(HOME) as tx:
        await desk.ask_again(tx, CLERK, case.id, "tax")
    await office.answered(case)
    assert (await office.decided(case)).status == CaseStatus.BOOKED


async def test_the_wrong_fee_does_not_count(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    office.sandbox.fault("treasury", wrong_amount=True)
    await office.answered(case)
    office.sandbox.heal()
    fee = next(one for one in await office.requests(case) if one.which == "fee")
    assert (fee.state, fee.amount_fen) == ("refused", 8_100)
    assert "金额不符" in fee.words


async def test_the_answer_becomes_the_material(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    await office.answered(case)
    async with office.resources.database.read(HOME) as reader:
        lying = {one.code: one for one in await cases.materials(reader, case.id)}
    for code, source in (("tax_proof", "tax"), ("fund_proof", "housing")):
        assert (lying[code].source, lying[code].verified, lying[code].media_type) == (source, True, "application/jose")
        assert (await office.resources.blobs.get(lying[code].digest)).count(b".") == 2, "the signed message itself"
        assert lying[code].size == len(await office.resources.blobs.get(lying[code].digest))


async def test_a_report_given_twice_counts_once(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    for who in ("tax", "treasury", "housing"):
        office.sandbox.fault(who, duplicate_callback=True)
    await office.answered(case)
    office.sandbox.heal()
    actions = await actions_of(office, case)
    assert [actions.count(one) for one in ("answer_tax", "answer_housing", "answer_fee")] == [1, 1, 1]


def told(request_no: str, **changed: Any) -> CaseAnswer:
    usual: dict[str, Any] = {
        "event_id": uuid4().hex, "request_no": request_no, "state": "clear", "reference": "PZ1", "words": "已缴清",
        "amount_fen": 0, "decided_at": now(), "evidence_digest": "0" * 64, "evidence_bytes": 1,
    }  # fmt: skip
    return CaseAnswer(**(usual | changed))


async def test_nobody_answers_for_another_nor_says_two_things(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    tax = next(one for one in await office.requests(case) if one.which == "tax")
    database = office.resources.database
    for counterparty, answer in ((Counterparty.TREASURY, told(tax.request_no)), (Counterparty.TAX, told("SW0"))):
        with pytest.raises(RequestUnknown):
            async with database.transaction(HOME) as tx:
                await desk.receive(tx, counterparty, answer)
    async with database.transaction(HOME) as tx:
        assert await desk.receive(tx, Counterparty.TAX, told(tax.request_no)) == "answered"
    with pytest.raises(RequestAnswered):
        async with database.transaction(HOME) as tx:
            await desk.receive(tx, Counterparty.TAX, told(tax.request_no, state="refused", reference=""))
    async with database.transaction(HOME) as tx:
        assert await desk.receive(tx, Counterparty.TAX, told(tax.request_no)) == "answered", "the same again"


async def test_a_forged_answer_is_refused_at_the_door(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    tax = next(one for one in await office.requests(case) if one.which == "tax")
    data = {"request_no": tax.request_no, "state": "exempt", "decided_at": now().isoformat()}
    keys = KeyRing.load(office.resources.settings.keys_dir, Counterparty.SMS)
    forged = seal_message(
        keys, to=PLATFORM, op=ANSWERED, county=HOME, key=uuid4().hex, data=msgspec.Raw(msgspec.json.encode(data))
    )
    url = f"{office.resources.settings.public_url}/gateway/{HOME}/tax/answers"
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(url, content=forged)).status_code == 401
        assert (await client.post(url.replace("tax", "sms"), content=forged)).status_code == 422
    assert (await office.requests(case))[0].state == "requested"


async def test_where_nobody_is_connected_the_clerk_enters_the_paper(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    for which in ("tax", "housing", "fee"):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.enter_answer(tx, CLERK, case.id, which, state="clear", reference="完税凭证1号")  # type: ignore[arg-type]
    facts = cases.outside_of(await office.case(case.id))
    assert {one.verified for one in facts.values()} == {False}
    for code in ("tax_proof", "fund_proof"):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.attach(tx, office.resources, CLERK, case.id, code, f"{code}.png", scan())
    assert (await office.decided(case)).status == CaseStatus.BOOKED


async def fee_of(office: Desk, case: Case) -> CaseRequest:
    return [one for one in await office.requests(case) if one.which == "fee"][-1]


async def refunds_of(office: Desk, case: Case) -> tuple[RefundView, ...]:
    async with office.resources.database.read(HOME) as reader:
        return (await desk.view(reader, CLERK, case.id)).refunds


async def withdrawn(office: Desk, case: Case) -> None:
    async with office.resources.database.transaction(HOME) as tx:
        await desk.withdraw(tx, CLERK, case.id, "买卖双方协商撤回")


async def test_a_fee_paid_before_the_withdrawal_goes_back(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    await office.answered(case)
    assert await refunds_of(office, case) == ()
    await withdrawn(office, case)
    (ordered,) = await refunds_of(office, case)
    assert (ordered.state, ordered.amount_fen, ordered.reason) == ("ordered", 8_000, "业务件已撤回")
    office.sandbox.fault("treasury", duplicate_callback=True)
    await office.run_jobs()

    async def state() -> str:
        return (await refunds_of(office, case))[0].state

    await office.until(state, lambda now_: now_ == "paid")
    office.sandbox.heal()
    (kept,) = [one for one in office.sandbox.get("/requests") if one["request_no"] == ordered.refund_no]
    fee = await fee_of(office, case)
    assert (kept["data"]["bill_no"], kept["data"]["voucher"]) == (fee.request_no, fee.reference)
    (paid,) = await refunds_of(office, case)
    assert paid.reference == kept["voucher"]
    assert (await office.case(case.id)).status == CaseStatus.WITHDRAWN


async def test_a_fee_paid_after_the_refusal_goes_back_once(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    async with office.resources.database.transaction(HOME) as tx:
        await desk.refuse(tx, REGISTRAR, case.id, "存在尚未解决的权属争议")
    assert await refunds_of(office, case) == ()
    fee, database = await fee_of(office, case), office.resources.database
    paid = told(fee.request_no, amount_fen=8_000)

    async def receive(answer: CaseAnswer) -> str:
        async with database.transaction(HOME) as tx:
            return await desk.receive(tx, Counterparty.TREASURY, answer)

    assert await asyncio.gather(*(receive(paid) for _ in range(3))) == ["late"] * 3
    with pytest.raises(RequestAnswered):
        await receive(told(fee.request_no, amount_fen=9_000, reference="PZ2"))
    (refund,) = await refunds_of(office, case)
    assert (refund.amount_fen, refund.state) == (8_000, "ordered")
    for wrong in ({"amount_fen": 7_000}, {"state": "exempt"}):
        with pytest.raises(RefundDiffers):
            await receive(told(refund.refund_no, **wrong))
    back = told(refund.refund_no, amount_fen=8_000, reference="TF1")
    assert await asyncio.gather(*(receive(back) for _ in range(3))) == ["refund"] * 3
    with pytest.raises(RequestAnswered):
        await receive(told(refund.refund_no, state="refused", reference=""))
    with pytest.raises(RequestUnknown):
        async with database.transaction(HOME) as tx:
            await desk.receive(tx, Counterparty.TAX, back)
    assert [one.state for one in await refunds_of(office, case)] == ["paid"]
    await office.run_jobs()
    sent = [one["request_no"] for one in office.sandbox.get("/requests")]
    assert refund.refund_no not in sent, "what was paid back before it was sent is not sent"


async def test_a_fee_that_did_not_count_goes_back_when_it_is_asked_anew(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    fee, database = await fee_of(office, case), office.resources.database
    async with database.transaction(HOME) as tx:
        await desk.receive(tx, Counterparty.TREASURY, told(fee.request_no, amount_fen=8_100))
    async with database.transaction(HOME) as tx:
        await desk.ask_again(tx, CLERK, case.id, "fee")
    assert [one.amount_fen for one in await refunds_of(office, case)] == [8_100]
    async with database.transaction(HOME) as tx:
        await desk.receive(tx, Counterparty.TREASURY, told((await fee_of(office, case)).request_no, state="refused"))
    await withdrawn(office, case)
    assert len(await refunds_of(office, case)) == 1, "a refusal is no payment"


async def test_an_exemption_claimed_when_the_bill_is_out(office: Desk) -> None:
    """登记费减免: the bill sent before does not count any more, and what is paid on it all the same goes back."""
    case = await office.accepted(await a_sale(office))
    await office.run_jobs()
    (billed,) = [one for one in await office.requests(case) if one.which == "fee"]
    with pytest.raises(Invalid):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.claim_exemption(tx, CLERK, case.id, "small_business", " ")
    async with office.resources.database.transaction(HOME) as tx:
        await desk.claim_exemption(tx, CLERK, case.id, "small_business", "营业执照")
    fee = (await office.case(case.id)).outside["fee"]
    assert (fee["state"], fee["verified"]) == ("exempt", False)
    office.sandbox.post(f"/requests/{billed.request_no}/answer").raise_for_status()

    async def states() -> list[str]:
        return [one.state for one in await office.requests(case) if one.which == "fee"]

    assert await office.until(states, lambda found: found[0] == "late") == ["late", "exempt"]
    await office.run_jobs()

    async def given_back() -> list[str]:
        async with office.resources.database.read(HOME) as reader:
            return [one.state for one in (await desk.view(reader, CLERK, case.id)).refunds]

    assert await office.until(given_back, lambda found: found == ["paid"]) == ["paid"]
    async with office.resources.database.transaction(HOME) as tx:
        await desk.withdraw_exemption(tx, CLERK, case.id, "small_business")
    assert (await states())[-1] == "requested"
    await office.answered(case)
    assert (await states())[-1] == "clear"
    with pytest.raises(Conflict):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.claim_exemption(tx, CLERK, case.id, "small_business", "营业执照")
