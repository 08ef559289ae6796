"""Presale conditions: which rules apply to a project, and whether they are met. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec

from yiti.estate.errors import ParameterMissing
from yiti.estate.schemas import Assessment, Evidence, Finding


class Condition(msgspec.Struct, frozen=True):
    """One condition of a rule set: which check, its legal basis, and its figure where it has one."""

    code: str
    legal_basis: str
    parameter: str = ""


class PresaleRules(msgspec.Struct, frozen=True):
    """The conditions of a presale permit from one date on (a row of the county's parameters)."""

    conditions: tuple[Condition, ...]
    old_projects_keep_earlier_rules: bool = False
    """Whether a project keeps the rules that were in force when its planning permit was issued."""

    def __post_init__(self) -> None:
        unknown = [condition.code for condition in self.conditions if condition.code not in CHECKS]
        if unknown:
            message = f"no such presale condition: {', '.join(unknown)}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class DatedRules:
    """A rule set with its date and version."""

    version: str
    effective_from: date
    rules: PresaleRules


@dataclass(frozen=True, slots=True)
class BuildingFacts:
    """What counts of a building."""

    number: int
    name: str
    floors_total: int
    topped_out_on: date | None


@dataclass(frozen=True, slots=True)
class PresaleFacts:
    """Everything that the conditions look at."""

    on: date
    land_use_right_no: str
    planning_permit_no: str
    planning_permit_on: date
    construction_permit_no: str
    mortgagee: str | None
    evidence: Evidence
    buildings: tuple[BuildingFacts, ...]


def applicable(history: Sequence[DatedRules], on: date, planning_permit_on: date) -> DatedRules:
    """The rules for an application on that day; `ParameterMissing` when the county has none in force."""
    in_force = sorted(
        (rules for rules in history if rules.effective_from <= on), key=lambda rules: rules.effective_from
    )
    if not in_force:
        raise ParameterMissing(f"尚未配置{on:%Y-%m-%d}适用的商品房预售许可条件，请联系系统管理员")
    newest = in_force[-1]
    if not newest.rules.old_projects_keep_earlier_rules:
        return newest
    when_planned = [rules for rules in in_force if rules.effective_from <= planning_permit_on]
    return when_planned[-1] if when_planned else in_force[0]


def assess(rules: DatedRules, facts: PresaleFacts) -> Assessment:
    """Every condition that is not met, as a blocking finding; a construction mortgage without consent as a warning."""
    findings = [
        Finding(condition.code, "block", words, condition.legal_basis)
        for condition in rules.rules.conditions
        for words in CHECKS[condition.code](facts, condition.parameter)
    ]
    if facts.mortgagee and not facts.evidence.mortgagee_consent_no:
        words = f"项目设有在建建筑物抵押（抵押权人：{facts.mortgagee}），尚无抵押权人同意销售的证明"
        findings.append(
            Finding("construction_mortgage", "warn", words, "民法典第406条；不动产登记暂行条例实施细则第75条")
        )
    return Assessment(rules.version, tuple(findings))


def _land_price(facts: PresaleFacts, _: str) -> Iterator[str]:
    paid = facts.evidence.land_price_paid_on
    if paid is None or paid > facts.on:
        yield "土地使用权出让金尚未全部交付"
    if not facts.land_use_right_no:
        yield "尚未取得土地使用权证书"


def _planning_permit(facts: PresaleFacts, _: str) -> Iterator[str]:
    if not facts.planning_permit_no or facts.planning_permit_on > facts.on:
        yield "尚未取得建设工程规划许可证"


def _construction_permit(facts: PresaleFacts, _: str) -> Iterator[str]:
    if not facts.construction_permit_no:
        yield "尚未取得建筑工程施工许可证"


def _investment(facts: PresaleFacts, parameter: str) -> Iterator[str]:
    made, least = facts.evidence.investment_percent, Decimal(parameter)
    if made is None or made < least:
        shown = "未提供证明" if made is None else f"为{made}%"
        yield f"投入开发建设的资金应达到工程建设总投资的{least}%以上，目前{shown}"


def _progress(facts: PresaleFacts, parameter: str) -> Iterator[str]:
    least = Fraction(parameter)
    for building in facts.buildings:
        built = facts.evidence.floors_built.get(building.number, 0)
        if not _topped_out(building, facts.on) and Fraction(built, building.floors_total) < least:
            yield f"{building.name}形象进度未达到设计的{least}：已建{built}层，共{building.floors_total}层"


def _structure_topped_out(facts: PresaleFacts, _: str) -> Iterator[str]:
    for building in facts.buildings:
        if not _topped_out(building, facts.on):
            yield f"{building.name}主体结构尚未封顶"


def _full_supervision(facts: PresaleFacts, _: str) -> Iterator[str]:
    if facts.evidence.supervision_mode != "full":
        yield "购房资金应全额存入监管账户，尚未签订全额监管协议"


def _supervision(facts: PresaleFacts, _: str) -> Iterator[str]:
    if facts.evidence.supervision_mode is None:
        yield "尚未签订商品房预售资金监管协议"


def _topped_out(building: BuildingFacts, on: date) -> bool:
    return building.topped_out_on is not None and building.topped_out_on <= on


CHECKS: Mapping[str, Callable[[PresaleFacts, str], Iterator[str]]] = {
    "land_price_paid": _land_price,
    "planning_permit": _planning_permit,
    "construction_permit": _construction_permit,
    "investment": _investment,
    "progress": _progress,
    "topped_out": _structure_topped_out,
    "supervision": _supervision,
    "full_supervision": _full_supervision,
}
"""The checks that a county's rows may name."""
