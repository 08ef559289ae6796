"""One sale as the sales office lives it, page by page over HTTP; the buyers and the bank are played by the stage."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from litestar import Litestar

from kernel.clock import today
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.pages import PageClient
from tests.portals.sales import (
    DeskAs,
    buyers_form,
    contract_of,
    make_platform,
    open_desk,
    price_form,
    revision_of,
    save,
    typed_answers,
    typed_in,
)
from yiti.estate.queries import get_unit

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]


@pytest.fixture(scope="module")
def platform(stage: Stage) -> Litestar:
    return make_platform(stage)


@pytest.fixture
async def desk_as(platform: Litestar, stage: Stage) -> AsyncIterator[DeskAs]:
    made: list[PageClient] = []

    async def make(login: str = "shoulou", county: str = HOME) -> PageClient:
        made.append(await open_desk(platform, stage, login, county))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


async def started(desk: PageClient, stage: Stage) -> str:
    """Pick a free unit on the building table; the address of the new contract."""
    unit_id = await stage.free_unit()
    async with stage.resources.database.read(HOME) as reader:
        unit = await get_unit(reader, unit_id)
    building = await desk.get(f"/sales/buildings/{unit.building_id}?unit={unit_id}")
    assert "开始签约" in building.text
    answer = await desk.htmx("POST", f"/sales/units/{unit_id}/sale")
    assert answer.status_code == 200, answer.text
    return str(answer.headers["HX-Redirect"])


async def live(desk: PageClient, url: str) -> str:
    return (await desk.get(url)).text


async def poll(desk: PageClient, url: str, page: str) -> object:
    """What the page's own poll gets, or None when the page does not poll."""
    found = re.search(r'hx-get="([^"]+/live\?seen=[^"]+)"', page)
    return await desk.htmx("GET", found[1]) if found else None


async def test_from_the_building_table_to_the_proof(stage: Stage, desk_as: DeskAs) -> None:
    desk, manager = await desk_as(), await desk_as("jingli")
    url = await started(desk, stage)
    assert (await desk.get(url)).headers["Location"] == f"{url}/buyers"
    await draft_is_written(desk, url)
    await money_comes_first(desk, stage, url)
    await buyers_sign_and_the_manager_seals(desk, manager, stage, url)
    await papers_are_there(desk, stage, url)
    await a_cancellation_is_asked_for_and_withdrawn(desk, url)


async def draft_is_written(desk: PageClient, url: str) -> None:
    saved = await save(desk, f"{url}/buyers", buyers_form([buyer("赵一"), buyer("钱二")], "joint"))
    assert saved.headers["HX-Redirect"] == f"{url}/price", saved.text
    saved = await save(desk, f"{url}/price", price_form(today().isoformat()))
    assert saved.headers["HX-Redirect"] == f"{url}/clauses", saved.text
    clauses = (await desk.get(f"{url}/clauses")).text
    assert "第二十一条 前期物业管理" in clauses
    values = typed_in(clauses, "blanks.")
    assert values["blanks.handover_date"] == "2027-12-31"
    saved = await save(desk, f"{url}/clauses", values | {"blanks.property_company": "演示物业服务有限公司"})
    assert saved.headers["HX-Redirect"] == f"{url}/preview", saved.text

    preview = (await desk.get(f"{url}/preview")).text
    assert "生成缴款通知" in preview
    assert "赵一" not in preview, "names are masked outside the form"
    draft = await desk.get(f"{url}/preview.pdf")
    assert draft.content.startswith(b"%PDF")
    ordered = await desk.htmx("POST", f"{url}/payment", {"revision": revision_of(preview)})
    assert ordered.headers["HX-Redirect"] == url, ordered.text


