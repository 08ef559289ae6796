"""Supervised money on its way out: a developer asks, two people look, the bank pays, its statement agrees."""

import re
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from kernel.clock import today
from kernel.money import parse_yuan
from yiti.local.demo.browser import Form, Page, StepFailed
from yiti.local.demo.people import Staff
from yiti.local.demo.play import COUNTY, Stage
from yiti.local.demo.scene import Scene
from yiti.local.demo.timeline import Timeline

TITLE = "支用监管资金"
AMOUNT = "12,345.67"
"""Yuan."""
_MAY_ASK = re.compile(r"现在可申请 ([\d,.]+) 元")
_PAYEE = {
    "use": "construction",
    "purpose": "1号楼主体工程进度款",
    "reference": "施工合同2026-015第3期",
    "payee_name": "演示建筑工程有限公司",
    "payee_account": "4105018099990000123",
    "payee_bank_name": "演示农商银行",
}


class DrawdownInPlay(Scene):
    """Call its methods in their order, inside `with`."""

    def __init__(self, stage: Stage, timeline: Timeline) -> None:
        self.stage, self.timeline = stage, timeline
        self.accountant, self.reviewer, self.approver, self.finance = (Staff(stage.web) for _ in range(4))
        super().__init__(self.accountant, self.reviewer, self.approver, self.finance)
        self.number = self.url = ""

    def sign_in(self) -> None:
        """The developer's accountant, and three of the housing department."""
        with self.timeline.stage("登录"):
            self.accountant.sign_in(COUNTY, "qicai", self.stage.password)
            self.reviewer.sign_in(COUNTY, "zijin", self.stage.password)
            self.approver.sign_in(COUNTY, "zijinzhang", self.stage.password)
            self.finance.sign_in(COUNTY, "caiwu", self.stage.password)

    def ask(self) -> None:
        """At the first construction node at which something may be drawn, with the evidence that it wants."""
        with self.timeline.stage("录入"):
            door = next(link for link in self.accountant.get("/developer").links("/developer/projects/"))
            form = self.accountant.get(door.get("href")).form("/drawdowns")
            asked = {**_PAYEE, "node": _node(form), "amount": AMOUNT}
            drawdown = self.accountant.submit(form.fill(asked))
            self.url = drawdown.path
            for place, upload in enumerate(_uploads(drawdown)):
                self.accountant.submit(upload, files={"file": ("证明材料.jpg", _photo(place), "image/jpeg")})
        with self.timeline.stage("受理"):
            ready = self.accountant.get(self.url)
            handed_in = self.accountant.submit(ready.form("/submit"))
        self.number = _heading(handed_in)

    def decide(self) -> None:
        """One reviews, another approves; with that the bank has its order."""
        desk = f"/housing/drawdowns/{self.url.rpartition('/')[2]}"
        with self.timeline.stage("审批"):
            self._decide(self.reviewer, desk, "/review", "形象进度已到现场核对，材料齐全")
            self._decide(self.approver, desk, "/approve", "同意拨付")

    def _decide(self, who: Staff, desk: str, step: str, words: str) -> Page:
        return who.submit(who.get(desk).form(step).fill({"words": words}))

    def wait_until_paid(self) -> str:
        """Until the bank has told that it paid; its serial."""
        with self.timeline.stage("银行付款"):
            return self.accountant.wait(self.url, _serial, "银行付款结果")

    def reconcile(self) -> str:
        """The bank sends the day's statement, and it agrees with the book; what the finance clerk reads of it.

        A bank sends one a day: whoever plays twice on a day is told so.
        """
        fund = next(link for link in self.accountant.get(self.url).links("/housing/projects/"))
        account_no = self.accountant.get(fund.get("href")).facts["账号"]
        if str(today()) in _account(self.finance.get("/finance"), account_no):
            return "今日对账单此前已收到，本次付款列入下一份"
        with self.timeline.stage("对账"):
            self.stage.world.send_statement(account_no)
            self.finance.wait("/finance", lambda page: _agreed(page, account_no), "对账结果")
        return "银行对账单与账上核对一致"


def play(drawdown: DrawdownInPlay) -> list[str]:
    """The whole way, in words."""
    drawdown.sign_in()
    drawdown.ask()
    drawdown.decide()
    serial = drawdown.wait_until_paid()
    return [f"申请 {drawdown.number}，{AMOUNT} 元，初审、核准后银行已付款，流水号 {serial}", drawdown.reconcile()]


def _node(form: Form) -> str:
    """The first node at which the amount may be asked for."""
    for option in form.element.xpath('.//select[@name="node"]/option'):
        found = _MAY_ASK.search(option.text_content())
        if found and parse_yuan(found[1]) >= parse_yuan(AMOUNT):
            return str(option.get("value"))
    raise StepFailed(f"没有一个节点现在可以申请 {AMOUNT} 元")


def _uploads(page: Page) -> Iterator[Form]:
    for form in page.tree.forms:
        if "/evidence/" in (form.action or ""):
            yield Form(page, form)


def _heading(page: Page) -> str:
    return " ".join(next(page.tree.iter("h1")).text_content().split())


def _serial(page: Page) -> str | None:
    orders = page.tree.xpath('//td[contains(@class, "cell-code")]')
    words = [" ".join(cell.text_content().split()) for cell in orders]
    return words[-1] if "已付款" in page.text and len(words) > 1 else None


def _agreed(page: Page, account_no: str) -> bool | None:
    row = _account(page, account_no)
    return (str(today()) in row and "核对一致" in row) or None


def _account(page: Page, account_no: str) -> str:
    return next((row.text_content() for row in page.tree.iter("tr") if account_no in row.text_content()), "")


def _photo(place: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), (240, 240 - place, 240)).save(out, "JPEG")
    return out.getvalue()
