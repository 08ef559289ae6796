"""The pages in a real browser: our scripts under the content security policy, and accessibility by axe."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from playwright.async_api import Browser, Page

from kernel.db import Database
from kernel.settings import Settings
from tests.integrations.conftest import free_port, serving
from tests.journeys.browser import IN_BROWSER
from tests.portals.pages import PASSWORD, Staff, make_staff
from tests.testbed import HOME
from yiti.accounts import sessions
from yiti.accounts.cookies import SESSION

pytestmark = [*IN_BROWSER]


@pytest.fixture(scope="module")
async def site(app: Litestar) -> AsyncIterator[str]:
    """The application on a port of its own."""
    port = free_port()
    async with serving(app, port, "off"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def complaints() -> list[str]:
    """What the browser holds against our pages: script errors, and breaches of the content security policy."""
    return []


@pytest.fixture
async def tab(browser: Browser, site: str, complaints: list[str]) -> AsyncIterator[Page]:
    """A tab that must not have complained when the test ends."""
    # Nothing slides: on a busy machine a click would meet a menu that is still on its way.
    context = await browser.new_context(
        base_url=site, viewport={"width": 1366, "height": 768}, locale="zh-CN", reduced_motion="reduce"
    )
    tab = await context.new_page()
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield tab
    await context.close()
    assert not complaints


async def sign_in(tab: Page, database: Database, role: str = "administrator") -> Staff:
    async with database.transaction(HOME) as tx:
        staff = await make_staff(tx, role)
    await tab.goto("/login")
    await tab.get_by_label("所在县").select_option(HOME)
    await tab.get_by_label("登录名").fill(staff.login)
    await tab.get_by_label("密码").fill(PASSWORD)
    await tab.get_by_role("button", name="登录").click()
    await tab.wait_for_url("**/admin/state")
    return staff


async def test_a_fault_is_shown_at_its_field_and_what_was_typed_stays(tab: Page, database: Database) -> None:
    await sign_in(tab, database)
    await tab.goto("/admin/organisations/new")
    await tab.get_by_label("类别").select_option("bank")
    await tab.get_by_label("单位名称").fill("测试银行")
    await tab.get_by_label("统一社会信用代码").fill("123")
    await tab.get_by_role("button", name="登记").click()
    await tab.get_by_text("统一社会信用代码应为18位，实际为3位").wait_for()
    field = tab.get_by_label("统一社会信用代码")
    assert await field.get_attribute("aria-invalid") == "true"
    assert await field.evaluate("element => element === document.activeElement")
    assert await tab.get_by_label("单位名称").input_value() == "测试银行"
    assert tab.url.endswith("/admin/organisations/new")


async def test_a_dangerous_button_asks_first(tab: Page, database: Database) -> None:
    await sign_in(tab, database)
    async with database.transaction(HOME) as tx:
        other = await make_staff(tx, "registrar")
    await tab.goto(f"/admin/users/{other.user_id}")
    await tab.get_by_role("button", name="停用账号").click()
    dialog = tab.get_by_role("dialog", name="停用账号？")
    await dialog.get_by_role("button", name="取消").click()
    await dialog.wait_for(state="hidden")
    await tab.get_by_role("button", name="停用账号").click()
    await dialog.get_by_role("button", name="停用账号").click()
    await tab.get_by_text("账号已停用，该用户已退出登录").wait_for()
    assert await tab.get_by_role("button", name="启用账号").is_visible()


async def test_a_script_whose_session_ended_goes_to_the_sign_in_page(tab: Page, database: Database) -> None:
    staff = await sign_in(tab, database)
    await tab.goto("/admin/audit")
    async with database.transaction(HOME) as tx:
        await sessions.end_all_of(tx, staff.user_id)
    await tab.get_by_role("button", name="校验整条链").click()
    await tab.wait_for_url("**/login?*next=%2Fadmin%2Faudit")
    await tab.get_by_text("登录已过期").wait_for()


async def test_the_chain_is_verified_from_the_page(tab: Page, database: Database) -> None:
    await sign_in(tab, database)
    await tab.goto("/admin/audit")
    await tab.get_by_role("button", name="校验整条链").click()
    await tab.get_by_text("校验通过").wait_for()


async def test_the_menu_opens_on_a_phone(tab: Page, database: Database) -> None:
    await tab.set_viewport_size({"width": 390, "height": 844})
    await sign_in(tab, database)
    link = tab.get_by_role("link", name="审计日志", exact=True)
    assert not await link.is_visible()
    await tab.get_by_role("button", name="打开或收起菜单").click()
    await link.click()
    await tab.wait_for_url("**/admin/audit")


@pytest.mark.parametrize(
    "url", ["/login", "/gallery", f"/gallery/{HOME}", "/nowhere", "/admin/state", "/admin/users", "/admin/audit"]
)
async def test_pages_pass_axe_and_fit_the_screen(
    tab: Page, complaints: list[str], database: Database, settings: Settings, site: str, url: str
) -> None:
    if url.startswith("/admin"):
        async with database.transaction(HOME) as tx:
            staff = await make_staff(tx, "administrator")
        await tab.context.add_cookies([{"name": SESSION, "value": staff.cookie, "url": site}])
    await tab.goto(url)
    axe = (settings.assets_dir / "axe-core" / "axe.min.js").read_text()
    for width in (1366, 390):
        await tab.set_viewport_size({"width": width, "height": 844})
        assert await tab.evaluate("document.documentElement.scrollWidth") <= width
    assert not complaints
    await tab.evaluate(axe)
    found = await tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    complaints.clear()  # axe itself tries styles that our policy forbids
    faults = [
        f"{fault['id']}: {fault['help']}: {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
    assert not faults, "\n".join(faults)
