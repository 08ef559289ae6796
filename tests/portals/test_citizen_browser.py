"""The signing desk on a phone, in Chromium: read to the end, draw, sign; every page fits and passes axe.

`SCREENSHOTS=folder` keeps a picture of every page.
"""

import dataclasses
import os
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

import signing.service as signing
from tests.integrations.conftest import free_port, serving
from tests.journeys.browser import IN_BROWSER
from tests.journeys.stage import HOME, Stage, buyer
from tests.journeys.taps import turn_pages
from tests.portals.citizens import Sold, invited, make_platform
from yiti.accounts import sessions
from yiti.accounts.cookies import SESSION

pytestmark = [*IN_BROWSER]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
async def site(stage: Stage) -> AsyncIterator[str]:
    """The pages on a port of their own, which the identity service sends the browser back to."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = stage.resources.settings.model_copy(update={"public_url": url})
    here = dataclasses.replace(stage, resources=dataclasses.replace(stage.resources, settings=settings))
    async with serving(make_platform(here), port, "off"):
        yield url


@pytest.fixture
async def tab(browser: Browser, site: str) -> AsyncIterator[Page]:
    """A phone's browser that must not have complained when the test ends."""
    context = await browser.new_context(
        base_url=site, viewport=PHONE, has_touch=True, locale="zh-CN", reduced_motion="reduce"
    )
    tab = await context.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    yield tab
    await context.close()
    assert not complaints


async def looked_at(tab: Page, stage: Stage, name: str) -> None:
    """The page fits the phone and passes axe."""
    if folder := os.environ.get("SCREENSHOTS"):
        await tab.screenshot(path=Path(folder) / f"{name}.png", full_page=name != "3-reader")
    assert await tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
    await tab.evaluate((stage.resources.settings.assets_dir / "axe-core" / "axe.min.js").read_text())
    found = await tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    faults = [f"{fault['id']}: {node['html'][:160]}" for fault in found["violations"] for node in fault["nodes"]]
    assert not faults, f"{name}:\n" + "\n".join(faults)


async def draw(tab: Page) -> None:
    """Two strokes on the pad."""
    pad = tab.locator("[data-pad]")
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    assert box is not None
    for stroke in (((0.15, 0.3), (0.4, 0.75), (0.55, 0.2)), ((0.6, 0.7), (0.75, 0.3), (0.9, 0.7))):
        for number, (across, down) in enumerate(stroke):
            await tab.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=8)
            if number == 0:
                await tab.mouse.down()
        await tab.mouse.up()


@pytest.mark.timeout(240)
async def test_a_buyer_reads_and_signs_on_the_phone(stage: Stage, tab: Page) -> None:
    contract_id = await stage.drafted([buyer("何吕"), buyer("施张")], "joint")
    link = (await invited(stage, contract_id))["buyer-1"]
    await tab.goto(link)
    await looked_at(tab, stage, "1-identify")
    await tab.get_by_role("button", name="开始人脸核验").click()
    await tab.get_by_role("button", name="通过", exact=True).click()
    await tab.get_by_role("heading", name="二、手写签名").wait_for()
    await looked_at(tab, stage, "2-desk")

    send = tab.get_by_role("button", name="确认签署")
    await send.click()
    assert await tab.get_by_text("请先阅读并同意全部文件").is_visible()
    boxes = tab.get_by_role("checkbox", name="我已阅读并同意")
    assert await boxes.count() == 4
    for number in range(4):
        assert await boxes.nth(number).is_disabled(), "not before it was read"
        await tab.get_by_role("button", name="阅读").nth(number).click()
        reader = tab.locator("dialog[open]")
        pages = reader.locator(".reader-pages")
        await reader.locator("img").first.evaluate("picture => picture.decode()")
        agree = reader.locator("[data-agree]")
        if number == 0:
            assert await agree.is_disabled()
            await looked_at(tab, stage, "3-reader")
            await pages.evaluate("pages => pages.scrollTo(0, pages.scrollHeight)")
            await expect(reader.locator("img").last).to_have_attribute("data-seen", "")
            await expect(agree).to_have_text(re.compile("还有第 .* 等?页未看"))
        await turn_pages(pages)
        await agree.and_(tab.locator(":enabled")).click()
        await reader.wait_for(state="hidden")
        assert await boxes.nth(number).is_checked()

    async def told() -> Mapping[str, frozenset[int]]:
        async with stage.resources.database.read(HOME) as reader:
            return await signing.pages_seen(reader, link.rpartition("/")[2])

    reported = await stage.until(told, lambda seen: len(seen["contract"]) > 1)
    assert 1 in reported["contract"], "the page reports while it is read, not only in the end"

    await send.click()
    assert await tab.locator("#f-handwriting-error").inner_text() == "请在签名框内手写签名"
    await draw(tab)
    await tab.get_by_role("button", name="清除重写").click()
    await send.click()
    assert await tab.locator("#f-handwriting-error").inner_text() == "请在签名框内手写签名", "cleared"
    await draw(tab)
    await tab.get_by_role("button", name="撤销一笔").click()
    await draw(tab)
    await looked_at(tab, stage, "4-drawn")
    await send.click()
    await tab.get_by_role("heading", name="您已完成签署").wait_for(timeout=60_000)
    await looked_at(tab, stage, "5-done")


@pytest.mark.timeout(240)
async def test_ones_own_pages_and_the_public_ones_fit_the_phone(stage: Stage, sold: Sold, site: str, tab: Page) -> None:
    person = sold.buyers[0]
    await tab.goto(f"/me/{HOME}/login")
    await looked_at(tab, stage, "6-login")
    async with stage.resources.database.transaction(HOME) as tx:
        cookie = await sessions.open_citizen_session(tx, person.name, person.id_no)
    await tab.context.add_cookies([{"name": SESSION, "value": cookie, "url": site}])
    pages = {
        "7-home": f"/me/{HOME}",
        "8-contract": sold.url,
        "9-proof": sold.proof_url,
        "10-verify": "/verify",
        "11-result": f"/verify/{HOME}/{sold.proof.verify_code}",
        "12-unknown": f"/verify/{HOME}/{'x' * 20}",
        "13-dead": f"/s/{HOME}/{'x' * 43}",
    }
    for name, url in pages.items():
        await tab.goto(url)
        await looked_at(tab, stage, name)
