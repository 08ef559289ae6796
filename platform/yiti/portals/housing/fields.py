"""What people type into one field, as a value; `Invalid` says in words what is wrong, and at which field."""

from datetime import date
from decimal import Decimal, InvalidOperation

from kernel.errors import Invalid
from kernel.money import parse_yuan


def line(value: str, field: str, most: int, *, needed: bool = True) -> str:
    """One line of text, at most as long as its column."""
    text = " ".join(value.split())
    if needed and not text:
        raise Invalid("此项不能为空", field=field)
    if len(text) > most:
        raise Invalid(f"最多{most}个字，现有{len(text)}个字", field=field)
    if not text.isprintable():
        raise Invalid("含有无法识别的字符，请删除后重新输入", field=field)
    return text


def day(value: str, field: str) -> date:
    """A date."""
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise Invalid("请填写日期，例如 2026-01-31", field=field) from None


def day_or_none(value: str, field: str) -> date | None:
    """A date that may be left empty."""
    return day(value, field) if value.strip() else None


def whole(value: str, field: str, most: int = 9999) -> int:
    """A whole number, not negative."""
    text = value.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= most):
        raise Invalid(f"请填写0至{most}的整数", field=field)
    return int(text)


def percent_or_none(value: str, field: str) -> Decimal | None:
    """A percentage with at most two decimals, or None when left empty."""
    text = value.strip().removesuffix("%").removesuffix("％").strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Invalid("请填写百分比，例如 62.5", field=field) from None
    if not number.is_finite() or not 0 <= number <= 100 or number != round(number, 2):
        raise Invalid("请填写0至100之间、最多两位小数的百分比", field=field)
    return number


def fen(value: str, field: str) -> int:
    """Yuan as typed, in fen."""
    return parse_yuan(value, field=field)
