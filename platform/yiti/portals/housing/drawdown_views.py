"""Drawdowns as the pages of department and developer show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from escrow import banking
from escrow.agreements.rules import Node, as_nodes
from escrow.banking.models import STATES as ORDER_STATES
from escrow.drawdowns import rules, service
from escrow.drawdowns.fund import fund_facts
from escrow.drawdowns.models import Drawdown, DrawdownEvent, DrawdownFile, DrawdownState, DrawdownUse
from escrow.drawdowns.overview import asked_and_open
from escrow.drawdowns.rules import DrawdownAction
from escrow.drawdowns.schemas import FundFacts
from kernel.db import ReadSession
from kernel.permissions import Actor
from kernel.pii import mask_name
from yiti.estate.models import Project
from yiti.estate.queries import get_project
from yiti.journeys.supervision import Progress, progress_of, register_of
from yiti.portals.seals.queries import names
from yiti.portals.seals.views import NameOf, naming
from yiti.portals.shell.spreadsheet import Cell

STATES: Final = {
    DrawdownState.DRAFT: ("草稿", "neutral"),
    DrawdownState.SUBMITTED: ("待初审", "info"),
    DrawdownState.REVIEWED: ("待核准", "info"),
    DrawdownState.SENT_BACK: ("退回补正", "warning"),
    DrawdownState.ORDERED: ("已核准，待银行付款", "info"),
    DrawdownState.PAID: ("已拨付", "success"),
    DrawdownState.BANK_REJECTED: ("银行拒付", "danger"),
    DrawdownState.BANK_RETURNED: ("银行退汇", "danger"),
    DrawdownState.REFUSED: ("不予拨付", "danger"),
    DrawdownState.WITHDRAWN: ("已撤回", "neutral"),
}
USES: Final[dict[str, str]] = {
    DrawdownUse.CONSTRUCTION: "工程款",
    DrawdownUse.MATERIAL: "材料、设备款",
    DrawdownUse.WAGES: "农民工工资",
    DrawdownUse.DESIGN: "勘察、设计、监理费",
    DrawdownUse.TAX: "税费",
    DrawdownUse.OTHER: "其他工程相关支出",
}
_ACTIONS: Final = {
    "started": "新建申请",
    "edited": "修改申请",
    "submitted": "提交申请",
    "reviewed": "初审通过",
    "sent_back": "退回补正",
    "ordered": "核准，下达付款指令",
    "refused": "不予拨付",
    "withdrawn": "撤回申请",
    "paid": "银行已付款",
    "bank_rejected": "银行拒付",
    "bank_returned": "银行退汇",
    "not_now": "未能办理",
    "late_news": "收到以前指令的银行回执",
}
STEPS: Final = ("提交", "初审", "核准", "银行付款", "已拨付")
_AT: Final = {
    DrawdownState.SUBMITTED: 1,
    DrawdownState.REVIEWED: 2,
    DrawdownState.ORDERED: 3,
    DrawdownState.PAID: 5,
}
COLUMNS: Final = (
    "申请编号", "项目", "节点", "用途", "摘要", "合同、发票号", "收款人", "金额（元）", "状态", "提交时间", "核准时间",
)  # fmt: skip
MONEY_COLUMNS: Final = (7,)


@dataclass(frozen=True, slots=True)
class DrawdownLine:
    """A drawdown in a list."""

    url: str
    number: str
    project: str
    node: str
    use: str
    payee: str
    amount_fen: int
    state: str
    tone: str
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    """One wanted piece of evidence with its files."""

    place: int
    title: str
    files: Sequence[DrawdownFile]
    wanted: bool


@dataclass(frozen=True, slots=True)
class Objection:
    """What speaks against paying, as `ui.findings` shows it."""

    level: str
    words: str
    basis: str


@dataclass(frozen=True, slots=True)
class Happening:
    """A step of the history."""

    at: datetime
    title: str
    text: str
    who: str
    tone: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A payment order at the bank."""

    number: str
    state: str
    due_on: date
    bank_serial: str
    reason: str


@dataclass(frozen=True, slots=True)
class DrawdownPage:
    """Everything that the page of a drawdown shows."""

    drawdown: Drawdown
    project: Project
    line: DrawdownLine
    step: int
    terms: Sequence[rules.Term]
    others_fen: int
    """Asked for by other drawdowns that are not decided."""
    objections: Sequence[Objection]
    evidence: Sequence[EvidenceGroup]
    missing: Sequence[str]
    history: Sequence[Happening]
    orders: Sequence[OrderLine]
    actions: frozenset[DrawdownAction]
    progress: Progress
    nodes: Sequence[Node]


def payee_words(name: str) -> str:
    """A company by its name, a person masked, as far as a name tells."""
    return mask_name(name) if len(name) <= 4 else name


def line_of(drawdown: Drawdown, project: str, node: str, base: str) -> DrawdownLine:
    """The drawdown in a list whose pages are at `base` (empty: no page for who looks)."""
    state, tone = STATES[DrawdownState(drawdown.state)]
    return DrawdownLine(
        url=f"{base}/{drawdown.id}" if base else "",
        number=drawdown.number,
        project=project,
        node=node,
        use=USES[drawdown.use],
        payee=payee_words(drawdown.payee_name),
        amount_fen=drawdown.amount_fen,
        state=state,
        tone=tone,
        submitted_at=drawdown.submitted_at,
    )


