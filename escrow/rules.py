"""Pure decisions about money: what a sale owes, and whether a bank's confirmation pays a notice."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from msgspec import Struct

from escrow.models import UNPAID, BillKind, BillState, LoanPart
from escrow.schemas import NO_NOTICE, Confirmation, MissingMoney
from kernel.errors import Conflict, Invalid
from kernel.money import MAX_FEN, yuan

TITLES = {
    BillKind.DOWN_PAYMENT: "购房款（首付款）",
    BillKind.MAINTENANCE_FUND: "住宅专项维修资金",
    BillKind.MORTGAGE_LOAN: "个人住房贷款",
}
LOANS = {
    LoanPart.ONLY: TITLES[BillKind.MORTGAGE_LOAN],
    LoanPart.COMMERCIAL: "商业贷款",
    LoanPart.HOUSING_FUND: "公积金贷款",
}
ACCOUNTS = {
    BillKind.DOWN_PAYMENT: "预售资金监管账户",
    BillKind.MAINTENANCE_FUND: "维修资金专户",
    BillKind.MORTGAGE_LOAN: "预售资金监管账户",
}
SUPERVISED = (BillKind.DOWN_PAYMENT, BillKind.MORTGAGE_LOAN)
"""Whose money lies on the project's supervised account."""
REFUND_ORDER = (BillKind.MORTGAGE_LOAN, BillKind.DOWN_PAYMENT, BillKind.MAINTENANCE_FUND)
"""解除合同的退款次序: what the lender paid goes back before what the buyers paid."""


class UsageClass(StrEnum):
    """How a unit's usage counts for the maintenance fund (《住宅专项维修资金管理办法》, 部令165号)."""

    RESIDENTIAL = "residential"
    NON_RESIDENTIAL = "non_residential"
    """Shops and the like; they pay where they belong to a residential building or estate."""
    ANCILLARY = "ancillary"
    """Parking spaces, garages, store rooms."""


class RateMissing(Conflict):
    """The county has set no rate for this usage on that day."""

    code = "escrow.rate_missing"


class Rate(Struct, frozen=True, kw_only=True):
    """A dated rate of the county."""

    usage_class: UsageClass
    with_lift: bool
    fen_per_sqm: int
    valid_from: date
    source: str
    demonstration: bool


class BillFacts(Struct, frozen=True, kw_only=True):
    """What is known of a notice when a callback names it."""

    notice_no: str
    kind: BillKind
    state: BillState
    amount_fen: int
    account_no: str
    paid_from: str | None = None
    """Our own account that pays it, and nobody else: of a registration case."""


class SuspenseReason(StrEnum):
    """Why money could not be matched with a notice."""

    UNKNOWN_NOTICE = "unknown_notice"
    WRONG_ACCOUNT = "wrong_account"
    WRONG_AMOUNT = "wrong_amount"
    VOID_NOTICE = "void_notice"
    ALREADY_PAID = "already_paid"
    WRONG_PAYER = "wrong_payer"


class Unrecognised(Struct, frozen=True, kw_only=True):
    """The reason and the words for people."""

    reason: SuspenseReason
    words: str


def usage_class(usage: str) -> UsageClass:
    """The class of a usage written in words, such as 成套住宅 or 商业服务 (房屋用途)."""
    if any(word in usage for word in ("车位", "车库", "储藏")):
        return UsageClass.ANCILLARY
    if "非住宅" in usage:
        return UsageClass.NON_RESIDENTIAL
    if any(word in usage for word in ("住宅", "别墅", "高档公寓", "集体宿舍")):
        return UsageClass.RESIDENTIAL
    return UsageClass.NON_RESIDENTIAL


def rate_on(rates: Iterable[Rate], usage: UsageClass, *, with_lift: bool, on: date) -> Rate:
    """The rate in force on a day: the latest that is not after it. Raises RateMissing."""
    fitting = [r for r in rates if r.usage_class == usage and r.with_lift == with_lift and r.valid_from <= on]
    if not fitting:
        raise RateMissing("本县尚未设定该用途房屋的维修资金缴存标准，请住建部门先行设定")
    return max(fitting, key=lambda rate: rate.valid_from)


