"""A clerk and a registrar in a real browser: from the window to the book, with the keyboard, and accessible by axe."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from playwright.async_api import Browser, FilePayload, Page

from kernel.settings import Settings
from tests.journeys.browser import IN_BROWSER
from tests.journeys.registration.county import Desk, centre
from tests.journeys.registration.people import citizen, home_of
from tests.portals.pages import PageClient
from tests.portals.registrars import desk, make_platform
from tests.portals.test_browser import site
from tests.portals.windows import case_id_of, photo
from tests.testbed import Testbed
from yiti.accounts.cookies import SESSION
from yiti.cases.lifecycle import CaseStatus

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [*IN_BROWSER, pytest.mark.soak, pytest.mark.timeout(300)]
__all__ = ["site"]


@pytest.fixture(scope="module")
async def office(testbed: Testbed, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with centre(testbed, settings, tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def app(office: Desk) -> Litestar:
    return make_platform(office)  # type: ignore[arg-type]


async def tab_of(browser: Browser, site: str, client: PageClient, complaints: list[str]) -> Page:
    """A tab in which this person has signed in; what the browser holds against our pages is noted."""
    assert client.staff
    context = await browser.new_context(
        base_url=site, viewport={"width": 1366, "height": 768}, locale="zh-CN", reduced_motion="reduce"
    )
    await context.add_cookies([{"name": SESSION, "value": client.staff.cookie, "url": site}])
    tab = await context.new_page()
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    return tab


async def accessible(tab: Page) -> None:
    await tab.wait_for_load_state("networkidle")
    # axe is a tool of the test and no script of ours: it is read into the page past the policy by the debugger.
    await tab.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = (await tab.evaluate("axe.run({resultTypes: ['violations']})"))["violations"]
    told = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
    assert not told, f"{tab.url}: {told}"


async def accept(tab: Page) -> None:
    """From the materials to the accepted case."""
    for code in ("identity", "certificate", "contract"):
        file = FilePayload(name=f"{code}.png", mimeType="image/png", buffer=photo())
        await tab.locator(f'form[action$="/materials/{code}"] input[type=file]').set_input_files([file])
        await tab.get_by_text(f"{code}.png").wait_for()
    # The name shows while the file is on its way; leaving the page before it has arrived breaks it off.
    await tab.wait_for_load_state("networkidle")
    await tab.get_by_role("link", name="下一步：询问").click()
    await tab.wait_for_url("**/answers")
    for box in await tab.locator('input[name^="people."]').all():
        await box.check()
    bad = ("other_owners", "disputed", "hidden_rights")
    for name in {await one.get_attribute("name") or "" for one in await tab.locator('input[name^="answers."]').all()}:
        await tab.check(f'[id="f-{name}-{"no" if name.endswith(bad) else "yes"}"]')
    await tab.get_by_role("button", name="保存并核对").click()
    await tab.wait_for_url("**/check")
    await accessible(tab)
    await tab.get_by_role("button", name="受理", exact=True).click()
    await tab.wait_for_url("**/registration/cases/*")
    await accessible(tab)


async def test_from_the_window_to_the_book(browser: Browser, site: str, app: Litestar, office: Desk) -> None:
    seller, buyer = citizen("薛宝钗"), citizen("史湘云")
    unit, _ = await home_of(office, seller)
    complaints: list[str] = []
    clerk = await desk(app, office, "window_clerk")  # type: ignore[arg-type]
    registrar = await desk(app, office, "registrar")  # type: ignore[arg-type]
    tab = await tab_of(browser, site, clerk, complaints)

    await tab.goto("/registration/window")
    await tab.keyboard.type("二手房")
    await tab.locator("#offer-transfer_gift").wait_for(state="detached")
    await tab.locator("#offer-transfer_resale").get_by_role("button", name="开始受理").click()
    await tab.wait_for_url("**/units")
    await tab.keyboard.type(seller[2])
    await tab.keyboard.press("Enter")
    await tab.get_by_role("button", name="选定").click()
    await tab.locator("#chosen-1").wait_for()
    await tab.locator(".next-step").get_by_role("link", name="填写申请").click()
    await tab.wait_for_url("**/form")
    url = tab.url.removesuffix("/form").removeprefix(site)

    await tab.locator('[id="f-parts.0.holder.1.name"]').focus()
    await tab.keyboard.type(buyer[0])
    await tab.keyboard.press("Tab")
    await tab.keyboard.type(buyer[2])
    await tab.keyboard.press("Enter")
    assert await tab.evaluate("document.activeElement.id") == "f-parts.0.holder.1.id_kind", "a reader ends with Enter"
    await tab.get_by_label("单独所有").check()
    await tab.fill('[id="f-parts.0.price"]', "500,000")
    await tab.get_by_text("已自动保存").wait_for()
    await accessible(tab)
    await tab.get_by_role("button", name="保存并收取材料").click()
    await tab.wait_for_url("**/materials")

    await accept(tab)
    case = await office.case(case_id_of(url))
    await office.answered(case)
    desk_tab = await tab_of(browser, site, registrar, complaints)
    await desk_tab.goto("/registration")
    await desk_tab.get_by_role("link", name=case.number).click()
    await desk_tab.get_by_role("button", name="核准并登簿").click()
    await desk_tab.fill("#do-approve-note", "已核对全部材料和原证")
    await desk_tab.locator("#do-approve").get_by_role("button", name="核准并登簿").click()
    await desk_tab.get_by_text("已核准并登簿").wait_for()
    assert (await office.case(case.id)).status == CaseStatus.BOOKED
    await desk_tab.goto(f"/registration/units/{unit.id}")
    await accessible(desk_tab)
    assert not complaints
    for client in (clerk, registrar):
        await client.http.aclose()
