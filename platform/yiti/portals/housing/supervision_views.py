"""Supervised money as pages show it: bars, the staircase of nodes, alarms, agreements. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from escrow.agreements.models import AgreementState, Origin, SupervisionAgreement
from escrow.agreements.rules import Node, Side, as_nodes
from escrow.drawdowns.fund import FundLine
from escrow.drawdowns.overview import Waiting
from escrow.drawdowns.rules import allowance, may_ask, must_stay, reached, shortfall
from escrow.drawdowns.schemas import FundFacts
from kernel.money import yuan

_WIDTH, _HEIGHT = 640, 160
AGREEMENT_STATES: Final = {
    AgreementState.PROPOSED: ("待各方盖章", "info"),
    AgreementState.IN_FORCE: ("生效", "success"),
    AgreementState.DECLINED: ("未获同意", "danger"),
    AgreementState.WITHDRAWN: ("已撤回", "neutral"),
    AgreementState.SUPERSEDED: ("已被替代", "neutral"),
}
ORIGINS: Final = {
    Origin.SEALED: "平台签订（三方电子印章）",
    Origin.ONLINE: "平台签订（页面确认）",
    Origin.PAPER: "纸质协议登记",
    Origin.COUNTY: "按本县拨付节点登记",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One length of a bar; its width is its share of all parts."""

    words: str
    fen: int
    tone: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that somebody must look at; `level` as `ui.findings` has it."""

    level: str
    words: str
    basis: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Stair:
    """A node in the picture and in the list below it."""

    title: str
    percent: str
    fen: int
    """What may have left in all when this node is reached."""
    ask_fen: int
    evidence: str
    is_reached: bool
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Staircase:
    """The nodes as a picture; `drawn_y` is the height of what has been drawn or ordered."""

    width: int
    height: int
    stairs: Sequence[Stair]
    drawn_y: int


@dataclass(frozen=True, slots=True)
class Step:
    """Who did something to an agreement, and when; while it is under way, how far it is."""

    words: str
    at: datetime | None
    waits: str = "待办"


@dataclass(frozen=True, slots=True)
class AgreementView:
    """One version of a project's terms."""

    id: str
    number: str
    version: int
    state: str
    tone: str
    origin: str
    account_no: str
    account_name: str
    bank_name: str
    mode: str
    quota: str
    basis: str
    source: str
    nodes: Sequence[Node]
    steps: Sequence[Step]
    reason: str
    proposed: bool
    in_force: bool
    text_made: bool
    has_paper: bool
    """Whether there is a PDF to look at: of one that is to be sealed, once its text is made."""


def money_parts(facts: FundFacts) -> list[Part]:
    """Where the received money is now; parts without money are left out."""
    parts = (
        Part("可用", facts.available_fen, "success"),
        Part("司法冻结", facts.frozen_fen, "danger"),
        Part("待退款", facts.owed_fen, "info"),
        Part("已核准、待银行付款", facts.ordered_fen, "warning"),
        Part("已拨付", facts.drawn_fen, "neutral"),
    )
    return [part for part in parts if part.fen > 0]


def alarms(line: FundLine, base: str = "") -> list[Alarm]:
    """What is wrong with a project's money; `base` is where its pages are."""
    facts = line.facts
    found = []
    if line.overdue:
        found.append(Alarm("block", f"{line.overdue}笔付款指令超过3个工作日银行仍未付款", url=base))
    if facts.differences:
        found.append(Alarm("block", f"与银行对账有{facts.differences}笔差异未处理，暂停拨付"))
    if missing := shortfall(facts):
        words = f"账户资金低于应留存的{yuan(must_stay(facts))}元，差{yuan(missing)}元"
        found.append(Alarm("block", words, url=base))
    if facts.frozen_fen:
        found.append(Alarm("warn", f"司法冻结{yuan(facts.frozen_fen)}元", url=base))
    if not facts.agreed and not facts.released:
        found.append(Alarm("warn", "没有生效的监管协议条款，不能拨付", url=base))
    return found


