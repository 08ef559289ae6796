"""How far a case is, and what is owed, in the words of its applicants. Pure."""

from dataclasses import dataclass

from kernel.money import yuan
from yiti.cases.lifecycle import CaseStatus, Flag
from yiti.cases.models import Case
from yiti.journeys.registration.desk import CaseView
from yiti.journeys.registration.view import RequestView


@dataclass(frozen=True)
class StateLine:
    """The state in one badge and one sentence."""

    label: str
    tone: str
    sentence: str


@dataclass(frozen=True)
class Owed:
    """Something that the case waits for."""

    title: str
    text: str
    mine: bool
    """The applicant has to act; else somebody else works on it."""


_STATES = {
    CaseStatus.DRAFT: StateLine("未提交", "neutral", "申请还没有填完，填好后由各申请人签署提交。"),
    CaseStatus.SUBMITTED: StateLine("待受理", "info", "已收到您的申请，登记机构将在半个工作日内答复是否受理。"),
    CaseStatus.ACCEPTED: StateLine("办理中", "info", "申请已受理，正在审核。"),
    CaseStatus.APPROVED: StateLine("已核准", "success", "审核通过，正在登簿。"),
    CaseStatus.BOOKED: StateLine("已登簿", "success", "登记已经完成，电子证照签发后可以在下面下载。"),
    CaseStatus.CLOSED: StateLine("已办结", "success", "登记已经完成，业务已归档。"),
    CaseStatus.REJECTED: StateLine("不予受理", "danger", "登记机构决定不予受理，理由见告知书；补齐后可以重新申请。"),
    CaseStatus.REFUSED: StateLine("不予登记", "danger", "登记机构决定不予登记，理由和救济途径见告知书。"),
    CaseStatus.WITHDRAWN: StateLine("已撤回", "neutral", "申请已经撤回，需要时可以重新申请。"),
}
_OPEN = frozenset({CaseStatus.SUBMITTED, CaseStatus.ACCEPTED, CaseStatus.APPROVED})
_WAITING: tuple[tuple[Flag, StateLine], ...] = (
    (Flag.FROZEN_BY_SEIZURE, StateLine("暂停办理", "danger", "不动产被查封，依法暂停办理；解除后自动恢复。")),
    (Flag.NEEDS_CORRECTION, StateLine("待补正", "warning", "材料需要补正，补正期间不计算办理时限。")),
    (Flag.AWAITING_TAX, StateLine("待完税", "warning", "请按税务部门的通知申报缴税，完税后自动继续办理。")),
    (Flag.AWAITING_FEE, StateLine("待缴登记费", "warning", "请缴纳登记费，到账后自动继续办理。")),
    (Flag.AWAITING_SIGNATURE, StateLine("待签署", "warning", "有文件需要签署，签署后自动继续办理。")),
    (Flag.AWAITING_FUNDS, StateLine("待资金到账", "warning", "等待资金到账，到账后自动继续办理。")),
    (
        Flag.AWAITING_HOUSING,
        StateLine("核验维修资金", "info", "正在核验维修资金；如有欠缴，会列在下面的缴款单上，一并缴清后自动继续办理。"),
    ),
    (Flag.ON_PUBLIC_NOTICE, StateLine("公告中", "info", "正在公告，公告期不计算办理时限。")),
)
_ASSESSING = "税务部门正在核税，核定后在这里一次缴清税款和登记费。"
_TITLES = {"tax": "缴纳税款", "housing": "维修资金核验", "fee": "缴纳登记费"}


def state_of(case: Case) -> StateLine:
    """What the applicant wants to know first: what it waits for, else where it stands."""
    status, flags = CaseStatus(case.status), frozenset(Flag(one) for one in case.flags)
    waits = next((line for flag, line in _WAITING if flag in flags), None) if status in _OPEN else None
    return waits or _STATES[status]


def owed(view: CaseView, *, one_code: bool = False) -> tuple[Owed, ...]:
    """What the case waits for outside of the office, while it is under way.

    `one_code`: the county collects by one code. Then the bill says what is to be paid, and the bureau only assesses.
    """
    if CaseStatus(view.status) not in _OPEN:
        return ()
    asked = [one for one in view.requests if one.state in {"requested", "refused"}]
    if one_code:
        asked = [one for one in asked if (one.which, one.state) != ("fee", "requested")]
    return tuple(
        Owed(
            title=_TITLES.get(one.which, one.words),
            text=_ASSESSING
            if _assesses(one, one_code=one_code)
            else _text(one.which, one.state, one.amount_fen, one.note),
            mine=one.which != "housing" and not _assesses(one, one_code=one_code),
        )
        for one in asked
    )


def _assesses(one: RequestView, *, one_code: bool) -> bool:
    return one_code and (one.which, one.state) == ("tax", "requested")


def _text(which: str, state: str, amount_fen: int, note: str) -> str:
    if state == "refused":
        return f"没有通过：{note}"
    amount = f"应缴 {yuan(amount_fen)} 元。" if amount_fen else ""
    return amount + {
        "tax": "请到税务部门的网上税务局或者窗口申报缴纳，结果自动传回。",
        "fee": "请按非税缴款通知缴纳，到账后自动继续。",
        "housing": "住建部门正在核验，结果自动传回。",
    }.get(which, "等待结果。")
