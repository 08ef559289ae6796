"""What a clerk typed into a draft, tidied up, or refused where it could not even be kept.

A draft may be wrong and incomplete (the rules say so before the freeze); these are only the limits of storage.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from contracts.blanks import Blank
from contracts.party_rules import canonical_id
from contracts.schemas import MAX_BUYERS, Buyer, Instalment, Power
from kernel.errors import Invalid
from kernel.money import MAX_FEN

_MAX_INSTALMENTS = 60
_MAX_DENOMINATOR = 1_000_000
_LENGTHS = {
    "name": 100,
    "id_no": 30,
    "phone": 20,
    "address": 200,
    "representative_name": 100,
    "representative_id_no": 30,
    "representative_phone": 20,
}
_BLANK_LENGTH = 5000


def tidy_buyers(buyers: Sequence[Buyer]) -> tuple[Buyer, ...]:
    """Buyers as they are stored. Raises ``Invalid`` naming the field, such as ``buyers.2.name``."""
    if len(buyers) > MAX_BUYERS:
        raise Invalid(f"买受人最多{MAX_BUYERS}人", field="buyers")
    return tuple(_tidy_buyer(buyer, f"buyers.{place}") for place, buyer in enumerate(buyers, start=1))


def _tidy_buyer(buyer: Buyer, field: str) -> Buyer:
    tidy: dict[str, str | None] = {}
    for name, length in _LENGTHS.items():
        value = getattr(buyer, name)
        tidy[name] = None if value is None else tidy_text(value, f"{field}.{name}", length)
    for name in ("id_no", "representative_id_no"):
        tidy[name] = canonical_id(tidy[name] or "")
    for name in ("representative_name", "representative_id_no", "representative_phone"):
        tidy[name] = tidy[name] or None
    _check_share(buyer.share, f"{field}.share")
    return msgspec.structs.replace(buyer, **tidy, by_power=buyer.by_power and buyer.kind == "person")


def _check_share(share: Fraction | None, field: str) -> None:
    if share is not None and not (0 < share <= 1 and share.denominator <= _MAX_DENOMINATOR):
        raise Invalid("份额应大于0、不超过1，分母不超过一百万", field=field)


def tidy_power(power: Power) -> Power:
    """A power of attorney as it is stored. Raises ``Invalid`` naming the field."""
    return msgspec.structs.replace(
        power,
        certified_by=tidy_text(power.certified_by, "certified_by", 100),
        number=tidy_text(power.number, "number", 60),
        acts=tuple(dict.fromkeys(power.acts)),
    )


def check_money(price_fen: int | None, instalments: Sequence[Instalment]) -> None:
    """Amounts that can be stored and written in Chinese capitals. Raises ``Invalid``."""
    if price_fen is not None and not 0 < price_fen <= MAX_FEN:
        raise Invalid("总价款应大于0，且不超过允许的范围", field="price_fen")
    if len(instalments) > _MAX_INSTALMENTS:
        raise Invalid(f"付款计划最多{_MAX_INSTALMENTS}期", field="instalments")
    amounts = [line.amount_fen for line in instalments]
    if any(amount < 0 for amount in amounts) or sum(amounts) > MAX_FEN:
        raise Invalid("付款计划的金额应不小于0，且合计不超过允许的范围", field="instalments")


def tidy_blanks(blanks: Mapping[str, str], known: Sequence[Blank]) -> dict[str, str]:
    """The blanks as they are stored. Raises ``Invalid`` for a key that the template does not have."""
    keys = {blank.key for blank in known}
    for key in blanks:
        if key not in keys:
            raise Invalid(f"合同模板中没有“{key}”这一项", field=f"blanks.{key[:40]}")
    return {key: tidy_text(value, f"blanks.{key}", _BLANK_LENGTH, lines=True) for key, value in blanks.items()}


def tidy_reason(reason: str) -> str:
    """A stated reason; ``Invalid`` when there is none."""
    text = tidy_text(reason, "reason", 500, lines=True)
    if not text:
        raise Invalid("请填写原因", field="reason")
    return text


def tidy_text(value: str, field: str, length: int, *, lines: bool = False) -> str:
    """Text without blanks at its ends; ``Invalid`` when too long or with characters that cannot be printed."""
    text = unicodedata.normalize("NFC", value).strip().replace("\r\n", "\n")
    if len(text) > length:
        raise Invalid(f"内容过长（最多{length}字）", field=field)
    kept = text.replace("\n", "") if lines else text
    # Control characters, invisible marks (such as text direction), lone halves, private use: nothing to trust on paper.
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") for character in kept):
        raise Invalid("内容含有无法显示的字符，请重新输入", field=field)
    return text
