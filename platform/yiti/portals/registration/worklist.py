"""The work lists: what waits for whom, what is due first, and every case by its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, get
from litestar.params import FromQuery

from kernel.clock import now
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.permissions import Actor, ActorKind, Permission, requires
from kernel.web.dependencies import CurrentActor, Reader
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.findings import open_points
from yiti.cases.lifecycle import FLAG_WORDS, STATUS_WORDS, CaseStatus, Flag
from yiti.cases.models import Case, CaseAction
from yiti.certificates.content import grouped_unit_code
from yiti.portals.registration import queries
from yiti.portals.registration.action_forms import level_words
from yiti.portals.registration.queries import Counts, Wanted
from yiti.portals.registration.rules import Clock, Tone, amber_until, running_clock, stopped_clock, worst_first
from yiti.portals.registration.window.words import GROUP_WORDS
from yiti.portals.shell.views import page

TABS = {
    "mine": "我的",
    "to_accept": "待受理",
    "to_review": "待审核",
    "waiting": "等待反馈",
    "due": "即将到期",
    "to_hand_over": "待发证",
    "today": "今日办结",
    "all": "全部",
}
OPEN_TABS = ("mine", "to_accept", "to_review", "waiting", "due")
"""Lists of open work, in the order of what is due."""
STATUS_TONES: dict[CaseStatus, Tone] = {
    CaseStatus.DRAFT: "neutral",
    CaseStatus.SUBMITTED: "info",
    CaseStatus.ACCEPTED: "warning",
    CaseStatus.APPROVED: "info",
    CaseStatus.BOOKED: "success",
    CaseStatus.CLOSED: "success",
    CaseStatus.REJECTED: "danger",
    CaseStatus.REFUSED: "danger",
    CaseStatus.WITHDRAWN: "neutral",
}
AUTOMATIC = "系统自动办结"
_LEVELS = {"1": "初审（审核）", "2": "复审", "3": "核定"}
_SEARCH_MAX = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One case of a list."""

    url: str
    number: str
    business: str
    unit_code: str
    location: str
    applicants: str
    reasons: tuple[tuple[str, str], ...]
    """What a person has to look at: level and title; never the words, which may name people."""
    status: str
    tone: Tone
    flags: tuple[str, ...]
    clock: Clock
    due_at: datetime | None
    ended_at: datetime | None
    decided_by: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One list to choose; `count` is empty where nobody counts."""

    code: str
    title: str
    count: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list, as it stands in the form."""

    group: str = ""
    level: str = ""
    flag: str = ""

    def wanted(self, show: str, actor: Actor, amber: datetime) -> Wanted:
        """The same for the query. `Invalid` for what is no choice."""
        if (self.group and self.group not in GROUP_WORDS) or (self.level and self.level not in _LEVELS):
            raise Invalid("没有这种筛选条件", field="group")
        if self.flag and self.flag not in {one.value for one in Flag}:
            raise Invalid("没有这种筛选条件", field="flag")
        codes = tuple(one.business.value for one in CATALOGUE.values() if one.group == self.group)
        level = int(self.level) - 1 if self.level else None
        return Wanted(show, actor.id, amber, codes, level, self.flag)

    def kept(self) -> dict[str, str]:
        """For the address of the next page."""
        return {
            name: value for name, value in (("group", self.group), ("level", self.level), ("flag", self.flag)) if value
        }


class WorkListController(Controller):
    """Where the day begins."""

    path = "/registration"
    guards = (requires(Permission.CASE_VIEW),)

    @get("/")
    async def work_list(
        self, reader: Reader, actor: CurrentActor, show: FromQuery[str] = "", q: FromQuery[str] = "",
        at: FromQuery[str] = "", group: FromQuery[str] = "", level: FromQuery[str] = "", flag: FromQuery[str] = "",
    ) -> Response[Any]:  # fmt: skip
        """One page of a list. `at` is where it begins; a search always looks through all cases."""
        show = show or _own_list(actor)
        if show not in TABS:
            raise Invalid("没有这种列表", field="show")
        search = q.strip()
        if len(search) > _SEARCH_MAX:
            raise Invalid("查询内容过长，请填写完整的业务号、单元号或者备案号", field="q")
        shown, filters, moment = "all" if search else show, Filters(group, level, flag), now()
        wanted = filters.wanted(shown, actor, amber_until(moment))
        lines, following = await _lines(reader, wanted, at, search)
        counts = await queries.counts(reader, actor.id, moment, amber_until(moment))
        kept = {"show": shown} | filters.kept() | ({"q": search} if search else {})
        return page(
            "registration/worklist.html",
            tiles=_tiles(counts),
            tabs=_tabs(counts),
            show=shown,
            open=shown in OPEN_TABS,
            search=search,
            filters=filters,
            groups=list(GROUP_WORDS.items()),
            levels=list(_LEVELS.items()),
            flags=[(one.value, words) for one, words in FLAG_WORDS.items()],
            lines=lines,
            next_url=f"?{urlencode(kept | {'at': following})}" if following else None,
            first_url=f"?{urlencode(kept)}" if at else None,
        )


