"""The configuration of a business in Chromium: the picture of the flow, the form, a refusal at its field; axe clean.

`SCREENSHOTS=folder` keeps a picture of every page.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar
from playwright.async_api import Browser, Page

from kernel.db import Database
from kernel.settings import Settings
from tests.integrations.conftest import free_port, serving
from tests.journeys.browser import IN_BROWSER
from tests.portals.pages import make_staff
from tests.testbed import HOME
from yiti.accounts.cookies import SESSION

pytestmark = [*IN_BROWSER, pytest.mark.soak]
WIDTHS = (1366, 390)


@pytest.fixture
async def desk(browser: Browser, app: Litestar, database: Database) -> AsyncIterator[Page]:
    """A desk computer at which the county administrator of the businesses is signed in."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with database.transaction(HOME) as tx:
        cookie = (await make_staff(tx, "case_manager")).cookie
    async with serving(app, port, "off"):
        context = await browser.new_context(base_url=url, locale="zh-CN", reduced_motion="reduce")
        await context.add_cookies([{"name": SESSION, "value": cookie, "url": url}])
        yield await context.new_page()
        await context.close()


async def looked_at(page: Page, settings: Settings, name: str) -> None:
    """At both widths: nothing beside the screen, nothing that axe finds."""
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 768})
        if folder := os.environ.get("SCREENSHOTS"):
            await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
        await page.evaluate((settings.assets_dir / "axe-core" / "axe.min.js").read_text())
        found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert not [fault["id"] for fault in found["violations"]], name


@pytest.mark.timeout(180)
async def test_a_business_is_seen_and_set(desk: Page, settings: Settings) -> None:
    await desk.goto("/admin/businesses")
    await looked_at(desk, settings, "e1-businesses")
    await desk.get_by_role("link", name="新建商品房转移登记").click()
    await desk.get_by_role("heading", name="更改设置").wait_for()
    await looked_at(desk, settings, "e2-business")
    await desk.get_by_label("办理时限").fill("31")
    await desk.get_by_role("button", name="保存新设置").click()
    await desk.get_by_text("法定三十个工作日").wait_for()
    assert await desk.get_by_label("办理时限").get_attribute("aria-invalid") == "true"
    await desk.get_by_label("办理时限").fill("0.5")
    await desk.get_by_label("审核层级").select_option("2")
    await desk.get_by_role("button", name="保存新设置").click()
    await desk.get_by_text("尚未开始").wait_for()
    await looked_at(desk, settings, "e3-changed")
