"""People at real browsers. Every page they come to is watched, measured, and checked by axe.

`SCREENSHOTS=folder` keeps a picture of every page.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, async_playwright

from kernel.settings import get_settings
from tests.journeys.stage import HOME
from tests.tools import needs
from yiti.local.demo_county import PASSWORD

CHROMIUM = shutil.which("chromium")
IN_BROWSER = (
    pytest.mark.browser,
    needs("chromium"),
)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 120_000
"""Milliseconds; longer than anything takes on a machine that does ten other things."""
DESK: Any = {"viewport": {"width": 1366, "height": 768}}
# A phone has two pixels to a point, four to draw instead of one: only for who wants to look at them.
_PIXELS = 2 if os.environ.get("SCREENSHOTS") else 1
PHONE: Any = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": _PIXELS, "has_touch": True, "is_mobile": True,
}  # fmt: skip


class Person:
    """Somebody at a desk or with a phone; `tab` is the page before their eyes."""

    def __init__(self, context: BrowserContext, tab: Page, width: int, checked: set[str]) -> None:
        self.context = context
        self.tab = tab
        self.width = width
        self.complaints: list[str] = []
        self._checked = checked
        self._refusals: set[int] = set()
        context.on("weberror", lambda found: self.complaints.append(f"script error: {found.error}"))
        context.on("console", self._said)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    async def sees(self, name: str) -> None:
        """The page has a title, fits the screen, pleases axe, and the browser has had nothing to complain about.

        axe sees a desk's pages, and each once: tests/portals shows it the pages for a phone.
        """
        if folder := os.environ.get("SCREENSHOTS"):
            await self.tab.screenshot(path=Path(folder) / f"{name}.png", full_page="dialog" not in name)
        assert not self.complaints, f"{name}: {self.complaints}"
        assert (await self.tab.title()).strip(" ·"), f"{name} has no title"
        await self._fits(name)
        if self.width == DESK["viewport"]["width"] and name not in self._checked:
            self._checked.add(name)
            assert not (faults := await self._axe()), f"{name}:\n" + "\n".join(faults)

    async def _fits(self, name: str) -> None:
        """The page is not wider than the screen, once it has settled; else the failure names what sticks out."""
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                while await self.tab.evaluate("document.documentElement.scrollWidth") > self.width:
                    await self.tab.evaluate("new Promise(requestAnimationFrame)")
                return
        sticking_out = await self.tab.locator("body *").evaluate_all(
            "(all, width) => all.filter(one => one.getBoundingClientRect().right > width)"
            ".map(one => one.outerHTML.slice(0, 160))",
            self.width,
        )
        pytest.fail(f"{name} is wider than {self.width}:\n" + "\n".join(sticking_out))

    async def another_tab(self, url: str) -> Page:
        """The same person opens a second page; `tab` stays."""
        tab = await self.context.new_page()
        await tab.goto(url)
        return tab

    async def screen(self) -> str:
        """The page's address and words, and what the browser complains of."""
        words = " ".join((await self.tab.locator("body").inner_text()).split())
        return "\n".join([f"{self.tab.url}: {words[:2000]}", *self.complaints])

    @contextmanager
    def refused(self, status: int) -> Iterator[None]:
        """Inside, the server may say no with this status: browsers report it as an error."""
        self._refusals.add(status)
        yield

    async def _axe(self) -> list[str]:
        before = len(self.complaints)
        await self.tab.evaluate((get_settings().assets_dir / "axe-core" / "axe.min.js").read_text())
        found = await self.tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        # axe itself tries styles that our policy forbids.
        self.complaints[before:] = [one for one in self.complaints[before:] if "Content Security Policy" not in one]
        return [
            f"{fault['id']} ({fault['impact']}): {fault['help']}: {node['html'][:160]}"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]

    def _said(self, message: ConsoleMessage) -> None:
        expected = any(re.search(rf"\b{status}\b", message.text) for status in self._refusals)
        if message.type in {"error", "warning"} and not expected:
            self.complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def _failed(self, request: Request) -> None:
        # What is on its way when a page is left, the browser itself gives up.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._refusals:
            self.complaints.append(f"{response.request.method} {response.url}: {response.status}")


class People:
    """Everybody who has opened a browser; each has cookies of their own."""

    def __init__(self, browser: Browser, web: str) -> None:
        self.browser = browser
        self.web = web
        self.present: list[Person] = []
        self._checked: set[str] = set()
        """Pages that axe has seen."""

    async def with_phone(self) -> Person:
        """A buyer, or anybody."""
        return await self._one(PHONE)

    async def at_desk(self, login: str) -> Person:
        """One of the demo county's staff, signed in."""
        person = await self._one(DESK)
        tab = person.tab
        await tab.goto("/login")
        await person.sees("login")
        await tab.get_by_label("所在县").select_option(HOME)
        await tab.get_by_label("登录名").fill(login)
        await tab.get_by_label("密码").fill(PASSWORD)
        await tab.get_by_role("button", name="登录").click()
        await tab.get_by_role("navigation", name="业务菜单").wait_for()
        return person

    async def _one(self, device: Any) -> Person:
        context = await self.browser.new_context(
            base_url=self.web, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce", **device
        )
        context.set_default_timeout(PATIENCE)
        person = Person(context, await context.new_page(), device["viewport"]["width"], self._checked)
        self.present.append(person)
        return person


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A running Chromium; the fixture `browser` shares one."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def at_browsers(browser: Browser, web: str) -> AsyncIterator[People]:
    """People who use Chromium on this platform; at the end nobody may have seen an error.

    A failure tells what stood on everybody's screen.
    """
    people = People(browser, web)
    try:
        yield people
    except BaseException as failure:
        for person in people.present:
            failure.add_note(await person.screen())
        raise
    finally:
        for person in people.present:
            await person.context.close()
    complaints = [complaint for person in people.present for complaint in person.complaints]
    assert not complaints, "\n".join(complaints)
