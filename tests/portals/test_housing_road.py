"""The road from a developer to a presale permit, through the pages."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import time_machine
from litestar import Litestar

from kernel.db import Database
from kernel.settings import Settings
from tests.estate.world import line
from tests.portals.housing import (
    account_form,
    building_form,
    desk,
    digest_in,
    homes,
    made,
    make_platform,
    new_building,
    new_project,
    parameters,
    permit_fields,
    previewed,
    upload,
    words_of,
)
from tests.portals.pages import PageClient, make_organisation, random_credit_code
from tests.testbed import HOME
from yiti.accounts.roles import OrganisationKind

Road = tuple[PageClient, str]


@pytest.fixture(scope="module")
async def housing_app(database: Database, settings: Settings) -> Litestar:
    await parameters(database)
    return make_platform(database, settings)


@pytest.fixture
async def clerk(housing_app: Litestar, database: Database) -> AsyncIterator[PageClient]:
    client = await desk(housing_app, database)
    yield client
    await client.http.aclose()


@pytest.fixture
async def road(clerk: PageClient, database: Database) -> Road:
    """A clerk, and the page of a new project."""
    async with database.transaction(HOME) as tx:
        developer = await make_organisation(tx, OrganisationKind.DEVELOPER)
    return clerk, await new_project(clerk, developer.id)


def ids(building: str) -> list[str]:
    return [building.rsplit("/", 1)[1]]


async def test_the_whole_road(clerk: PageClient) -> None:
    form = {"name": "息县新路置业有限公司", "credit_code": random_credit_code(), "legal_representative": "王建国"}
    where = await made(clerk, "/housing/developers", form)
    page = await clerk.get(where)
    assert "selected>息县新路置业有限公司" in page.text
    listed = (await clerk.get("/housing/developers")).text
    assert "息县新路置业有限公司" in listed
    assert "王建国" not in listed
    project = await new_project(clerk, where.split("developer=")[1])  # type: ignore[arg-type]
    assert "登记楼幢" in (await clerk.get(project)).text
    building = await new_building(clerk, project)
    assert "缺楼盘表" in (await clerk.get("/housing")).text
    await apply(clerk, await previewed(clerk, project, homes()))
    await made(clerk, f"{project}/account", account_form())
    assert "办理预售许可" in (await clerk.get(project)).text
    await made(clerk, f"{building}/topping-out", {"on": "2026-01-15"})
    answer = await clerk.post(f"{project}/permits", permit_fields(ids(building)))
    assert answer.status_code == 303
    permit = await clerk.get(answer.headers["Location"])
    assert "62.5%" in permit.text
    assert "监管协议2026-009" in permit.text
    assert "全额监管" in permit.text
    project_page = (await clerk.get(project)).text
    assert "下一步" not in project_page
    assert "已许可" in project_page
    grid = (await clerk.get(building)).text
    assert grid.count('data-state="available" title=') == 3
    assert "可售 3" in grid
    units = (await clerk.get(f"{building}/units")).text
    assert "F00010003" in units
    assert "可售" in (await clerk.get("/housing?search=" + "淮河新城")).text


async def apply(clerk: PageClient, survey: str) -> None:
    page = await clerk.get(survey)
    assert await made(clerk, f"{survey}/apply", {"digest": digest_in(page.text)}) == survey


async def test_a_survey_is_previewed_applied_once_and_says_so(road: Road) -> None:
    clerk, project = road
    building = await new_building(clerk, project)
    survey = await previewed(clerk, project, homes(4))
    page = (await clerk.get(survey)).text
    rows = await clerk.htmx("GET", f"{survey}/rows")
    assert rows.text.count("息县淮河路1号1号楼1单元301室") == 4
    assert "还没有导入楼盘表" in (await clerk.get(building)).text
    digest = digest_in(page)
    stranger = await clerk.htmx("POST", f"{survey}/apply", {"digest": "0" * 64})
    assert words_of(stranger)[0] == 409
    assert "不一致" in words_of(stranger)[2]
    await made(clerk, f"{survey}/apply", {"digest": digest})
    result = (await clerk.get(survey)).text
    assert "已导入 4 个不动产单元" in result
    assert 'name="digest"' not in result
    again = await clerk.htmx("POST", f"{survey}/apply", {"digest": digest})
    assert words_of(again) == (409, None, "该测绘成果已经导入，不能重复导入")
    assert (await clerk.get(building)).text.count('data-state="unavailable" title=') == 4


async def test_every_bad_row_is_named_and_nothing_can_be_applied(road: Road) -> None:
    clerk, project = road
    building = await new_building(clerk, project)
    lines = [
        *homes(2),
        line(户号=3, 房号=303, 用途="游乐场"),
        line(户号=1, 房号=304),
        line(户号=5, 房号=305, 建筑面积=1),
    ]
    survey = await previewed(clerk, project, lines)
    page = (await clerk.get(survey)).text
    for cell, reason in (("H4", "用途“游乐场”不在字典中"), ("E5", "与第2行重复"), ("J6", "建筑面积")):
        assert f'cell-code">{cell}</td>' in page
        assert reason in page
    assert 'name="digest"' not in page
    refused = await clerk.htmx("POST", f"{survey}/apply", {"digest": "0" * 64})
    assert refused.status_code == 409
    assert "还没有导入楼盘表" in (await clerk.get(building)).text


async def test_a_table_that_changed_since_the_preview_is_refused_by_cell(road: Road) -> None:
    clerk, project = road
    building = await new_building(clerk, project)
    first, second = await previewed(clerk, project, homes(2)), await previewed(clerk, project, homes(3))
    digest = digest_in((await clerk.get(second)).text)
    await apply(clerk, first)
    status, _, words = words_of(await clerk.htmx("POST", f"{second}/apply", {"digest": digest}))
    assert status == 422
    assert "E2 1幢1户的单元代码已经使用" in words
    assert (await clerk.get(building)).text.count('data-state="unavailable" title=') == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "文件"),
        (b"just words", "不是 .xlsx 表格"),
        (b"%PDF-1.7 disguised", "不是 .xlsx 表格"),
        (b"PK\x03\x04 broken", "不是 .xlsx 表格"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "旧版 .xls"),
    ],
)
async def test_disguised_and_broken_files_are_refused_in_words(road: Road, data: bytes, words: str) -> None:
    clerk, project = road
    status, field, said = words_of(await upload(clerk, project, data))
    assert (status, field) == (422, "file")
    assert words in said


@pytest.mark.parametrize("size", [5 * 1024 * 1024 + 1, 50 * 1024 * 1024])
async def test_files_over_the_limit_are_refused(road: Road, size: int) -> None:
    clerk, project = road
    answer = await upload(clerk, project, b"x" * size)
    assert answer.status_code == 413
    assert "MB" in answer.json()["title"] or "过大" in answer.json()["title"]


async def test_no_file_is_asked_for(road: Road) -> None:
    clerk, project = road
    headers = {"HX-Request": "true", "X-CSRF-Token": clerk._token or ""}
    answer = await clerk.http.post(f"{project}/surveys", data={"file": ""}, headers=headers)
    assert words_of(answer)[:2] == (422, "file")


async def test_the_template_is_read_back_by_the_importer(road: Road) -> None:
    clerk, project = road
    template = await clerk.get("/housing/surveys/template")
    assert template.headers["Content-Disposition"].startswith("attachment")
    assert "没有房屋数据" in words_of(await upload(clerk, project, template.content))[2]


async def test_a_permit_is_assessed_then_refused_then_issued(road: Road) -> None:
    clerk, project = road
    building = await new_building(clerk, project)
    fields = permit_fields(ids(building))
    form = (await clerk.get(f"{project}/permits/new")).text
    assert "尚未登记监管账户" in form
    assert "核发许可证</button>" not in form
    assessed = await clerk.post(f"{project}/permits/assess", fields)
    assert assessed.status_code == 200
    for words in ("主体结构尚未封顶", "尚未签订全额监管协议", "建房规〔2026〕3号"):
        assert words in assessed.text
    assert f'value="{fields["number"]}"' in assessed.text
    assert f'value="{ids(building)[0]}" checked' in assessed.text
    refused = await clerk.post(f"{project}/permits", fields)
    assert refused.status_code == 409
    assert "主体结构尚未封顶" in refused.text
    await made(clerk, f"{project}/account", account_form())
    await made(clerk, f"{building}/topping-out", {"on": "2026-01-15"})
    clear = await clerk.post(f"{project}/permits/assess", fields)
    assert "可以核发" in clear.text
    assert "核发许可证</button>" in clear.text
    assert (await clerk.post(f"{project}/permits", fields)).status_code == 303


async def test_the_rules_of_the_day_apply(road: Road) -> None:
    """Before 2026-08-28 half the floors and any supervision were enough; since then not."""
    clerk, project = road
    building = await new_building(clerk, project)
    await made(clerk, f"{project}/account", account_form(mode="quota", quota="3,000,000"))
    fields = permit_fields(ids(building)) | {"floors.1": "9"}
    with time_machine.travel(date(2026, 8, 27), tick=False):
        before = (await clerk.post(f"{project}/permits/assess", fields)).text
    assert "可以核发" in before
    after = (await clerk.post(f"{project}/permits/assess", fields)).text
    assert "可以核发" not in after
    assert "主体结构尚未封顶" in after
    assert "购房资金应全额存入监管账户" in after


async def test_a_taken_number_shows_the_form_again(road: Road) -> None:
    clerk, project = road
    await made(clerk, f"{project}/account", account_form())
    first = await new_building(clerk, project, 1, topped_out_on="2026-01-01")
    second = await new_building(clerk, project, 2, topped_out_on="2026-01-01")
    fields = permit_fields(ids(first))
    assert (await clerk.post(f"{project}/permits", fields)).status_code == 303
    taken = await clerk.post(f"{project}/permits", fields | {"building_ids": ids(second)})
    assert taken.status_code == 409
    assert "已使用" in taken.text
    assert 'id="f-number" name="number" required aria-invalid="true"' in taken.text
    again = await clerk.post(f"{project}/permits", permit_fields(ids(first)))
    assert again.status_code == 422
    assert "尚未取得预售许可的楼幢" in again.text


async def test_mortgages_and_topping_out_are_recorded(road: Road) -> None:
    clerk, project = road
    building = await new_building(clerk, project)
    await made(clerk, f"{building}/mortgage", {"mortgagee": "演示农商银行"})
    assert "演示农商银行" in (await clerk.get(building)).text
    await made(clerk, f"{building}/mortgage/release", {})
    assert "演示农商银行" not in (await clerk.get(building)).text
    future = await clerk.htmx("POST", f"{building}/topping-out", {"on": "2099-01-01"})
    assert words_of(future) == (422, "on", "封顶日期不能晚于今天")


async def test_a_completed_building_has_built_homes(road: Road) -> None:
    clerk, project = road
    building = await new_building(clerk, project)
    early = await clerk.htmx("POST", f"{building}/completion", {"completed_on": "2026-06-01"})
    assert words_of(early) == (422, "completed_on", "竣工日期不能早于主体结构封顶日期")
    await made(clerk, f"{building}/topping-out", {"on": "2026-01-15"})
    await made(clerk, f"{building}/completion", {"completed_on": "2026-06-01"})
    assert "2026-06-01" in (await clerk.get(building)).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "9999"}, "number"), ({"number": "甲"}, "number"), ({"name": " "}, "name"),
        ({"name": "楼" * 61}, "name"), ({"floors_total": "0"}, "floors_total"), ({"structure": "竹"}, "structure"),
        ({"has_lift": ""}, "has_lift"), ({"planned_handover": "明年"}, "planned_handover"),
    ],
)  # fmt: skip
async def test_bad_buildings_are_refused_at_their_field(road: Road, changes: dict[str, str], field: str) -> None:
    clerk, project = road
    status, where, words = words_of(await clerk.htmx("POST", f"{project}/buildings", building_form() | changes))
    assert (status, where) == (422, field)
    assert not words.isascii()


async def test_a_number_is_used_once_on_a_parcel(road: Road) -> None:
    clerk, project = road
    await new_building(clerk, project)
    status, field, _ = words_of(await clerk.htmx("POST", f"{project}/buildings", building_form(name="甲楼")))
    assert (status, field) == (409, "number")


@pytest.mark.parametrize("fields", [{}, {"number": ""}, {"investment_percent": "多"}, {"investment_percent": "101"}])
async def test_a_permit_form_with_mistakes_is_shown_again(road: Road, fields: dict[str, Any]) -> None:
    clerk, project = road
    building = await new_building(clerk, project)
    sent = permit_fields(ids(building) if fields else []) | fields
    answer = await clerk.post(f"{project}/permits/assess", sent)
    assert answer.status_code == 422
    assert 'class="alert alert-danger"' in answer.text
