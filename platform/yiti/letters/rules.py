"""What a letter is called, how it is numbered, and whether its content is whole. Pure."""

from collections.abc import Iterator
from typing import Final

from kernel.errors import Invalid
from yiti.letters.schemas import (
    SEALED_BY_HOUSING,
    AcceptanceReceipt,
    CorrectionNotice,
    HandOverReceipt,
    LetterContent,
    LetterKind,
    MaintenanceReceipt,
    OwnershipStatement,
    PaymentReceipt,
    PublicNotice,
    Refusal,
    RegisterExtract,
    Rejection,
)

_TITLES: Final = {
    LetterKind.ACCEPTANCE_RECEIPT: "不动产登记受理凭证",
    LetterKind.CORRECTION_NOTICE: "不动产登记补正告知书",
    LetterKind.REJECTION: "不动产登记不予受理告知书",
    LetterKind.REFUSAL: "不动产登记不予登记告知书",
    LetterKind.REGISTER_EXTRACT: "不动产登记资料查询结果证明",
    LetterKind.HAND_OVER_RECEIPT: "不动产权证书（登记证明）领取回执",
    LetterKind.PAYMENT_RECEIPT: "不动产登记税费电子缴款凭证",
    LetterKind.MAINTENANCE_RECEIPT: "住宅专项维修资金缴款凭证",
}
_NOTICE_TITLES: Final = {
    "first": "不动产首次登记公告",
    "correction": "不动产更正登记公告",
    "cancellation": "不动产注销登记公告",
    "loss": "不动产权证书（登记证明）遗失公告",
}
_SERIES: Final = {
    LetterKind.ACCEPTANCE_RECEIPT: "受理",
    LetterKind.CORRECTION_NOTICE: "补正",
    LetterKind.REJECTION: "不受",
    LetterKind.REFUSAL: "不登",
    LetterKind.PUBLIC_NOTICE: "公告",
    LetterKind.OWNERSHIP_STATEMENT: "房证",
    LetterKind.REGISTER_EXTRACT: "查证",
    LetterKind.HAND_OVER_RECEIPT: "领证",
    LetterKind.PAYMENT_RECEIPT: "缴款",
    LetterKind.MAINTENANCE_RECEIPT: "维缴",
}
_NO_PURPOSE: Final = "查询结果证明应当注明查询目的或者用途"


class LetterIncomplete(Invalid):
    code = "letter.incomplete"


def title(content: LetterContent, kind: LetterKind) -> str:
    """The heading, also in the register of letters."""
    if isinstance(content, PublicNotice):
        return _NOTICE_TITLES[content.occasion]
    if isinstance(content, OwnershipStatement):
        return "不动产登记信息查询结果证明（有房）" if content.homes else "不动产登记信息查询结果证明（无房）"
    return _TITLES[kind]


def number(county_name: str, kind: LetterKind, year: int, serial: int) -> str:
    """文号 `息县不动产补正〔2026〕第000001号`: gap-free per county, year and kind."""
    of_the_registry = "" if kind.value in SEALED_BY_HOUSING else "不动产"
    return f"{county_name}{of_the_registry}{_SERIES[kind]}〔{year}〕第{serial:06d}号"


def check(content: LetterContent) -> None:
    """Refuse a letter that would not say what the law asks of it. `LetterIncomplete` names the field."""
    for missing, words, field in _conditions(content):
        if missing:
            raise LetterIncomplete(words, field=field)


def _conditions(content: LetterContent) -> Iterator[tuple[bool, str, str]]:
    match content:
        case AcceptanceReceipt():
            yield not content.materials, "受理凭证没有列出收到的材料", "materials"
        case CorrectionNotice():
            yield not content.items, "补正告知书没有列出需要补正的内容", "items"
        case Rejection():
            yield from _rejection(content)
        case Refusal():
            yield not content.reasons, "不予登记告知书没有说明理由", "reasons"
        case PublicNotice():
            yield not content.lines, "公告没有列出不动产", "lines"
            yield content.until <= content.from_day, "公告截止日期应当晚于起始日期", "until"
        case OwnershipStatement():
            yield not content.persons, "查询结果证明没有写明查询对象", "persons"
            yield not content.purpose.strip(), _NO_PURPOSE, "purpose"
        case RegisterExtract():
            yield not content.purpose.strip(), _NO_PURPOSE, "purpose"
        case HandOverReceipt():
            yield not content.papers, "领取回执没有列出证书或者证明", "papers"
        case PaymentReceipt() | MaintenanceReceipt():
            yield from _receipt(content)


def _receipt(content: PaymentReceipt | MaintenanceReceipt) -> Iterator[tuple[bool, str, str]]:
    if isinstance(content, PaymentReceipt):
        paid = sum(line.amount_fen for line in content.lines)
        yield paid != content.total_fen, "缴款凭证的明细与合计不符", "lines"
    else:
        yield content.amount_fen <= 0, "缴款凭证的金额应大于零", "amount_fen"
        yield not content.payers, "缴款凭证没有写明缴款人", "payers"


def _rejection(content: Rejection) -> Iterator[tuple[bool, str, str]]:
    """条例 art. 17: the reason; all that is missing, at once; or which agency to go to."""
    correctable = content.ground in {"incomplete", "form"}
    elsewhere = content.ground == "competence"
    yield not content.facts.strip(), "不予受理告知书没有说明理由", "facts"
    yield (
        correctable and not content.missing,
        "材料不齐全或者不符合法定形式的，应当一次性告知需要补正的全部内容",
        "missing",
    )
    yield (
        elsewhere and not content.competent.strip(),
        "不属于本机构登记范围的，应当告知向哪个登记机构申请",
        "competent",
    )
