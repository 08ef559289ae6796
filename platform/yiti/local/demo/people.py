"""Who takes part in a sale, each at a browser or an interface of their own; nobody knows the platform's insides."""

import json
import re
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx

from yiti.local.demo.browser import Browser, Form, Page, StepFailed
from yiti.local.demo.parties import Party, handwriting

_NOTICE_NO = re.compile(r"通知书号 (\S+)")
_LINK = re.compile(r"https?://\S+/s/\d{6}/\S+")
_PICTURE = re.compile(r"/documents/([^/]+)/pages/(\d+)\.png")
_PROOF_LINK = re.compile(r"https?://\S+/verify/\d{6}/\S+")
_PATIENCE = 30.0
BANK, FUND_CENTRE = "演示建设银行息县支行", "息县住房公积金管理部"
"""Who lends, as the contracts say it."""


class SoldOut(StepFailed):
    """No free home left in the buildings that were asked for."""


class Staff(Browser):
    """Somebody with a desk."""

    def sign_in(self, county: str, login: str, password: str) -> Page:
        """Sign in; the first page of the own portal."""
        form = self.get("/login").form("/login").fill({"county": county, "login": login, "password": password})
        page = self.submit(form)
        if page.path == "/login":
            raise StepFailed(f"{login} 没有登录成功：{page.complaint}")
        return page


class Clerk(Staff):
    """At the sales office (售楼员)."""

    def free_unit(self, buildings: Sequence[str]) -> Page:
        """The page of a home that may be sold. Raises SoldOut."""
        project = self.get("/sales/projects")
        doors = {" ".join(link.text_content().split()): link.get("href") for link in project.links("/sales/buildings/")}
        for name in buildings:
            if name not in doors:
                raise StepFailed(f"没有找到{name}，只有{'、'.join(doors)}")
            for cell in self.get(doors[name]).links("/sales/units/"):
                if cell.get("data-state") == "available":
                    return self.get(cell.get("href"))
        raise SoldOut(f"{'、'.join(buildings)}已没有可售房屋；make reset 清除本地数据后再演示")

    def start(self, unit: Page) -> Page:
        """Begin the sale; the first page of the draft."""
        return self.submit(unit.form("/sale"))

    def enter_buyers(self, draft: Page, ownership: str, buyers: Sequence[Party]) -> Page:
        """Who buys, and how they own."""
        form = draft.form("/buyers").fill({"ownership": ownership, "buyers.count": str(len(buyers))})
        rows = f"{form.target}/rows"
        self.redraw(form, rows, "buyer-rows")
        form.fill({f"buyers.{place}.kind": buyer.kind for place, buyer in enumerate(buyers, start=1)})
        self.redraw(form, rows, "buyer-rows")
        for place, buyer in enumerate(buyers, start=1):
            form.fill(buyer.fields(place))
        return self._next(form, "/price")

    def enter_terms(self, draft: Page, price: int, down: int, from_fund: int = 0) -> Page:
        """Price and plan, in yuan: a down payment today, a part from the housing fund, the rest by a bank's loan."""
        plan = {"down_payment": down, "loan": price - down - from_fund} | (
            {"fund_loan": from_fund} if from_fund else {}
        )
        form = draft.form("/price").fill({"price_fen": str(price)})
        for _ in range(len(plan) - 1):
            self.redraw(form, f"{form.target}/rows?change=add", "plan")
        due = str(form.element.fields["instalments.1.due"])
        for place, (kind, amount) in enumerate(plan.items(), start=1):
            line = {"kind": kind, "due": due, "amount": str(amount)}
            form.fill({f"instalments.{place}.{name}": value for name, value in line.items()})
        form.fill({"blanks.loan_bank": BANK} | ({"blanks.fund_centre": FUND_CENTRE} if from_fund else {}))
        return self._next(form, "/clauses")

    def agree_clauses(self, draft: Page, mortgagee: str = "") -> Page:
        """What the law leaves to the parties: the usual, and what a mortgaged home needs."""
        form = draft.form("/clauses").fill({"blanks.property_company": "演示物业服务有限公司"})
        if mortgagee:
            form.fill(
                {
                    "blanks.mortgagee": mortgagee,
                    "blanks.mortgage_no": "豫（2026）息县不动产证明第9000001号",
                    "blanks.mortgagee_consent": f"{mortgagee}同意销售函2026-01：交付前解除抵押",
                }
            )
        return self._next(form, "/preview")

    def _next(self, form: Form, ending: str) -> Page:
        page = self.submit(form)
        if not page.path.endswith(ending):
            raise StepFailed(f"{form.target} 还不能继续：{page.complaint}")
        return page

    def order_payment(self, preview: Page) -> Page:
        """Fix the contract and send out the payment notices; the sale's own page."""
        return self.submit(preview.form("/payment"))

    def notices(self, sale: Page) -> list[str]:
        """Numbers of the payment notices on the page."""
        found = _NOTICE_NO.findall(sale.text)
        if not found:
            raise StepFailed(f"页面 {sale.path} 上没有缴款通知书")
        return found

    def send_to_signing(self, sale: Page, *, bank: bool, disputed: bool) -> Page:
        """Put the questions, write down the answers (yes to all, but about other disputes), and submit."""
        form = sale.form("/submit")
        answers = dict.fromkeys(form.names - {"_csrf", "bank"}, "yes")
        form.fill(answers | {"other_disputes": "yes" if disputed else "no"})
        if bank:
            form.fill({"bank": next(value for value in form.element.inputs["bank"].value_options if value)})
        return self.submit(form)


