"""The window (一窗受理): from the choice of the business to the book, over HTTP on the real application."""

import re
from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from kernel.settings import Settings
from tests.journeys.registration.county import Desk, centre
from tests.journeys.registration.people import citizen, home_of, mortgaged, seized
from tests.portals.pages import PageClient
from tests.portals.registrars import audited, desk, make_platform
from tests.portals.windows import (
    answer_all,
    begin,
    case_id_of,
    choose,
    fill,
    photo,
    read,
    resale_form,
    send_file,
    upload_all,
)
from tests.testbed import Testbed
from yiti.cases.lifecycle import CaseStatus
from yiti.register.page import entries_for

pytestmark = pytest.mark.timeout(180)
HOME = "411528"


@pytest.fixture(scope="module")
async def office(testbed: Testbed, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with centre(testbed, settings, tmp_path_factory.mktemp("window")) as found:
        yield found


@pytest.fixture(scope="module")
def app(office: Desk) -> Litestar:
    return make_platform(office)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
async def clerk(app: Litestar, office: Desk) -> AsyncIterator[PageClient]:
    client = await desk(app, office, "window_clerk")  # type: ignore[arg-type]
    yield client
    await client.http.aclose()


@pytest.fixture(scope="module")
async def registrar(app: Litestar, office: Desk) -> AsyncIterator[PageClient]:
    client = await desk(app, office, "registrar")  # type: ignore[arg-type]
    yield client
    await client.http.aclose()


async def test_businesses_are_found_by_the_words_of_people(clerk: PageClient) -> None:
    page = (await clerk.get("/registration/window")).text
    for words in ("转移登记（过户）", "存量房", "二手房买卖过户", "合并办理", "可共享获取"):
        assert words in page, words
    assert "依法失效" not in page
    found = await clerk.htmx("GET", "/registration/window?q=解押")
    assert "offer-mortgage_cancellation" in found.text
    assert "offer-transfer_gift" not in found.text
    assert "没有找到" in (await clerk.htmx("GET", "/registration/window?q=飞机")).text


async def test_units_are_found_by_whatever_is_in_hand(clerk: PageClient, office: Desk) -> None:
    owner = citizen("诸葛亮")
    unit, _ = await home_of(office, owner)
    await office.booked(mortgaged(unit, owner))
    url = await begin(clerk, "transfer_resale")
    for text, by in ((unit.code, "不动产单元号"), (owner[2].lower(), "权利人证件号码"), (unit.location[-12:], "坐落")):
        found = await clerk.htmx("POST", f"{url}/units/search", {"text": text})
        assert f"按{by}找到 1 个" in found.text, found.text
        assert unit.location in found.text
        assert "抵押 1" in found.text
        assert "第1顺位" in found.text
        assert owner[0] not in found.text
        assert "诸**" not in text
    looked = await audited(office, f"case:{case_id_of(url)}", "case.person_looked_up")  # type: ignore[arg-type]
    assert [one["found"] for one in looked] == [1]
    short = await clerk.htmx("POST", f"{url}/units/search", {"text": "息"})
    assert short.status_code == 422


async def test_a_resale_goes_from_the_window_into_the_book(
    clerk: PageClient, registrar: PageClient, office: Desk
) -> None:
    seller, buyer = citizen("卢俊义"), citizen("燕青")
    unit, entry = await home_of(office, seller)
    url = await begin(clerk, "transfer_resale")
    await choose(clerk, url, unit)
    sent = await resale_form(clerk, url, buyer)
    assert sent["parts.0.obligor.1.id_number"] == seller[2], "the owner is prefilled from the book"
    saved = await clerk.post(f"{url}/form", sent)
    assert (saved.status_code, saved.headers.get("Location")) == (303, f"{url}/materials"), saved.text
    lacking = (await clerk.get(f"{url}/check")).text
    assert "缺材料：存量房买卖合同" in lacking
    assert "请回答：申请登记的事项是否为申请人的真实意思表示？" in lacking
    refused = await clerk.post(f"{url}/accept", {"version": str((await read(office, url)).version)})
    assert refused.status_code == 422
    await upload_all(clerk, url)
    await answer_all(clerk, url)
    ready = await clerk.get(f"{url}/check")
    assert "申请信息和材料齐全" in ready.text
    accepted = await clerk.post(f"{url}/accept", {"version": str((await read(office, url)).version)})
    case_url = f"/registration/cases/{case_id_of(url)}"
    assert (accepted.status_code, accepted.headers.get("Location")) == (303, case_url), accepted.text
    waiting = (await clerk.get(case_url)).text
    for words in ("待完税", "税务核税", "等待结果", "计时中止", "受理", "卢**", "燕*"):
        assert words in waiting, words
    assert seller[0] not in waiting
    assert seller[2] not in waiting
    await office.answered(await read(office, url))
    page = (await registrar.get(case_url)).text
    assert "核准并登簿" in page
    version = str((await read(office, url)).version)
    done = await registrar.post(f"{case_url}/approve", {"note": "已核对全部材料", "version": version})
    assert done.status_code == 303, done.text
    assert (await read(office, url)).status == CaseStatus.BOOKED
    async with office.resources.database.read(HOME) as reader:
        (owned,) = (await entries_for(reader, [unit.id]))[unit.id]
    assert owned.holders[0].id_number == buyer[2]
    after = (await registrar.get(case_url)).text
    for words in ("不动产权第", "登簿结果", "国有建设用地使用权/房屋所有权"):
        assert words in after, words
    register = (await registrar.get(f"/registration/units/{unit.id}")).text
    for words in ("燕*", "转移登记，买卖", "历史", "50", "不动产权第"):
        assert words in register, words
    assert entry != owned.entry.id


async def test_an_out_of_date_page_gets_a_message_and_changes_nothing(clerk: PageClient, office: Desk) -> None:
    unit, _ = await home_of(office, citizen("柴进"))
    url = await begin(clerk, "transfer_resale")
    await choose(clerk, url, unit)
    first = await resale_form(clerk, url, citizen("时迁"))
    second = first | {"parts.0.price": "1"}
    assert (await clerk.htmx("POST", f"{url}/form/autosave", first)).status_code == 200
    stale = await clerk.htmx("POST", f"{url}/form/autosave", second)
    assert stale.status_code == 409
    assert "页面已过期" in stale.json()["title"]
    assert (await fill(clerk, url))["parts.0.price"] == "500,000.00"
    again = await clerk.htmx("POST", f"{url}/form/autosave", await fill(clerk, url))
    assert f'value="{(await read(office, url)).version}"' in again.text, "nothing new is no step of the case"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("parts.0.holder.1.share", "1/0", "份额请填写分数或百分数"),
        ("parts.0.holder.1.id_valid_until", "明天", "请填写日期"),
        ("parts.0.price", "五十万", "金额格式不正确"),
        ("parts.0.holder.count", "x", "页面数据不完整"),
    ],
)
async def test_what_cannot_be_read_is_said_at_its_field(
    clerk: PageClient, office: Desk, name: str, value: str, words: str
) -> None:
    url = await begin(clerk, "transfer_resale")
    sent = await fill(clerk, url, parts__0__sharing="fractional")
    refused = await clerk.htmx("POST", f"{url}/form", sent | {name: value})
    assert refused.status_code == 422
    assert words in refused.json()["title"]
    assert refused.json()["field"] in (name, None)


