"""Money is an ``int`` of 分 (1/100 yuan); floats never touch it."""

import re
import unicodedata
from typing import Final, TypeAlias

import cn2an

from kernel.errors import Invalid

Fen: TypeAlias = int

# One trillion yuan: beyond every county's yearly turnover, and the range in which the capitals below are proved.
MAX_FEN: Final = 10**14 - 1

_PLAIN = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d*))?")


def yuan(fen: Fen) -> str:
    """``123456`` → ``"1,234.56"``; negative amounts keep their sign."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def yuan_in_words(fen: Fen) -> str:
    """The amount in Chinese capitals by 《支付结算办法》附一, e.g. ``"壹仟贰佰叁拾肆元伍角陆分"``.

    Raises ``Invalid`` outside 0 … MAX_FEN: such an amount has no place in a contract.
    """
    if not 0 <= fen <= MAX_FEN:
        raise Invalid("金额超出可用大写表示的范围")
    whole, rest = divmod(fen, 100)
    words = str(cn2an.an2cn(f"{whole}.{rest:02d}" if rest else str(whole), "rmb"))
    if whole >= 10**8 and whole // 10**4 % 10**4 == 0 and whole % 10**4 >= 1000:
        words = words.replace("亿", "亿零", 1)  # cn2an forgets the 零 for an empty 万 section
    return words


def parse_yuan(text: str, *, field: str = "amount") -> Fen:
    """What a person typed (``"1,234.5"``, ``"￥1234"``, full-width digits) as exact fen; else ``Invalid``."""
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("¥").removesuffix("元").strip()
    match = _PLAIN.fullmatch(plain)
    if not plain.isascii() or match is None:
        raise Invalid("金额格式不正确，请填写如 1,234.56 的数字（单位：元）", field=field)
    decimals = match.group(1) or ""
    if len(decimals) > 2:
        raise Invalid("金额最多保留两位小数（精确到分）", field=field)
    whole = plain.partition(".")[0].replace(",", "")
    if len(whole.lstrip("0")) > 12:
        raise Invalid("金额超出允许的范围", field=field)
    return int(whole) * 100 + int(decimals.ljust(2, "0"))
