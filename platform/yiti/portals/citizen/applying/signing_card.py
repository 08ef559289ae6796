"""The signing of an application as the case's page shows it: who has signed, who has not, what to do next. Pure."""

from dataclasses import dataclass

from yiti.journeys.registration.desk import SignerView, SigningView
from yiti.portals.citizen.applying.case_words import StateLine

_STATES = {
    "waiting": ("尚未签署", "neutral"),
    "reading": ("正在阅读文件", "info"),
    "signing": ("正在生成签名", "info"),
    "signed": ("已签署", "success"),
    "declined": ("不同意签署", "danger"),
    "expired": ("链接已过期", "warning"),
}
_LINES = {
    "preparing": StateLine("准备签署", "info", "正在生成申请书和询问笔录，一般几秒钟，生成后请各申请人签署。"),
    "refused": StateLine("不能签署", "danger", "申请书和询问笔录不能生成，请返回修改后重新提交。"),
    "open": StateLine("待签署", "warning", "请每位申请人打开短信中的链接，核验并签署；最后一人签署后自动提交。"),
    "completing": StateLine("正在提交", "info", "各方均已签署，申请正在自动提交，请稍候。"),
}
_ENDINGS = {
    "changed": StateLine("需重新签署", "warning", "签署期间改了申请信息或者材料，已签的名作废，请核对后重新提交签署。"),
    "declined": StateLine("有人不同意签署", "danger", "签署已停止，已签的名作废。请与对方商量，修改后重新提交签署。"),
    "expired": StateLine("签署已过期", "warning", "没有在期限内全部签署，已签的名作废，请核对后重新提交签署。"),
    "incomplete": StateLine("未能提交", "danger", "各方签署后发现申请还不完整，请补齐后重新提交签署。"),
}
_POLLS = {"preparing": 1, "completing": 1, "open": 5}


@dataclass(frozen=True)
class SignerLine:
    """One who signs."""

    key: str
    name: str
    roles: str
    label: str
    tone: str
    own: bool
    phone: str
    may_invite: bool


@dataclass(frozen=True)
class SigningCard:
    """Everything that the card shows. `words`: why it ended or cannot begin, as it was said."""

    state: StateLine | None
    """Instead of the case's own line, while it is being signed or has to be signed again."""
    words: str
    signers: tuple[SignerLine, ...]
    live: bool
    may_sign: bool
    may_take_back: bool
    papers: tuple[tuple[str, str], ...]
    """Key and title of the signed papers, for who has made them."""
    polls: int
    """Seconds until the page asks again; 0 when nothing comes by itself."""


def card(found: SigningView, *, opener: bool, papers: tuple[tuple[str, str], ...]) -> SigningCard | None:
    """The card; None for a round that ended without anything left to say."""
    if found.state == "void" and found.ending not in _ENDINGS:
        return None
    own = opener or any(one.own for one in found.signers)
    line = _LINES.get(found.state) or _ENDINGS.get(found.ending)
    return SigningCard(
        state=line,
        words=_said(found) if opener else "",
        signers=tuple(_line(one, found, opener=opener) for one in found.signers),
        live=found.live,
        may_sign=found.own_missing,
        may_take_back=opener and found.state in {"preparing", "refused", "open"},
        papers=papers if own and found.state == "signed" else (),
        polls=_POLLS.get(found.state, 0),
    )


def _said(found: SigningView) -> str:
    who = next((one.name for one in found.signers if one.state == "declined"), "")
    return f"{who}：{found.words}" if who and found.words else found.words


def _line(one: SignerView, found: SigningView, *, opener: bool) -> SignerLine:
    label, tone = _STATES[one.state]
    if found.state == "void" and one.state != "declined":
        label, tone = "已作废" if one.state == "signed" else "未签署", "neutral"
    waits = found.state == "open" and one.state in {"waiting", "reading", "expired"}
    may_invite = opener and waits and not one.own and bool(one.phone)
    return SignerLine(one.key, one.name, one.roles, label, tone, one.own, one.phone, may_invite)
