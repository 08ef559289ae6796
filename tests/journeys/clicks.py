"""What people at desks do in a sale, click by click; each function begins where the one before has left the page."""

import asyncio
import re
from dataclasses import dataclass
from datetime import date

from playwright.async_api import Locator, Page, expect

from kernel.identifiers import test_resident_id
from kernel.rendering.qr import qr_png
from kernel.rendering.templates import png_uri
from tests.journeys.browser import PATIENCE, Person
from yiti.journeys.documents import QUESTIONS

PRICE, DOWN = 600_000, 200_000
PAPERS = 4
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Buyer:
    """Who buys. `serial` makes an ID number and a phone of their own."""

    name: str
    serial: int

    @property
    def id_no(self) -> str:
        return test_resident_id(date(1988, 8, 18), self.serial)

    @property
    def phone(self) -> str:
        return f"138{self.serial:08d}"


async def pick_unit(clerk: Person, building: str, room: str) -> None:
    """From the work list over project and building table to the panel of a home that may be sold."""
    tab = clerk.tab
    await clerk.sees("sales-worklist")
    await tab.get_by_role("link", name="选房签约").click()
    await tab.get_by_role("heading", level=2, name="楼幢").wait_for()
    await clerk.sees("project")
    await tab.get_by_role("link", name=building).click()
    await tab.get_by_text("请在楼盘表中选择一套房屋").wait_for()
    await clerk.sees("building-table")
    await choose(tab, building + room)
    await clerk.sees("unit-panel")


async def choose(tab: Page, unit: str) -> None:
    """A home in the building table; its panel offers to begin."""
    cell = unit_cell(tab, unit)
    await expect(cell).to_have_attribute("data-state", "available")
    await cell.click()
    await tab.get_by_role("button", name="开始签约").wait_for()


def unit_cell(tab: Page, unit: str) -> Locator:
    """In the building table."""
    return tab.get_by_title(f"{unit}，")


async def begin_sale(clerk: Person) -> str:
    """Returns the address of the sale."""
    await clerk.tab.get_by_role("button", name="开始签约").click()
    await clerk.tab.wait_for_url("**/buyers")
    return clerk.tab.url.removesuffix("/buyers")


async def enter_buyer(clerk: Person, buyer: Buyer) -> None:
    tab = clerk.tab
    await clerk.sees("buyers")
    await tab.get_by_label("姓名").fill(buyer.name)
    await tab.get_by_label("居民身份证号码").fill(buyer.id_no)
    await tab.get_by_label("手机号码").fill(buyer.phone)
    await tab.get_by_label("通讯地址").fill("息县谯楼街道测试小区1号楼")
    await tab.get_by_role("button", name="保存并继续").click()
    await tab.wait_for_url("**/price")


async def enter_price(clerk: Person) -> None:
    """A down payment, and a second line for the loan; the page says in capitals what was typed, and that it adds up."""
    tab = clerk.tab
    await clerk.sees("price")
    await tab.get_by_label("总价款").fill(str(PRICE))
    await tab.get_by_role("button", name="添加一期").click()
    await tab.get_by_label("款项").nth(1).select_option(label="商业贷款")
    await tab.get_by_label("款项").nth(0).select_option(label="首付款")
    await tab.get_by_label("付款日期").nth(1).fill(await tab.get_by_label("付款日期").nth(0).input_value())
    await tab.get_by_label("金额").nth(0).fill(str(DOWN))
    await tab.get_by_label("金额").nth(1).fill(str(PRICE - DOWN))
    await tab.get_by_label("商业贷款的贷款机构（有商业贷款时填写）").fill("演示建设银行息县支行")
    await expect(tab.locator("#price-check")).to_contain_text("陆拾万元整")
    await expect(tab.locator("#price-check .state")).to_have_class(re.compile("tone-success"))
    await clerk.sees("price-typed")
    await tab.get_by_role("button", name="保存并继续").click()
    await tab.wait_for_url("**/clauses")


