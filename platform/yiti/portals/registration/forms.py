"""The forms of the registration centre."""

import re

from msgspec import Struct

from kernel.errors import Invalid

NOTE_MAX = 500
REASON_MAX = 500
_REFERENCE_MAX = 60
_ITEMS_MAX = 50
# Eleven or more figures in a row are a phone or an identity number: personal data has no place in the audit log.
_PERSONAL = re.compile(r"\d{17}[\dXx]|(?<!\d)1[3-9]\d{9}(?!\d)")

PURPOSES = {
    "review": ("审核业务件", "本人正在审核与该不动产有关的登记业务"),
    "inquiry": ("登记资料查询", "权利人、利害关系人依法申请查询；填写查询申请编号"),
    "assistance": ("协助公务", "司法、监察、公安等机关依法调取；填写协助文书编号"),
    "correction": ("核对更正", "核对、更正登记错误；填写更正事项编号"),
}
"""Why someone may look at full personal data (个人信息保护法 art. 6)."""
_WITHOUT_REFERENCE = "review"


class NoteForm(Struct, kw_only=True):
    """The registrar's opinion (审核意见). `version`: of the page on which it was formed, where the case counts them."""

    note: str = ""
    version: int | None = None


class ReasonForm(Struct, kw_only=True):
    """Why registration is refused, and on which article."""

    reason: str = ""
    basis: str = ""
    version: int | None = None


class VersionForm(Struct, kw_only=True):
    """The version of the page on which somebody decides."""

    version: int


class OpinionForm(VersionForm, kw_only=True):
    """What a reviewer thinks."""

    opinion: str = ""


class ItemsForm(VersionForm, kw_only=True):
    """The complete list of what is missing or wrong, one item a line."""

    items: str = ""


class RejectionForm(VersionForm, kw_only=True):
    """Why an application is not taken, and everything that is missing, one item a line."""

    reason: str = ""
    missing: str = ""


class PublicationForm(VersionForm, kw_only=True):
    """What is published and where; afterwards, whether anybody objected."""

    matter: str = ""
    where: str = ""
    result: str = ""


class AnswerForm(VersionForm, kw_only=True):
    """The answer of tax, housing or treasury, typed from a paper."""

    state: str = ""
    reference: str = ""
    words: str = ""


class HandOverForm(VersionForm, kw_only=True):
    """How the certificates were handed over, and to whom."""

    method: str = ""
    receiver: str = ""


class RevealForm(Struct, kw_only=True):
    """The stated purpose of looking at full personal data."""

    purpose: str = ""
    reference: str = ""


def opinion(text: str, field: str) -> str:
    """What a registrar wrote, trimmed. `Invalid` when it is too long for the letter."""
    text = text.strip()
    if len(text) > NOTE_MAX:
        raise Invalid(f"最多填写{NOTE_MAX}字，现有{len(text)}字", field=field)
    return text


def lines(text: str, field: str) -> list[str]:
    """What stands on each line."""
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if len(found) > _ITEMS_MAX or any(len(line) > REASON_MAX for line in found):
        raise Invalid(f"最多{_ITEMS_MAX}条，每条最多{REASON_MAX}字", field=field)
    return found


def stated_purpose(form: RevealForm) -> tuple[str, str]:
    """Purpose in words and the reference of the paper behind it. `Invalid` at the field at fault."""
    if form.purpose not in PURPOSES:
        raise Invalid("请选择查看目的", field="purpose")
    reference = form.reference.strip()
    if not reference and form.purpose != _WITHOUT_REFERENCE:
        raise Invalid("请填写申请或者文书编号", field="reference")
    if len(reference) > _REFERENCE_MAX:
        raise Invalid(f"编号最多{_REFERENCE_MAX}字", field="reference")
    if _PERSONAL.search(reference):
        raise Invalid("请填写文书编号，不要填写证件号码或者手机号码", field="reference")
    return PURPOSES[form.purpose][0], reference
