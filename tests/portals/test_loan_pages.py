"""A sold home's money after the filing: its receipt for the buyers, and its loan for who lends."""

from collections.abc import AsyncIterator
from datetime import date
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook

import escrow.service as escrow
from escrow.loans import service as loans
from escrow.loans.models import Loan, LoanReleaseRule
from escrow.loans.rules import Condition, ReleaseRule
from escrow.loans.schemas import LoanLine
from kernel.clock import today
from kernel.permissions import system_actor
from tests.escrow.world import told
from tests.journeys.stage import FROM_BANK, FROM_FUND, HOME, Stage, buyer
from tests.portals import sales
from tests.portals.citizens import ME, MakePhone, Sold
from tests.portals.pages import PageClient
from tests.portals.platforms import pages_of
from yiti.estate.queries import get_unit
from yiti.estate.service import record_topping_out
from yiti.journeys.maintenance.receipts import receipts_of
from yiti.letters.models import Letter
from yiti.portals import loans as loan_pages

pytestmark = pytest.mark.timeout(240)
SAID = {
    "reference": "放2026-1", "account_no": "4105990000000001", "account_name": "贷款专户", "bank_name": "演示建设银行",
    "bank_code": "105515000015",
}  # fmt: skip


@pytest.fixture
async def bank(stage: Stage) -> AsyncIterator[PageClient]:
    client = await sales.open_desk(pages_of(stage, loan_pages), stage, "yinhang")
    yield client
    await client.http.aclose()


@pytest.fixture
async def fund_centre(stage: Stage) -> AsyncIterator[PageClient]:
    client = await sales.open_desk(pages_of(stage, loan_pages), stage, "gongkuan")
    yield client
    await client.http.aclose()


async def receipt_of(stage: Stage, contract_id: UUID) -> Letter:
    async with stage.resources.database.read(HOME) as reader:
        bills = await escrow.bills_of(reader, contract_id)
        (receipt,) = (await receipts_of(reader, [bill.id for bill in bills])).values()
    return receipt


async def test_the_receipt_reaches_buyers_sales_office_and_archive(stage: Stage, sold: Sold, phone: MakePhone) -> None:
    receipt = await stage.until(lambda: receipt_of(stage, sold.contract_id), lambda one: one.pdf_digest is not None)
    assert receipt.number.startswith("息县维缴〔")
    here = await phone().signed_in(sold.buyers[0])
    page = (await here.get(f"{ME}/maintenance")).text
    url = f"{ME}/maintenance/receipts/{receipt.id}/pdf"
    assert url in page
    assert "已缴存" in page
    pdf = await here.get(url)
    assert pdf.content.startswith(b"%PDF-")
    stranger = await phone().signed_in(buyer("路人"))
    assert (await stranger.get(url)).status_code == 404
    assert "没有您名下的房屋" in (await stranger.get(f"{ME}/maintenance")).text
    verified = (await here.get(f"/verify/{HOME}/{receipt.verify_code}")).text
    assert "住宅专项维修资金缴款凭证" in verified
    assert sold.buyers[0].name not in verified
    clerk = await sales.open_desk(sales.make_platform(stage), stage, "shoulou")
    office = (await clerk.get(f"/sales/contracts/{sold.contract_id}")).text
    paper = f"/sales/contracts/{sold.contract_id}/documents/maintenance_receipt"
    assert paper in office
    assert (await clerk.http.get(paper)).content == pdf.content
    await clerk.http.aclose()


async def opened(stage: Stage, contract_id: UUID) -> list[Loan]:
    async with stage.resources.database.read(HOME) as reader:
        return await loans.of_contract(reader, contract_id)


async def lines(stage: Stage, contract_id: UUID) -> list[LoanLine]:
    async with stage.resources.database.read(HOME) as reader:
        return await loans.lines_of_contract(reader, contract_id)


async def top_out(stage: Stage, contract_id: UUID) -> None:
    """What the housing department records lets a loan go on by itself, under conditions that nobody has announced."""
    rule = LoanReleaseRule(
        valid_from=date(2026, 8, 30), conditions=["filed", "topped_out"], earlier_permits_keep=False, source="测试规定"
    )
    async with stage.resources.database.transaction(HOME) as tx:
        tx.add(rule)
        unit_id = (await loans.of_contract(tx, contract_id))[0].unit_id
        building_id = (await get_unit(tx, unit_id)).building_id
        await record_topping_out(tx, system_actor(HOME), building_id, today())


async def release_on(stage: Stage, valid_from: date, condition: Condition) -> None:
    """The county's own conditions."""
    rule = ReleaseRule(
        valid_from=valid_from, conditions=(Condition.FILED, condition), earlier_permits_keep=False, source="测试规定"
    )
    async with stage.resources.database.transaction(HOME) as tx:
        await loans.set_release_rule(tx, system_actor(HOME), rule)