def county_alarms(waiting: Waiting, suspense_fen: int) -> list[Alarm]:
    """What waits in the whole county."""
    found = []
    if waiting.overdue:
        found.append(Alarm("block", f"{waiting.overdue}笔拨付指令超过3个工作日银行仍未付款，请催办"))
    if waiting.differences:
        found.append(Alarm("block", f"{waiting.differences}笔对账差异未处理，相关账户暂停拨付，请财务人员处理"))
    if waiting.frozen_fen:
        found.append(Alarm("warn", f"司法冻结合计{yuan(waiting.frozen_fen)}元"))
    if suspense_fen:
        found.append(Alarm("warn", f"不明入账{yuan(suspense_fen)}元待处理", url="/housing/money/suspense"))
    return found


def staircase(facts: FundFacts) -> Staircase | None:
    """The picture of the nodes; None without terms."""
    if not facts.nodes:
        return None
    width = _WIDTH // len(facts.nodes)
    last = reached(facts)
    so_far = facts.nodes.index(last) if last else -1
    stairs = []
    for place, node in enumerate(facts.nodes):
        fen = allowance(facts.received_fen, facts.quota_fen, node.ceiling_permille)
        height = _scaled(fen, facts) if facts.received_fen else _HEIGHT * node.ceiling_permille // 1000
        stairs.append(
            Stair(
                title=node.title,
                percent=f"{node.ceiling_permille / 10:g}%",
                fen=fen,
                ask_fen=may_ask(facts, node),
                evidence="、".join(node.evidence),
                is_reached=place <= so_far,
                x=place * width,
                y=_HEIGHT - height,
                width=width - 4,
                height=height,
            )
        )
    return Staircase(_WIDTH, _HEIGHT, stairs, _HEIGHT - _scaled(facts.drawn_fen + facts.ordered_fen, facts))


def _scaled(fen: int, facts: FundFacts) -> int:
    return min(_HEIGHT, _HEIGHT * fen // facts.received_fen) if facts.received_fen else 0


def agreement_view(
    terms: SupervisionAgreement, modes: dict[str, str], sealing: Mapping[Side, str] | None = None, text: str = ""
) -> AgreementView:
    """One version in words. `sealing`: the sides whose seals are ordered and not set yet, with what hinders them;
    `text`: what hinders the making of the text."""
    state = AgreementState(terms.state)
    return AgreementView(
        id=str(terms.id),
        number=terms.agreement_no,
        version=terms.version,
        state=AGREEMENT_STATES[state][0],
        tone=AGREEMENT_STATES[state][1],
        origin=ORIGINS[Origin(terms.origin)],
        account_no=terms.account_no,
        account_name=terms.account_name,
        bank_name=terms.bank_name,
        mode=modes[terms.mode],
        quota=f"{yuan(terms.quota_fen)}元" if terms.quota_fen else "",
        basis=terms.quota_basis,
        source=terms.source,
        nodes=as_nodes(terms.nodes),
        steps=_sealing_steps(terms, sealing or {}, text) if terms.origin == Origin.SEALED else _steps(terms),
        reason=terms.ended_because or "",
        proposed=state is AgreementState.PROPOSED,
        in_force=state is AgreementState.IN_FORCE,
        text_made=terms.document_digest is not None,
        has_paper=terms.origin != Origin.SEALED or terms.document_digest is not None,
    )


def _steps(terms: SupervisionAgreement) -> list[Step]:
    if terms.origin != Origin.ONLINE:
        return [Step("登记生效", terms.in_force_at)]
    return [
        Step("住建部门拟定", terms.created_at),
        Step("开发企业同意", terms.developer_agreed_at),
        Step("监管银行同意", terms.bank_agreed_at),
        Step("住建部门确认生效", terms.in_force_at),
    ]


def _sealing_steps(terms: SupervisionAgreement, sealing: Mapping[Side, str], text: str) -> list[Step]:
    making = f"生成中：{text}" if text else "生成中"
    steps = [Step("住建部门拟定", terms.created_at)]
    if terms.document_digest is None:
        steps.append(Step("生成协议文本", None, making))
    parties = (
        ("开发企业盖章", Side.DEVELOPER, terms.developer_sealed_at),
        ("监管银行盖章", Side.BANK, terms.bank_sealed_at),
        ("住建部门盖章，协议生效", Side.DEPARTMENT, terms.in_force_at),
    )
    return steps + [Step(words, at, _waits(sealing.get(side))) for words, side, at in parties]


def _waits(hindrance: str | None) -> str:
    if hindrance is None:
        return "待办"
    return f"用印中：{hindrance}" if hindrance else "用印中"
