"""Price, payment plan, loan and deposit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.loan_parts import loans_of
from contracts.parameters import in_force
from contracts.price_rules import plan_findings, price_findings
from contracts.schemas import FrozenContract, Instalment
from kernel.clock import today
from tests.contracts.samples import LIMITS, codes, county_row, draft, plan

DAY = timedelta(days=1)
PRICE = 80_000_000


def line(amount_fen: int, kind: str = "down_payment", days: int = 0) -> Instalment:
    return Instalment(due=today() + days * DAY, amount_fen=amount_fen, kind=kind)  # type: ignore[arg-type]


def found(contract: FrozenContract, **blanks: str) -> dict[str, str]:
    values = {"filing_days": "1", "loan_bank": "某银行", "fund_centre": "某中心", "deposit": "", **blanks}
    return codes(price_findings(contract, values, LIMITS, today()))


@pytest.mark.parametrize("price", [None, 0, -1, 10**14])
def test_a_price_is_needed(price: int | None) -> None:
    assert found(draft(price_fen=price)) == {"contracts.price": "block"}


@pytest.mark.parametrize(
    ("instalments", "code"),
    [
        ((), "instalment_sum"),
        ((line(PRICE, "instalment"),), "down_payment_missing"),
        ((line(PRICE + 1), line(-1, "instalment")), "instalment_amount"),
        ((line(PRICE), line(0, "instalment")), "instalment_amount"),
        ((line(PRICE - 1),), "instalment_sum"),
        ((line(PRICE, days=2),), "down_payment_late"),
        ((line(PRICE // 2), line(PRICE // 2, "instalment", days=-1)), "due_past"),
        ((line(PRICE // 5 - 1), line(PRICE - PRICE // 5 + 1, "loan")), "loan_share"),
        ((line(PRICE // 5 - 1), line(PRICE // 5 + 1, "loan"), line(PRICE // 5 * 3, "fund_loan")), "loan_share"),
    ],
)
def test_each_fault_of_the_plan_is_found(instalments: tuple[Instalment, ...], code: str) -> None:
    assert f"contracts.{code}" in found(draft(instalments=instalments))


def test_plans_in_order_pass() -> None:
    assert found(draft()) == {}
    assert found(draft(instalments=(line(PRICE),))) == {}
    assert found(draft(instalments=(line(PRICE, days=1),))) == {}
    assert found(draft(instalments=(line(PRICE, days=-3),))) == {}, "paid before the freeze"
    assert found(draft(instalments=(line(PRICE // 5), line(PRICE - PRICE // 5, "loan")))) == {}, "exactly 80 %"


def test_a_loan_names_its_bank() -> None:
    assert found(draft(), loan_bank="") == {"contracts.loan_bank": "block"}
    both = draft(instalments=(line(PRICE // 2), line(PRICE // 4, "loan"), line(PRICE // 4, "fund_loan")))
    assert found(both) == {}
    assert found(both, fund_centre="") == {"contracts.loan_bank": "block"}
    assert found(both, loan_bank="某中心") == {"contracts.lenders_alike": "block"}
    older = {"filing_days": "1", "loan_bank": "某银行"}
    assert codes(price_findings(both, older, LIMITS, today())) == {"contracts.loan_kind": "block"}


def test_a_deposit_is_at_most_a_fifth_and_within_the_down_payment() -> None:
    assert found(draft(), deposit="160,000.00") == {}
    assert found(draft(), deposit="160000.01") == {"contracts.deposit_share": "block"}
    small = draft(price_fen=PRICE, instalments=(line(1_000_000), line(PRICE - 1_000_000, "instalment", 5)))
    assert found(small, deposit="10000.01") == {"contracts.deposit_down_payment": "block"}


def test_the_loan_limit_is_a_dated_row_that_a_county_may_set() -> None:
    strict = in_force(today(), [county_row("loan_share_max", "0.50", today())])
    values = {"filing_days": "1", "loan_bank": "某银行"}
    assert "contracts.loan_share" in codes(price_findings(draft(), values, strict, today()))
    tomorrow = in_force(today(), [county_row("loan_share_max", "0.50", today() + DAY)])
    assert codes(price_findings(draft(), values, tomorrow, today())) == {}
    ended = in_force(today(), [county_row("loan_share_max", "0.50", today() - DAY, today())])
    assert ended["loan_share_max"] == Decimal("0.80")


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=12), st.integers(-5, 5))
def test_a_plan_passes_exactly_when_it_adds_up(amounts: list[int], difference: int) -> None:
    lines = tuple(line(amount, "instalment" if place else "down_payment") for place, amount in enumerate(amounts))
    found = list(plan_findings(sum(amounts) + difference, lines))
    assert codes(found) == ({"contracts.instalment_sum": "block"} if difference else {})
    if difference:
        assert found[0].message.endswith(f"现{'少' if difference > 0 else '多'}0.0{abs(difference)}元")


LENT = st.lists(st.tuples(st.sampled_from(["loan", "fund_loan", "instalment"]), st.integers(1, 10**9)), max_size=6)


@given(LENT)
def test_each_loan_of_a_plan_is_the_sum_of_its_lines(others: list[tuple[str, int]]) -> None:
    plan = (line(1), *(line(amount, kind) for kind, amount in others))
    sums = {kind: sum(fen for one, fen in others if one == kind) for kind in ("loan", "fund_loan")}
    loans = loans_of(draft(instalments=plan))
    assert {one.kind: one.amount_fen for one in loans} == {kind: fen for kind, fen in sums.items() if fen}
    rest = sum(one.amount_fen for one in plan if one.kind in ("down_payment", "instalment"))
    assert sum(one.amount_fen for one in loans) + rest == sum(one.amount_fen for one in plan)
    older = loans_of(draft(instalments=plan, template_version="v1"))
    assert {one.kind for one in older} <= {None}


def test_the_usual_plan_adds_up_for_odd_prices() -> None:
    assert list(plan_findings(33_333_333, plan(33_333_333))) == []
