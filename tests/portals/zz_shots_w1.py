"""Screenshots of the registration centre, on J's centre, in Chromium."""
import asyncio, re, socket, sys
from pathlib import Path
import pytest, uvicorn
from playwright.async_api import async_playwright
from tests.journeys.registration.county import centre
from tests.journeys.registration.people import *
from tests.portals.registrars import desk as sign, make_platform
from tests.portals.test_registration_window import *  # noqa
from yiti.accounts.cookies import SESSION

OUT = Path("/tmp/w1")

async def test_shots(office, app, clerk, registrar):
    from yiti.portals.shell.assets import Assets
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0)); port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started: await asyncio.sleep(0.02)
    from kernel.rendering.fonts import uncovered
    await asyncio.to_thread(uncovered, "", office.resources.settings.assets_dir)
    base = f"http://127.0.0.1:{port}"
    owner, spouse, buyer = citizen("诸葛亮"), citizen("黄月英"), citizen("姜维")
    unit = await office.unit()
    (own,) = await office.booked(owns(unit, owner, spouse))
    await office.booked(mortgaged(unit, owner))
    await office.booked(seized(unit, owner)); await office.booked(seized(unit, owner))
    free_unit, _ = await home_of(office, citizen("卢俊义"))
    reviewer = await sign(app, office, "reviewer")
    async with async_playwright() as pw:
        browser = await pw.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox","--disable-gpu","--disable-quic","--no-first-run","--disable-background-networking","--disable-component-update","--disable-sync"])
        async def tab_of(client):
            ctx = await browser.new_context(base_url=base, viewport={"width":1366,"height":768}, locale="zh-CN")
            await ctx.add_cookies([{"name": SESSION, "value": client.staff.cookie, "url": base}])
            t = await ctx.new_page()
            t.on("pageerror", lambda e: print("PAGEERROR", e)); t.on("console", lambda m: print("CONSOLE", m.text) if m.type in ("error","warning") else None)
            return t
        t = await tab_of(clerk); r = await tab_of(registrar)
        async def shot(tab, name, full=True):
            await tab.wait_for_load_state("networkidle")
            await tab.screenshot(path=OUT/f"{name}.png", full_page=full)
        await t.goto("/registration/window"); await shot(t, "01-choose", False)
        await t.fill("#f-q", "二手房"); await t.wait_for_timeout(700); await shot(t, "02-search", False)
        url = await begin(clerk, "mortgage_cancellation", "transfer_resale", "mortgage")
        await t.goto(url + "/units"); await t.fill("#f-text", owner[2]); await t.keyboard.press("Enter"); await t.wait_for_selector(".found"); await shot(t, "03-found")
        await t.get_by_role("button", name="选定").click(); await t.wait_for_selector(".rights"); await shot(t, "04-units")
        await t.goto(url + "/form"); await shot(t, "05-form")
        url = await begin(clerk, "transfer_resale"); await choose(clerk, url, free_unit)
        await t.goto(url + "/form")
        await t.fill('[id="f-parts.0.holder.1.name"]', "燕青"); await t.keyboard.press("Tab"); await t.keyboard.type(buyer[2]); await t.keyboard.press("Enter")
        print("FOCUS", await t.evaluate("document.activeElement.id"))
        await t.get_by_label("按份共有").check(); await t.wait_for_timeout(800)
        await t.get_by_role("button", name="添加受让人").click(); await t.wait_for_timeout(800)
        print("FOCUS2", await t.evaluate("document.activeElement.id"))
        await t.fill('[id="f-parts.0.holder.1.share"]', "1/"); await t.wait_for_timeout(5500)
        await shot(t, "06-form-error")
        await t.fill('[id="f-parts.0.holder.1.share"]', "1/3"); await t.wait_for_timeout(5500)
        await shot(t, "07-form-saved")
        # stale
        sent = await resale_form(clerk, url, buyer)
        a = await clerk.post(f"{url}/form", sent); print("SAVED", a.status_code)
        await t.fill('[id="f-parts.0.price"]', "88"); await t.wait_for_timeout(5500); await shot(t, "08-form-stale", False)
        t.on("dialog", lambda d: asyncio.ensure_future(d.accept()))
        await t.goto(url + "/materials"); await shot(t, "09-materials")
        await t.set_input_files("#materials input[type=file] >> nth=0", [{"name":"合同.png","mimeType":"image/png","buffer":photo(3)},{"name":"合同2.png","mimeType":"image/png","buffer":photo(4)}]); await t.wait_for_timeout(1500); await shot(t, "10-uploaded")
        await t.goto(url + "/check"); await shot(t, "11-check-lacking")
        await upload_all(clerk, office, url); await answer_all(clerk, url)
        await t.goto(url + "/answers"); await shot(t, "12-answers")
        await t.goto(url + "/check"); await shot(t, "13-check")
        await t.get_by_role("button", name="受理", exact=True).click(); await t.wait_for_url("**/cases/*"); await shot(t, "14-accepted")
        await t.goto("/registration"); await shot(t, "15-mine")
        await t.goto("/registration?show=waiting"); await shot(t, "16-waiting")
        await office.answered(await read(office, url))
        await office.run_jobs("letter."); 
        await r.goto("/registration"); await shot(r, "17-review-list")
        case_url = f"/registration/cases/{case_id_of(url)}"
        await r.goto(case_url); await shot(r, "18-review")
        await r.locator("[data-dialog=do-approve]").click(); await shot(r, "19-approve-dialog", False)
        await r.fill("#do-approve-note", "已核对"); await r.locator("#do-approve button[type=submit]").click(); await r.wait_for_timeout(2500); await shot(r, "20-booked")
        await office.run_jobs("certificate."); await office.run_jobs()
        await r.goto(case_url); await shot(r, "21-made")
        await r.locator(".replay, details summary").last.click()
        await r.goto(f"/registration/units/{free_unit.id}?at=2026-11-21"); await shot(r, "22-register")
        await r.goto(f"/registration/units/{unit.id}"); await shot(r, "23-register-seized")
        await r.goto("/registration/searches"); await r.fill("#f-name", owner[0]); await r.fill("#f-id_number", owner[2]); await r.select_option("#f-purpose", "购房资格"); await r.get_by_role("button", name="查询", exact=True).click(); await shot(r, "24-searches")
        await r.get_by_role("button", name="出具有房证明").click(); await r.wait_for_url("**/letters/*"); await office.run_jobs("letter."); await r.wait_for_timeout(3000); await shot(r, "25-letter", False)
        await t.goto(case_url); await t.wait_for_timeout(300); await t.locator("a[hx-get*=materials]").first.click(); await t.wait_for_timeout(1500); await shot(t, "26-material")
        await r.goto("/registration/letters"); await shot(r, "27-letters")
        await browser.close()
    server.should_exit = True; await task