async def pay_first(stage: Stage, contract_id: UUID) -> None:
    """The bank confirms the first loan; the other is still to be paid."""
    evidence = await stage.resources.blobs.put(b"signed voucher of a loan")
    async with stage.resources.database.transaction(HOME) as tx:
        line, other = await loans.lines_of_contract(tx, contract_id)
        assert line.bill
        assert other.bill
        assert (other.loan.amount_fen, other.bill.confirmed_at) == (FROM_FUND, None)
        assert (await escrow.confirm(tx, system_actor(HOME), told(line.bill, evidence_digest=evidence))).recognised


async def test_a_loan_goes_from_the_sales_office_to_its_lender_only(
    stage: Stage, sold: Sold, bank: PageClient, fund_centre: PageClient
) -> None:
    loan, from_fund = await stage.until(lambda: opened(stage, sold.contract_id), bool)
    url, office = f"/loans/{loan.id}", f"/sales/contracts/{sold.contract_id}"
    assert loan.lender_id is None, "演示建设银行 is no organisation's name"
    assert (await bank.get(url)).status_code == 404
    clerk = await sales.open_desk(sales.make_platform(stage), stage, "shoulou")
    page = (await clerk.get(office)).text
    assert "待确认贷款机构" in page
    assert page.count("未达放款条件") == 1, "of the fund centre, which the contract names"
    assert "息县住房公积金管理部" in (await fund_centre.get(f"/loans/{from_fund.id}")).text
    assert (await bank.get(f"/loans/{from_fund.id}")).status_code == 404
    await release_on(stage, date(2026, 8, 28), Condition.TOPPED_OUT)  # as this building is
    found = await stage.until(lambda: lines(stage, sold.contract_id), lambda both: both[1].bill is not None)
    assert [one.bill is not None for one in found] == [False, True], "new conditions release what waits by itself"
    await release_on(stage, date(2026, 8, 29), Condition.COMPLETED)
    lender = (await stage.actor("yinhang")).organisation_id
    no_bank = [str((await stage.actor(login)).organisation_id) for login in ("shoulou", "gongkuan")]
    for wrong in ("", str(uuid4()), *no_bank):
        answer = await clerk.htmx("POST", f"{office}/loans/{loan.id}/lender", {"lender_commercial": wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, "lender_commercial")
    chosen = await clerk.htmx("POST", f"{office}/loans/{loan.id}/lender", {"lender_commercial": str(lender)})
    assert chosen.status_code == 200
    refused = await clerk.htmx("POST", f"{office}/loans/{loan.id}/notice")
    assert refused.status_code == 409
    assert "竣工验收备案" in refused.json()["title"]
    assert "未达到" in (await bank.get(url)).text
    assert (await fund_centre.get(url)).status_code == 404
    assert (await fund_centre.htmx("POST", f"{url}/notice")).status_code == 404
    await top_out(stage, sold.contract_id)
    await stage.until(lambda: lines(stage, sold.contract_id), lambda both: all(one.bill for one in both))
    assert (await bank.htmx("POST", f"{url}/notice")).status_code == 200
    assert (await bank.http.get(f"{url}/notice.pdf")).content.startswith(b"%PDF-")
    bad = await bank.htmx("POST", f"{url}/report", SAID | {"bank_code": "CCB"})
    assert (bad.status_code, bad.json()["field"]) == (422, "bank_code")
    assert (await fund_centre.htmx("POST", f"{url}/report", SAID)).status_code == 404
    assert (await bank.htmx("POST", f"{url}/report", SAID)).status_code == 200
    assert "待放款</span>" in (await clerk.get(office)).text
    listed = (await bank.get("/loans")).text
    assert loan.location in listed
    assert sold.buyers[0].name not in listed
    theirs = (await fund_centre.get("/loans?show=all")).text
    assert "150,000.00" in theirs
    assert "250,000.00" not in theirs
    sheet = load_workbook(BytesIO((await bank.http.get("/loans/export?show=all")).content)).worksheets[0]
    assert [row[5] for row in sheet.iter_rows(min_row=2, values_only=True)] == [FROM_BANK / 100]
    await pay_first(stage, sold.contract_id)
    assert "已到账" in (await bank.get(url)).text
    page = (await clerk.get(office)).text
    assert "商业贷款（放款）" in page
    assert "未达放款条件" not in page
    assert [one.standing for one in await lines(stage, sold.contract_id)] == ["paid", "to_pay"]
    await clerk.http.aclose()
