"""The buttons of a case, drawn from `available_actions` alone: each a form that asks first. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from yiti.cases.lifecycle import Action as A  # noqa: N817
from yiti.cases.service import HAND_OVER_WORDS
from yiti.portals.registration.forms import NOTE_MAX

LINES_MAX = 5000

Kind = Literal["text", "long_text", "select"]
Papers = Literal["none", "making", "made"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One field of an action's form."""

    name: str
    label: str
    kind: Kind = "long_text"
    required: bool = True
    value: str = ""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    maxlength: int = NOTE_MAX


@dataclass(frozen=True, slots=True)
class ActionForm:
    """One button. `title` asks, `text` says what follows; `tone` is primary, danger or plain."""

    key: str
    button: str
    title: str
    text: str
    icon: str
    tone: str = "primary"
    fields: tuple[Ask, ...] = ()


_WITHDRAW = ActionForm(
    "withdraw",
    "撤回申请",
    "撤回这件申请？",
    "申请人在登簿前可以撤回（不动产登记暂行条例第十五条）；需要时重新申请。",
    "arrow-back-up",
    "danger",
    (Ask("reason", "撤回的原因"),),
)
_REJECT = ActionForm(
    "reject",
    "不予受理",
    "作出不予受理决定？",
    "出具不予受理告知书，一次列明缺少的材料（不动产登记暂行条例第十七条）。",
    "x",
    "danger",
    (Ask("reason", "不予受理的理由"), Ask("missing", "缺少的材料（每行一项）", required=False, maxlength=LINES_MAX)),
)
_CORRECTION = ActionForm(
    "request-correction",
    "通知补正",
    "一次性告知补正？",
    "出具补正告知书，列明全部需要补正的内容；补正期间不计时限。",
    "list-check",
    "plain",
    (Ask("items", "需要补正的内容（每行一项）", maxlength=LINES_MAX),),
)
_SEND_BACK = ActionForm(
    "send-back",
    "退回初审",
    "退回初审？",
    "各级意见需要重新作出。",
    "corner-down-left",
    "plain",
    (Ask("reason", "退回的理由"),),
)
_REFUSE = ActionForm(
    "refuse",
    "不予登记",
    "作出不予登记决定？",
    "决定作出后不能撤回，理由将书面告知申请人（不动产登记暂行条例第二十二条）。",
    "x",
    "danger",
    (
        Ask("reason", "不予登记的理由"),
        Ask("basis", "法律依据", required=False, hint="如：不动产登记暂行条例第二十二条第一项"),
    ),
)
_RECHECK = ActionForm(
    "recheck", "重新核验", "重新核验？", "按现在的登记簿和材料重新核验，留下新的凭据。", "refresh", "plain"
)
_ACCEPT = ActionForm(
    "accept",
    "受理",
    "受理这件申请？",
    "受理后自动提请税务、住建和登记费缴纳，办理时限开始计算。",
    "circle-check",
    fields=(Ask("note", "受理意见", required=False),),
)
_PUBLISH = ActionForm(
    "publish",
    "发布公告",
    "发布公告？",
    "公告期间不计时限；公告书盖章后同时在公开网页展示。",
    "speakerphone",
    fields=(
        Ask("matter", "公告事项"),
        Ask("where", "公告场所", "text", value="登记机构门户网站、不动产所在地", maxlength=200),
    ),
)
_END_PUBLICATION = ActionForm(
    "end-publication",
    "结束公告",
    "结束公告？",
    "公告期届满后才能结束；请写明公告期内有无异议。",
    "speakerphone",
    fields=(Ask("result", "公告结果", value="公告期内无人提出异议"),),
)
_HAND_OVER = ActionForm(
    "hand-over",
    "发证",
    "发放证书、证明？",
    "记录领取人和方式，出具领证回执；随后办结归档。",
    "hand-move",
    fields=(
        Ask("method", "领取方式", "select", options=tuple(HAND_OVER_WORDS.items())),
        Ask("receiver", "领取人", "text", maxlength=60, hint="姓名只在回执上完整显示，办理记录中隐去"),
    ),
)
_CLOSE = ActionForm("close", "办结归档", "办结归档？", "本业务没有需要发放的证书、证明，直接办结归档。", "archive")
_LEVELS = {1: ("审核",), 2: ("初审", "复审"), 3: ("初审", "复审", "核定")}


def level_words(level: int, levels: int) -> str:
    """What the review of this level (from 0) is called."""
    words = _LEVELS.get(levels, _LEVELS[3])
    return words[min(level, len(words) - 1)]


def action_forms(
    actions: Collection[A], *, level: int, levels: int, blocked: bool, papers: Papers, missing: Sequence[str]
) -> list[ActionForm]:
    """The forms of what this person may do now, what goes on first.

    `blocked`: findings stand that nobody may overrule; `papers`: what the case is to hand over; `missing`: required
    materials that are not there.
    """
    shown: list[tuple[bool, ActionForm]] = [
        (A.ACCEPT in actions, _ACCEPT),
        (A.REVIEW in actions, _review(level, levels)),
        (A.APPROVE in actions and not blocked, _approve(level, levels)),
        (A.END_PUBLICATION in actions, _END_PUBLICATION),
        (A.HAND_OVER in actions and papers == "made", _HAND_OVER),
        (A.CLOSE in actions and papers == "none", _CLOSE),
        (A.RECHECK in actions, _RECHECK),
        (A.REQUEST_CORRECTION in actions, _listing(_CORRECTION, "items", [f"补交{one}" for one in missing])),
        (A.SEND_BACK in actions, _SEND_BACK),
        (A.REJECT in actions, _listing(_REJECT, "missing", missing)),
        (A.REFUSE in actions, _REFUSE),
        (A.WITHDRAW in actions, _WITHDRAW),
    ]
    return [form for possible, form in shown if possible]


def publishing(actions: Collection[A], *, needed: bool) -> list[ActionForm]:
    """The public notice, where the business wants one."""
    return [_PUBLISH] if needed and A.PUBLISH in actions else []


def _review(level: int, levels: int) -> ActionForm:
    words = level_words(level, levels)
    return ActionForm(
        "review", f"{words}通过", f"提出{words}意见", "意见记入办理记录，转下一级审核。", "checks", "primary",
        (Ask("opinion", f"{words}意见", value="经审查，申请材料齐全，登记内容与材料一致，同意登记。"),),
    )  # fmt: skip


def _approve(level: int, levels: int) -> ActionForm:
    return ActionForm(
        "approve",
        "核准并登簿",
        f"{level_words(level, levels)}通过，核准并登簿？",
        "登簿前系统在锁定的登记簿上再核验一次；登簿后登记立即生效，并制作证书、证明。",
        "rubber-stamp",
        fields=(
            Ask("note", "核对情况和审核意见", required=False, hint="有须人工核对的事项时必填，请逐项写明如何核对"),
        ),
    )


def _listing(form: ActionForm, field: str, items: Sequence[str]) -> ActionForm:
    """The form with the list that the checklist knows already."""
    fields = tuple(
        Ask(one.name, one.label, one.kind, one.required, "\n".join(items), one.hint, one.options, one.maxlength)
        if one.name == field
        else one
        for one in form.fields
    )
    return ActionForm(form.key, form.button, form.title, form.text, form.icon, form.tone, fields)
