"""A registrar decides a case that the platform could not decide by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from litestar import Litestar
from sqlalchemy import select

from contracts.schemas import Buyer
from kernel.clock import now
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.pages import PageClient, check_page
from tests.portals.registrars import audited, desk, make_platform, waiting_case
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case, DecisionReceipt
from yiti.register import book
from yiti.register.details import SeizureDetails, stored
from yiti.register.kinds import EntryKind, RegistrationType
from yiti.register.schemas import Append, Booking

pytestmark = pytest.mark.timeout(180)
COUPLE = (buyer("欧阳明月"), buyer("上官婉儿"))
NOTE = "已核对抵押权人同意销售函原件，函号2026-01"


@pytest.fixture(scope="module")
def app(stage: Stage) -> Litestar:
    return make_platform(stage)


@pytest.fixture(scope="module")
async def case_id(stage: Stage) -> UUID:
    return await waiting_case(stage, COUPLE, "joint")


@pytest.fixture(scope="module")
async def registrar(app: Litestar, stage: Stage) -> AsyncIterator[PageClient]:
    client = await desk(app, stage)
    yield client
    await client.http.aclose()


async def read_case(stage: Stage, case_id: UUID) -> Case:
    async with stage.resources.database.read(HOME) as reader:
        return await cases.get(reader, case_id)


def no_personal_data(html: str, people: tuple[Buyer, ...]) -> bool:
    return not any(secret in html for one in people for secret in (one.name, one.id_no, one.phone))


async def test_the_work_list_shows_what_waits_and_why(stage: Stage, registrar: PageClient, case_id: UUID) -> None:
    case = await read_case(stage, case_id)
    html = (await registrar.get("/registration")).text
    assert case.number in html
    assert "在建建筑物抵押" in html
    assert "欧**、上**、息县演示置业有限公司" in html
    assert no_personal_data(html, COUPLE)


async def test_cases_are_found_by_their_numbers(stage: Stage, registrar: PageClient, case_id: UUID) -> None:
    case = await read_case(stage, case_id)
    page = (await registrar.get(f"/registration/cases/{case_id}")).text
    filing = page.split("合同备案号</dt><dd>")[1].split("<")[0]
    for words in (case.number, case.unit_code, f" {case.unit_code[:6]} {case.unit_code[6:].lower()}", filing):
        found = await registrar.get("/registration", params={"q": words})
        assert f"/registration/cases/{case_id}" in found.text, words
    nothing = await registrar.get("/registration", params={"q": "4115282026010100001"})
    assert nothing.status_code == 200
    assert "没有查到这个业务件" in nothing.text


async def test_bad_addresses_are_answered_in_words(registrar: PageClient) -> None:
    for query in ("show=nothing", "show=waiting&at=yesterday~x", "show=all&at=x", "q=" + "1" * 41):
        answer = await registrar.get(f"/registration?{query}")
        assert answer.status_code == 422, query


async def test_the_file_of_a_case_is_complete_and_masked(registrar: PageClient, case_id: UUID) -> None:
    html = (await registrar.get(f"/registration/cases/{case_id}")).text
    for words in (
        "商品房买卖合同（预售）", "询问笔录", "商品房预售资金（首付款）", "住宅专项维修资金", "规则版本",
        "presale_notice/2026.2", "须核对", "民法典第四百零六条", "共同共有", "自动审核", "已机器核验", "核准并登簿",
    ):  # fmt: skip
        assert words in html, words
    assert no_personal_data(html, COUPLE)


async def test_who_may_do_what(app: Litestar, stage: Stage, case_id: UUID) -> None:
    url = f"/registration/cases/{case_id}"
    async with AsyncExitStack() as stack:
        clerk, stranger, neighbour = [
            await desk(app, stage, role, county)
            for role, county in (("window_clerk", HOME), ("sales_clerk", HOME), ("registrar", "411522"))
        ]
        for client in (clerk, stranger, neighbour):
            stack.push_async_callback(client.http.aclose)
        seen = await clerk.get(url)
        assert seen.status_code == 200
        assert "核准并登簿" not in seen.text
        assert f"{url}/papers" not in seen.text
        for refused in (
            await clerk.post(f"{url}/approve", {"note": NOTE}),
            await clerk.get(f"{url}/papers/contract"),
            await clerk.get(f"{url}/papers/contract/file.pdf"),
            await clerk.get(f"{url}/reveal"),
            await stranger.get(url),
            await stranger.get("/registration"),
        ):
            assert refused.status_code == 403, refused.url
        assert (await neighbour.get(url)).status_code == 404
        assert (await neighbour.post(f"{url}/approve", {"note": NOTE})).status_code == 404
        assert (await neighbour.get(f"{url}/papers/contract/file.pdf")).status_code == 404


async def test_documents_are_seen_only_with_a_record(stage: Stage, registrar: PageClient, case_id: UUID) -> None:
    url = f"/registration/cases/{case_id}/papers/inquiry_record"
    assert (await registrar.get(f"{url}/pages/1.png")).status_code == 403
    viewer = await registrar.get(url)
    assert f"{url}/pages/1.png" in viewer.text
    picture = await registrar.get(f"{url}/pages/1.png")
    assert picture.content.startswith(b"\x89PNG")
    assert "no-store" in picture.headers["Cache-Control"]
    assert (await registrar.get(f"{url}/pages/99.png")).status_code == 404
    assert (await registrar.get(f"{url}/file.pdf")).content.startswith(b"%PDF-")
    assert (await registrar.get(f"/registration/cases/{case_id}/papers/secret")).status_code == 404
    seen = await audited(stage, f"case:{case_id}", "case.paper_viewed")
    taken = await audited(stage, f"case:{case_id}", "case.paper_downloaded")
    assert [one["paper"] for one in (*seen, *taken)] == ["inquiry_record", "inquiry_record"]


async def test_signatures_are_checked_on_the_page(registrar: PageClient, case_id: UUID) -> None:
    report = await registrar.htmx("GET", f"/registration/cases/{case_id}/papers/contract/signatures")
    assert "签名全部有效" in report.text
    assert no_personal_data(report.text, COUPLE)


async def test_the_court_package_needs_a_purpose_and_leaves_a_record(
    app: Litestar, stage: Stage, registrar: PageClient, case_id: UUID
) -> None:
    url = f"/registration/cases/{case_id}"
    page = await stage.until(lambda: registrar.get(url), lambda one: "签署证据报告" in one.text)
    assert "平台电子印章" in page.text
    assert "签名全部有效" in (await registrar.htmx("GET", f"{url}/papers/evidence/signatures")).text
    report = (await registrar.get(f"{url}/papers/evidence/file.pdf")).content
    assert (await registrar.get(f"{url}/evidence/report.pdf")).content == report
    clerk = await desk(app, stage, "window_clerk", HOME)
    refused = [await clerk.get(f"{url}/evidence/{part}") for part in ("report.pdf", "package")]
    refused.append(await clerk.post(f"{url}/evidence/package", {"purpose": "review"}))
    await clerk.http.aclose()
    assert [one.status_code for one in refused] == [403] * 3

    assert "下载目的" in (await registrar.get(f"{url}/evidence/package")).text
    for form in ({}, {"purpose": "assistance"}, {"purpose": "assistance", "reference": COUPLE[0].id_no}):
        assert (await registrar.post(f"{url}/evidence/package", form)).status_code == 422
    stated = {"purpose": "assistance", "reference": "（2026）豫1528民初1号"}
    answer = await registrar.post(f"{url}/evidence/package", stated)
    with ZipFile(BytesIO(answer.content)) as package:
        assert package.read("签署证据报告.pdf") == report
        assert len([name for name in package.namelist() if name.startswith("文件/")]) == 4
        assert "核验说明.txt" in package.namelist()
    (taken,) = await audited(stage, f"case:{case_id}", "evidence.package_taken")
    assert (taken["purpose"], taken["reference"]) == ("协助公务", stated["reference"])
    assert len(await audited(stage, f"case:{case_id}", "evidence.report_taken")) == 1


async def test_full_data_needs_a_purpose_and_leaves_a_record(
    stage: Stage, registrar: PageClient, case_id: UUID
) -> None:
    url = f"/registration/cases/{case_id}/reveal"
    assert "查看目的" in (await registrar.get(url)).text
    for form, words in (
        ({}, "请选择查看目的"),
        ({"purpose": "assistance"}, "请填写申请或者文书编号"),
        ({"purpose": "assistance", "reference": COUPLE[0].id_no}, "不要填写证件号码"),
    ):
        refused = await registrar.post(url, form)
        assert refused.status_code == 422
        assert words in refused.text
        assert COUPLE[0].name not in refused.text
    assert await audited(stage, f"case:{case_id}", "pii.revealed") == []
    shown = await registrar.post(url, {"purpose": "assistance", "reference": "（2026）豫1528执1号"})
    assert shown.status_code == 200
    assert all(secret in shown.text for one in COUPLE for secret in (one.name, one.id_no, one.phone))
    assert "no-store" in shown.headers["Cache-Control"]
    (detail,) = await audited(stage, f"case:{case_id}", "pii.revealed")
    assert (detail["purpose"], detail["reference"], detail["people"]) == ("协助公务", "（2026）豫1528执1号", 3)
    assert no_personal_data(str(detail), COUPLE)


async def test_two_registrars_approve_and_one_is_told_who_was_faster(
    app: Litestar, stage: Stage, registrar: PageClient, case_id: UUID
) -> None:
    url = f"/registration/cases/{case_id}"
    bare = await registrar.htmx("POST", f"{url}/approve", {"note": " "})
    assert (bare.status_code, bare.json()["field"]) == (422, "note")
    long = await registrar.htmx("POST", f"{url}/approve", {"note": "核" * 501})
    assert (long.status_code, long.json()["field"]) == (422, "note")
    assert (await registrar.htmx("POST", f"{url}/recheck")).headers["HX-Redirect"] == url
    async with stage.resources.database.read(HOME) as reader:
        receipts = await reader.scalars(select(DecisionReceipt.id).where(DecisionReceipt.case_id == case_id))
        assert len(receipts.all()) == 2
    colleague = await desk(app, stage)
    await colleague.get(url)
    answers = await asyncio.gather(
        registrar.htmx("POST", f"{url}/approve", {"note": NOTE}),
        colleague.htmx("POST", f"{url}/approve", {"note": NOTE}),
    )
    await colleague.http.aclose()
    assert sorted(one.status_code for one in answers) == [200, 409]
    late = next(one for one in answers if one.status_code == 409)
    assert "测试员已于" in late.json()["title"]
    assert "核准登簿" in late.json()["title"]
    assert "您的操作没有执行" in late.json()["title"]
    page = (await registrar.get(url)).text
    assert NOTE in page
    assert f"{url}/approve" not in page
    today = (await registrar.get("/registration?show=today")).text
    assert f"/registration/cases/{case_id}" in today


async def test_what_blocks_cannot_be_approved_and_may_be_refused(
    stage: Stage, registrar: PageClient, app: Litestar
) -> None:
    case_id = await waiting_case(stage, [buyer("诸葛亮")])
    url = f"/registration/cases/{case_id}"
    case = await read_case(stage, case_id)
    async with stage.resources.database.transaction(HOME) as tx:
        assert case.unit_id is not None
        order = SeizureDetails(authority="息县法院", order_document="执行裁定书", order_number="（2026）豫1528执1号")
        seizure = Append(
            unit_id=case.unit_id, kind=EntryKind.SEIZURE, registration_type=RegistrationType.SEIZURE, cause="司法查封",
            delivered_at=now(), details=stored(order),
        )  # fmt: skip
        await book.book(tx, Booking(case_id=case.id, case_number="查封001", booked_by="测试", operations=(seizure,)))
    stopped = await registrar.htmx("POST", f"{url}/approve", {"note": NOTE})
    assert stopped.status_code == 409
    assert "已被查封" in stopped.json()["title"]
    await registrar.htmx("POST", f"{url}/recheck")
    page = await registrar.get(url)
    assert "1 项不能办理" in page.text
    assert "查封001" in page.text
    assert f"{url}/approve" not in page.text
    assert (await registrar.htmx("POST", f"{url}/refuse", {"reason": ""})).json()["field"] == "reason"
    assert (await registrar.htmx("POST", f"{url}/refuse", {"reason": "该房屋已被查封"})).status_code == 200
    assert (await read_case(stage, case_id)).status == CaseStatus.REFUSED
    again = await registrar.htmx("POST", f"{url}/refuse", {"reason": "重复"})
    assert again.status_code == 409
    assert "您已于" in again.json()["title"]
    after = await registrar.get(url)
    check_page(after.text)
    assert "不予登记" in after.text
