"""The journey of a presale home, clicked through in Chromium by everybody who takes part in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, expect

from kernel.settings import Settings
from tests.faults.processes import Process, Web, environment_of
from tests.integrations.conftest import Sandbox, free_port
from tests.journeys import clicks, taps
from tests.journeys.browser import IN_BROWSER, People, Person, at_browsers
from tests.journeys.clicks import Buyer
from tests.testbed import Testbed
from yiti.local import demo_county
from yiti.local.servers import ValkeyServer

pytestmark = [*IN_BROWSER, pytest.mark.soak, pytest.mark.timeout(900, func_only=True)]


@dataclass(frozen=True)
class Platform:
    """Addresses of what runs."""

    web: str
    sandbox: str


@pytest.fixture(scope="module")
async def platform(
    testbed: Testbed, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Platform]:
    """The platform as `make run` starts it: web, worker and sandbox processes, and the demo county."""
    folder = tmp_path_factory.mktemp("journey")
    await testbed.make_database("journey")
    sandbox = Sandbox(folder, folder / "keys")
    port = free_port()
    with ValkeyServer(folder / "valkey", durable=False) as valkey:
        here = settings.model_copy(
            update={
                "database_url": testbed.dsn("journey"),
                "owner_database_url": testbed.owner_dsn("journey"),
                "valkey_url": valkey.url,
                "var_dir": folder,
                "blob_url": f"file://{folder}/blobs",
                "pki_dir": folder / "pki",
                "keys_dir": folder / "keys",
                "web_port": port,
                "public_url": f"http://127.0.0.1:{port}",
                "identity_url": f"{sandbox.url}/identity",
                "supervision_bank_url": f"{sandbox.url}/bank",
                "mortgage_bank_url": f"{sandbox.url}/mortgage-bank",
                "tax_url": f"{sandbox.url}/tax",
                "sms_url": f"{sandbox.url}/sms",
            }
        )
        here.keys_dir.mkdir()
        web = Web.of(here, folder)
        worker = Process("yiti.worker", [], environment_of(here), folder / "worker.log")
        sandbox.start()
        try:
            await demo_county.load(here)
            worker.start()
            web.start()
            web.ready()
            worker.wait_for("worker.ready")
            yield Platform(web.url, sandbox.url)
        finally:
            web.kill()
            worker.kill()
            sandbox.kill()


async def test_a_home_is_sold_from_the_building_table_to_the_proof(platform: Platform, browser: Browser) -> None:
    async with at_browsers(browser, platform.web) as people:
        await sell_at_once(platform, people)


async def sell_at_once(platform: Platform, people: People) -> None:
    buyer = Buyer("张秀英", 2)
    clerk = await people.at_desk("shoulou")
    await clicks.pick_unit(clerk, "1号楼", "602")
    late_colleague = await clerk.another_tab(clerk.tab.url)
    await clicks.choose(late_colleague, "1号楼602")
    sale = await clicks.begin_sale(clerk)
    await clicks.enter_buyer(clerk, buyer)
    await clicks.enter_price(clerk)
    await clicks.enter_clauses(clerk)
    notices = await clicks.order_payment(clerk)
    assert len(notices) == 2
    await clicks.pay(clerk, platform.sandbox, notices)
    link = await clicks.submit(clerk)

    phone = await people.with_phone()
    await taps.open_link(phone, platform.sandbox, buyer)
    assert phone.tab.url == link
    await sign_on_the_phone(phone)

    manager = await people.at_desk("jingli")
    await clicks.seal(manager, sale)

    # On the clerk's page, which nobody has touched since, all of it appears by itself.
    facts = clerk.tab.locator("dl.definitions").filter(has_text="合同备案号")
    await expect(facts).to_contain_text("已生成")
    await expect(clerk.tab.get_by_role("link", name="打开电子证明")).to_be_visible()
    await expect(clerk.tab.locator(".page-header .state")).to_have_text("已预告登记")
    await clerk.sees("booked")
    proof_no = await fact(clerk.tab, "不动产登记证明号")

    await the_buyer_follows_it(phone)
    address, proof = await taps.proof_in_hand(phone)
    await anybody_verifies_it(await people.with_phone(), address, proof, proof_no)
    await taps.own_things(await people.with_phone(), buyer)
    registrar = await people.at_desk("dengji")
    await clicks.find_in_register(registrar, proof_no)
    await expect(registrar.tab.get_by_role("main")).to_contain_text("张**")

    # The colleague still has the unit's page of before the sale open.
    with clerk.refused(409):
        await late_colleague.get_by_role("button", name="开始签约").click()
        await expect(late_colleague.locator(".form-problem")).to_contain_text("已")
    await expect(clicks.unit_cell(late_colleague, "1号楼602")).to_have_attribute("data-state", "noticed")


async def sign_on_the_phone(phone: Person) -> None:
    await phone.tab.get_by_role("button", name="开始人脸核验").tap()
    await taps.show_face(phone, "face")
    await taps.read_everything(phone)
    await taps.sign(phone)


async def the_buyer_follows_it(phone: Person) -> None:
    """On from the page on which the buyer signed: contract, papers, history."""
    tab = phone.tab
    await tab.get_by_role("link", name="查看合同和办理进度").tap()
    await expect(tab.locator(".own-state")).to_contain_text("已预告登记")
    await expect(tab.locator(".yiti-timeline")).to_contain_text("登簿")
    await expect(tab.locator(".file-list li")).to_have_count(clicks.PAPERS)
    await phone.sees("own-contract")


async def anybody_verifies_it(anybody: Person, address: str, proof: bytes, proof_no: str) -> None:
    """By the address in the QR code, by the file, and with one byte of the file changed."""
    main = anybody.tab.get_by_role("main")
    await anybody.tab.goto(address)
    await expect(main.get_by_role("heading", level=2).first).to_have_text("有效")
    await expect(main).to_contain_text(proof_no)
    await anybody.sees("verified")
    assert "有效" in await (await taps.verify_file(anybody, proof, "file-verified")).inner_text()
    place = proof.index(b"stream") + 30
    forged = proof[:place] + bytes([proof[place] ^ 1]) + proof[place + 1 :]
    assert "已被篡改" in await (await taps.verify_file(anybody, forged, "file-refused")).inner_text()


async def fact(tab: Page, label: str) -> str:
    """The value beside a label."""
    return (
        await tab.locator("dl.definitions div")
        .filter(has=tab.get_by_text(label, exact=True))
        .locator("dd")
        .inner_text()
    )