class Manager(Staff):
    """Who holds the developer's e-seal (售楼负责人)."""

    def sealing_form(self, sale: str) -> Form:
        """The seal's button, as soon as every buyer has signed."""
        return self.wait(sale, lambda page: page.form("/seal") if page.has_form("/seal") else None, "盖章按钮")


class Registrar(Staff):
    """At the registration centre (登记员)."""

    def case(self, number: str) -> Page:
        """The file of a case, found by its number."""
        found = self.get(f"/registration?show=all&q={number}").links("/registration/cases/")
        if not found:
            raise StepFailed(f"登记中心查不到业务件 {number}")
        return self.get(found[0].get("href"))

    def doubts(self, case: Page) -> list[str]:
        """What waits for a person's judgement."""
        items = [item for part in case.tree.find_class("findings") for item in part.iter("strong")]
        return [str(item.text_content()).strip() for item in items]

    def approve(self, case: Page, note: str) -> Page:
        """核准并登簿, with the reasons."""
        return self.submit(case.form("/approve").fill({"note": note}))

    def register_page(self, case: Page) -> Page:
        """The register page of the case's unit."""
        return self.get(case.links("/registration/units/")[0].get("href"))


class Window(Registrar):
    """At the counter of the registration centre (窗口人员)."""

    def accept(self, number: str) -> Page:
        """受理, once the papers are looked at."""
        return self.submit(self.case(number).form("/accept"))


