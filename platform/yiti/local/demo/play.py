"""One sale, played by everybody who takes part in it, from the building table to the archive."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from yiti.local.demo.browser import Form, Page, StepFailed
from yiti.local.demo.people import Clerk, Manager, Phone, Registrar, World
from yiti.local.demo.sales import Plan
from yiti.local.demo.scene import Scene
from yiti.local.demo.timeline import TOGETHER, Timeline
from yiti.local.environment import listening_url

COUNTY = "411528"
PRICE_YUAN, DOWN_YUAN = 600_000, 200_000
FILING_NO, CASE_NO, CASE_STATE, BOOKED = "合同备案号", "预告登记业务号", "业务状态", ("已登簿", "已办结")
ARCHIVED_WITHIN = 60.0


@dataclass(frozen=True)
class Stage:
    """Where the sales are played: a running platform and its sandbox."""

    web: str
    documents: Path
    password: str
    world: World

    @classmethod
    def of(cls, settings: Mapping[str, str], password: str) -> Self:
        """The platform that runs with these settings."""
        documents = Path(settings["YITI_VAR_DIR"]) / "demo"
        world = World(listening_url(settings, "SANDBOX"), COUNTY)
        return cls(settings["YITI_PUBLIC_URL"], documents, password, world)


class SaleInPlay(Scene):
    """Call its methods in their order, inside `with`."""

    unit_form: Form
    """The button that begins the sale of this home, as the clerk saw it before it was sold."""
    url: str
    filed: Page
    proof: bytes

    def __init__(self, stage: Stage, plan: Plan, timeline: Timeline) -> None:
        self.stage, self.plan, self.timeline = stage, plan, timeline
        self.clerk, self.manager, self.registrar = Clerk(stage.web), Manager(stage.web), Registrar(stage.web)
        self.phones = [Phone(stage.web) for _ in plan.buyers]
        super().__init__(self.clerk, self.manager, self.registrar, *self.phones)
        self.desks: list[Page] = []

    def sign_in(self) -> None:
        """Everybody with an account."""
        with self.timeline.stage("登录"):
            for staff, login in ((self.clerk, "shoulou"), (self.manager, "jingli"), (self.registrar, "dengji")):
                staff.sign_in(COUNTY, login, self.stage.password)

    def draft(self) -> Page:
        """A free home, its buyers and terms; returns the preview."""
        with self.timeline.stage("选房"):
            unit = self.clerk.free_unit(self.plan.buildings)
            self.unit_form = unit.form("/sale")
            draft = self.clerk.submit(self.unit_form)
        self.url = draft.path.rpartition("/")[0]
        with self.timeline.stage("录入"):
            priced = self.clerk.enter_buyers(draft, self.plan.ownership, self.plan.buyers)
            clauses = self.clerk.enter_terms(priced, PRICE_YUAN, DOWN_YUAN, self.plan.from_fund_yuan)
            return self.clerk.agree_clauses(clauses, self.plan.mortgagee)

    def order_payment(self, preview: Page) -> list[str]:
        """The payment notices' numbers, down payment first."""
        with self.timeline.stage("缴款通知"):
            return self.clerk.notices(self.clerk.order_payment(preview))

    def pay(self, notices: list[str]) -> Page:
        """Until the sale's page has turned green; returns it."""
        with self.timeline.stage("银行确认"):
            for notice in notices:
                self.stage.world.pay(notice)
            return self.clerk.wait(self.url, lambda page: page if page.has_form("/submit") else None, "全部款项到账")

    def submit(self, paid: Page) -> list[str]:
        """Inquiry and submission; the links that the buyers are sent."""
        with self.timeline.stage("文件生成"):
            self.clerk.send_to_signing(paid, bank=self.plan.tell_bank, disputed=self.plan.doubtful)
            return [self.stage.world.signing_link(buyer.phone) for buyer in self.plan.buyers]

    def sign(self, links: list[str], *, read: bool = True) -> None:
        """Every buyer at an own phone, one after another."""
        for phone, buyer, link in zip(self.phones, self.plan.buyers, links, strict=True):
            with self.timeline.stage("实名"):
                desk = phone.identify(phone.get(link))
            if read:
                with self.timeline.stage("阅读"):
                    phone.read(desk)
            with self.timeline.stage("签署"):
                self.desks.append(phone.sign(desk, buyer.signer))

    def sealing_form(self) -> Form:
        """The manager's button; pressing it is the last signature."""
        return self.manager.sealing_form(self.url)

    def seal(self) -> None:
        """The developer's e-seal, and with it filing and, where all is clear, booking: one transaction."""
        form = self.sealing_form()
        with self.timeline.stage("盖章→备案"):
            self.manager.submit(form)
            self.filed = self.clerk.wait(self.url, lambda page: page if _is_filed(page) else None, "备案号")
        if self._booked(self.filed):
            self.timeline.words["登簿"] = TOGETHER

    def decide(self, note: str) -> list[str]:
        """What waits for a person, looked at and approved by the registrar; returns the doubts, if there were any."""
        if self._booked(self.filed):
            return []
        with self.timeline.stage("登簿"):
            case = self.case()
            doubts = self.registrar.doubts(case)
            self.registrar.approve(case, note)
        return doubts

    def case(self) -> Page:
        """The registrar's view of the case."""
        return self.registrar.case(self.filed.facts[CASE_NO])

    def fetch_proof(self) -> None:
        """Until the sealed proof can be downloaded."""
        address = f"{self.url}/documents/proof"
        with self.timeline.stage("证明可下载"):
            self.proof = self.clerk.wait(
                address, lambda page: page.data if page.status == 200 else None, "不动产登记证明", every=0.02
            )

    def fetch_package(self) -> bytes:
        """Until the archive package can be downloaded; returns it."""
        case_id = UUID(self.case().path.rpartition("/")[2])
        address = f"/registration/archives/{case_id}/package.zip"
        with self.timeline.stage("归档"):
            return self.registrar.wait(
                address, lambda page: page.data if page.status == 200 else None, "电子档案包", patience=ARCHIVED_WITHIN
            )

    def _booked(self, page: Page) -> bool:
        return page.facts.get(CASE_STATE, "").startswith(BOOKED)


def _is_filed(page: Page) -> bool:
    return {FILING_NO, CASE_NO} <= page.facts.keys()


def play_until_filed(sale: SaleInPlay) -> None:
    """From the clerk's morning to the developer's seal."""
    sale.sign_in()
    notices = sale.order_payment(sale.draft())
    if len(notices) != 2:
        raise StepFailed(f"应有首付款、维修资金两张缴款通知书，页面上有 {len(notices)} 张")
    sale.sign(sale.submit(sale.pay(notices)))
    sale.seal()


def play(sale: SaleInPlay, note: str = "") -> list[str]:
    """The whole way to the proof; `note` is what a registrar writes who has to decide, whose doubts are returned."""
    play_until_filed(sale)
    doubts = sale.decide(note)
    sale.fetch_proof()
    return doubts
