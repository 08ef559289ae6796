"""Presale conditions before and after 2026-08-28, and who keeps the old ones."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from kernel.errors import Conflict
from yiti.estate.parameters import _BEFORE_REFORM, _SINCE_REFORM
from yiti.estate.rules import BuildingFacts, Condition, DatedRules, PresaleFacts, PresaleRules, applicable, assess
from yiti.estate.schemas import Evidence

OLD = DatedRules("old", date(1995, 1, 1), _BEFORE_REFORM)
NEW = DatedRules("new", date(2026, 8, 28), _SINCE_REFORM)
KEEPS = DatedRules(
    "keeps", date(2026, 8, 28), msgspec.structs.replace(_SINCE_REFORM, old_projects_keep_earlier_rules=True)
)
KEEPS_LATER = DatedRules("keeps", date(2026, 9, 15), KEEPS.rules)

TOPPED_OUT = BuildingFacts(1, "1号楼", 18, date(2026, 10, 1))
HALF_BUILT = BuildingFacts(2, "2号楼", 18, None)


def facts(*buildings: BuildingFacts, **changes: Any) -> PresaleFacts:
    evidence = Evidence(
        land_price_paid_on=date(2024, 5, 1),
        investment_percent=Decimal(25),
        supervision_mode="full",
        floors_built={2: 9},
    )
    known: dict[str, Any] = {
        "on": date(2026, 11, 21),
        "land_use_right_no": "1",
        "planning_permit_no": "2",
        "planning_permit_on": date(2026, 9, 1),
        "construction_permit_no": "3",
        "mortgagee": None,
    }
    told = {key: changes.pop(key) for key in list(changes) if key in Evidence.__struct_fields__}
    return PresaleFacts(
        **(known | changes), evidence=msgspec.structs.replace(evidence, **told), buildings=buildings or (TOPPED_OUT,)
    )


def codes(rules: DatedRules, known: PresaleFacts) -> list[str]:
    return [finding.code for finding in assess(rules, known).blocking]


@pytest.mark.parametrize(
    ("on", "planned", "history", "version"),
    [
        (date(2026, 8, 27), date(2026, 8, 1), [OLD, NEW], "old"),
        (date(2026, 8, 28), date(2026, 8, 1), [NEW, OLD], "new"),
        (date(2026, 11, 21), date(2026, 8, 27), [OLD, KEEPS], "old"),
        (date(2026, 11, 21), date(2026, 8, 28), [OLD, KEEPS], "keeps"),
        (date(2026, 11, 21), date(2026, 8, 1), [KEEPS], "keeps"),
        (date(2026, 11, 21), date(2026, 8, 1), [OLD, NEW, KEEPS_LATER], "old"),
        (date(2026, 11, 21), date(2026, 9, 1), [OLD, NEW, KEEPS_LATER], "new"),
        (date(2026, 9, 14), date(2026, 8, 1), [OLD, NEW, KEEPS_LATER], "new"),
    ],
)
def test_which_rules_apply(on: date, planned: date, history: list[DatedRules], version: str) -> None:
    assert applicable(history, on, planned).version == version


def test_a_county_without_rules_says_so() -> None:
    with pytest.raises(Conflict, match="尚未配置"):
        applicable([NEW], date(2026, 8, 27), date(2026, 8, 1))


def test_everything_in_order() -> None:
    assert codes(NEW, facts()) == []
    assert codes(OLD, facts(HALF_BUILT, supervision_mode="quota")) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"land_price_paid_on": None}, "land_price_paid"),
        ({"land_price_paid_on": date(2026, 11, 22)}, "land_price_paid"),
        ({"land_use_right_no": ""}, "land_price_paid"),
        ({"planning_permit_no": ""}, "planning_permit"),
        ({"construction_permit_no": ""}, "construction_permit"),
        ({"investment_percent": Decimal("24.99")}, "investment"),
        ({"investment_percent": None}, "investment"),
    ],
)
@pytest.mark.parametrize("rules", [OLD, NEW])
def test_each_statutory_condition_blocks(rules: DatedRules, change: dict[str, Any], code: str) -> None:
    assert codes(rules, facts(**change)) == [code]


def test_the_reform_asks_for_the_topped_out_structure_of_each_building() -> None:
    findings = assess(NEW, facts(TOPPED_OUT, HALF_BUILT)).blocking
    assert [(finding.code, finding.words) for finding in findings] == [("topped_out", "2号楼主体结构尚未封顶")]
    assert codes(NEW, facts(BuildingFacts(1, "1号楼", 18, date(2026, 11, 22)))) == ["topped_out"]


def test_the_reform_asks_for_full_supervision() -> None:
    assert codes(NEW, facts(supervision_mode="quota")) == ["full_supervision"]
    assert codes(OLD, facts(supervision_mode=None)) == ["supervision"]


@pytest.mark.parametrize(("floors", "built", "blocked"), [(18, 9, False), (18, 8, True), (17, 8, True), (17, 9, False)])
def test_the_old_rules_ask_for_half_of_the_image(floors: int, built: int, blocked: bool) -> None:
    building = BuildingFacts(2, "2号楼", floors, None)
    assert codes(OLD, facts(building, floors_built={2: built})) == (["progress"] if blocked else [])


def test_a_construction_mortgage_warns_until_the_mortgagee_agrees() -> None:
    warned = assess(NEW, facts(mortgagee="某银行"))
    assert [(finding.code, finding.severity) for finding in warned.findings] == [("construction_mortgage", "warn")]
    assert warned.blocking == ()
    assert assess(NEW, facts(mortgagee="某银行", mortgagee_consent_no="1")).findings == ()


def test_every_finding_names_the_law() -> None:
    nothing = facts(
        TOPPED_OUT, HALF_BUILT, land_price_paid_on=None, land_use_right_no="", planning_permit_no="", mortgagee="x",
        construction_permit_no="", investment_percent=None, supervision_mode=None, floors_built={},
    )  # fmt: skip
    for rules in (OLD, NEW):
        findings = assess(rules, nothing).findings
        assert {finding.code for finding in findings} >= {condition.code for condition in rules.rules.conditions}
        assert all(finding.legal_basis for finding in findings)


def test_a_row_cannot_name_a_check_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="moon_phase"):
        PresaleRules((Condition("moon_phase", ""),))
