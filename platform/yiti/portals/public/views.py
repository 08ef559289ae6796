"""The result of a verification, made ready for its page."""

from dataclasses import dataclass
from datetime import datetime

from kernel.pii import mask_name
from signing.schemas import SignatureReport, ValidationReport
from yiti.certificates.checking import Additions, PublicView, Validity, Verification

_FACES = {
    Validity.VALID: ("success", "circle-check", "有效"),
    Validity.CANCELLED: ("danger", "circle-x", "已注销"),
    Validity.PENDING: ("info", "clock", "尚未签发"),
    Validity.NOT_OURS: ("danger", "zoom-question", "查无此证明"),
}
_CHANGED = ("danger", "file-alert", "文件已被改动")
_SENTENCES = {
    Validity.VALID: "本{}由登记机构签发，目前有效。",
    Validity.CANCELLED: "本{0}由登记机构签发，但所记载的登记已经注销，{0}不再有效。",
    Validity.PENDING: "登记已经登簿，{}正在制作，尚未签发。",
}
_LETTER_SENTENCES = {
    Validity.VALID: "本文书由登记机构签发，内容以下列记载为准；登记的现状请以登记簿为准。",
    Validity.PENDING: "本文书已经作出，正在签章。",
}
_PAPERS = {"certificate": "证书", "proof": "证明"}
_LABELS = {
    "certificate": ("不动产权证号", "权利类型", "权利人", "登簿日期"),
    "proof": ("证明号", "证明事项", "权利人", "登簿日期"),
    "letter": ("文号", "文书名称", "当事人", "出具日期"),
}
_ORIGINALS = {
    Validity.VALID: "登记机构签发的原件目前有效",
    Validity.CANCELLED: "登记机构签发的原件也已经注销",
    Validity.PENDING: "登记机构还没有签发这份文件",
}
_CHANGES = {
    "none": ("签名后没有追加内容", "success"),
    "permitted": ("签名后只追加了签名、时间戳或者验证信息", "success"),
    "illegal": ("签名后追加了其他内容，所显示的内容不可信", "danger"),
}
_KINDS = {"certification": "认证签名", "signature": "签名", "timestamp": "文件时间戳"}


@dataclass(frozen=True)
class SignatureLine:
    """One signature: the signed revision, and what came after it, apart."""

    kind: str
    signer: str
    signed_at: datetime | None
    level: str
    revision: str
    revision_tone: str
    after: str
    after_tone: str


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
    problem: str
    signatures: tuple[SignatureLine, ...]


def result(found: Verification) -> ResultView:
    """`found` in words; the sealing time comes from the books, not from the file."""
    tone, icon, label = _CHANGED if _changed(found) else _FACES[found.validity]
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
        problem=report.problem or "" if report else "",
        signatures=tuple(_line(one) for one in report.signatures) if report else (),
    )


def _changed(found: Verification) -> bool:
    """Whether what is shown is not what was signed: then nothing else may be the headline."""
    broken = found.report is not None and not all(one.intact for one in found.report.signatures)
    return found.additions is Additions.ILLEGAL or (found.validity is Validity.NOT_OURS and broken)


def _sentence(found: Verification) -> str:
    if found.additions is Additions.ILLEGAL:
        return f"请勿相信这份文件显示的内容。{_ORIGINALS[found.validity]}，内容以下面登记机构的记载为准。"
    if found.view is not None:
        if found.view.family == "letter":
            return _LETTER_SENTENCES[found.validity]
        return _SENTENCES[found.validity].format(_PAPERS[found.view.family])
    if found.report is None:
        return "本县登记机构没有签发过这个验证码的证书、证明或者文书，请核对县名和验证码；如果来自他人，请谨防伪造。"
    return _foreign(found.report)


def _foreign(report: ValidationReport) -> str:
    if report.problem or not report.signatures:
        return "这份文件不是本县登记机构签发的电子证明：文件中没有可以核验的电子签章。"
    if not all(one.intact for one in report.signatures):
        return "这份文件在签章以后被改动过，不是登记机构签发的原件，请勿相信。"
    return "这份文件不是本县登记机构签发的电子证明；它带有其他电子签名，核验情况列在下面。"


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


def _line(one: SignatureReport) -> SignatureLine:
    sound = one.intact and one.trusted
    if sound:
        words = "签署的内容完整，签名者可信"
    else:
        words = "签署的内容完整，但签名者不受信任" if one.intact else "签署的内容已被破坏"
    after, after_tone = _CHANGES[one.changes]
    return SignatureLine(
        kind=_KINDS[one.kind],
        signer=one.organisation or mask_name(one.signer),
        signed_at=one.signed_at,
        level=one.level,
        revision=words,
        revision_tone="success" if sound else "danger",
        after=after,
        after_tone=after_tone,
    )
