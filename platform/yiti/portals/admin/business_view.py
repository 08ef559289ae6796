"""What the pages of the businesses' configuration show: the catalogue, the picture of the flow, the versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kernel.pii import mask_name
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration, FeeRule, Material, Settings
from yiti.cases.encoding import convert
from yiti.cases.models import CaseConfiguration

GROUPS = {
    "first": "首次登记",
    "transfer": "转移登记",
    "change": "变更登记",
    "cancellation": "注销登记",
    "correction": "更正和异议登记",
    "notice": "预告登记",
    "mortgage": "抵押权登记",
    "other_right": "居住权、地役权登记",
    "seizure": "查封登记",
    "certificate": "不动产权证书",
}
FEES: dict[FeeRule, str] = {
    "by_usage": "按用途收取（住宅、非住宅两档）",
    "half": "减半收取",
    "book_cost": "只收证书工本费",
    "free": "不收登记费",
}
LEVELS = {1: "一级（审核）", 2: "两级（初审、复审）", 3: "三级（初审、复审、核定）"}
_LEVEL_STEPS = {1: ("审核",), 2: ("初审", "复审"), 3: ("初审", "复审", "核定")}
_APPLICANTS = {
    "holder": "权利人单方申请",
    "both": "双方共同申请",
    "interested": "利害关系人申请",
    "authority": "有权机关嘱托",
    "ex_officio": "登记机构依职权",
}


@dataclass(frozen=True)
class Station:
    """One box of the picture; `also` are boxes that run side by side in its place."""

    title: str
    text: str
    icon: str
    tone: str = "info"
    also: tuple["Station", ...] = ()


@dataclass(frozen=True)
class BusinessLine:
    """A business in the list."""

    url: str
    name: str
    limit: str
    levels: str
    fee: str
    automatic: bool
    where: str
    own: bool
    """Whether the county has set anything for it."""


@dataclass(frozen=True)
class Version:
    """One row of the history."""

    effective_from: date
    changed_by: str
    changed_at: datetime
    state: str
    tone: str
    changes: tuple[str, ...]
    """In words, against the version before it."""


def working_days(half_days: int) -> str:
    """2 → 1个工作日, 1 → 半个工作日, 3 → 1.5个工作日."""
    if half_days == 1:
        return "半个工作日"
    return f"{half_days // 2}{'.5' if half_days % 2 else ''}个工作日"


def channels(declared: Declaration) -> str:
    """Where it can be applied for."""
    if declared.online:
        return "窗口、网上"
    return "窗口" if declared.window else "系统自动"


def groups(settings: dict[Business, Settings], set_here: frozenset[Business]) -> list[tuple[str, list[BusinessLine]]]:
    """The whole catalogue in its groups. `set_here`: what the county has ever configured."""
    found: dict[str, list[BusinessLine]] = {}
    for business, declared in CATALOGUE.items():
        here = settings[business]
        line = BusinessLine(
            url=f"/admin/businesses/{business}",
            name=declared.name,
            limit=working_days(here.limit_half_days),
            levels=LEVELS[here.review_levels],
            fee=FEES[here.fee],
            automatic=here.automatic,
            where=channels(declared),
            own=business in set_here,
        )
        found.setdefault(GROUPS[declared.group], []).append(line)
    return [(words, found[words]) for words in GROUPS.values() if words in found]


def flow(declared: Declaration, here: Settings) -> tuple[Station, ...]:
    """The stations of the business under these settings."""
    required = sum(1 for one in here.materials if one.required)
    stations = [
        Station("申请", f"{channels(declared)}；{_APPLICANTS[declared.applicants]}", "writing"),
        Station("受理", f"{working_days(here.acceptance_half_days)}内；必交材料{required}项", "inbox"),
    ]
    if beside := _beside(declared, here):
        stations.append(Station("同步办理", "", "", also=beside))
    if declared.public_notice_days:
        words = f"{declared.public_notice_days}个工作日，不计入办理时限"
        stations.append(Station("公告", words, "speakerphone", "warning"))
    if here.automatic:
        stations.append(Station("自动审核", "全部核验通过的即时登簿，其余转人工", "bolt", "success"))
    stations += [Station(words, _reviewer(words, here), "user-check") for words in _LEVEL_STEPS[here.review_levels]]
    stations.append(Station("登簿", f"受理后{working_days(here.limit_half_days)}内", "book-2", "success"))
    stations.append(
        Station("发证、归档", "电子证照同步签发" if declared.books else "注销原证书（证明）", "certificate")
    )
    return tuple(stations)


def _reviewer(words: str, here: Settings) -> str:
    last = words == _LEVEL_STEPS[here.review_levels][-1]
    who = "登记员" if last else "审核员"
    return f"{who}；未能自动办结的" if here.automatic else who


def _beside(declared: Declaration, here: Settings) -> tuple[Station, ...]:
    waits = "等待期间不计时"  # see `cases.clocks`: the housing department's check is the office's own time
    found = []
    if declared.tax:
        found.append(Station("税务核税", waits, "receipt-tax", "warning"))
    if declared.housing:
        found.append(Station("住建核验", "计入办理时限", "home-check", "warning"))
    if here.fee != "free":
        found.append(Station("缴登记费", waits, "coin-yuan", "warning"))
    return tuple(found)


def versions(declared: Declaration, rows: Sequence[CaseConfiguration], on: date) -> list[Version]:
    """What the county has set, newest first; `rows` as `cases.configuration.versions` gives them."""
    found, before = [], declared.settings
    in_force = next((row for row in rows if row.effective_from <= on), None)
    for row in reversed(rows):
        settings = convert(row.values, Settings)
        state, tone = _standing(row, in_force, on)
        changes = differences(before, settings)
        found.append(Version(row.effective_from, mask_name(row.changed_by), row.changed_at, state, tone, changes))
        before = settings
    return found[::-1]


def _standing(row: CaseConfiguration, in_force: CaseConfiguration | None, on: date) -> tuple[str, str]:
    if row is in_force:
        return "执行", "success"
    return ("尚未开始", "info") if row.effective_from > on else ("已被取代", "neutral")


def differences(before: Settings, after: Settings) -> tuple[str, ...]:
    """What changed, in words."""
    found = []
    if before.limit_half_days != after.limit_half_days:
        found.append(f"办理时限 {working_days(before.limit_half_days)} → {working_days(after.limit_half_days)}")
    if before.review_levels != after.review_levels:
        found.append(f"审核层级 {LEVELS[before.review_levels]} → {LEVELS[after.review_levels]}")
    if before.fee != after.fee:
        found.append(f"登记费 {FEES[before.fee]} → {FEES[after.fee]}")
    if before.automatic != after.automatic:
        found.append("开启自动审核" if after.automatic else "关闭自动审核")
    return (*found, *_material_changes(before.materials, after.materials))


def _material_changes(before: tuple[Material, ...], after: tuple[Material, ...]) -> list[str]:
    required = {one.code: one.required for one in before}
    return [
        f"{one.name} 改为{'必交' if one.required else '可不交'}"
        for one in after
        if one.code in required and required[one.code] != one.required
    ]


def facts(declared: Declaration, here: Settings) -> tuple[tuple[str, str], ...]:
    """What holds, in words."""
    return (
        ("办理时限", f"{working_days(here.limit_half_days)}（自受理起）"),
        ("受理时限", working_days(here.acceptance_half_days)),
        ("审核层级", LEVELS[here.review_levels]),
        ("登记费", FEES[here.fee]),
        ("自动审核", "开启" if here.automatic else "关闭" if declared.automatic else "依法须由登记人员审核"),
        ("公告", f"{declared.public_notice_days}个工作日" if declared.public_notice_days else "不需要"),
        ("申请方式", f"{_APPLICANTS[declared.applicants]}；{channels(declared)}"),
        ("依据", declared.basis),
    )
