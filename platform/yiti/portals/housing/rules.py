"""What a project still lacks before its homes can be sold, and words for the conditions of a permit. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from yiti.estate.rules import DatedRules, applicable


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a project is."""

    buildings: int = 0
    without_units: int = 0
    """Buildings whose building table has not been imported."""
    without_permit: int = 0
    units: int = 0
    sold: int = 0
    """Homes with a filed contract."""
    account: bool = False


class Missing(StrEnum):
    """What a project may lack, in the order in which it is obtained."""

    BUILDING = "building"
    TABLE = "table"
    ACCOUNT = "account"
    PERMIT = "permit"


@dataclass(frozen=True, slots=True)
class Step:
    """How one missing thing is shown: the badge, the next step, and the page that mends it."""

    badge: str
    title: str
    text: str
    page: str
    button: str


STEPS: Final = {
    Missing.BUILDING: Step("缺楼幢", "登记楼幢", "按施工图和地名批复登记每一幢楼。", "buildings/new", "登记楼幢"),
    Missing.TABLE: Step(
        "缺楼盘表", "导入楼盘表", "上传测绘单位的测绘成果，预览无误后导入。", "surveys/new", "导入楼盘表"
    ),
    Missing.ACCOUNT: Step(
        "缺监管账户", "登记监管账户", "按三方监管协议登记，登记后不得变更。", "account/new", "登记监管账户"
    ),
    Missing.PERMIT: Step(
        "缺预售许可", "核发预售许可", "先核对条件，符合的再核发许可证。", "permits/new", "办理预售许可"
    ),
}


def missing(at: Standing) -> list[Missing]:
    """What the project lacks; the first is the next step, an empty list means that everything may be sold."""
    lacks = {
        Missing.BUILDING: at.buildings == 0,
        Missing.TABLE: at.without_units > 0,
        Missing.ACCOUNT: not at.account,
        Missing.PERMIT: at.buildings == 0 or at.without_permit > 0,
    }
    return [thing for thing, lacking in lacks.items() if lacking]


CONDITIONS: Final = {
    "land_price_paid": "已交付全部土地使用权出让金，取得土地使用权证书",
    "planning_permit": "持有建设工程规划许可证",
    "construction_permit": "持有建筑工程施工许可证",
    "investment": "投入开发建设的资金达到工程建设总投资的{}%以上",
    "progress": "形象进度达到设计的{}",
    "topped_out": "主体结构封顶",
    "supervision": "已签订商品房预售资金监管协议",
    "full_supervision": "购房资金全额存入监管账户（全额监管协议）",
}
"""Words for the conditions that a county's rows may name."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The conditions in force from one date on, for people."""

    version: str
    effective_from: date
    source: str
    conditions: tuple[tuple[str, str], ...]
    """Words and legal basis."""
    applies: bool


def rule_sets(history: Sequence[DatedRules], sources: dict[date, str], chosen: str) -> list[RuleSet]:
    """Every version, newest first; `chosen` is the version that applies."""
    return [
        RuleSet(
            version=dated.version,
            effective_from=dated.effective_from,
            source=sources.get(dated.effective_from, ""),
            conditions=tuple(
                (CONDITIONS[one.code].format(one.parameter), one.legal_basis) for one in dated.rules.conditions
            ),
            applies=dated.version == chosen,
        )
        for dated in sorted(history, key=lambda one: one.effective_from, reverse=True)
    ]


def version_for(history: Sequence[DatedRules], on: date, planning_permit_on: date) -> str:
    """The version that applies to an application on that day."""
    return applicable(history, on, planning_permit_on).version
