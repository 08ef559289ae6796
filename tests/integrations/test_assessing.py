"""The sandbox's tax bureau: its tables by size, number of homes and years; every assessment adds up."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.case_requests import CaseAnswered, adds_up
from integrations.sandbox.assessing import assess
from integrations.tax import TaxDeclaration
from kernel.clock import now

ON = date(2026, 11, 22)
PRICE = 92_000_000


def declared(price: int = PRICE, area: str = "100.00", usage: str = "成套住宅") -> TaxDeclaration:
    return TaxDeclaration(
        request_no="SW1", case_no="1", business="transfer_resale", cause="买卖", unit_codes=("1",), location="息县",
        usage=usage, building_area=Decimal(area), price_fen=price, transferors=(), transferees=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("area", "homes", "usage", "rate"),
    [("140.00", 1, "成套住宅", "1%"), ("140.01", 1, "成套住宅", "1.5%"), ("90.00", 2, "成套住宅", "1%"),
     ("150.00", 2, "成套住宅", "2%"), ("90.00", 3, "成套住宅", "3%"), ("50.00", 1, "商业服务", "3%")],
)  # fmt: skip
def test_deed_tax(area: str, homes: int, usage: str, rate: str) -> None:
    deed = assess(declared(area=area, usage=usage), ON, homes=homes, held_years=5)[0]
    assert (deed.kind, deed.rate) == ("deed_tax", rate)
    assert deed.amount_fen == PRICE * Decimal(rate.rstrip("%")) / 100


@pytest.mark.parametrize(("years", "paid"), [(1, {"vat", "surcharge", "income_tax"}), (2, {"income_tax"}), (5, set())])
def test_what_the_seller_owes(years: int, paid: set[str]) -> None:
    lines = assess(declared(), ON, homes=1, held_years=years)[1:]
    assert {one.kind for one in lines if one.amount_fen} == paid
    assert all(one.basis for one in lines)


@given(st.integers(1, 10**12), st.integers(1, 4), st.integers(0, 9))
def test_every_assessment_adds_up(price: int, homes: int, years: int) -> None:
    lines = assess(declared(price), ON, homes=homes, held_years=years)
    total = sum(one.amount_fen for one in lines)
    told = CaseAnswered(request_no="SW1", state="assessed", amount_fen=total, decided_at=now(), lines=lines)
    assert adds_up(told)
    assert not adds_up(msgspec.structs.replace(told, amount_fen=total + 1))
    assert not adds_up(msgspec.structs.replace(told, state="clear"))
    wrong = msgspec.structs.replace(lines[0], exempt_fen=lines[0].exempt_fen + 1)
    assert not adds_up(msgspec.structs.replace(told, lines=(wrong, *lines[1:])))
    assert not adds_up(msgspec.structs.replace(told, lines=(), amount_fen=0))
