"""When a lender may pay out: conditions dated by law and by project. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from msgspec import Struct

from escrow.loans.models import LenderKind
from escrow.models import BillState, LoanPart
from kernel.errors import Conflict


class Condition(StrEnum):
    """What must be true before a loan may be released."""

    FILED = "filed"
    """合同网签备案."""
    MORTGAGE_NOTICE = "mortgage_notice"
    """预售商品房抵押预告登记 (or the mortgage itself) for the lender."""
    TOPPED_OUT = "topped_out"
    """主体结构封顶."""
    COMPLETED = "completed"
    """竣工验收备案."""


class NotReleasable(Conflict):
    """The conditions of release are not met; the words say which."""

    code = "escrow.loan_not_releasable"


class ReleaseRule(Struct, frozen=True, kw_only=True):
    """The conditions that hold from a day on."""

    valid_from: date
    conditions: tuple[Condition, ...]
    earlier_permits_keep: bool
    source: str


class Reach(Struct, frozen=True):
    """The projects that a version holds for, by the day of their planning permit (建设工程规划许可)."""

    permits_from: date | None
    permits_before: date | None


class ReleaseFacts(Struct, frozen=True, kw_only=True):
    """What is true of the contract and its building now."""

    on: date
    planning_permit_on: date
    filed: bool
    mortgage_notice: bool
    topped_out_on: date | None
    completed_on: date | None


_MORTGAGE_LAW: Final = "《民法典》第二百二十一条；《不动产登记暂行条例实施细则》第八十五条"
NATIONAL: Final = (
    ReleaseRule(
        valid_from=date(2003, 6, 5),
        conditions=(Condition.FILED, Condition.MORTGAGE_NOTICE, Condition.TOPPED_OUT),
        earlier_permits_keep=False,
        source=f"银发〔2003〕121号（主体结构封顶后发放个人住房贷款）；{_MORTGAGE_LAW}",
    ),
    ReleaseRule(
        valid_from=date(2026, 8, 28),
        conditions=(Condition.FILED, Condition.MORTGAGE_NOTICE, Condition.COMPLETED),
        earlier_permits_keep=False,
        source=f"2026年8月28日个人住房贷款发放条件调整（竣工备案后发放）；{_MORTGAGE_LAW}",
    ),
)
"""What holds where the county has set nothing of its own."""
_MET: Final[Mapping[Condition, Callable[[ReleaseFacts], bool]]] = {
    Condition.FILED: lambda facts: facts.filed,
    Condition.MORTGAGE_NOTICE: lambda facts: facts.mortgage_notice,
    Condition.TOPPED_OUT: lambda facts: facts.topped_out_on is not None and facts.topped_out_on <= facts.on,
    Condition.COMPLETED: lambda facts: facts.completed_on is not None and facts.completed_on <= facts.on,
}
CONDITIONS: Final = {
    Condition.FILED: "合同已网签备案",
    Condition.MORTGAGE_NOTICE: "抵押预告登记（或抵押登记）已办结，权利人为贷款机构",
    Condition.TOPPED_OUT: "楼幢主体结构封顶",
    Condition.COMPLETED: "楼幢竣工验收备案",
}


_SHORT: Final = {
    Condition.FILED: "合同备案",
    Condition.MORTGAGE_NOTICE: "抵押预告登记",
    Condition.TOPPED_OUT: "主体结构封顶",
    Condition.COMPLETED: "竣工验收备案",
}


def in_force(county: Iterable[ReleaseRule] = ()) -> list[ReleaseRule]:
    """All versions, oldest first; the county's own row of a day replaces the nation's."""
    return sorted({rule.valid_from: rule for rule in (*NATIONAL, *county)}.values(), key=lambda rule: rule.valid_from)


def rule_for(rules: Iterable[ReleaseRule], on: date, planning_permit_on: date) -> ReleaseRule:
    """The version for a day and a project: the latest, unless it leaves the project to the one before it."""
    begun = [rule for rule in rules if rule.valid_from <= on]
    for rule in reversed(begun):
        if not (rule.earlier_permits_keep and planning_permit_on < rule.valid_from):
            return rule
    if not begun:
        raise NotReleasable("该日期没有放款条件可以适用，请住建部门核对放款条件的设定")
    return begun[0]


def reaches(rules: Iterable[ReleaseRule], on: date) -> dict[date, Reach]:
    """Which projects each version holds for on a day, by its first day; versions that hold for none are left out.

    It says of every project what `rule_for` says.
    """
    begun = [rule for rule in rules if rule.valid_from <= on]
    found: dict[date, Reach] = {}
    before: date | None = None
    for rule in reversed(begun):
        leaves = rule.earlier_permits_keep and rule is not begun[0]
        found[rule.valid_from] = Reach(rule.valid_from if leaves else None, before)
        if not leaves:
            break
        before = rule.valid_from
    return found


def effect(rule: ReleaseRule) -> str:
    """What the version does, in a sentence."""
    day = rule.valid_from
    return f"自{day.year}年{day.month}月{day.day}日起，{'、'.join(_SHORT[one] for one in rule.conditions)}后放款"


def checked(rule: ReleaseRule, facts: ReleaseFacts) -> tuple[tuple[str, bool], ...]:
    """Each condition in words, and whether it is met."""
    return tuple((CONDITIONS[one], _MET[one](facts)) for one in rule.conditions)


def may_lend(part: LoanPart, lender: LenderKind) -> bool:
    """Whether a lender of this kind can be meant; a contract that does not say the kind leaves it open."""
    return part is LoanPart.ONLY or (part is LoanPart.HOUSING_FUND) is (lender is LenderKind.FUND_CENTRE)


class Standing(StrEnum):
    """Where a loan is, as its lender and its sales office see it."""

    NO_LENDER = "no_lender"
    WAITING = "waiting"
    TO_PAY = "to_pay"
    REPORTED = "reported"
    PAID = "paid"
    RETURNING = "returning"
    RETURNED = "returned"
    CLOSED = "closed"


STANDINGS: Final = {
    Standing.NO_LENDER: ("待确认贷款机构", "warning"),
    Standing.WAITING: ("未达放款条件", "neutral"),
    Standing.TO_PAY: ("待放款", "warning"),
    Standing.REPORTED: ("已放款，待银行确认到账", "info"),
    Standing.PAID: ("已到账", "success"),
    Standing.RETURNING: ("退回中", "warning"),
    Standing.RETURNED: ("已退回", "neutral"),
    Standing.CLOSED: ("合同已解除", "neutral"),
}
_BY_BILL: Final = {
    BillState.CONFIRMED: Standing.PAID,
    BillState.REFUND_ORDERED: Standing.RETURNING,
    BillState.REFUNDED: Standing.RETURNED,
    BillState.VOID: Standing.CLOSED,
}


def standing(bill: BillState | None, *, lender: bool, reported: bool, closed: bool) -> Standing:
    """Where a loan is; `bill` is the state of its notice."""
    if bill in _BY_BILL:
        return Standing.RETURNING if closed and bill is BillState.CONFIRMED else _BY_BILL[bill]
    if closed:
        return Standing.CLOSED
    if bill is not None:
        return Standing.REPORTED if reported else Standing.TO_PAY
    return Standing.WAITING if lender else Standing.NO_LENDER