async def money_comes_first(desk: PageClient, stage: Stage, url: str) -> None:
    page = await live(desk, url)
    assert page.count("待缴款") >= 3
    assert "还不能提交签署" in page
    assert "询问与提交" not in page.split('id="live"')[1]
    early = await desk.htmx("POST", f"{url}/submit", typed_answers())
    assert (early.status_code, early.json()["code"]) == (409, "sale.money_missing")
    notice = re.search(r'href="([^"]+/notices/[^"]+\.pdf)"', page)
    assert notice
    assert (await desk.get(notice[1])).content.startswith(b"%PDF")

    await stage.paid(contract_of(url))
    turned = await poll(desk, url, page)
    assert turned.headers["HX-Refresh"] == "true"  # type: ignore[attr-defined]
    page = await live(desk, url)
    assert page.count("已到账") == 2
    assert "询问与提交" in page
    half = {key: value for key, value in typed_answers().items() if key != "true_intent"}
    refused = await desk.htmx("POST", f"{url}/submit", half)
    assert (refused.status_code, refused.json()["field"]) == (422, "true_intent")
    assert (await desk.htmx("POST", f"{url}/submit", typed_answers(bank="x"))).json()["field"] == "bank"
    sent = await desk.htmx("POST", f"{url}/submit", typed_answers())
    assert sent.headers["HX-Redirect"] == url, sent.text


async def buyers_sign_and_the_manager_seals(desk: PageClient, manager: PageClient, stage: Stage, url: str) -> None:
    contract_id = contract_of(url)
    await stage.until(lambda: stage.sale(contract_id), lambda one: one.ceremony_id is not None)
    page = await live(desk, url)
    assert page.count("待核验") == 2
    again = await desk.htmx("POST", f"{url}/signing/buyer-1/invite")
    assert again.status_code == 200, again.text
    page = await live(desk, url)
    assert "data:image/png;base64," in page
    assert f"/s/{HOME}/" in page
    assert (await desk.htmx("POST", f"{url}/seal")).status_code == 403
    assert (await manager.htmx("POST", f"{url}/seal")).json()["code"] == "signing.not_your_turn"

    await stage.signed_by_buyers(contract_id)
    page = await stage.until(lambda: live(manager, url), lambda html: "待盖章" in html)
    assert "加盖电子印章" in page
    assert "加盖电子印章" not in await live(desk, url)
    sealed = await manager.htmx("POST", f"{url}/seal")
    assert sealed.headers["HX-Redirect"] == url, sealed.text


async def papers_are_there(desk: PageClient, stage: Stage, url: str) -> None:
    page = await stage.until(lambda: live(desk, url), lambda html: 'tone-success">已生成' in html)
    assert "YS411528" in page
    assert 'hx-get="' not in page.split('id="live"')[1].split(">")[0], "a finished page does not poll"
    await stage.until(lambda: desk.get(f"{url}/documents/evidence"), lambda answer: answer.status_code == 200)
    for key in ("contract", "notice_application", "inquiry_record", "handover_agreement", "proof", "evidence"):
        assert (await desk.get(f"{url}/documents/{key}")).content.startswith(b"%PDF"), key
    assert (await desk.get(f"{url}/documents/other")).status_code == 404
    assert "签署" in page
    assert "预告登记：登簿" in page
    assert url in (await desk.get("/sales?show=filed")).text


async def a_cancellation_is_asked_for_and_withdrawn(desk: PageClient, url: str) -> None:
    asked = await desk.htmx("POST", f"{url}/cancellation", {"reason": "买受人贷款未获批准"})
    assert asked.headers["HX-Redirect"] == url, asked.text
    page = await live(desk, url)
    assert "买受人贷款未获批准" in page
    assert page.count("待同意") == 2
    assert (await desk.htmx("POST", f"{url}/cancellation", {"reason": "再来"})).status_code == 409
    await desk.htmx("POST", f"{url}/cancellation/withdraw")
    assert "已预告登记" in await live(desk, url)


async def test_of_two_clerks_on_one_unit_one_gets_it(stage: Stage, desk_as: DeskAs) -> None:
    first, second = await desk_as(), await desk_as("jingli")
    unit_id = await stage.free_unit()
    async with stage.resources.database.read(HOME) as reader:
        building_id = (await get_unit(reader, unit_id)).building_id
    table = (await second.get(f"/sales/buildings/{building_id}")).text
    poll = re.search(r'hx-get="([^"]+/grid\?seen=[^"]+)"', table)
    assert poll
    assert (await second.htmx("GET", poll[1])).status_code == 204, "an unchanged table is not sent again"
    assert (await first.htmx("POST", f"/sales/units/{unit_id}/sale")).status_code == 200
    refused = await second.htmx("POST", f"/sales/units/{unit_id}/sale")
    assert (refused.status_code, refused.headers["HX-Trigger"]) == (409, "grid-changed")
    assert "不能重复开立" in refused.json()["title"]
    changed = await second.htmx("GET", poll[1])
    assert changed.status_code == 200
    assert 'data-state="draft"' in changed.text
    panel = await second.htmx("GET", f"/sales/units/{unit_id}")
    assert "查看合同" in panel.text
    assert "开始签约" not in panel.text


