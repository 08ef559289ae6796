"""What a contract template leaves blank, as data: the sales page builds its form from it, the rules check by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from contracts.parameters import Limits
from contracts.schemas import Home
from kernel.errors import Invalid
from kernel.money import parse_yuan


class Kind(StrEnum):
    """How a blank is typed in and printed. Money is typed in yuan, a date as 2027-06-30, a choice as its key."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"


class Blank(Struct, frozen=True):
    """One blank. ``minimum``/``maximum`` are numbers, or the key of a dated legal parameter."""

    key: str
    article: int
    label: str
    kind: Kind
    default: str = ""
    required: bool = True
    unit: str = ""
    decimals: int = 0
    minimum: Decimal | str | None = None
    maximum: Decimal | str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    max_length: int = 200
    legal_basis: str = ""

    def choice_label(self, value: str) -> str:
        """The words of a choice; empty for an unknown key."""
        return dict(self.choices).get(value, "")


def filled(blanks: tuple[Blank, ...], home: Home, saved: Mapping[str, str]) -> dict[str, str]:
    """What stands in every blank: what was typed, else its default (``$planned_handover`` takes the unit's date)."""
    facts = {"$planned_handover": home.planned_handover.isoformat()}
    return {blank.key: saved.get(blank.key, facts.get(blank.default, blank.default)).strip() for blank in blanks}


def problem(blank: Blank, value: str, limits: Limits) -> str | None:
    """Why the value cannot stand in the blank, in Chinese; None when it can."""
    if not value:
        return f"请填写“{blank.label}”" if blank.required else None
    match blank.kind:
        case Kind.TEXT:
            return f"“{blank.label}”不能超过{blank.max_length}字" if len(value) > blank.max_length else None
        case Kind.CHOICE:
            return None if blank.choice_label(value) else f"“{blank.label}”的选项无效"
        case Kind.DATE:
            return None if as_date(value) else f"“{blank.label}”不是有效日期（例如2027-06-30）"
        case Kind.MONEY:
            return None if as_fen(value) is not None else f"“{blank.label}”须为金额（元，最多两位小数）"
        case Kind.NUMBER:
            return _number_problem(blank, value, limits)


def _number_problem(blank: Blank, value: str, limits: Limits) -> str | None:
    number = as_number(value)
    if number is None or number < 0:
        return f"“{blank.label}”须为不小于0的数字（最多三位小数）"
    if number != round(number, blank.decimals):
        places = blank.decimals
        return f"“{blank.label}”最多保留{places}位小数" if places else f"“{blank.label}”须为整数"
    minimum, maximum = _bound(blank.minimum, limits), _bound(blank.maximum, limits)
    if minimum is not None and number < minimum:
        return f"“{blank.label}”不得少于{minimum}{blank.unit}"
    if maximum is not None and number > maximum:
        return f"“{blank.label}”不得超过{maximum}{blank.unit}"
    return None


def _bound(bound: Decimal | str | None, limits: Limits) -> Decimal | None:
    return limits[bound] if isinstance(bound, str) else bound


def as_number(value: str) -> Decimal | None:
    """The plain decimal number typed (at most 16 characters, no exponent); None when it is none."""
    if not re.fullmatch(r"\d{1,12}(\.\d{1,3})?", value, re.ASCII):
        return None
    return Decimal(value)


def as_fen(value: str) -> int | None:
    """Yuan as typed, in 分; None when it is no amount."""
    try:
        return parse_yuan(value)
    except Invalid:
        return None


def as_date(value: str) -> date | None:
    """The date typed; None when it is none."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
