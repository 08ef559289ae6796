"""Where a sale stands, decided from plain facts; amounts and shares as they are typed."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from contracts.registry import PRESALE, current_template
from kernel.errors import Invalid
from yiti.cases.lifecycle import CaseStatus
from yiti.portals.sales_office.forms import PlanRow, _share, changed
from yiti.portals.sales_office.price_check import price_check
from yiti.portals.sales_office.rules import LOOKS, STEPS, Position, Stage, stage_of

DRAFT = Position(
    status="draft", submitted=False, missing=1, ceremony=False, signers=0, signed=0, seal="waiting", case=None,
    cancelling=False,
)  # fmt: skip
FROZEN = replace(DRAFT, status="frozen")
SIGNING = replace(DRAFT, status="signing", submitted=True, missing=0, ceremony=True, signers=2)
FILED = replace(SIGNING, status="filed", signed=2, seal="signed", case=CaseStatus.ACCEPTED)


@pytest.mark.parametrize(
    ("position", "stage"),
    [
        (DRAFT, Stage.DRAFTING),
        (FROZEN, Stage.PAYING),
        (replace(FROZEN, missing=0), Stage.READY),
        (replace(FROZEN, missing=0, submitted=True), Stage.PREPARING),
        (SIGNING, Stage.SIGNING),
        (replace(SIGNING, signed=1), Stage.SIGNING),
        (replace(SIGNING, signed=2), Stage.SEALING),
        (replace(SIGNING, signed=2, seal="consented"), Stage.COMPLETING),
        (replace(SIGNING, signed=2, seal="signed"), Stage.COMPLETING),
        (FILED, Stage.DECIDING),
        (replace(FILED, case=CaseStatus.BOOKED), Stage.BOOKED),
        (replace(FILED, case=CaseStatus.CLOSED), Stage.BOOKED),
        (replace(FILED, case=CaseStatus.REFUSED), Stage.REFUSED),
        (replace(FILED, case=CaseStatus.BOOKED, cancelling=True), Stage.CANCELLING),
        (replace(FILED, status="cancelled"), Stage.CANCELLED),
        (replace(DRAFT, status="abandoned"), Stage.ABANDONED),
    ],
)
def test_the_stage_of_a_sale(position: Position, stage: Stage) -> None:
    assert stage_of(position) is stage


def test_every_stage_can_be_shown() -> None:
    assert set(LOOKS) == set(Stage)
    assert all(0 <= look.step <= len(STEPS) for look in LOOKS.values())


@pytest.mark.parametrize(
    ("text", "share"),
    [("1/3", Fraction(1, 3)), ("50%", Fraction(1, 2)), ("0.25", Fraction(1, 4)), (" ", None), ("2／3", Fraction(2, 3))],
)
def test_a_share_is_read_exactly(text: str, share: Fraction | None) -> None:
    assert _share(text, "f") == share


@pytest.mark.parametrize("text", ["一半", "1/0", "1e9", "-1/2", "1/2/3", "½", "1/3%", "9" * 30, "nan"])
def test_no_other_share_is_read(text: str) -> None:
    with pytest.raises(Invalid):
        _share(text, "f")


def test_the_plan_is_compared_with_the_price() -> None:
    rows = [PlanRow("down_payment", "", "200000"), PlanRow("loan", "", "400000")]
    kinds = current_template(PRESALE, date(2026, 11, 22)).instalments
    assert [one.label for one in price_check("", rows, kinds).lines] == ["首付款", "商业贷款"]
    assert price_check("600,000", rows, kinds).balanced
    assert price_check("600,000", rows, kinds).price.words == "陆拾万元整"
    assert price_check("600000.01", rows, kinds).verdict == "付款计划比总价款少 0.01 元"
    assert price_check("", rows, kinds).verdict == "请填写总价款"
    assert not price_check("600000", [*rows, PlanRow("x", "", "abc")], kinds).balanced


def test_a_row_is_added_or_removed_but_one_stays() -> None:
    assert changed([1, 2], 0, "add", 3) == [1, 2, 0]
    assert changed([1, 2], 0, "2", 3) == [1]
    assert changed([1], 0, "1", 3) == [1]
    for nonsense in ("", "0", "9", "x", "²"):
        assert changed([1, 2], 0, nonsense, 3) == [1, 2]
    with pytest.raises(Invalid):
        changed([1, 2, 3], 0, "add", 3)