async def test_a_draft_refuses_what_cannot_be_printed_and_what_is_stale(stage: Stage, desk_as: DeskAs) -> None:
    desk = await desk_as()
    url = await started(desk, stage)
    good = buyers_form([buyer("甲一"), buyer("乙二")], "fractional")
    opened = (await desk.get(f"{url}/buyers")).text
    for fields, field in (
        ({"buyers.2.name": "张\U0003134a"}, "buyers.2.name"),
        ({"buyers.1.share": "一半"}, "buyers.1.share"),
        ({"buyers.1.share": "1/0"}, "buyers.1.share"),
        ({"buyers.1.share": "3/2"}, "buyers.1.share"),
        ({"revision": "x"}, "revision"),
    ):
        refused = await desk.htmx("POST", f"{url}/buyers", {"revision": revision_of(opened), **good, **fields})
        assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
    shares = {"buyers.1.share": "1/3", "buyers.2.share": "50%"}
    saved = await desk.htmx("POST", f"{url}/buyers", {"revision": revision_of(opened), **good, **shares})
    assert saved.headers["HX-Redirect"] == f"{url}/buyers?checked=1"
    checked = (await desk.get(saved.headers["HX-Redirect"])).text
    assert "各买受人份额之和应为1，现为5/6" in checked
    assert "#f-shares" in checked
    stale = await desk.htmx("POST", f"{url}/buyers", {"revision": revision_of(opened), **good})
    assert (stale.status_code, stale.json()["code"]) == (409, "contracts.stale")
    assert "已被他人修改" in stale.json()["title"]


async def test_rows_come_and_go_without_saving(stage: Stage, desk_as: DeskAs) -> None:
    desk = await desk_as()
    url = await started(desk, stage)
    fields = buyers_form([buyer("甲一"), buyer("乙二")], "fractional", **{"buyers.2.kind": "minor"})
    added = (await desk.htmx("POST", f"{url}/buyers/rows?change=add", fields)).text
    assert added.count('name="buyers.3.name"') == 1
    assert "监护人姓名" in added
    assert added.count("份额") >= 3
    removed = (await desk.htmx("POST", f"{url}/buyers/rows?change=1", fields)).text
    assert 'value="乙二"' in removed
    assert "甲一" not in removed
    ten = buyers_form([buyer() for _ in range(10)], "joint")
    assert (await desk.htmx("POST", f"{url}/buyers/rows?change=add", ten)).status_code == 422
    assert "添加买受人" not in (await desk.htmx("POST", f"{url}/buyers/rows", ten)).text
    assert "甲一" not in (await desk.get(f"{url}/buyers")).text


async def test_amounts_are_said_in_capitals_while_they_are_typed(stage: Stage, desk_as: DeskAs) -> None:
    desk = await desk_as()
    url = await started(desk, stage)
    day = today().isoformat()
    check = (await desk.htmx("POST", f"{url}/price/check", price_form(day, loan="399999.5"))).text
    assert "陆拾万元整" in check
    assert "付款计划比总价款少 0.50 元" in check
    assert "付款计划与总价款一致" in (await desk.htmx("POST", f"{url}/price/check", price_form(day))).text
    assert "金额格式不正确" in (await desk.htmx("POST", f"{url}/price/check", price_form(day, down="abc"))).text
    added = (await desk.htmx("POST", f"{url}/price/rows?change=add", price_form(day))).text
    assert 'name="instalments.3.amount"' in added
    opened = revision_of((await desk.get(f"{url}/price")).text)
    for changes, field in (
        ({"instalments.1.amount": "1.234"}, "instalments.1.amount"),
        ({"instalments.2.due": "明天"}, "instalments.2.due"),
        ({"price_fen": "0"}, "price_fen"),
    ):
        refused = await desk.htmx("POST", f"{url}/price", {"revision": opened, **price_form(day), **changes})
        assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
    combined = price_form(day, loan="250000") | {
        "instalments.count": "3", "instalments.3.kind": "fund_loan", "instalments.3.due": day,
        "instalments.3.amount": "150000",
    }  # fmt: skip
    answer = await save(desk, f"{url}/price", combined)
    assert answer.headers["HX-Redirect"].endswith("/price?checked=1")
    assert "以贷款方式付款的，请填写贷款机构" in (await desk.get(f"{url}/price?checked=1")).text
    answer = await save(desk, f"{url}/price", combined | {"blanks.fund_centre": "息县住房公积金管理部"})
    assert answer.headers["HX-Redirect"].endswith("/clauses")
    assert ">公积金贷款</option>" in (await desk.get(f"{url}/price")).text


