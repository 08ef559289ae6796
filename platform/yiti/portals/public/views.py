"""The result of a verification, made ready for its page."""

from dataclasses import dataclass
from datetime import datetime

from yiti.certificates.checking import (
    VALIDITY_WORDS,
    Additions,
    DataCheck,
    Difference,
    PublicView,
    Validity,
    Verification,
)
from yiti.portals.public.verdicts import VERDICTS, SignatureLine, lines, notes

_FACES = {
    Validity.VALID: ("success", "circle-check", "有效"),
    Validity.CANCELLED: ("danger", "circle-x", "已注销"),
    Validity.REPLACED: ("danger", "replace", "已换发新证"),
    Validity.EXPIRED: ("warning", "calendar-x", "已过有效期"),
    Validity.PENDING: ("info", "clock", "尚未签发"),
    Validity.NOT_OURS: ("danger", "zoom-question", "查无此证明"),
}
_CHANGED = ("danger", "file-alert", "文件已被改动")
_SENTENCES = {
    Validity.VALID: "本{}由登记机构签发，目前有效。",
    Validity.CANCELLED: "本{0}由登记机构签发，但所记载的登记已经注销，{0}不再有效。",
    Validity.REPLACED: "本{0}由登记机构签发，但登记机构后来换发或者补发了新的{0}，本{0}作废。",
    Validity.PENDING: "登记已经登簿，{}正在制作，尚未签发。",
}
_LETTER_SENTENCES = {
    Validity.VALID: "本文书由登记机构签发，内容以下列记载为准；登记的现状请以登记簿为准。",
    Validity.PENDING: "本文书已经作出，正在签章。",
}
_COPY_SENTENCES = {
    Validity.VALID: "本加注件由登记机构签发，在有效期内，原证书（证明）现行有效。仅供下列使用单位用于下列用途。",
    Validity.EXPIRED: "本加注件由登记机构签发，但已过有效期，不得再使用；需要时请权利人重新开具。",
    Validity.CANCELLED: "本加注件由登记机构签发，但原证书（证明）已经注销，本加注件不再有效。",
    Validity.REPLACED: "本加注件由登记机构签发，但原证书（证明）已经作废、另有新证，本加注件不再有效。",
    Validity.PENDING: "本加注件已经申请，正在制作和签章。",
}
_PAPERS = {"certificate": "证书", "proof": "证明"}
_LABELS = {
    "certificate": ("不动产权证号", "权利类型", "权利人", "登簿日期"),
    "proof": ("证明号", "证明事项", "权利人", "登簿日期"),
    "letter": ("文号", "文书名称", "当事人", "出具日期"),
    "copy": ("加注件编号", "文件名称", "权利人", "开具日期"),
    "evidence": ("签署编号", "文件名称", "签署各方", "出具日期"),
    "agreement": ("协议编号", "文件名称", "签订各方", "生效日期"),
}
_ORIGINALS = {
    Validity.VALID: "登记机构签发的原件目前有效",
    Validity.CANCELLED: "登记机构签发的原件也已经注销",
    Validity.REPLACED: "登记机构签发的原件也已经作废，另有新证",
    Validity.EXPIRED: "登记机构签发的原件也已过有效期",
    Validity.PENDING: "登记机构还没有签发这份文件",
}


@dataclass(frozen=True)
class ResultView:
    """What the page says, first things first."""

    tone: str
    icon: str
    label: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    sealed_by: str
    sealed_at: datetime | None
    file_sentence: str
    file_tone: str
    notes: tuple[str, ...]
    signatures: tuple[SignatureLine, ...]
    differences: tuple[Difference, ...]
    """Fields in which the paper differs from what the register says now."""
    data: DataCheck | None
    """The data attached to the file, where they were compared."""
    data_register: str
    """What the books say of the paper that the data belong to."""


def result(found: Verification) -> ResultView:
    """`found` in words; the sealing time comes from the books, not from the file."""
    tone, icon, label = _face(found)
    view, report = found.view, found.report
    return ResultView(
        tone=tone,
        icon=icon,
        label=label,
        sentence=_sentence(found),
        facts=_facts(view) if view else (),
        sealed_by=view.agency if view and found.validity is not Validity.PENDING else "",
        sealed_at=view.sealed_at if view else None,
        file_sentence=found.addition_words,
        file_tone="danger" if found.additions is Additions.ILLEGAL else "success",
        notes=notes(report) if report else (),
        signatures=lines(report) if report else (),
        differences=view.differences if view else (),
        data=found.data,
        data_register=VALIDITY_WORDS[found.data.register] if found.data else "",
    )


def _face(found: Verification) -> tuple[str, str, str]:
    """What is shown may not be what was signed: then nothing else is the headline."""
    if found.additions is Additions.ILLEGAL:
        return _CHANGED
    if found.view is None and found.report is not None:
        return VERDICTS[found.report.outcome][:3]
    tone, icon, label = _FACES[found.validity]
    if found.view is not None and found.view.family == "agreement":
        label = "有效" if found.validity is Validity.VALID else "没有生效或者已被替代"
    return tone, icon, label


def _sentence(found: Verification) -> str:
    if found.additions is Additions.ILLEGAL:
        return f"请勿相信这份文件显示的内容。{_ORIGINALS[found.validity]}，内容以下面登记机构的记载为准。"
    if found.view is not None and found.view.family == "agreement":
        return f"本协议{found.words}。"
    if found.view is not None:
        return _of_ours(found.view.family, found.validity)
    if found.report is None:
        return "本县登记机构没有签发过这个验证码的证书、证明或者文书，请核对县名和验证码；如果来自他人，请谨防伪造。"
    return f"{VERDICTS[found.report.outcome][3]}登记机构的记录里没有这份文件，它不是登记机构签发的原件。"


def _of_ours(family: str, validity: Validity) -> str:
    match family:
        case "evidence":
            return "本报告由本平台出具，内容与出具时一致；所附的证据数据可以另行核对。"
        case "letter":
            return _LETTER_SENTENCES[validity]
        case "copy":
            return _COPY_SENTENCES[validity]
    return _SENTENCES[validity].format(_PAPERS[family])


def _facts(view: PublicView) -> tuple[tuple[str, str], ...]:
    number, item, holders, booked = _LABELS[view.family]
    facts = (
        (number, view.number),
        (item, view.item),
        (holders, "、".join(view.holders)),
        ("义务人", "、".join(view.obligors)),
        ("坐落", view.location),
        ("不动产单元号", view.unit_code),
        *view.more,
        (booked, view.booked_on),
        ("注销日期", view.cancelled_on or ""),
    )
    return tuple((label, words) for label, words in facts if words)
