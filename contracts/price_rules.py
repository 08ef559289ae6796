"""Price and payment plan. Pure: frozen values in, findings out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from contracts.blanks import as_fen
from contracts.loan_parts import LENDERS, lent_fen
from contracts.parameters import Limits
from contracts.schemas import Finding, FrozenContract, Instalment
from kernel.money import MAX_FEN, yuan

_PRICE = "《中华人民共和国民法典》第五百九十五条、第五百九十六条"
_ESCROW = "《城市商品房预售管理办法》第十一条"


def price_findings(contract: FrozenContract, values: dict[str, str], limits: Limits, on: date) -> Iterator[Finding]:
    """Everything about money; ``values`` are the blanks with their defaults."""
    price, plan = contract.price_fen, contract.instalments
    if price is None or not 0 < price <= MAX_FEN:
        yield Finding("contracts.price", "请填写大于0的合同总价款", "price_fen", _PRICE)
        return
    yield from plan_findings(price, plan)
    yield from _due_dates(plan, values, on)
    yield from _loan(price, plan, values, limits)
    yield from _deposit(price, plan, values, limits)


def plan_findings(price_fen: int, plan: tuple[Instalment, ...]) -> Iterator[Finding]:
    """The plan has a down payment, only positive amounts, and adds up to exactly the price."""
    if any(line.amount_fen <= 0 for line in plan):
        yield Finding("contracts.instalment_amount", "付款计划中每期金额须大于0", "instalments", _PRICE)
    total = sum(line.amount_fen for line in plan)
    if total != price_fen:
        difference = f"{'少' if total < price_fen else '多'}{yuan(abs(price_fen - total))}元"
        words = f"付款计划合计{yuan(total)}元，应与总价款{yuan(price_fen)}元一致，现{difference}"
        yield Finding("contracts.instalment_sum", words, "instalments", _PRICE)
    if not any(line.kind == "down_payment" for line in plan):
        yield Finding("contracts.down_payment_missing", "付款计划中须有首付款", "instalments", _ESCROW)


def _due_dates(plan: tuple[Instalment, ...], values: dict[str, str], on: date) -> Iterator[Finding]:
    days = values.get("filing_days", "")
    # The home is filed only after the down payment has arrived, and filed no later than this day.
    filing = on + timedelta(days=int(days)) if days.isdecimal() and len(days) < 4 else on
    for place, line in enumerate(plan, start=1):
        if line.kind == "down_payment" and line.due > filing:
            words = f"首付款应在登记备案前支付（最迟{filing:%Y-%m-%d}）"
            yield Finding("contracts.down_payment_late", words, f"instalments.{place}.due", _ESCROW)
        elif line.kind != "down_payment" and line.due < on:
            yield Finding("contracts.due_past", f"第{place}期付款日期已过", f"instalments.{place}.due", _PRICE)


def _loan(price: int, plan: tuple[Instalment, ...], values: dict[str, str], limits: Limits) -> Iterator[Finding]:
    lent = sum(lent_fen(plan, kind) for kind in LENDERS)
    if lent > limits["loan_share_max"] * price:
        percent = (limits["loan_share_max"] * 100).normalize()
        words = f"贷款金额合计不得超过总价款的{percent:f}%"
        yield Finding("contracts.loan_share", words, "instalments", limits.source("loan_share_max"))
    for kind, blank in LENDERS.items():
        if not any(line.kind == kind for line in plan):
            continue
        if blank not in values:  # an older text, which knows one loan only
            words = "该合同使用的文本没有公积金贷款一项，请作废后重新开立，以使用现行文本"
            yield Finding("contracts.loan_kind", words, "instalments", _PRICE)
        elif not values[blank]:
            yield Finding("contracts.loan_bank", "以贷款方式付款的，请填写贷款机构", f"blanks.{blank}", _PRICE)
    yield from _lenders_differ(plan, values)


def _lenders_differ(plan: tuple[Instalment, ...], values: dict[str, str]) -> Iterator[Finding]:
    used = [values.get(blank, "") for kind, blank in LENDERS.items() if any(line.kind == kind for line in plan)]
    if len(used) > 1 and used[0] and len(set(used)) == 1:
        words = "商业贷款和公积金贷款的贷款机构应分别填写"
        yield Finding("contracts.lenders_alike", words, "blanks.fund_centre", _PRICE)


def _deposit(price: int, plan: tuple[Instalment, ...], values: dict[str, str], limits: Limits) -> Iterator[Finding]:
    deposit = as_fen(values.get("deposit", "")) or 0
    if Decimal(deposit) > limits["deposit_share_max"] * price:
        percent = (limits["deposit_share_max"] * 100).normalize()
        words = f"定金不得超过总价款的{percent:f}%"
        yield Finding("contracts.deposit_share", words, "blanks.deposit", limits.source("deposit_share_max"))
    down = sum(line.amount_fen for line in plan if line.kind == "down_payment")
    if deposit > down:
        yield Finding("contracts.deposit_down_payment", "定金抵作首付款，不得超过首付款金额", "blanks.deposit", _PRICE)