async def test_a_sale_is_taken_back_or_given_up(stage: Stage, desk_as: DeskAs) -> None:
    desk = await desk_as()
    contract_id = await stage.drafted([buyer("张三")])
    await stage.billed(contract_id)
    url = f"/sales/contracts/{contract_id}"
    assert (await desk.htmx("POST", f"{url}/take-back")).headers["HX-Redirect"] == url
    assert (await desk.get(url)).headers["Location"] == f"{url}/preview"
    preview = (await desk.get(f"{url}/preview")).text
    assert (await desk.htmx("POST", f"{url}/payment", {"revision": "1"})).json()["code"] == "contracts.stale"
    assert (await desk.htmx("POST", f"{url}/payment", {"revision": revision_of(preview)})).status_code == 200
    await stage.paid(contract_id)
    late = await desk.htmx("POST", f"{url}/take-back")
    assert (late.status_code, late.json()["code"]) == (409, "sale.money_arrived")
    assert (await desk.htmx("POST", f"{url}/abandon", {"reason": " "})).json()["field"] == "reason"
    assert (await desk.htmx("POST", f"{url}/abandon", {"reason": "买受人改选其他房屋"})).status_code == 200
    page = await live(desk, url)
    assert page.count("银行办理中") == 2
    assert "买受人改选其他房屋" in page
    assert "放弃" not in page.split('id="content"')[1].split('id="live"')[0]


async def test_nobody_else_sees_the_sale(stage: Stage, desk_as: DeskAs) -> None:
    contract_id = await stage.drafted([buyer("张三")])
    async with stage.resources.database.read(HOME) as reader:
        unit = await get_unit(reader, (await stage.sale(contract_id)).unit_id)
    url = f"/sales/contracts/{contract_id}"
    pages = [url, f"{url}/buyers", f"{url}/preview.pdf", f"{url}/live", f"{url}/documents/contract"]
    pages += [f"/sales/buildings/{unit.building_id}", f"/sales/units/{unit.id}"]
    for login, county, status in (("fangguan", HOME, 404), ("shoulou", "411522", 404), ("dengji", HOME, 403)):
        desk = await desk_as(login, county)
        for address in pages:
            answer = await desk.get(address)
            assert answer.status_code == status, (login, county, address)
            assert "张三" not in answer.text
    housing = await desk_as("fangguan")
    assert (await housing.htmx("POST", f"{url}/payment", {"revision": "1"})).status_code == 403
    assert 'href="/sales"' not in (await housing.get("/account/password")).text
    other = await desk_as("shoulou", "411522")
    assert (await other.htmx("POST", f"{url}/buyers", {"revision": "1", "buyers.count": "1"})).status_code == 404
    assert (await other.htmx("POST", f"{url}/abandon", {"reason": "x"})).status_code == 404
    assert str(contract_id) not in (await other.get("/sales?show=all")).text


async def test_the_work_list_says_whose_turn_it_is(stage: Stage, desk_as: DeskAs) -> None:
    desk = await desk_as()
    contract_id: UUID = await stage.drafted([buyer("欧阳明")])
    page = (await desk.get("/sales?show=draft")).text
    row = page.split(f"/sales/contracts/{contract_id}")[1].split("</tr>")[0]
    assert "欧**" in row
    assert "拟定中" in row
    await stage.billed(contract_id)
    row = (await desk.get("/sales?show=paying")).text.split(f"/sales/contracts/{contract_id}")[1].split("</tr>")[0]
    assert "待缴款" in row
    assert "买受人" in row
    assert str(contract_id) not in (await desk.get("/sales?show=signing")).text
    assert (await desk.get("/sales?show=nonsense")).status_code == 422
    for address in ("/sales", "/sales?show=all", "/sales/projects"):
        assert (await desk.get(address, follow_redirects=True)).status_code == 200
