"""Amounts, days and moments as the messages spell them."""

import re
from datetime import UTC, date, datetime
from typing import Final

from lxml import etree

from integrations.bank_messages.reading import BadBankMessage, Part
from integrations.bank_messages.writing import put
from kernel.clock import SHANGHAI
from kernel.money import MAX_FEN

CURRENCY: Final = "CNY"
_AMOUNT: Final = re.compile(r"\+?0*(\d{1,12})(?:\.(\d{0,2}))?", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,18}", re.ASCII)
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:\+08:00)?", re.ASCII)


def fen_of(part: Part) -> int:
    """An amount of money in fen; refuses any currency but CNY and any third decimal, even a zero."""
    if part.attribute("Ccy") != CURRENCY:
        part.refuse(f"币种须为 {CURRENCY}")
    return fen_of_number(part)


def fen_of_number(part: Part) -> int:
    """A bare number in yuan, such as a control sum, in fen."""
    match = _AMOUNT.fullmatch(part.text())
    if match is None:
        part.refuse("金额须为非负数，最多两位小数，且在允许的范围内")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def count_of(part: Part) -> int:
    """A whole number that is not negative, such as a number of entries."""
    return int(part.text()) if _COUNT.fullmatch(part.text()) else part.refuse("须为非负整数")


def number(fen: int) -> str:
    """Fen as a plain decimal in yuan: `123456` → `1234.56`."""
    if not 0 <= fen <= MAX_FEN:
        raise BadBankMessage("金额超出允许的范围")
    return f"{fen // 100}.{fen % 100:02d}"


def put_amount(parent: etree._Element, path: str, fen: int) -> None:
    """An amount in CNY."""
    put(parent, path, number(fen)).set("Ccy", CURRENCY)


def day_of(part: Part) -> date:
    """A day in China, of an element that is a date, or that holds `Dt` or `DtTm`."""
    if part.maybe("DtTm") is not None:
        return moment_of(part.one("DtTm")).astimezone(SHANGHAI).date()
    plain = part.maybe("Dt") or part
    match = _DAY.fullmatch(plain.text())
    try:
        return date.fromisoformat(match[1]) if match else plain.refuse("日期须为北京时间的年月日")
    except ValueError:
        plain.refuse("日期不存在")


def moment_of(part: Part) -> datetime:
    """A moment in UTC; one without a zone is Beijing time."""
    try:
        moment = datetime.fromisoformat(part.text())
        return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except (ValueError, OverflowError):
        part.refuse("时间格式不正确")


def moment(at: datetime) -> str:
    """A moment as Beijing time with its offset."""
    if at.tzinfo is None:
        raise BadBankMessage("时间缺少时区")
    return at.astimezone(SHANGHAI).isoformat()


def put_header(body: etree._Element, message_id: str, created_at: datetime) -> etree._Element:
    """What every message begins with; returns it, for what some add."""
    header = put(body, "GrpHdr")
    put(header, "MsgId", message_id)
    put(header, "CreDtTm", moment(created_at))
    return header