async def enter_clauses(clerk: Person) -> None:
    tab = clerk.tab
    await clerk.sees("clauses")
    await tab.get_by_label("前期物业服务企业").fill("演示物业服务有限公司")
    async with tab.expect_response("**/preview.pdf") as coming:
        await tab.get_by_role("button", name="保存并继续").click()
        await tab.wait_for_url("**/preview")
        await tab.locator("iframe.pdf-frame").scroll_into_view_if_needed()
    preview = await coming.value
    assert (preview.status, preview.headers["content-type"]) == (200, "application/pdf")


async def order_payment(clerk: Person) -> list[str]:
    """The contract's preview has been looked at: send out the payment notices; returns their numbers."""
    tab = clerk.tab
    await clerk.sees("preview")
    await tab.get_by_role("button", name="生成缴款通知").click()
    await expect(tab.locator(".sales-bill")).to_have_count(2)
    await expect(tab.get_by_text("还不能提交签署：")).to_be_visible()
    await clerk.sees("payment")
    words = " ".join(await tab.locator(".sales-bill").all_inner_texts())
    return re.findall(r"通知书号 (\S+)", words)


async def pay(clerk: Person, sandbox: str, notices: list[str]) -> None:
    """The bank's own page; the sale's page stays as it is, and nobody touches it."""
    bank = await clerk.another_tab(f"{sandbox}/bank")
    for number in notices:
        button = bank.get_by_role("button", name=f"缴款 {number}")
        await arrived(bank, button)
        await button.click()
        await bank.get_by_role("row").filter(has_text=number).filter(has_text="已缴").wait_for()
    await bank.close()


async def arrived(tab: Page, what: Locator) -> None:
    """The sandbox's pages show what has come when they were opened: open them again until it is there."""
    async with asyncio.timeout(PATIENCE / 1000):
        while not await what.is_visible():
            await tab.wait_for_timeout(100)
            await tab.reload()


async def submit(clerk: Person) -> str:
    """Money is there: ask, write down the answers, submit; returns the signing link beside the buyer's QR code."""
    tab = clerk.tab
    await expect(tab.locator(".sales-bill.paid")).to_have_count(2)
    send = tab.get_by_role("button", name="提交签署")
    await send.wait_for()
    await clerk.sees("paid")
    for question in QUESTIONS:
        asked = tab.get_by_role("group").filter(has_text=question.text)
        await asked.get_by_label("是" if question.clear == "yes" else "否").check()
    await tab.get_by_label("登记结果推送银行").select_option(index=1)
    await send.click()
    link = await tab.get_by_role("textbox", name="签署链接").input_value()
    assert await tab.get_by_role("img", name="签署二维码").get_attribute("src") == png_uri(qr_png(link))
    await clerk.sees("signing")
    return link


async def seal(manager: Person, sale: str) -> None:
    """The developer's e-seal, as soon as the page offers it."""
    tab = manager.tab
    await tab.goto(sale)
    await tab.get_by_role("button", name="加盖电子印章").first.click()
    dialog = tab.get_by_role("dialog", name="加盖企业电子印章？")
    await dialog.wait_for()
    await manager.sees("seal-dialog")
    await dialog.get_by_role("button", name="加盖电子印章").click()
    await tab.get_by_text("合同备案号").wait_for()
    await manager.sees("sealed")


async def find_in_register(registrar: Person, proof_no: str) -> None:
    """By the proof's number to the register page of its unit."""
    tab = registrar.tab
    await tab.get_by_role("link", name="登记簿查询").first.click()
    await registrar.sees("register")
    await tab.get_by_label("不动产单元号、证明号或者业务号").fill(proof_no)
    await tab.get_by_role("button", name="查询").click()
    await tab.get_by_role("heading", name="登记簿沿革").wait_for()
    await registrar.sees("register-page")