def lines_of(
    found: Iterable[Drawdown], projects: Mapping[UUID, str], nodes: Mapping[UUID, Sequence[Node]], base: str
) -> list[DrawdownLine]:
    """Drawdowns of several projects."""
    return [
        line_of(one, projects.get(one.project_id, ""), node_title(nodes.get(one.project_id, ()), one.node), base)
        for one in found
    ]


def node_title(nodes: Sequence[Node], code: str) -> str:
    """What the node is called in the terms in force."""
    return next((node.title for node in nodes if node.code == code), "现行协议中没有的节点")


def as_row(drawdown: Drawdown, line: DrawdownLine) -> tuple[Cell, ...]:
    """A line of the Excel file, in the order of COLUMNS."""
    return (
        line.number, line.project, line.node, line.use, drawdown.purpose, drawdown.reference, line.payee,
        line.amount_fen, line.state, drawdown.submitted_at, drawdown.approved_at,
    )  # fmt: skip


async def drawdown_page(reader: ReadSession, actor: Actor, drawdown: Drawdown, base: str) -> DrawdownPage:
    """Gather what the page shows; `base` is where drawdowns are for who looks."""
    facts = await fund_facts(reader, drawdown.project_id, await register_of(reader, drawdown.project_id))
    project = await get_project(reader, drawdown.project_id)
    files = await service.files_of(reader, drawdown.id)
    events = await service.history(reader, drawdown.id)
    node = rules.node_of(facts, drawdown.node)
    decided = drawdown.state in {DrawdownState.ORDERED, DrawdownState.PAID, DrawdownState.REFUSED}
    progress = await progress_of(reader, drawdown.project_id)
    name = naming(await names(reader, [event.actor_id for event in events]))
    state = DrawdownState(drawdown.state)
    against = [] if decided or state is DrawdownState.WITHDRAWN else await service.objections(reader, drawdown, facts)
    return DrawdownPage(
        drawdown=drawdown,
        project=project,
        line=line_of(drawdown, project.name, node_title(facts.nodes, drawdown.node), base),
        step=_AT.get(state, 0),
        terms=rules.sum_of(facts, node) if node and not decided else (),
        others_fen=await asked_and_open(reader, drawdown.project_id, drawdown.id),
        objections=[Objection("block", one.words, one.todo) for one in against] + _doubts(drawdown, progress),
        evidence=evidence_groups(facts, drawdown.node, files),
        missing=await service.missing_evidence(reader, drawdown, facts),
        history=[_happening(event, name) for event in events],
        orders=await _orders(reader, drawdown),
        actions=service.actions_on(drawdown, actor),
        progress=progress,
        nodes=facts.nodes,
    )


def evidence_groups(facts: FundFacts, node: str, files: Sequence[DrawdownFile]) -> list[EvidenceGroup]:
    """Wanted evidence in its order, then what lies here besides."""
    wanted = rules.wanted_evidence(facts, node)
    others = tuple(dict.fromkeys(file.evidence for file in files if file.evidence not in wanted))
    return [
        EvidenceGroup(place, title, [file for file in files if file.evidence == title], title in wanted)
        for place, title in enumerate((*wanted, *others))
    ]


def _doubts(drawdown: Drawdown, progress: Progress) -> list[Objection]:
    """What the estate's own record says against the evidence: for a person to weigh, since buildings go up in turn."""
    done = {"topped_out": ("封顶", progress.topped_out), "completed": ("竣工验收", progress.completed)}
    if drawdown.node not in done or drawdown.state not in {DrawdownState.SUBMITTED, DrawdownState.REVIEWED}:
        return []
    words, count = done[drawdown.node]
    if count >= progress.buildings:
        return []
    told = f"楼盘登记的{progress.buildings}幢楼中只有{count}幢已登记{words}"
    return [Objection("warn", told, "请核对证明材料针对的楼幢，并在楼幢页登记日期")]


def nodes_by_project(terms: Iterable[tuple[UUID, list[dict[str, object]]]]) -> dict[UUID, tuple[Node, ...]]:
    """The nodes in force of several projects."""
    return {project: as_nodes(rows) for project, rows in terms}


def _happening(event: DrawdownEvent, name: NameOf) -> Happening:
    tone = "neutral"
    if event.action in {"paid", "ordered", "reviewed"}:
        tone = "success"
    elif event.action in {"refused", "bank_rejected", "bank_returned"}:
        tone = "danger"
    elif event.action in {"sent_back", "not_now"}:
        tone = "warning"
    who = name(event.actor_id) if event.actor_id else "系统"
    return Happening(event.created_at, _ACTIONS[event.action], event.words, who, tone)


async def _orders(reader: ReadSession, drawdown: Drawdown) -> list[OrderLine]:
    return [
        OrderLine(
            number=one.order_no,
            state=ORDER_STATES[banking.OrderState(one.state)],
            due_on=one.due_on,
            bank_serial=one.bank_serial or "",
            reason=one.reason or "",
        )
        for one in await banking.orders_of(reader, f"drawdown:{drawdown.id}")
    ]