def maintenance_fund_fen(rate: Rate, area: Decimal) -> int:
    """Rate × building area in fen, exact, rounded half up (四舍五入) to the fen."""
    if not area.is_finite() or area <= 0 or area.as_tuple().exponent < -2:  # type: ignore[operator]
        raise Invalid("建筑面积应为大于零、最多两位小数的数", field="area")
    return int((rate.fen_per_sqm * area).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def basis_of(rate: Rate, area: Decimal) -> dict[str, object]:
    """How a maintenance-fund amount came about, as it is kept with its notice."""
    return {
        "area": str(area),
        "fen_per_sqm": rate.fen_per_sqm,
        "usage_class": rate.usage_class,
        "with_lift": rate.with_lift,
        "valid_from": rate.valid_from.isoformat(),
        "source": rate.source,
        "demonstration": rate.demonstration,
    }


def bills_of_sale(down_payment_fen: int, rate: Rate, area: Decimal) -> dict[BillKind, int]:
    """Which notices a sale needs and their amounts. A rate of 0 asks for no maintenance fund."""
    if not 0 < down_payment_fen <= MAX_FEN:
        raise Invalid("首付款金额应大于零", field="down_payment_fen")
    fund = maintenance_fund_fen(rate, area)
    asked = {BillKind.DOWN_PAYMENT: down_payment_fen}
    return asked | {BillKind.MAINTENANCE_FUND: fund} if fund else asked


def judge(confirmation: Confirmation, bill: BillFacts | None) -> Unrecognised | None:
    """None when the money pays the notice exactly; otherwise why it goes to suspense."""
    if bill is None:
        named = confirmation.notice_no
        words = "付款人没有填写缴款通知书编号" if named == NO_NOTICE else f"没有编号为 {named} 的缴款通知书"
        return _not(SuspenseReason.UNKNOWN_NOTICE, words)
    notice, due, got = f"缴款通知书 {bill.notice_no} ", yuan(bill.amount_fen), yuan(confirmation.amount_fen)
    others = bill.paid_from is not None and confirmation.payer_account not in ("", bill.paid_from)
    refused = (
        (
            confirmation.account_no != bill.account_no,
            SuspenseReason.WRONG_ACCOUNT,
            f"款项未缴入通知书载明的{ACCOUNTS[bill.kind]}",
        ),
        (bill.state is BillState.VOID, SuspenseReason.VOID_NOTICE, f"{notice}已作废"),
        (bill.state not in UNPAID, SuspenseReason.ALREADY_PAID, f"{notice}已缴清，本笔为重复缴款"),
        (others, SuspenseReason.WRONG_PAYER, f"{notice}由一码付中转账户划款缴纳，本笔由其他账户付来"),
        (
            confirmation.amount_fen != bill.amount_fen,
            SuspenseReason.WRONG_AMOUNT,
            f"应缴 {due} 元，实缴 {got} 元，金额不符",
        ),
    )
    return next((_not(reason, words) for wrong, reason, words in refused if wrong), None)


def missing_money(bills: Sequence[BillFacts]) -> list[MissingMoney]:
    """What still keeps the gate shut: every kind ever billed for the contract must be confirmed, and one must exist.

    Looking at every kind ever billed means that voiding a notice closes the gate instead of opening it.
    """
    kinds = ({BillKind.DOWN_PAYMENT} | {bill.kind for bill in bills}) - {BillKind.MORTGAGE_LOAN}
    missing = []
    for kind in (kind for kind in BillKind if kind in kinds):
        of_kind = [bill for bill in bills if bill.kind == kind]
        if any(bill.state is BillState.CONFIRMED for bill in of_kind):
            continue
        unpaid = next((bill for bill in of_kind if bill.state in UNPAID), None)
        missing.append(_unpaid(unpaid) if unpaid else _unbilled(kind, billed_before=bool(of_kind)))
    return missing


def above_quota(available_fen: int, quota_fen: int | None, amount_fen: int) -> tuple[int, int]:
    """How a payment divides: from money above the supervised quota (非重点监管资金) first, the rest from inside it.

    Full supervision (`quota_fen` None) knows no such line: nothing counts as inside a quota.
    """
    if quota_fen is None:
        return amount_fen, 0
    free = min(amount_fen, max(0, available_fen - quota_fen))
    return free, amount_fen - free


def _unpaid(bill: BillFacts) -> MissingMoney:
    words = (
        f"{TITLES[bill.kind]} {yuan(bill.amount_fen)} 元尚未到账："
        f"请凭缴款通知书 {bill.notice_no} 缴入{ACCOUNTS[bill.kind]}，银行确认后自动更新"
    )
    return MissingMoney(kind=bill.kind, notice_no=bill.notice_no, amount_fen=bill.amount_fen, words=words)


def _unbilled(kind: BillKind, *, billed_before: bool) -> MissingMoney:
    state = "缴款通知书已作废或已退款，需重新开具" if billed_before else "尚未开具缴款通知书"
    return MissingMoney(kind=kind, notice_no=None, amount_fen=None, words=f"{TITLES[kind]}{state}")


def _not(reason: SuspenseReason, words: str) -> Unrecognised:
    return Unrecognised(reason=reason, words=words)