def _own_list(actor: Actor) -> str:
    """Where this person's work is: reviewers look at what is to review, the window at its own."""
    reviews = actor.may(Permission.CASE_REVIEW) or actor.may(Permission.CASE_DECIDE)
    return "to_review" if reviews or not actor.may(Permission.CASE_ACCEPT) else "mine"


async def _lines(reader: ReadSession, wanted: Wanted, at: str, search: str) -> tuple[list[Line], str]:
    if wanted.show == "today":
        pairs, following = await queries.ended_today(reader, at)
        cases, endings = [case for _, case in pairs], {case.id: action for action, case in pairs}
        return await _views(reader, cases, endings), following
    if wanted.show in OPEN_TABS:
        cases, following = await queries.open_cases(reader, wanted, at)
        return await _views(reader, cases, {}), following
    listed = (
        queries.to_hand_over(reader, at) if wanted.show == "to_hand_over" else queries.everything(reader, at, search)
    )
    cases, following = await listed
    return await _views(reader, cases, await queries.endings(reader, [case.id for case in cases])), following


async def _views(reader: ReadSession, cases: Sequence[Case], endings: dict[Any, CaseAction]) -> list[Line]:
    of_contract = await queries.parties(reader, {case.contract_id for case in cases if case.contract_id})
    of_case = await queries.applicants_of(reader, [case.id for case in cases if not case.contract_id])
    waiting = [case.id for case in cases if case.status == CaseStatus.ACCEPTED]
    findings = await queries.findings(reader, waiting) if waiting else {}
    moment = now()
    return [
        Line(
            url=f"/registration/cases/{case.id}",
            number=case.number,
            business=business_words(case),
            unit_code=grouped_unit_code(case.unit_code) if case.unit_code else "",
            location=case.location,
            applicants=of_contract[case.contract_id] if case.contract_id else of_case.get(case.id, ""),
            reasons=tuple((one.level, one.title) for one in worst_first(open_points(findings.get(case.id, ())))),
            status=_status(case),
            tone=STATUS_TONES[case.standing.status],
            flags=tuple(FLAG_WORDS[Flag(one)] for one in case.flags),
            clock=clock_of(case, endings.get(case.id), moment),
            due_at=case.due_at,
            ended_at=endings[case.id].at if case.id in endings else None,
            decided_by=decider(endings.get(case.id)),
        )
        for case in cases
    ]


def business_words(case: Case) -> str:
    """The businesses of a case, in the order of booking."""
    return " + ".join(CATALOGUE[Business(one)].name for one in case.businesses or [case.business])


def _status(case: Case) -> str:
    if case.status == CaseStatus.ACCEPTED and not case.flags and case.review_levels > 1:
        return f"待{level_words(case.review_level, case.review_levels)}"
    return STATUS_WORDS[case.standing.status]


def clock_of(case: Case, ending: CaseAction | None, moment: datetime) -> Clock:
    """The case's time limit: running, standing still, or as it was when the case ended."""
    if ending is not None:
        return stopped_clock(case.opened_at, ending.at, case.due_at)
    if case.status == CaseStatus.DRAFT:
        return Clock("尚未提交", "neutral")
    if case.due_at is None and case.flags:
        return Clock("计时中止", "neutral")
    return running_clock(moment, case.due_at)


def decider(ending: CaseAction | None) -> str:
    """Who decided; the platform itself is named by what it did."""
    if ending is None:
        return ""
    return AUTOMATIC if ending.actor_kind == ActorKind.SYSTEM else ending.actor_name


def _tabs(counts: Counts) -> list[Tab]:
    counted = {
        "mine": counts.mine, "to_accept": counts.to_accept, "to_review": counts.to_review, "waiting": counts.waiting,
        "due": counts.due, "today": counts.ended,
    }  # fmt: skip
    late: Tone = "danger" if counts.overdue else "warning" if counts.amber else "neutral"
    return [
        Tab(code, title, str(counted.get(code, "")), late if code == "due" else "neutral")
        for code, title in TABS.items()
    ]


def _tiles(counts: Counts) -> list[dict[str, Any]]:
    shared = f"自动 {counts.automatic} 件，人工 {counts.ended - counts.automatic} 件"
    near: Tone = "warning" if counts.amber else "neutral"
    late: Tone = "danger" if counts.overdue else "neutral"
    shown: tuple[tuple[str, int, str, str, Tone, str], ...] = (
        ("待受理", counts.to_accept, "半个工作日内决定", "inbox", "info", "to_accept"),
        ("待审核", counts.to_review, "需要审核人员核对", "checks", "info", "to_review"),
        ("两小时内到期", counts.amber, "按工作时间", "clock-exclamation", near, "due"),
        ("已超期", counts.overdue, "请优先办理", "alert-triangle", late, "due"),
        ("今日办结", counts.ended, shared, "circle-check", "success", "today"),
    )
    return [
        {"label": label, "value": value, "unit": "件", "hint": hint, "icon": icon, "tone": tone,
         "url": f"/registration?show={show}"}
        for label, value, hint, icon, tone, show in shown
    ]  # fmt: skip
