"""What an annotated copy may say, and how it stands on a day. Pure."""

from datetime import date, timedelta
from typing import Final
from unicodedata import category

from kernel.errors import Invalid
from yiti.certificates.checking import Validity
from yiti.certificates.copies.schemas import Wish

PURPOSE_MAX: Final = 30
RECIPIENT_MAX: Final = 40
"""Characters; what is longer does not fit the block of the annotation."""
LONGEST: Final = timedelta(days=365)
USUAL: Final = timedelta(days=30)
A_DAY: Final = 20
"""Copies that may be asked for of one certificate on one day."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs"})
"""Kinds of characters that show nothing, or turn what follows; what is only rare is for the fonts to know."""


def checked(wish: Wish, today: date) -> Wish:
    """The wish with its blanks tidied. Raises Invalid with the field: nothing missing, too long, unprintable; a last
    day between today and a year from now."""
    purpose = _line(wish.purpose, PURPOSE_MAX, "用途", "purpose")
    recipient = _line(wish.recipient, RECIPIENT_MAX, "使用单位", "recipient")
    if wish.valid_until < today:
        raise Invalid("有效期不能早于今天", field="valid_until")
    if wish.valid_until > today + LONGEST:
        raise Invalid("有效期最长一年", field="valid_until")
    return Wish(purpose=purpose, recipient=recipient, valid_until=wish.valid_until)


def number(county_name: str, year: int, serial: int) -> str:
    """加注件编号 `息县不动产加注〔2026〕第000001号`: gap-free per county and year."""
    return f"{county_name}不动产加注〔{year}〕第{serial:06d}号"


def expired(valid_until: date, today: date) -> bool:
    """The last day itself still counts."""
    return today > valid_until


def standing(certificate: Validity, valid_until: date, today: date) -> Validity:
    """How a sealed copy stands: no copy holds longer than its certificate."""
    if certificate is Validity.VALID and expired(valid_until, today):
        return Validity.EXPIRED
    return certificate


def _line(text: str, longest: int, label: str, field: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise Invalid(f"请填写{label}", field=field)
    if len(line) > longest:
        raise Invalid(f"{label}最多{longest}个字", field=field)
    if any(category(character) in _INVISIBLE for character in line):
        raise Invalid(f"{label}含有不能打印的字符", field=field)
    return line
