"""Whether a unit's maintenance fund is paid, what is owed, and when it runs low. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

import msgspec
from msgspec import Struct

from escrow import rules
from escrow.maintenance.schemas import Due, FundUnit, UnitFund
from kernel.money import yuan

LOW: Final = Fraction(30, 100)
"""《河南省物业管理条例》第六十八条: below 30 % of the first payment the owners top it up (续筹)."""


class FundState(StrEnum):
    """Where a unit's fund stands."""

    PAID = "paid"
    LOW = "low"
    OWED = "owed"
    EXEMPT = "exempt"
    UNKNOWN = "unknown"


STATES: Final = {
    FundState.PAID: ("已缴存", "success"),
    FundState.LOW: ("余额不足三成，应续筹", "warning"),
    FundState.OWED: ("欠缴", "danger"),
    FundState.EXEMPT: ("按规定不缴", "neutral"),
    FundState.UNKNOWN: ("无缴存记录", "neutral"),
}


class Verdict(Struct, frozen=True, kw_only=True):
    """The state in words, with what is owed."""

    state: FundState
    words: str
    owed_fen: int = 0
    due: Due | None = None
    """The same as a line of a bill; None where nothing is owed, or no rate of the county says how it came about."""


class OwnAnswer(Struct, frozen=True, kw_only=True):
    """What our own book answers the registry for all units of a case; `state` as an outside answer has it."""

    state: str
    words: str


def runs_low(fund: UnitFund) -> bool:
    """Whether less than 30 % of the first payment is left."""
    return fund.first_fen > 0 and fund.balance_fen < LOW * fund.first_fen


def due_fen(rates: Iterable[rules.Rate], unit: FundUnit, on: date) -> int | None:
    """The first payment by the rate of a day; None where the county had set none."""
    try:
        rate = rules.rate_on(rates, rules.usage_class(unit.usage), with_lift=unit.has_lift, on=on)
    except rules.RateMissing:
        return None
    return rules.maintenance_fund_fen(rate, unit.area)


def judge(rates: Sequence[rules.Rate], unit: FundUnit, fund: UnitFund, today: date) -> Verdict:
    """Paid in full by the rate of the day on which it was first paid; not required; owed; or not known to our book.

    A unit of which the book knows nothing at all may have been paid for on paper: that is not called owed.
    """
    paid = fund.paid_fen + fund.coming_fen
    if paid:
        needed = due_fen(rates, unit, fund.first_on or today)
        if needed is not None and paid < needed:
            return _owed(rates, unit, fund.first_on or today, needed, paid)
        return _paid(fund)
    if fund.billed_fen:
        return _owed(rates, unit, today, fund.billed_fen, 0)
    if due_fen(rates, unit, today) == 0:
        return Verdict(state=FundState.EXEMPT, words="该用途房屋按本县标准不缴存住宅专项维修资金")
    return Verdict(state=FundState.UNKNOWN, words="本县账簿没有该户的缴存记录")


def _paid(fund: UnitFund) -> Verdict:
    if fund.coming_fen:
        whole, coming = yuan(fund.paid_fen + fund.coming_fen), yuan(fund.coming_fen)
        words = f"已缴存 {whole} 元，其中 {coming} 元已一码缴清，正由中转账户划入"
        return Verdict(state=FundState.PAID, words=words)
    if runs_low(fund):
        words = f"已缴 {yuan(fund.paid_fen)} 元，余额 {yuan(fund.balance_fen)} 元，不足首期缴存额的百分之三十"
        return Verdict(state=FundState.LOW, words=words)
    return Verdict(state=FundState.PAID, words=f"已缴存 {yuan(fund.paid_fen)} 元")


def dues(verdicts: Iterable[Verdict]) -> tuple[Due, ...]:
    """What all units of a case owe, to be billed; nothing while the book does not know of one of them: then others
    are asked first, and the bill is not made twice."""
    found = tuple(verdicts)
    if any(one.state is FundState.UNKNOWN or (one.owed_fen and one.due is None) for one in found):
        return ()
    return tuple(one.due for one in found if one.due is not None)


def answer(verdicts: Sequence[tuple[FundUnit, Verdict]]) -> OwnAnswer | None:
    """One answer for all units of a case; None when the book does not know of one of them: then others are asked.

    《河南省物业管理条例》第六十五条: what was paid first counts, not how much of it is left.
    """
    if not verdicts:
        return None
    owed = [(unit, verdict) for unit, verdict in verdicts if verdict.state is FundState.OWED]
    if owed:
        words = "；".join(f"{unit.unit_code} 欠缴 {yuan(verdict.owed_fen)} 元" for unit, verdict in owed)
        return OwnAnswer(state="refused", words=f"住宅专项维修资金未足额缴存：{words}")
    if any(verdict.state is FundState.UNKNOWN for _, verdict in verdicts):
        return None
    if all(verdict.state is FundState.EXEMPT for _, verdict in verdicts):
        return OwnAnswer(state="exempt", words=verdicts[0][1].words)
    return OwnAnswer(state="clear", words="；".join(f"{unit.unit_code} {verdict.words}" for unit, verdict in verdicts))


def _owed(rates: Iterable[rules.Rate], unit: FundUnit, on: date, needed: int, paid: int) -> Verdict:
    words = f"应缴 {yuan(needed)} 元，已缴 {yuan(paid)} 元，欠缴 {yuan(needed - paid)} 元"
    owed = Verdict(state=FundState.OWED, words=words, owed_fen=needed - paid)
    try:
        rate = rules.rate_on(rates, rules.usage_class(unit.usage), with_lift=unit.has_lift, on=on)
    except rules.RateMissing:
        return owed
    lift = "有电梯" if unit.has_lift else "无电梯"
    due = Due(
        unit_id=unit.unit_id,
        unit_code=unit.unit_code,
        amount_fen=owed.owed_fen,
        words=f"{yuan(rate.fen_per_sqm)}元／㎡（{lift}）×{unit.area}㎡，{words}（{rate.source}）",
        basis=rules.basis_of(rate, unit.area) | {"paid_before_fen": paid},
    )
    return msgspec.structs.replace(owed, due=due)
