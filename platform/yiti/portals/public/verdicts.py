"""What is told of an uploaded file, in words: the one verdict, and each signature with what came after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from signing.schemas import Addition, Outcome, SignatureReport, ValidationReport

VERDICTS: Mapping[Outcome, tuple[str, str, str, str]] = {
    "valid": ("info", "circle-check", "签名有效", "文件里的电子签名都有效，签署以后没有改动。"),
    "changed": (
        "danger", "file-alert", "签名有效，但签署后有改动",
        "所签署的内容完整，但签署以后文件又被改动，现在显示的内容可能不是所签署的内容，请勿相信。",
    ),
    "broken": ("danger", "file-alert", "已被篡改", "文件在签名以后被改动过，请勿相信。"),
    "untrusted": (
        "warning", "user-question", "签名人不受信任",
        "签署的内容完整，但签名证书不是本平台信任的机构签发的，无法确认签名人是谁，请向签名人核实。",
    ),
    "unsigned": (
        "warning", "signature-off", "没有电子签名",
        "文件中没有可以核验的电子签章，无法确认由谁出具、是否被改动。",
    ),
    "unreadable": ("warning", "file-unknown", "无法读取", "没有能够核验这份文件，不能说明它是真是假。"),
}  # fmt: skip
"""Tone, icon, label and sentence."""

_CHANGES = {
    "none": ("签名后没有追加内容", "success"),
    "permitted": ("签名后只追加了签名、时间戳或者验证信息", "success"),
    "illegal": ("签名后追加了其他内容，所显示的内容不可信", "danger"),
}
_KINDS = {"certification": "认证签名", "signature": "签名", "timestamp": "文件时间戳"}
_ADDED = {
    "signature": "{}的签名",
    "signature_removed": "原有的签名“{}”被移除",
    "timestamp": "文件时间戳",
    "validation": "签名的验证信息",
    "field": "新的填写处“{}”",
    "form": "“{}”处的内容或者印章、签名的样子被改",
    "page_added": "第{}页是后来加的",
    "page_removed": "原第{}页被删去",
    "page_changed": "第{}页的内容被改",
    "attachment": "附件有变化",
    "metadata": "文件属性（标题、作者等）",
    "structure": "文件结构有变化",
    "invisible": "不影响显示的内容",
    "bytes": "文件末尾的其他内容",
}
_REASONS = {
    "HASH_FAILURE": "签署的内容已被改动",
    "SIG_CRYPTO_FAILURE": "签名本身不成立",
    "FORMAT_FAILURE": "签名数据被改动，或者不合规范",
    "REVOKED": "签名证书已被吊销",
    "REVOKED_NO_POE": "签名证书已被吊销，且没有可信时间证明签名在吊销之前",
    "REVOKED_CA_NO_POE": "签发机构的证书已被吊销",
    "EXPIRED": "签名时证书已过期",
    "OUT_OF_BOUNDS_NO_POE": "签名证书已过期，且没有可信时间证明签名在有效期内",
    "NOT_YET_VALID": "签名时证书尚未生效",
    "NO_CERTIFICATE_CHAIN_FOUND": "签名证书不是本平台信任的机构签发的",
    "TRY_LATER": "缺少证书是否被吊销的证明",
    "CRYPTO_CONSTRAINTS_FAILURE": "签名使用的算法已不安全",
}


@dataclass(frozen=True)
class SignatureLine:
    """One signature: the signed revision, and what came after it, apart."""

    kind: str
    signer: str
    issuer: str
    at: datetime | None
    time_words: str
    level: str
    revision: str
    revision_tone: str
    after: str
    after_tone: str
    added: tuple[str, ...]


def lines(report: ValidationReport) -> tuple[SignatureLine, ...]:
    """The signatures in the order in which they were made."""
    who = {one.field: _who(one) for one in report.signatures}
    return tuple(_line(one, who) for one in report.signatures)


def notes(report: ValidationReport) -> tuple[str, ...]:
    """What must be said beside the verdict."""
    found = [report.problem] if report.problem and not report.unsigned else []
    if report.unfilled and report.signatures:
        found.append(f"文件还有{len(report.unfilled)}处没有签署，可能不是各方签署完毕的最终文本。")
    if report.outcome in ("changed", "broken") and any(one.intact and not one.trusted for one in report.signatures):
        found.append("其中有签名人不受信任。")
    return tuple(found)


def reason(one: SignatureReport) -> str:
    """Of one signature, whatever came after it."""
    if one.stamp == "broken":
        return "签名的时间戳已被破坏"
    if one.intact and one.trusted:
        return "签署的内容完整，签名者可信"
    if one.intact:
        return f"签署的内容完整，但签名者不受信任：{_REASONS.get(one.verdict, '无法确认签名证书有效')}"
    return f"签署的内容已被破坏：{_REASONS.get(one.verdict, '签名不成立')}"


def added(one: Addition, who: Mapping[str, str]) -> str:
    """An addition, named."""
    return _ADDED[one.kind].format(who.get(one.name, one.name))


def _who(one: SignatureReport) -> str:
    """In full: whoever has the file has the name, and a masked one would not tell who signed."""
    if not one.signer:
        return "未知签名者"
    acting = one.organisation and one.organisation != one.signer
    return f"{one.organisation}（{one.signer}）" if acting else one.signer


def _line(one: SignatureReport, who: Mapping[str, str]) -> SignatureLine:
    after, after_tone = _CHANGES[one.changes] if one.intact else ("内容已被破坏，此后的改动不再分辨", "danger")
    return SignatureLine(
        kind=_KINDS[one.kind],
        signer=_who(one),
        issuer=one.issuer,
        at=one.signed_at or one.claimed_at,
        time_words=_time_words(one),
        level=one.level,
        revision=reason(one),
        revision_tone="success" if one.sound else "warning" if one.intact and one.stamp != "broken" else "danger",
        after=after,
        after_tone=after_tone,
        added=tuple(dict.fromkeys(added(what, who) for what in one.added)),
    )


def _time_words(one: SignatureReport) -> str:
    if one.signed_at is not None:
        return "可信时间" if one.kind == "timestamp" else f"由{one.stamped_by or '可信时间戳'}证明"
    if one.claimed_at is None:
        return "没有时间"
    return "时间戳不受信任" if one.stamp == "untrusted" else "签名者自报，没有可信时间戳证明"
