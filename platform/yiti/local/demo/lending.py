"""The housing fund's part of a combined loan (组合贷款): released by the county's conditions, paid into supervision."""

from kernel.clock import today
from yiti.local.demo.browser import Page, StepFailed
from yiti.local.demo.people import Staff
from yiti.local.demo.play import COUNTY, Stage
from yiti.local.demo.scene import Scene
from yiti.local.demo.timeline import Timeline

TITLE = "公积金放款"
_RULES = "/housing/money/loan-rules"
_SOURCE = "演示规定（虚构）：主体结构封顶后放款"
_ACCOUNT = {
    "account_no": "4105018099990000456",
    "account_name": "住房公积金贷款专户（演示）",
    "bank_name": "演示农商银行",
    "bank_code": "402515000019",
}


class LoanInPlay(Scene):
    """Call its methods in their order, inside `with`."""

    def __init__(self, stage: Stage, timeline: Timeline) -> None:
        self.stage, self.timeline = stage, timeline
        self.supervisor, self.lender = Staff(stage.web), Staff(stage.web)
        super().__init__(self.supervisor, self.lender)
        self.url = self.notice_no = ""

    def sign_in(self) -> None:
        """The housing department's supervisor, and the fund centre's clerk."""
        with self.timeline.stage("登录"):
            self.supervisor.sign_in(COUNTY, "zijin", self.stage.password)
            self.lender.sign_in(COUNTY, "gongkuan", self.stage.password)

    def set_conditions(self) -> None:
        """The county's own conditions, once: by the nation's, the demo county's unfinished buildings would wait."""
        with self.timeline.stage("录入"):
            if _SOURCE in self.supervisor.get(_RULES).text:
                return
            form = self.supervisor.get(f"{_RULES}/new").form("/loan-rules")
            form.tick("conditions", "filed", "topped_out").fill({"valid_from": str(today()), "source": _SOURCE})
            self.supervisor.submit(form)

    def release(self, filing_no: str) -> None:
        """The notice is issued, and the lender says that it has paid."""
        with self.timeline.stage("受理"):
            self.url = self.lender.wait("/loans/?show=all", lambda page: _door(page, filing_no), f"{filing_no}的贷款")
            loan = self.lender.get(self.url)
            if loan.has_form("/notice"):
                loan = self.lender.submit(loan.form("/notice"))
            self.notice_no = loan.facts["放款通知书号"]
            self.lender.submit(loan.form("/report").fill(_ACCOUNT | {"reference": f"放款{self.notice_no}"}))

    def pay(self) -> None:
        """Until the supervision bank has told that it came."""
        with self.timeline.stage("银行确认"):
            self.stage.world.pay(self.notice_no)
            self.lender.wait(self.url, lambda page: "已到账" in page.text or None, "贷款到账")


def play(loan: LoanInPlay, filing_no: str) -> str:
    """The whole way, in words."""
    loan.sign_in()
    loan.set_conditions()
    loan.release(filing_no)
    loan.pay()
    return f"公积金部分凭放款通知书 {loan.notice_no} 划入监管账户，银行已确认；商业贷款部分待贷款银行办理"


def _door(page: Page, filing_no: str) -> str | None:
    rows = [row for row in page.tree.iter("tr") if filing_no in row.text_content()]
    if len(rows) > 1:
        raise StepFailed(f"{filing_no}的公积金贷款多于一笔")
    return next((link.get("href") for row in rows for link in row.iter("a")), None)
