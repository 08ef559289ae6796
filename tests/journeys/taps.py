"""What buyers and anybody do on a phone, tap by tap; each function begins where the one before has left the page."""

import itertools
import time
from pathlib import Path

from playwright.async_api import Locator, expect

from kernel.rendering.qr import qr_png
from kernel.rendering.templates import png_uri
from tests.journeys.browser import Person
from tests.journeys.clicks import PAPERS, Buyer, arrived
from tests.journeys.stage import HOME

REST = 0.2
"""Seconds for which a finger rests at the end of a stroke."""


async def open_link(phone: Person, sandbox: str, buyer: Buyer) -> None:
    """The SMS inbox, and in it the link."""
    tab = phone.tab
    await tab.goto(f"{sandbox}/sms")
    text = tab.locator("section").filter(has_text=buyer.phone).get_by_role("link")
    await arrived(tab, text)
    await phone.sees("sms")
    await text.tap()
    await tab.get_by_role("button", name="开始人脸核验").wait_for()
    await phone.sees("identify")


async def show_face(phone: Person, name: str) -> None:
    """At the identity service, which sends the browser back."""
    tab = phone.tab
    await tab.get_by_role("heading", name="人脸核验（模拟）").wait_for()
    await phone.sees(name)
    await tab.get_by_role("button", name="通过", exact=True).tap()


async def read_everything(phone: Person) -> None:
    """Every page of every document is shown; only then it can be agreed to."""
    tab = phone.tab
    boxes = tab.get_by_role("checkbox", name="我已阅读并同意")
    await expect(boxes).to_have_count(PAPERS)
    await phone.sees("signing-desk")
    for number in range(PAPERS):
        await tab.get_by_role("button", name="阅读").nth(number).tap()
        reader = tab.locator("dialog[open]")
        pages = reader.locator(".reader-pages")
        await pages.locator("img").first.evaluate("picture => picture.decode()")
        await phone.sees(f"reader-{number + 1}-dialog")
        await turn_pages(pages)
        await reader.get_by_role("button", name="我已阅读并同意").tap()
        await expect(boxes.nth(number)).to_be_checked()


async def turn_pages(pages: Locator) -> None:
    """Scroll from page to page; each is looked at until the desk has counted it."""
    for picture in await pages.locator("img").all():
        await picture.evaluate("picture => picture.scrollIntoView({block: 'start'})")
        await expect(picture).to_have_attribute("data-seen", "")


async def sign(phone: Person) -> None:
    """With a finger on the pad."""
    await draw(phone, (((0.1, 0.3), (0.4, 0.3), (0.2, 0.8)), ((0.5, 0.2), (0.55, 0.85)), ((0.65, 0.6), (0.9, 0.25))))
    await phone.sees("signature-drawn")
    await phone.tab.get_by_role("button", name="确认签署").tap()
    await phone.tab.get_by_role("heading", name="您已完成签署").wait_for()
    await phone.sees("signed")


async def draw(phone: Person, strokes: tuple[tuple[tuple[float, float], ...], ...]) -> None:
    """Touches that move; places in parts of the pad's width and height."""
    pad = phone.tab.locator("[data-pad]")
    await pad.evaluate("pad => pad.scrollIntoView({block: 'center'})")
    box = await pad.bounding_box()
    assert box is not None
    touch = await phone.context.new_cdp_session(phone.tab)

    async def finger(kind: str, *points: dict[str, float], ago: float = 0) -> None:
        event = {"type": kind, "touchPoints": list(points), "timestamp": time.time() - ago}
        await touch.send("Input.dispatchTouchEvent", event)

    for stroke in strokes:
        points = [
            {"x": box["x"] + across * box["width"], "y": box["y"] + down * box["height"]} for across, down in stroke
        ]
        await finger("touchStart", points[0], ago=REST)
        for before, after in itertools.pairwise(points):
            for part in range(1, 9):
                now = {axis: before[axis] + (after[axis] - before[axis]) * part / 8 for axis in "xy"}
                await finger("touchMove", now, ago=REST)
        # A finger that is lifted while it moves has thrown the page, and Chromium takes the next tap for the hand
        # that stops it: no click. A hand rests at the end of a stroke, so the stroke is dated earlier than its end.
        await finger("touchMove", points[-1])
        await finger("touchEnd")
    await touch.detach()


async def own_things(phone: Person, buyer: Buyer) -> None:
    """我要办 without any link: county, name, ID number, face; then one's contract and proof, in full."""
    tab = phone.tab
    await tab.goto("/me")
    await phone.sees("counties")
    await tab.get_by_role("link", name="息县").tap()
    await tab.get_by_label("姓名").fill(buyer.name)
    await tab.get_by_label("身份证号码").fill(buyer.id_no)
    await phone.sees("citizen-login")
    await tab.get_by_role("button", name="下一步：人脸核验").tap()
    await show_face(phone, "face")
    await tab.get_by_role("heading", name=f"{buyer.name}，您好").wait_for()
    await phone.sees("home")
    await tab.locator("a.own-card").first.tap()
    await tab.get_by_role("heading", name="办理记录").wait_for()
    await phone.sees("own-contract")


async def proof_in_hand(phone: Person) -> tuple[str, bytes]:
    """From one's contract to the proof; returns the address in its QR code, and the downloaded file."""
    tab = phone.tab
    await tab.get_by_role("link", name="查看不动产登记证明").tap()
    await tab.locator("img.proof-picture").first.evaluate("picture => picture.decode()")
    await phone.sees("proof")
    address = await tab.get_by_role("link", name="打开验证页面").get_attribute("href")
    assert address
    assert await tab.get_by_role("img", name="验证二维码").get_attribute("src") == png_uri(qr_png(address))
    async with tab.expect_download() as coming:
        await tab.get_by_role("link", name="下载电子证照（PDF）").tap()
    return address, Path(await (await coming.value).path()).read_bytes()


async def verify_file(anybody: Person, pdf: bytes, name: str) -> Locator:
    """Upload a PDF to the public page; returns what it answers."""
    tab = anybody.tab
    await tab.goto(f"/verify/{HOME}")
    await anybody.sees("verify")
    await tab.get_by_label("电子证书、证明、文书、合同或者其他 PDF").set_input_files(
        {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    await tab.get_by_role("button", name="上传核验").tap()
    await tab.get_by_role("heading", name="核验结果").wait_for()
    await anybody.sees(name)
    return tab.get_by_role("main")
