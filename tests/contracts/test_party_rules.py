"""Who may buy, and in which shares."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.party_rules import party_findings, share_findings
from contracts.schemas import Buyer, FrozenContract
from kernel.clock import today
from kernel.identifiers import test_resident_id
from tests.contracts.samples import LIMITS, changed, codes, company, draft, person, represented, shared


def found(contract: FrozenContract) -> dict[str, str]:
    return codes(party_findings(contract, LIMITS, today()))


MINOR_ID = test_resident_id(date(today().year - 10, 1, 1), 7)
GUARDIAN: dict[str, Any] = {
    "representative_name": "王监护",
    "representative_id_no": test_resident_id(date(1985, 3, 3), 5),
}


@pytest.mark.parametrize(
    ("ownership", "buyers"),
    [
        ("sole", (person(),)),
        ("joint", (person(1), person(2))),
        ("fractional", (person(1, share=Fraction(1, 3)), person(2, share=Fraction(2, 3)))),
        ("fractional", shared(10)),
        ("sole", (company(),)),
    ],
    ids=["one", "couple", "thirds", "ten", "company"],
)
def test_a_sale_in_order_has_no_findings(ownership: Any, buyers: tuple[Buyer, ...]) -> None:
    assert found(draft(ownership=ownership, buyers=buyers)) == {}


@pytest.mark.parametrize(
    ("ownership", "buyers", "code", "field"),
    [
        ("sole", (), "buyer_count", "buyers"),
        ("fractional", (*shared(10), person(77, share=Fraction(1, 11))), "buyer_count", "buyers"),
        ("joint", (person(1), person(1)), "buyer_twice", "buyers.2.id_no"),
        (None, (person(),), "ownership_missing", "ownership"),
        ("sole", (person(1), person(2)), "ownership_sole", "ownership"),
        ("joint", (person(),), "ownership_shared", "ownership"),
        ("fractional", (person(share=Fraction(1)),), "ownership_shared", "ownership"),
        ("joint", (person(1, share=Fraction(1, 2)), person(2)), "share_unwanted", "shares"),
        ("fractional", (person(1, share=Fraction(1, 2)), person(2)), "share_missing", "shares"),
        ("sole", (person(name=" "),), "buyer_name", "buyers.1.name"),
        ("sole", (person(address=""),), "buyer_address", "buyers.1.address"),
        ("sole", (person(phone="12345"),), "buyer_phone", "buyers.1.phone"),
        ("sole", (person(id_no="990000199001010018"),), "buyer_id_no", "buyers.1.id_no"),
        ("sole", (person(id_no=""),), "buyer_id_no", "buyers.1.id_no"),
        ("sole", (company(id_kind="resident_id"),), "buyer_id_kind", "buyers.1.id_kind"),
        ("sole", (company(representative_name=None),), "company_representative", "buyers.1.representative_name"),
        ("sole", (company(representative_id_no="123"),), "representative_id_no", "buyers.1.representative_id_no"),
        ("sole", (person(id_no=MINOR_ID),), "minor_guardian", "buyers.1.representative_name"),
        ("sole", (person(**GUARDIAN),), "adult_signs", "buyers.1.representative_name"),
        ("sole", (represented(representative_name=None),), "agent_missing", "buyers.1.representative_name"),
        ("sole", (represented(representative_id_no=None),), "agent_missing", "buyers.1.representative_name"),
        ("sole", (represented(representative_phone=None),), "agent_phone", "buyers.1.representative_phone"),
        ("sole", (represented(representative_id_no="123"),), "representative_id_no", "buyers.1.representative_id_no"),
        ("sole", (represented(representative_id_no=person().id_no),), "agent_self", "buyers.1.representative_id_no"),
        ("sole", (represented(representative_id_no=MINOR_ID),), "agent_capacity", "buyers.1.representative_id_no"),
        ("sole", (represented(representative_name="甲 测试"),), "agent_of_seller", "buyers.1.representative_name"),
        ("sole", (represented(id_no=MINOR_ID),), "minor_agent", "buyers.1.kind"),
        (
            "joint",
            (represented(1), represented(2, representative_name="另一人")),
            "signer_name",
            "buyers.2.representative_name",
        ),
    ],
)
def test_each_fault_is_found(ownership: Any, buyers: tuple[Buyer, ...], code: str, field: str) -> None:
    findings = list(party_findings(draft(ownership=ownership, buyers=buyers), LIMITS, today()))
    hit = [finding for finding in findings if finding.code == f"contracts.{code}"]
    assert hit, findings
    assert field in {finding.field for finding in hit}
    assert all(finding.level == "block" and finding.legal_basis and finding.message for finding in hit)


@pytest.mark.parametrize(
    "buyers",
    [(represented(1), represented(2)), (represented(1, representative_id_no=person(2).id_no), person(2, "李代理"))],
    ids=["a common agent", "a co-buyer"],
)
def test_an_agent_goes_to_a_person_but_is_not_stopped(buyers: tuple[Buyer, ...]) -> None:
    assert found(draft(ownership="joint", buyers=buyers)) == {"contracts.agent_buyer": "warn"}


def test_a_minor_with_a_guardian_goes_to_a_person_but_is_not_stopped() -> None:
    assert found(draft(buyers=(person(id_no=MINOR_ID, **GUARDIAN),))) == {"contracts.minor_buyer": "warn"}


def test_a_buyer_is_of_age_on_the_birthday() -> None:
    buyer = person(id_no=test_resident_id(date(2008, 11, 21), 3))
    before, on = date(2026, 11, 20), date(2026, 11, 21)
    assert "contracts.minor_guardian" in codes(party_findings(draft(buyers=(buyer,)), LIMITS, before))
    assert codes(party_findings(draft(buyers=(buyer,)), LIMITS, on)) == {}


def test_the_same_number_written_differently_is_the_same_person() -> None:
    number = next(n for n in (test_resident_id(date(1990, 1, 1), s) for s in range(1, 200)) if n.endswith("X"))
    pair = (person(1, id_no=number), person(2, id_no=f"{number[:6]} {number[6:].lower()}"))
    assert "contracts.buyer_twice" in found(draft(ownership="joint", buyers=pair))


weights = st.lists(st.integers(1, 10_000), min_size=2, max_size=10)


@given(weights)
def test_shares_that_divide_a_whole_are_accepted_exactly(parts: list[int]) -> None:
    assert list(share_findings("fractional", tuple(Fraction(part, sum(parts)) for part in parts))) == []


@given(weights, st.integers(0, 9), st.integers(1, 1_000_000))
def test_shares_off_by_the_smallest_fraction_are_refused(parts: list[int], at: int, denominator: int) -> None:
    shares = [Fraction(part, sum(parts)) for part in parts]
    shares[at % len(shares)] += Fraction(1, denominator)
    assert codes(share_findings("fractional", tuple(shares))) == {"contracts.share_sum": "block"}


def test_representatives_sign_for_those_they_represent() -> None:
    buyer = company()
    assert (buyer.signatory_name, buyer.signatory_id_no) == ("李代表", buyer.representative_id_no)
    alone = changed(buyer, representative_name=None, representative_id_no=None)
    assert (alone.signatory_name, alone.signatory_id_no) == (buyer.name, buyer.id_no)