async def test_rows_come_and_go_and_nothing_is_saved_by_it(clerk: PageClient, office: Desk) -> None:
    url = await begin(clerk, "transfer_division")
    sent = await fill(clerk, url, parts__0__sharing="fractional", parts__0__holder__1__name="张三")
    more = await clerk.htmx("POST", f"{url}/form/rows?side=parts.0.holder&change=add", sent)
    assert 'name="parts.0.holder.2.share"' in more.text
    assert 'value="张三"' in more.text
    fewer = await clerk.htmx("POST", f"{url}/form/rows?side=parts.0.holder&change=1", sent)
    assert "张三" not in fewer.text
    assert (await read(office, url)).version == 1


async def test_files_that_are_not_what_they_say_are_refused_together(clerk: PageClient, office: Desk) -> None:
    unit, _ = await home_of(office, citizen("林冲"))
    url = await begin(clerk, "transfer_resale")
    await choose(clerk, url, unit)
    token = {"HX-Request": "true", "X-CSRF-Token": clerk._token or ""}
    files = [("file", ("合同.png", photo())), ("file", ("结婚证.pdf", b"not a pdf"))]
    refused = await clerk.http.post(f"{url}/materials/contract", files=files, headers=token)
    assert refused.status_code == 422
    assert "结婚证.pdf" in refused.json()["title"]
    assert "material-file" not in (await clerk.get(f"{url}/materials")).text
    same = ("file", ("合同.png", photo()))
    assert (await clerk.http.post(f"{url}/materials/contract", files=[same], headers=token)).status_code == 200
    twice = await clerk.http.post(f"{url}/materials/identity", files=[same], headers=token)
    assert twice.status_code == 409
    assert "已作为" in twice.json()["title"]


