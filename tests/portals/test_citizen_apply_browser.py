"""Applying online on a phone, in Chromium: the whole way fits 390 px, works by script, and every page passes axe.

`SCREENSHOTS=folder` keeps a picture of every page.
"""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.applicants import own_home, photo
from tests.portals.citizens import ME
from tests.portals.test_citizen_browser import looked_at, pytestmark, site, tab
from yiti.accounts import sessions
from yiti.accounts.cookies import SESSION

__all__ = ["pytestmark", "site", "tab"]


async def signed_in(stage: Stage, tab: Page, site: str, name: str, id_no: str) -> None:
    async with stage.resources.database.transaction(HOME) as tx:
        cookie = await sessions.open_citizen_session(tx, name, id_no)
    await tab.context.add_cookies([{"name": SESSION, "value": cookie, "url": site}])


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_a_sale_from_the_choice_to_the_submission(stage: Stage, tab: Page, site: str, tmp_path: Path) -> None:
    seller, other = buyer("姚邵"), buyer("湛汪")
    home = await own_home(stage, seller)
    await signed_in(stage, tab, site, seller.name, seller.id_no)
    await tab.goto(ME)
    await looked_at(tab, stage, "a0-home")
    await tab.get_by_role("link", name="我要办", exact=True).last.click()
    await looked_at(tab, stage, "a1-offers")
    await tab.get_by_role("link", name="存量房转移登记").first.click()
    await tab.get_by_text("不在我名下").wait_for()
    assert not await tab.get_by_label("不动产单元号").is_visible()
    assert not await tab.get_by_label("委托人姓名").is_visible()
    await looked_at(tab, stage, "a2-begin")
    await tab.get_by_label("受别人委托").check()
    assert await tab.get_by_label("委托人姓名").is_visible()
    assert await tab.get_by_label("不动产单元号").is_visible()
    await looked_at(tab, stage, "a3-agent")
    await tab.get_by_label("为我自己").check()
    await tab.get_by_label(home.unit.location).check()
    await tab.get_by_role("button", name="开始申请").click()
    await tab.get_by_role("heading", name="填写申请").wait_for()
    await looked_at(tab, stage, "a4-form")
    await filled(tab, other.name, other.id_no)
    await looked_at(tab, stage, "a5-filled")
    await tab.get_by_role("button", name="保存，下一步").click()
    await tab.get_by_role("heading", name="申请材料").wait_for()
    await looked_at(tab, stage, "a6-materials")
    await tab.get_by_role("button", name="全部获取").click()
    await tab.get_by_text("请点开核对内容").or_(tab.get_by_text("没有查到，请上传")).first.wait_for(timeout=60_000)
    await uploads(stage, tab, tmp_path)
    await looked_at(tab, stage, "a8-complete")
    await tab.get_by_role("link", name="下一步：回答询问并签署").click()
    await tab.get_by_role("heading", name="询问和签署").wait_for()
    for number, clear in enumerate((True, False, False, True, True, False)):
        await tab.locator(".apply-question").nth(number).get_by_label("是" if clear else "否").check()
    await looked_at(tab, stage, "a9-submit")
    await tab.get_by_role("button", name="生成文件，去签署").click()
    await tab.get_by_role("button", name="去签署", exact=True).wait_for()
    await looked_at(tab, stage, "b1-to-sign")
    await tab.get_by_role("button", name="去签署", exact=True).click()
    await tab.get_by_role("button", name="开始人脸核验").click()
    await tab.get_by_role("button", name="通过", exact=True).click()
    await tab.get_by_role("button", name="确认签署").wait_for()
    await looked_at(tab, stage, "b2-desk")
    await tab.goto(f"{ME}/cases")
    await looked_at(tab, stage, "b3-cases")


async def filled(tab: Page, name: str, id_no: str) -> None:
    """The other side and the price."""
    holder = tab.locator("fieldset.apply-person").first
    await holder.get_by_label("姓名或名称").fill(name)
    await holder.get_by_label("证件号码", exact=True).fill(id_no)
    await holder.get_by_label("手机号码").first.fill("13900001111")
    await tab.get_by_label("单独所有").check()
    await tab.get_by_label("取得价格").fill("600000")
    await tab.get_by_label("联系手机号码").fill("13900001112")


async def uploads(stage: Stage, tab: Page, folder: Path) -> None:
    """What no source has: first a file that is none, then photos."""
    (folder / "fake.pdf").write_bytes(b"MZ not a paper")
    first = tab.locator(".apply-material", has=tab.get_by_text("待上传"))
    box = tab.locator(".apply-material", has=tab.get_by_role("heading", name="存量房买卖合同"))
    await box.locator("input[type=file]").set_input_files(folder / "fake.pdf")
    await box.get_by_text("只接受").wait_for()
    await looked_at(tab, stage, "a7-refused")
    for number in range(8):
        if not await first.count():
            break
        picture = folder / f"{number}.jpg"
        picture.write_bytes(photo(f"#{number}{number}4488"))
        before = await first.count()
        await first.first.locator("input[type=file]").set_input_files(picture)
        await tab.wait_for_function(
            "before => [...document.querySelectorAll('.state')].filter(s => s.innerText == '待上传').length < before",
            arg=before,
        )


@pytest.mark.timeout(240)
async def test_ones_property_and_its_proofs(stage: Stage, tab: Page, site: str) -> None:
    person = buyer("祁毛")
    await own_home(stage, person)
    await signed_in(stage, tab, site, person.name, person.id_no)
    await tab.goto(f"{ME}/property")
    await looked_at(tab, stage, "c1-property")
    await tab.get_by_label("用途").last.fill("子女入学")
    await tab.get_by_role("button", name="生成证明").last.click()
    await tab.get_by_role("link", name="下载（PDF）").wait_for(timeout=60_000)
    await looked_at(tab, stage, "c2-letter")
    await tab.set_viewport_size({"width": 1366, "height": 768})
    for name, url in {"d1-home": ME, "d2-offers": f"{ME}/apply", "d3-begin": f"{ME}/apply/transfer_resale"}.items():
        await tab.goto(url)
        if folder := os.environ.get("SCREENSHOTS"):
            await tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
