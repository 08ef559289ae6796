"""One cell of a survey: what a spreadsheet stored, as an exact value, or `BadCell` with the reason."""

import re
import unicodedata
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

_FLOORS: Final = re.compile(r"(-?\d{1,3})(?:[-~](-?\d{1,3}))?", re.ASCII)
_ERRORS: Final = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
_MAX_AREA: Final = Decimal(1_000_000)
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_CENT: Final = Decimal("0.01")
# Spreadsheets keep binary fractions: 89.73 + 12.1 comes as 101.83000000000001.
_NOISE: Final = Decimal("0.000001")


class BadCell(Exception):
    """A cell that cannot be taken."""

    def __init__(self, reason: str, *, empty: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.empty = empty


def optional_text(value: Any, limit: int) -> str:
    """Text with outer blanks removed; whole numbers as their digits."""
    if value is None:
        return ""
    if isinstance(value, bool | date | time | timedelta):
        raise BadCell("应为文字，实际是日期、时间或逻辑值；请把单元格格式改为文本后重填")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFC", str(value)).strip()
    if text in _ERRORS:
        raise BadCell(f"公式结果错误：{text}")
    if len(text) > limit:
        raise BadCell(f"超过{limit}个字")
    if not text.isprintable() and any(unicodedata.category(character) in _UNSEEN for character in text):
        raise BadCell("含有换行或不可见的控制字符")
    return text


def required_text(value: Any, limit: int) -> str:
    """Like `optional_text`, but not empty."""
    text = optional_text(value, limit)
    if not text:
        raise BadCell("不能为空（合并的单元格请先拆分并逐行填写）", empty=True)
    return text


def word(value: Any) -> str:
    """A word of a dictionary."""
    return required_text(value, 40)


def number(value: Any, least: int, most: int) -> int:
    """A whole number, typed as a number or as digits with leading zeros."""
    text = unicodedata.normalize("NFKC", required_text(value, 20))
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise BadCell(f"应为{least}至{most}的整数，实际是“{text}”")
    return int(text)


def floors(value: Any) -> tuple[str, int]:
    """A floor or a span of floors: its label and its lowest floor. There is no floor 0."""
    text = unicodedata.normalize("NFKC", required_text(value, 20)).removesuffix("层")
    match = _FLOORS.fullmatch(text)
    if match is None:
        raise BadCell(f"应为层号，如12、-1或5-6，实际是“{text}”")
    low, high = int(match[1]), int(match[2] or match[1])
    if low == 0 or high == 0 or low > high:
        raise BadCell(f"层号“{text}”不成立")
    return (str(low) if low == high else f"{low}-{high}"), low


def area(value: Any, *, zero: bool) -> Decimal:
    """Square metres, exactly two decimals."""
    text = unicodedata.normalize("NFKC", required_text(value, 40))
    try:
        exact = Decimal(text)
    except InvalidOperation:
        raise BadCell(f"应为数字（平方米），实际是“{text}”") from None
    if not exact.is_finite() or exact < 0 or exact >= _MAX_AREA or (exact == 0 and not zero):
        raise BadCell(f"面积{text}不合理")
    rounded = exact.quantize(_CENT)
    if abs(rounded - exact) > _NOISE:
        raise BadCell(f"面积最多保留两位小数，实际是{text}")
    return rounded
