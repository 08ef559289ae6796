"""The life of a contract, its blanks, and all rules together."""

from datetime import timedelta
from decimal import Decimal
from typing import get_args

import pytest

from contracts.blanks import Kind, as_number, problem
from contracts.parameters import ParameterMissing, in_force
from contracts.registry import PRESALE, TEMPLATES, TemplateMissing, current_template, template_of
from contracts.rules import ALLOWED_TRANSITIONS, OPEN, STATUS_WORDS, blocking, findings
from contracts.schemas import FrozenContract, Status
from kernel.clock import today
from tests.contracts.samples import BLANKS, LIMITS, codes, draft, home

TEMPLATE = current_template(PRESALE, today())
BY_KEY = {blank.key: blank for blank in TEMPLATE.blanks}
DAY = timedelta(days=1)


def found(contract: FrozenContract) -> dict[str, str]:
    return codes(findings(contract, TEMPLATE.blanks, LIMITS, today()))


def fields(contract: FrozenContract) -> set[str]:
    return {finding.field for finding in findings(contract, TEMPLATE.blanks, LIMITS, today())}


def test_every_status_has_its_row_and_its_words() -> None:
    assert set(ALLOWED_TRANSITIONS) == set(STATUS_WORDS) == set(get_args(Status))


def test_a_unit_is_held_until_the_contract_has_ended() -> None:
    ended = {status for status, onward in ALLOWED_TRANSITIONS.items() if not onward}
    assert frozenset(ALLOWED_TRANSITIONS) - ended == OPEN
    assert ended == {"cancelled", "abandoned"}


def test_a_filed_contract_can_only_be_cancelled() -> None:
    assert ALLOWED_TRANSITIONS["filed"] == {"cancelled"}
    assert {status for status, onward in ALLOWED_TRANSITIONS.items() if "filed" in onward} == {"signing"}


def test_the_usual_sale_is_clear() -> None:
    assert found(draft()) == {}


def test_an_empty_draft_tells_everything_at_once() -> None:
    empty = draft(buyers=(), ownership=None, price_fen=None, instalments=(), blanks={})
    assert {"buyers", "ownership", "price_fen", "blanks.property_company"} <= fields(empty)
    assert blocking(findings(empty, TEMPLATE.blanks, LIMITS, today()))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"presale_permit_no": ""}, "home.presale_permit_no"),
        ({"presale_permit_date": today() + DAY}, "home.presale_permit_no"),
        ({"inner_area": Decimal("95.21")}, "home.building_area"),
        ({"mortgaged": True}, "blanks.mortgagee_consent"),
        ({"planned_handover": today()}, "blanks.handover_date"),
    ],
)
def test_faults_of_the_unit(changes: dict[str, object], field: str) -> None:
    assert fields(draft(home=home(**changes))) == {field}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("filing_days", "31"),
        ("filing_days", "0"),
        ("filing_days", "1.5"),
        ("filing_days", "abc"),
        ("filing_days", "１"),
        ("filing_days", "1e1"),
        ("filing_days", ""),
        ("area_deviation", "3.01"),
        ("planning_notice_days", "11"),
        ("planning_answer_days", "14"),
        ("late_handover_rate", "50.01"),
        ("late_payment_penalty", "30.5"),
        ("handover_date", today().isoformat()),
        ("handover_date", "2027年6月"),
        ("property_fee", "一元"),
        ("pricing", "whatever"),
        ("property_company", "物" * 201),
        ("dispute", "arbitration"),
        ("guarantee", "insurance"),
    ],
)
def test_a_bad_blank_is_named(key: str, value: str) -> None:
    named = {"dispute": "arbitration_body", "guarantee": "guarantor"}.get(key, key)
    contract = draft(blanks={**BLANKS, key: value})
    assert f"blanks.{named}" in fields(contract)
    assert blocking(findings(contract, TEMPLATE.blanks, LIMITS, today()))


@pytest.mark.parametrize(
    ("key", "value"),
    [("filing_days", "30"), ("area_deviation", "0"), ("late_handover_rate", "0.05"), ("property_fee", "1,234.5")],
)
def test_a_good_blank_is_accepted(key: str, value: str) -> None:
    assert problem(BY_KEY[key], value, LIMITS) is None


def test_numbers_are_plain_decimals() -> None:
    assert as_number("1.25") == Decimal("1.25")
    assert all(as_number(text) is None for text in ("", "-1", "1e3", "NaN", "1,000", "٣", "1.2345", "9" * 13))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: f"{template.key}/{template.version}")
def test_defaults_of_every_template_fit_their_own_limits(template: object) -> None:
    blanks = template.blanks  # type: ignore[attr-defined]
    assert len({blank.key for blank in blanks}) == len(blanks)
    for blank in blanks:
        assert 1 <= blank.article <= 29
        assert (blank.kind is Kind.CHOICE) == bool(blank.choices)
        if blank.default and not blank.default.startswith("$"):
            assert problem(blank, blank.default, LIMITS) is None


def test_a_missing_parameter_is_an_operators_fault_not_a_pass() -> None:
    with pytest.raises(ParameterMissing):
        problem(BY_KEY["filing_days"], "5", in_force(today(), national=()))


def test_templates_are_found_by_day_and_by_version() -> None:
    assert template_of(PRESALE, "v2") is TEMPLATE
    oldest = template_of(PRESALE, "v1")
    assert current_template(PRESALE, TEMPLATE.effective_from - DAY) is oldest
    with pytest.raises(TemplateMissing):
        template_of(PRESALE, "v0")
    with pytest.raises(TemplateMissing):
        current_template(PRESALE, oldest.effective_from - DAY)
