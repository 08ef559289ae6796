"""`python -m yiti.local.demo`: play the set, show how long everything took, leave the documents in `var/demo/`."""

import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from yiti.local.attach import running_platform
from yiti.local.demo import application, checks, documents, drawing, lending
from yiti.local.demo.application import ApplicationInPlay
from yiti.local.demo.browser import StepFailed
from yiti.local.demo.drawing import DrawdownInPlay
from yiti.local.demo.lending import LoanInPlay
from yiti.local.demo.play import SaleInPlay, Stage, play
from yiti.local.demo.sales import Plan, sales_to_play, unpaid_sale
from yiti.local.demo.timeline import Timeline, table
from yiti.local.demo_county import PASSWORD
from yiti.local.environment import Places
from yiti.local.run import CannotRun
from yiti.local.server import ServerFailed
from yiti.local.supervisor import say

NOTE = "已电话核实抵押权人同意销售函，抵押权人同意办理预告登记，交付前由出卖人解除抵押。"


class Demonstration:
    """The whole set on one stage; a sale that fails does not keep the others from being played."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.timelines: list[Timeline] = []
        self.failures: list[str] = []

    def perform(self) -> None:
        """Play everything."""
        for number, plan in enumerate(sales_to_play(), start=1):
            first = number == 1
            self._scene(plan, lambda sale, number=number, first=first: self._sold(sale, number, first))  # type: ignore[misc]
        self._scene(unpaid_sale(), self._unpaid)
        self._draw()

    def _scene(self, plan: Plan, act: Callable[[SaleInPlay], None]) -> None:
        timeline = Timeline(plan.title)
        self.timelines.append(timeline)
        buyers = "、".join(buyer.name + (f"（{buyer.share}）" if buyer.share else "") for buyer in plan.buyers)
        say(f"\n▶ {plan.title}：{buyers}")
        try:
            with SaleInPlay(self.stage, plan, timeline) as sale:
                act(sale)
        except (StepFailed, httpx.HTTPError) as error:
            self._failed(timeline, error)

    def _sold(self, sale: SaleInPlay, number: int, first: bool) -> None:
        doubts = play(sale, NOTE)
        facts = sale.filed.facts
        say(f"  备案号 {facts['合同备案号']}，业务号 {facts['预告登记业务号']}")
        if sale.plan.mortgagee:
            if not doubts:
                raise StepFailed("已抵押房屋的业务应当转人工审核，却没有未决事项")
            say(f"  转人工审核：{'、'.join(doubts)}；登记员核对后核准")
        elif doubts:
            raise StepFailed(f"应当自动登簿，却转了人工审核：{'、'.join(doubts)}")
        folder = documents.save(sale, number)
        if "预告登记" not in sale.registrar.register_page(sale.case()).text:
            raise StepFailed("登记簿页面上没有预告登记")
        say(f"  文件在 {folder}")
        if sale.plan.from_fund_yuan:
            self._lent(sale)
        if first:
            self._tried(sale)
            self._applied(sale)

    def _tried(self, sale: SaleInPlay) -> None:
        """What everybody may check, and what must not work."""
        say(f"  再卖同一套房：被拒绝——{checks.second_sale(sale)}")
        link = self.stage.world.proof_link(sale.plan.buyers[0].phone)
        for line in checks.verify(self.stage.web, link, sale.proof):
            say(f"  {line}")

    def _applied(self, sale: SaleInPlay) -> None:
        """The same buyer, on the same phone, asks for a renewed proof online."""
        timeline = Timeline(application.TITLE)
        self.timelines.append(timeline)
        say(f"\n▶ {application.TITLE}：{sale.plan.buyers[0].name}")
        try:
            with ApplicationInPlay(self.stage, sale.phones[0], sale.plan.buyers[0], timeline) as applied:
                application.play(applied)
                folder = applied.save(len(sales_to_play()) + 1)
        except StepFailed as error:
            raise StepFailed(f"{application.TITLE}，在“{timeline.now}”一步：{error}") from error
        say(f"  业务号 {applied.number}，窗口受理、缴费后由系统核验登簿，新证明已到手机")
        say(f"  文件在 {folder}")

    def _lent(self, sale: SaleInPlay) -> None:
        """The housing fund pays its part of the loan."""
        timeline = Timeline(lending.TITLE)
        self.timelines.append(timeline)
        try:
            with LoanInPlay(self.stage, timeline) as loan:
                say(f"  {lending.play(loan, sale.filed.facts['合同备案号'])}")
        except StepFailed as error:
            raise StepFailed(f"{lending.TITLE}，在“{timeline.now}”一步：{error}") from error

    def _draw(self) -> None:
        """The developer draws on what the buyers have paid."""
        timeline = Timeline(drawing.TITLE)
        self.timelines.append(timeline)
        say(f"\n▶ {drawing.TITLE}")
        try:
            with DrawdownInPlay(self.stage, timeline) as drawdown:
                for line in drawing.play(drawdown):
                    say(f"  {line}")
        except (StepFailed, httpx.HTTPError) as error:
            self._failed(timeline, error)

    def _failed(self, timeline: Timeline, error: Exception) -> None:
        words = str(error) or type(error).__name__
        self.failures.append(f"{timeline.title}，在“{timeline.now}”一步：{words}")
        say(f"  ✗ 在“{timeline.now}”一步失败：{words}")

    def _unpaid(self, sale: SaleInPlay) -> None:
        missing, refusal = checks.unpaid(sale)
        say(f"  页面写明还缺：{'；'.join(missing)}")
        say(f"  强行提交签署：被拒绝——{refusal}")
        say("  放弃这笔销售，首付款已由银行原路退回，房屋恢复可售")


def perform(settings: Mapping[str, str]) -> int:
    """Play on the platform that runs with these settings; the exit code."""
    stage = Stage.of(settings, PASSWORD)
    demonstration = Demonstration(stage)
    demonstration.perform()
    say(
        f"\n每个环节用时（毫秒，不含人的思考时间；“同时”指与上一环节在同一事务中完成）\n\n{table(demonstration.timelines)}\n"
    )
    failures = demonstration.failures + _check_files(stage.documents, Path(settings["YITI_PKI_DIR"]))
    for failure in failures:
        say(f"✗ {failure}")
    say("✗ 演示没有全部成功" if failures else f"✓ 演示全部成功，文件在 {stage.documents}")
    return 1 if failures else 0


def _check_files(folder: Path, pki: Path) -> list[str]:
    files = sorted(folder.glob("*/*.pdf"))
    say(f"核对 {len(files)} 份 PDF 的电子签名……")
    faults = documents.faults(files, pki)
    tools = "pyHanko、pdfsig" if documents.has_pdfsig() else "pyHanko（本机没有 pdfsig）"
    if not faults:
        say(f"✓ {len(files)} 份 PDF 的签名全部有效（{tools}）")
    return faults


def main(places: Places | None = None) -> int:
    """Attach to the running platform, or start one for the demonstration; the exit code."""
    try:
        with running_platform(places) as settings:
            return perform(settings)
    except (CannotRun, ServerFailed) as refusal:
        say(f"✗ {refusal}")
        return 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("\n演示中断。")
        sys.exit(130)
