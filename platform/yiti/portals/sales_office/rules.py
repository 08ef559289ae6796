"""Where a sale stands as the sales office sees it: one stage, one next step, and who has to take it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.schemas import Finding, Status
from yiti.cases.lifecycle import CaseStatus

STEPS = ("买受人", "价款与付款", "条款", "预览", "缴款", "询问与提交", "签署", "备案登记")
DRAFT_STEPS = ("buyers", "price", "clauses", "preview")
"""The pages of the first four steps."""
PRICE_ARTICLES = (6, 7)
"""Articles of the contract (计价方式与价款, 付款方式) whose blanks stand on the page of the price."""


class Stage(StrEnum):
    """The life of a sale from the draft to the proof, and its other ends."""

    DRAFTING = "drafting"
    PAYING = "paying"
    READY = "ready"
    PREPARING = "preparing"
    SIGNING = "signing"
    SEALING = "sealing"
    COMPLETING = "completing"
    DECIDING = "deciding"
    BOOKED = "booked"
    REFUSED = "refused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Look:
    """How a stage is shown: its badge, the next step, who takes it, and the step of the stepper (8: all done)."""

    words: str
    tone: str
    next_step: str
    who: str
    step: int


LOOKS: dict[Stage, Look] = {
    Stage.DRAFTING: Look("拟定中", "neutral", "填写合同并发出缴款通知", "售楼部", 0),
    Stage.PAYING: Look("待缴款", "warning", "凭缴款通知书缴款，到账后自动更新", "买受人", 4),
    Stage.READY: Look("已缴款", "success", "询问买卖双方并提交签署", "售楼部", 5),
    Stage.PREPARING: Look("生成文书", "info", "系统正在生成待签文书", "系统", 6),
    Stage.SIGNING: Look("签署中", "info", "买受人用手机核验身份并签署", "买受人", 6),
    Stage.SEALING: Look("待盖章", "warning", "加盖企业电子印章", "售楼负责人", 6),
    Stage.COMPLETING: Look("办理中", "info", "系统正在备案并申请预告登记", "系统", 7),
    Stage.DECIDING: Look("已备案", "info", "登记机构审核预告登记申请", "登记机构", 7),
    Stage.BOOKED: Look("已预告登记", "success", "已办结，无需操作", "", 8),
    Stage.REFUSED: Look("不予登记", "danger", "与买受人、登记机构联系处理", "售楼部", 7),
    Stage.CANCELLING: Look("解除待确认", "warning", "等待各方同意解除合同", "合同各方", 8),
    Stage.CANCELLED: Look("已注销", "neutral", "合同备案已注销", "", 8),
    Stage.ABANDONED: Look("已作废", "neutral", "合同已作废，房屋可重新销售", "", 0),
}
POLLED = frozenset(
    {Stage.PAYING, Stage.PREPARING, Stage.SIGNING, Stage.SEALING, Stage.COMPLETING, Stage.DECIDING, Stage.CANCELLING}
)
"""Stages that somebody else ends: their pages look for news by themselves."""
LIVE = frozenset({Stage.DRAFTING, Stage.PAYING, Stage.READY, Stage.PREPARING, Stage.SIGNING, Stage.SEALING})
"""Stages in which the sale may still be given up."""
FILED = frozenset({Stage.DECIDING, Stage.BOOKED, Stage.REFUSED})
"""Stages in which the seller may ask to cancel the filed contract."""


@dataclass(frozen=True, slots=True)
class Position:
    """What decides the stage. `seal` is the state of the developer's own signature in the ceremony."""

    status: Status
    submitted: bool
    missing: int
    """Kinds of money that have not arrived."""
    ceremony: bool
    signers: int
    signed: int
    seal: str
    case: CaseStatus | None
    cancelling: bool


def stage_of(at: Position) -> Stage:
    """The stage of a sale."""
    match at.status:
        case "draft":
            return Stage.DRAFTING
        case "abandoned":
            return Stage.ABANDONED
        case "cancelled":
            return Stage.CANCELLED
        case "filed":
            return _after_filing(at)
        case "frozen" if not at.submitted:
            return Stage.PAYING if at.missing else Stage.READY
    return _at_signing(at)


def _at_signing(at: Position) -> Stage:
    if not at.ceremony:
        return Stage.PREPARING
    if at.signed < at.signers:
        return Stage.SIGNING
    return Stage.SEALING if at.seal == "waiting" else Stage.COMPLETING


def _after_filing(at: Position) -> Stage:
    if at.cancelling:
        return Stage.CANCELLING
    match at.case:
        case CaseStatus.BOOKED | CaseStatus.CLOSED:
            return Stage.BOOKED
        case CaseStatus.REFUSED | CaseStatus.WITHDRAWN:
            return Stage.REFUSED
    return Stage.DECIDING


def draft_step_of(finding: Finding, articles: dict[str, int]) -> str:
    """On which page of the draft a finding is mended. `articles`: the article of each blank."""
    head, _, rest = finding.field.partition(".")
    if head in {"buyers", "ownership", "shares"}:
        return "buyers"
    if head in {"price_fen", "instalments"}:
        return "price"
    if head == "blanks":
        return "price" if articles.get(rest) in PRICE_ARTICLES else "clauses"
    return "preview"
