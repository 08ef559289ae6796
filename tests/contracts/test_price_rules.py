"""Price, payment plan, loan and deposit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    values = {"filing_days": "1", "loan_bank": "某银行", "deposit": "", **blanks}
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
    expected = {"contracts.instalment_sum": "block"} if difference else {}
    assert codes(plan_findings(sum(amounts) + difference, lines)) == expected


def test_the_usual_plan_adds_up_for_odd_prices() -> None:
    assert list(plan_findings(33_333_333, plan(33_333_333))) == []