class Phone(Browser):
    """A buyer on the sofa."""

    def identify(self, desk: Page) -> Page:
        """To the identity service and back; the desk, now open."""
        check = self.submit(desk.form("/identify"))
        face = Form(check, check.tree.forms[0])
        back = self.submit(face, press={"decision": "pass"})
        if not back.has_form("/sign"):
            raise StepFailed(f"实名核验后没有看到待签文件：{back.complaint}")
        return back

    def read(self, desk: Page) -> int:
        """Look at every page of every document; returns how many there were."""
        pages = [image.get("src") for image in desk.tree.iter("img") if "/pages/" in image.get("src", "")]
        for picture in pages:
            if not self.get(picture).kind.startswith("image/"):
                raise StepFailed(f"{picture} 不是图片")
        return len(pages)

    def sign(self, desk: Page, name: str) -> Page:
        """Agree to everything, draw, send; then wait until the signatures are in the documents."""
        form = desk.form("/sign").tick_all().fill({"handwriting": handwriting(name), "viewed": _viewed(desk)})
        sent = self.submit(form)
        done = "您已完成签署"
        return self.wait(sent.url, lambda page: page if done in page.text else None, done)

    def pay(self, case: Page) -> Page:
        """By the code on the case's page: to the payment channel and back to the bill."""
        bill = self.get(case.links("/pay/")[0].get("href"))
        cashier = self.get(next(link.get("href") for link in bill.links("/pay/") if link.get("href").endswith("/go")))
        return self.submit(Form(cashier, cashier.tree.forms[0]), press={"channel": "微信支付"})

    def proof(self, desk: str) -> bytes:
        """From the signing desk to one's own contract, to the proof, to its file."""
        contract = self.get(
            next(link.get("href") for link in self.get(desk).links("/me/") if "/contracts/" in link.get("href"))
        )
        proofs = [link for link in contract.links("/me/") if "/proofs/" in link.get("href")]
        if not proofs:
            raise StepFailed(f"买受人的合同页 {contract.path} 上没有登记证明")
        shown = self.get(proofs[0].get("href"))
        return self.get(
            next(link.get("href") for link in shown.links("/me/") if link.get("href").endswith("/pdf"))
        ).data


def _viewed(desk: Page) -> str:
    """What the desk's script tells the platform: each page of each document was on the screen, here for a second."""
    shown: dict[str, dict[str, int]] = {}
    for image in desk.tree.iter("img"):
        if found := _PICTURE.search(image.get("src", "")):
            shown.setdefault(found[1], {})[found[2]] = 1000
    return json.dumps({"visit": uuid4().hex, "documents": shown})


class World:
    """The supervision bank's counter and the phones' inboxes, as the sandbox plays them."""

    def __init__(self, sandbox_url: str, county: str) -> None:
        self.sandbox_url, self.county = sandbox_url, county

    def pay(self, notice_no: str) -> None:
        """Pay a notice as soon as the bank has it."""
        address = f"/bank/notices/{notice_no}"
        self._until(address, lambda answer: answer.is_success, f"银行收到缴款通知书 {notice_no}")
        with self._http() as http:
            paid = http.post(f"{address}/pay", params={"county": self.county}, json={})
        if not paid.is_success:
            raise StepFailed(f"银行没有收下 {notice_no} 的缴款：{paid.text}")

    def send_statement(self, account_no: str) -> None:
        """The bank closes the day of an account and sends its statement."""
        with self._http() as http:
            sent = http.post(f"/bank/accounts/{account_no}/statement", params={"county": self.county})
        if not sent.is_success:
            raise StepFailed(f"银行没有账户 {account_no} 的对账单：{sent.text}")

    def signing_link(self, phone: str) -> str:
        """The link in the SMS to this phone."""
        return self._sms(phone, _LINK, "签署短信")

    def proof_link(self, phone: str) -> str:
        """The address in the SMS that announces the proof."""
        return self._sms(phone, _PROOF_LINK, "办结短信")

    def _sms(self, phone: str, wanted: re.Pattern[str], what: str) -> str:
        def found(answer: httpx.Response) -> str | None:
            texts = [item["data"]["text"] for item in answer.json()]
            return next((match[0] for text in texts if (match := wanted.search(text))), None)

        return str(self._until(f"/sms/messages?phone={phone}", found, what))

    def _until(self, url: str, ready: Any, what: str) -> Any:
        end = time.monotonic() + _PATIENCE
        with self._http() as http:
            while not (found := ready(http.get(url))):
                if time.monotonic() > end:
                    raise StepFailed(f"等了 {_PATIENCE:.0f} 秒仍没有{what}")
                time.sleep(0.05)
        return found

    def _http(self) -> httpx.Client:
        return httpx.Client(base_url=self.sandbox_url, timeout=_PATIENCE, trust_env=False)