async def test_one_complete_list_of_what_is_missing_then_it_is_corrected(clerk: PageClient, office: Desk) -> None:
    unit, _ = await home_of(office, citizen("鲁智深"))
    url = await begin(clerk, "transfer_resale")
    await choose(clerk, url, unit)
    assert (await clerk.post(f"{url}/form", await resale_form(clerk, url, citizen("杨志")))).status_code == 303
    await answer_all(clerk, url)
    check = (await clerk.get(f"{url}/check")).text
    assert "补交存量房买卖合同" in check
    version = str((await read(office, url)).version)
    items = "补交存量房买卖合同\n补交身份证明"
    told = await clerk.post(f"{url}/request-correction", {"version": version, "items": items})
    assert told.status_code == 303, told.text
    page = (await clerk.get(told.headers["Location"])).text
    for words in ("待补正", "办理补正", "补交存量房买卖合同；补交身份证明", "补正告知书"):
        assert words in page, words
    await upload_all(clerk, url)
    version = str((await read(office, url)).version)
    corrected = await clerk.post(f"{url}/correct", {"version": version})
    assert corrected.status_code == 303, corrected.text
    case = await read(office, url)
    assert (case.status, case.flags) == (CaseStatus.SUBMITTED, [])
    assert (await clerk.get(f"{url}/form")).status_code == 303, "it is no longer open to writing"
    again = await clerk.post(f"{url}/correct", {"version": version})
    assert again.status_code == 409


async def test_a_file_on_its_way_makes_no_page_of_its_sender_stale(
    app: Litestar, clerk: PageClient, office: Desk
) -> None:
    unit, _ = await home_of(office, citizen("林冲"))
    url = await begin(clerk, "certificate_replacement")
    await choose(clerk, url, unit)
    assert (await clerk.post(f"{url}/form", await fill(clerk, url))).status_code == 303
    opened = (await clerk.get(f"{url}/answers")).text
    shown = re.search(r'name="version" value="(\d+)"', opened)
    assert shown
    arrived = await send_file(clerk, f"{url}/materials/other", {}, "说明.png", photo())
    assert arrived.status_code == 200, arrived.text
    colleague = await desk(app, office, "window_clerk")  # type: ignore[arg-type]
    assert (await colleague.htmx("POST", f"{url}/answers", {"version": shown[1]})).status_code == 409
    assert (await clerk.htmx("POST", f"{url}/answers", {"version": shown[1]})).status_code == 200
    shown = re.search(r'name="version" value="(\d+)"', (await clerk.get(f"{url}/answers")).text)
    assert shown
    assert (await send_file(colleague, f"{url}/materials/other", {}, "又.png", photo())).status_code == 200
    assert (await clerk.htmx("POST", f"{url}/answers", {"version": shown[1]})).status_code == 409
    await colleague.http.aclose()


async def test_an_application_is_not_taken_and_a_draft_is_thrown_away(clerk: PageClient, office: Desk) -> None:
    unit, _ = await home_of(office, citizen("武松"))
    await office.booked(seized(unit, citizen("武松")))
    url = await begin(clerk, "certificate_replacement")
    await choose(clerk, url, unit)
    assert (await clerk.post(f"{url}/form", await fill(clerk, url))).status_code == 303
    await answer_all(clerk, url)
    version = str((await read(office, url)).version)
    case_url = f"/registration/cases/{case_id_of(url)}"
    assert f'action="{case_url}/reject"' in (await clerk.get(f"{url}/check")).text
    said = {"version": version, "reason": "不属于本登记机构受理", "missing": ""}
    refused = await clerk.post(f"{case_url}/reject", said)
    assert refused.status_code == 303, refused.text
    page = (await clerk.get(refused.headers["Location"])).text
    assert "不予受理，已告知申请人" in page
    assert "不予受理告知书" in page
    empty = await begin(clerk, "transfer_gift")
    checked = (await clerk.get(f"{empty}/check")).text
    assert "不予受理告知书会列明全部" in checked
    case_url = f"/registration/cases/{case_id_of(empty)}"
    stale = await clerk.htmx("POST", f"{case_url}/reject", said | {"version": "99"})
    assert stale.status_code == 409
    rejected = await clerk.post(f"{case_url}/reject", said | {"version": "1", "reason": "材料不齐全"})
    assert rejected.status_code == 303, rejected.text
    assert "不予受理告知书" in (await clerk.get(case_url)).text
    draft = await begin(clerk, "transfer_gift")
    assert (await clerk.post(f"{draft}/discard", {"reason": ""})).status_code == 303
    assert (await read(office, draft)).status == CaseStatus.WITHDRAWN


async def test_who_may_stand_at_the_window(app: Litestar, office: Desk, clerk: PageClient) -> None:
    url = await begin(clerk, "transfer_resale")
    pages = ("/registration/window", *(f"{url}/{step}" for step in ("units", "form", "materials", "answers", "check")))
    reviewer = await desk(app, office, "reviewer")  # type: ignore[arg-type]
    neighbour = await desk(app, office, "window_clerk", "411522")  # type: ignore[arg-type]
    assert [(await reviewer.get(one)).status_code for one in pages] == [403] * 6
    assert [(await neighbour.get(one)).status_code for one in pages] == [200, *[404] * 5]
    assert (await clerk.post("/registration/window", {"businesses": "nothing"})).status_code == 422
    wrong = await clerk.htmx("POST", "/registration/window", {"businesses": ["transfer_gift", "seizure"]})
    assert "不能合并办理" in wrong.json()["title"]
    for client in (reviewer, neighbour):
        await client.http.aclose()
