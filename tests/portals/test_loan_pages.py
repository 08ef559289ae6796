"""A sold home's money after the filing: its receipt for the buyers, and its loan for who lends."""

from collections.abc import AsyncIterator
from datetime import date
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook

import escrow.service as escrow
from escrow.loans import service as loans
from escrow.loans.models import Loan
from escrow.loans.rules import Condition, ReleaseRule
from kernel.permissions import system_actor
from tests.escrow.world import told
from tests.journeys.stage import DOWN, HOME, PRICE, Stage, buyer
from tests.portals import sales
from tests.portals.citizens import ME, MakePhone, Sold
from tests.portals.pages import PageClient
from tests.portals.platforms import pages_of
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


async def test_a_loan_goes_from_the_sales_office_to_its_lender_only(
    stage: Stage, sold: Sold, bank: PageClient, fund_centre: PageClient
) -> None:
    async def opened() -> Loan | None:
        async with stage.resources.database.read(HOME) as reader:
            return await loans.of_contract(reader, sold.contract_id)

    loan = await stage.until(opened, lambda one: one is not None)
    assert loan is not None
    url, office = f"/loans/{loan.id}", f"/sales/contracts/{sold.contract_id}"
    assert loan.lender_id is None, "演示建设银行 is no organisation's name"
    assert (await bank.get(url)).status_code == 404
    clerk = await sales.open_desk(sales.make_platform(stage), stage, "shoulou")
    page = (await clerk.get(office)).text
    assert "待确认贷款机构" in page
    lender = (await stage.actor("yinhang")).organisation_id
    for wrong in ("", str(uuid4()), str((await stage.actor("shoulou")).organisation_id)):
        answer = await clerk.htmx("POST", f"{office}/loan/lender", {"lender": wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, "lender")
    assert (await clerk.htmx("POST", f"{office}/loan/lender", {"lender": str(lender)})).status_code == 200
    refused = await clerk.htmx("POST", f"{office}/loan/notice")
    assert refused.status_code == 409
    assert "竣工验收备案" in refused.json()["title"]
    assert "未达到" in (await bank.get(url)).text
    assert (await fund_centre.get(url)).status_code == 404
    assert (await fund_centre.htmx("POST", f"{url}/notice")).status_code == 404
    async with stage.resources.database.transaction(HOME) as tx:
        rule = ReleaseRule(
            valid_from=date(2026, 8, 28), conditions=(Condition.FILED, Condition.TOPPED_OUT),
            earlier_permits_keep=False, source="测试规定",
        )  # fmt: skip
        await loans.set_release_rule(tx, system_actor(HOME), rule)
    assert (await bank.htmx("POST", f"{url}/notice")).status_code == 200
    assert (await bank.http.get(f"{url}/notice.pdf")).content.startswith(b"%PDF-")
    bad = await bank.htmx("POST", f"{url}/report", SAID | {"bank_code": "CCB"})
    assert (bad.status_code, bad.json()["field"]) == (422, "bank_code")
    assert (await fund_centre.htmx("POST", f"{url}/report", SAID)).status_code == 404
    assert (await bank.htmx("POST", f"{url}/report", SAID)).status_code == 200
    listed = (await bank.get("/loans")).text
    assert loan.location in listed
    assert sold.buyers[0].name not in listed
    assert loan.location not in (await fund_centre.get("/loans?show=all")).text
    sheet = load_workbook(BytesIO((await bank.http.get("/loans/export?show=all")).content)).worksheets[0]
    assert [row[4] for row in sheet.iter_rows(min_row=2, values_only=True)] == [(PRICE - DOWN) / 100]
    evidence = await stage.resources.blobs.put(b"signed voucher of a loan")
    async with stage.resources.database.transaction(HOME) as tx:
        line = await loans.line_of_contract(tx, sold.contract_id)
        assert line
        assert line.bill
        assert (await escrow.confirm(tx, system_actor(HOME), told(line.bill, evidence_digest=evidence))).recognised
    assert "已到账" in (await bank.get(url)).text
    assert "已到账" in (await clerk.get(office)).text
    await clerk.http.aclose()
