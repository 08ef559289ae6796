"""Pure decisions of the money room."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrow.models import BillKind, BillState
from escrow.rules import (
    BillFacts,
    Rate,
    RateMissing,
    SuspenseReason,
    UsageClass,
    bills_of_sale,
    judge,
    maintenance_fund_fen,
    missing_money,
    rate_on,
    usage_class,
)
from escrow.schemas import NO_NOTICE, Confirmation
from kernel.errors import Invalid


def rate(
    fen: int = 6000, *, valid_from: date = date(2020, 1, 1), usage: str = "residential", lift: bool = True
) -> Rate:
    return Rate(
        usage_class=UsageClass(usage),
        with_lift=lift,
        fen_per_sqm=fen,
        valid_from=valid_from,
        source="s",
        demonstration=True,
    )


def facts(state: str = "issued", *, kind: BillKind = BillKind.DOWN_PAYMENT, no: str = "JK1") -> BillFacts:
    return BillFacts(notice_no=no, kind=kind, state=BillState(state), amount_fen=100, account_no="62220001")


def confirmation(**changes: object) -> Confirmation:
    values = {
        "event_id": "e", "notice_no": "JK1", "amount_fen": 100, "paid_at": datetime(2026, 1, 1, tzinfo=UTC),
        "bank_serial": "s", "account_no": "62220001", "evidence_digest": "a" * 64,
    }  # fmt: skip
    return Confirmation(**(values | changes))  # type: ignore[arg-type]


@given(st.integers(0, 50_000), st.decimals("0.01", "99999.99", places=2))
def test_the_fund_is_exact_and_rounded_half_up(fen: int, area: Decimal) -> None:
    exact = fen * Fraction(area)
    got = maintenance_fund_fen(rate(fen), area)
    assert Fraction(-1, 2) < exact - got + Fraction(0) or exact - got == Fraction(-1, 2)
    assert abs(exact - got) <= Fraction(1, 2)
    if abs(exact - got) == Fraction(1, 2):
        assert got > exact


def test_half_a_fen_goes_up() -> None:
    assert maintenance_fund_fen(rate(50), Decimal("0.01")) == 1
    assert maintenance_fund_fen(rate(6000), Decimal("118.36")) == 7_101_60


@pytest.mark.parametrize("area", ["0", "-1", "1.001", "NaN", "Infinity"])
def test_an_area_that_is_none_is_refused(area: str) -> None:
    with pytest.raises(Invalid):
        maintenance_fund_fen(rate(), Decimal(area))


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ("成套住宅", "residential"), ("非成套住宅", "residential"), ("别墅", "residential"),
        ("高档公寓", "residential"),
        ("商业服务", "non_residential"), ("非住宅", "non_residential"), ("办公", "non_residential"),
        ("地下车位", "ancillary"), ("储藏室", "ancillary"), ("住宅配套车库", "ancillary"),
    ],
)  # fmt: skip
def test_usage_in_words_has_a_class(usage: str, expected: str) -> None:
    assert usage_class(usage) == expected


def test_the_rate_of_the_day_applies() -> None:
    rates = [
        rate(1, valid_from=date(2020, 1, 1)),
        rate(3, valid_from=date(2026, 9, 1)),
        rate(2, valid_from=date(2024, 1, 1)),
    ]
    residential = UsageClass.RESIDENTIAL
    assert rate_on(rates, residential, with_lift=True, on=date(2026, 8, 31)).fen_per_sqm == 2
    assert rate_on(rates, residential, with_lift=True, on=date(2026, 9, 1)).fen_per_sqm == 3
    with pytest.raises(RateMissing):
        rate_on(rates, residential, with_lift=True, on=date(2019, 12, 31))
    with pytest.raises(RateMissing):
        rate_on(rates, residential, with_lift=False, on=date(2026, 9, 1))


def test_a_rate_of_zero_asks_for_no_fund() -> None:
    assert bills_of_sale(100, rate(0), Decimal(10)) == {BillKind.DOWN_PAYMENT: 100}
    with pytest.raises(Invalid):
        bills_of_sale(0, rate(), Decimal(10))


@pytest.mark.parametrize(
    ("changes", "bill", "reason"),
    [
        ({}, facts(), None),
        ({}, facts("sent"), None),
        ({}, None, SuspenseReason.UNKNOWN_NOTICE),
        ({"amount_fen": 99}, facts(), SuspenseReason.WRONG_AMOUNT),
        ({"amount_fen": 101}, facts(), SuspenseReason.WRONG_AMOUNT),
        ({"account_no": "62220002"}, facts(), SuspenseReason.WRONG_ACCOUNT),
        ({}, facts("void"), SuspenseReason.VOID_NOTICE),
        ({}, facts("confirmed"), SuspenseReason.ALREADY_PAID),
        ({}, facts("refund_ordered"), SuspenseReason.ALREADY_PAID),
        ({}, facts("refunded"), SuspenseReason.ALREADY_PAID),
    ],
)
def test_only_the_exact_payment_is_recognised(
    changes: dict[str, object], bill: BillFacts | None, reason: SuspenseReason | None
) -> None:
    verdict = judge(confirmation(**changes), bill)
    assert (verdict.reason if verdict else None) == reason


def test_money_without_a_notices_number_says_so() -> None:
    named = judge(confirmation(notice_no="JK9"), None)
    nameless = judge(confirmation(notice_no=NO_NOTICE), None)
    assert named is not None
    assert nameless is not None
    assert (named.words, nameless.words) == ("没有编号为 JK9 的缴款通知书", "付款人没有填写缴款通知书编号")


def test_the_gate_says_what_is_missing() -> None:
    fund = BillKind.MAINTENANCE_FUND
    assert missing_money([])[0].words == "购房款（首付款）尚未开具缴款通知书"
    words = [m.words for m in missing_money([facts("sent"), facts("issued", kind=fund, no="JK2")])]
    assert "1.00 元尚未到账" in words[0]
    assert "JK2" in words[1]
    assert "维修资金专户" in words[1]
    assert missing_money([facts("confirmed"), facts("confirmed", kind=fund)]) == []


def test_voiding_a_notice_never_opens_the_gate() -> None:
    fund = BillKind.MAINTENANCE_FUND
    (left,) = missing_money([facts("confirmed"), facts("void", kind=fund)])
    assert left.kind == fund
    assert "重新开具" in left.words
    assert missing_money([facts("refund_ordered")])
    assert missing_money([facts("confirmed"), facts("void", kind=fund), facts("confirmed", kind=fund)]) == []
