"""The catalogue is complete and hangs together."""

import pytest

from tests.cases.world import good
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE, combinable
from yiti.cases.declaration import Declaration
from yiti.cases.findings import Level
from yiti.cases.form import problems
from yiti.cases.planning import PLANNERS
from yiti.cases.rules import RULES, examine
from yiti.register.kinds import ISSUES_PROOF, EntryKind

DECLARED = [pytest.param(one, id=one.business) for one in CATALOGUE.values()]


def test_every_business_is_declared_once_and_can_be_booked() -> None:
    assert set(CATALOGUE) == set(Business) == set(PLANNERS)
    assert len({one.name for one in CATALOGUE.values()}) == len(CATALOGUE)


def test_every_rule_is_used_and_every_declared_rule_exists() -> None:
    assert {code for one in CATALOGUE.values() for code in one.rules} == set(RULES)


@pytest.mark.parametrize("one", DECLARED)
def test_a_declaration_hangs_together(one: Declaration) -> None:
    codes = [material.code for material in one.materials]
    assert len(set(codes)) == len(codes)
    assert len(set(one.rules)) == len(one.rules)
    assert len({field.name for field in one.fields}) == len(one.fields)
    assert all(field.choices for field in one.fields if field.kind == "choice")
    assert "form.complete" in one.rules
    assert ("target.current" in one.rules) is bool(one.targets)
    assert ("outside.tax" in one.rules) is one.tax
    assert ("outside.housing" in one.rules) is one.housing
    assert ("outside.public_notice" in one.rules) is bool(one.public_notice_days)
    assert ("outside.fee" in one.rules) is (one.fee != "free") or one.group == "change"
    assert ("shares.whole" in one.rules) is one.asks_sharing
    assert 1 <= one.limit_half_days <= 60
    assert 1 <= one.review_levels <= 3
    assert set(one.combines_with) <= set(CATALOGUE)
    assert one.window or not one.online
    assert one.basis


@pytest.mark.parametrize("one", DECLARED)
def test_what_disposes_of_property_is_stopped_by_a_seizure(one: Declaration) -> None:
    disposes = one.group == "transfer" or one.books in (
        EntryKind.MORTGAGE, EntryKind.RESIDENCE, EntryKind.EASEMENT, EntryKind.SALE_NOTICE, EntryKind.MORTGAGE_NOTICE,
        EntryKind.PRESALE_NOTICE, EntryKind.PRESALE_MORTGAGE_NOTICE, EntryKind.CONSTRUCTION_MORTGAGE,
    )  # fmt: skip
    goes_on = one.business in (
        Business.MORTGAGE_FROM_NOTICE, Business.MORTGAGE_TRANSFER, Business.MORTGAGE_CHANGE,
    )  # fmt: skip
    if disposes and not goes_on:
        assert "book.seizure" in one.rules


@pytest.mark.parametrize("business", Business)
def test_an_application_in_order_is_complete_and_not_blocked(business: Business) -> None:
    facts = good(business)
    assert problems(facts.application, [business]) == ()
    found = examine(facts)
    assert found
    assert [one for one in found if one.level is not Level.CLEAR] == []
    assert all(one.basis and one.title for one in found)
    assert {one.code for one in found} == set(CATALOGUE[business].rules)


def test_what_may_be_one_case() -> None:
    assert combinable((Business.FIRST_REGISTRATION, Business.TRANSFER_NEW_HOME, Business.MORTGAGE_FROM_NOTICE)) == ""
    assert combinable((Business.MORTGAGE_CANCELLATION, Business.TRANSFER_RESALE, Business.MORTGAGE)) == ""
    assert combinable((Business.TRANSFER_EXCHANGE, Business.TRANSFER_EXCHANGE)) == ""
    assert "不能合并办理" in combinable((Business.MORTGAGE, Business.TRANSFER_RESALE))
    assert combinable(())


def test_only_kinds_with_a_certificate_or_proof_are_replaced() -> None:
    targets = set(CATALOGUE[Business.CERTIFICATE_LOSS].targets)
    assert targets == ISSUES_PROOF | {EntryKind.OWNERSHIP}
