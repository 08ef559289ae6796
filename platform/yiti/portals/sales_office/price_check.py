"""Amounts while they are typed: in Chinese capitals, and whether the plan adds up. Pure, and never an error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel.errors import Invalid
from kernel.money import parse_yuan, yuan, yuan_in_words
from yiti.portals.sales_office.forms import PlanRow


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount: as figures and in capitals, or why it is none."""

    label: str
    fen: int | None
    words: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PriceCheck:
    """The price beside the sum of the plan."""

    price: Amount
    lines: tuple[Amount, ...]
    total: Amount
    verdict: str
    balanced: bool


def price_check(price: str, rows: Sequence[PlanRow], kinds: Mapping[str, str]) -> PriceCheck:
    """What to say about the amounts as they stand in the form; `kinds`: the words of the contract's own text."""
    asked = _amount("总价款", price)
    lines = tuple(_amount(kinds.get(row.kind, "款项"), row.amount) for row in rows)
    sum_fen = sum(line.fen or 0 for line in lines)
    total = _amount("付款计划合计", yuan(sum_fen))
    balanced = asked.fen is not None and sum_fen == asked.fen and not any(line.problem for line in lines)
    return PriceCheck(asked, lines, total, _verdict(asked.fen, sum_fen), balanced)


def _verdict(price: int | None, total: int) -> str:
    if price is None:
        return "请填写总价款"
    if total < price:
        return f"付款计划比总价款少 {yuan(price - total)} 元"
    if total > price:
        return f"付款计划比总价款多 {yuan(total - price)} 元"
    return "付款计划与总价款一致"


def _amount(label: str, text: str) -> Amount:
    if not text.strip():
        return Amount(label, None, "")
    try:
        fen = parse_yuan(text)
        return Amount(label, fen, yuan_in_words(fen))
    except Invalid as error:
        return Amount(label, None, "", error.message)
