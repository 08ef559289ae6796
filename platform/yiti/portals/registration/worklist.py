"""The work list: what waits for a registrar, what was decided today, and every case by its numbers."""

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
from kernel.permissions import ActorKind, Permission, requires
from kernel.web.dependencies import Reader
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.findings import open_points
from yiti.cases.lifecycle import STATUS_WORDS, CaseStatus
from yiti.cases.models import Case, CaseAction
from yiti.certificates.content import grouped_unit_code
from yiti.portals.registration import queries
from yiti.portals.registration.rules import Clock, Tone, amber_until, running_clock, stopped_clock, worst_first
from yiti.portals.shell.views import page

TABS = {"waiting": "待审核", "today": "今日办结", "all": "全部"}
STATUS_TONES: dict[CaseStatus, Tone] = {
    CaseStatus.SUBMITTED: "neutral",
    CaseStatus.ACCEPTED: "warning",
    CaseStatus.APPROVED: "info",
    CaseStatus.BOOKED: "success",
    CaseStatus.CLOSED: "success",
    CaseStatus.REFUSED: "danger",
    CaseStatus.WITHDRAWN: "neutral",
}
AUTOMATIC = "系统自动办结"
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
    clock: Clock
    opened_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    decided_by: str


class WorkListController(Controller):
    """Where a registrar begins."""

    path = "/registration"
    guards = (requires(Permission.CASE_VIEW),)

    @get("/")
    async def work_list(
        self, reader: Reader, show: FromQuery[str] = "waiting", q: FromQuery[str] = "", at: FromQuery[str] = ""
    ) -> Response[Any]:
        """One page of a list. `at` is where it begins; a search always looks through all cases."""
        if show not in TABS:
            raise Invalid("没有这种列表", field="show")
        search = q.strip()
        if len(search) > _SEARCH_MAX:
            raise Invalid("查询内容过长，请填写完整的业务号、单元号或者备案号", field="q")
        shown = "all" if search else show
        lines, following = await _lines(reader, shown, at, search)
        kept = {"show": shown} | ({"q": search} if search else {})
        return page(
            "registration/worklist.html",
            tiles=_tiles(await queries.counts(reader, now(), amber_until(now()))),
            tabs=TABS,
            show=shown,
            search=search,
            lines=lines,
            next_url=f"?{urlencode(kept | {'at': following})}" if following else None,
            first_url=f"?{urlencode(kept)}" if at else None,
        )


async def _lines(reader: ReadSession, show: str, at: str, search: str) -> tuple[list[Line], str]:
    if show == "today":
        pairs, following = await queries.ended_today(reader, at)
        cases, endings = [case for _, case in pairs], {case.id: action for action, case in pairs}
    else:
        listed = queries.waiting(reader, at) if show == "waiting" else queries.everything(reader, at, search)
        cases, following = await listed
        endings = await queries.endings(reader, [case.id for case in cases])
    return await _views(reader, cases, endings), following


async def _views(reader: ReadSession, cases: Sequence[Case], endings: dict[Any, CaseAction]) -> list[Line]:
    names = await queries.parties(reader, {case.contract_id for case in cases})
    waiting = [case.id for case in cases if case.status == CaseStatus.ACCEPTED]
    findings = await queries.findings(reader, waiting) if waiting else {}
    moment = now()
    return [
        Line(
            url=f"/registration/cases/{case.id}",
            number=case.number,
            business=CATALOGUE[case.business].name,
            unit_code=grouped_unit_code(case.unit_code),
            location=case.location,
            applicants=names[case.contract_id],
            reasons=tuple((one.level, one.title) for one in worst_first(open_points(findings.get(case.id, ())))),
            status=STATUS_WORDS[case.status],
            tone=STATUS_TONES[case.status],
            clock=clock_of(case, endings.get(case.id), moment),
            opened_at=case.opened_at,
            due_at=case.due_at,
            ended_at=endings[case.id].at if case.id in endings else None,
            decided_by=decider(endings.get(case.id)),
        )
        for case in cases
    ]


def clock_of(case: Case, ending: CaseAction | None, moment: datetime) -> Clock:
    """The case's time limit: running, or as it was when the case ended."""
    if ending is None:
        return running_clock(moment, case.due_at)
    return stopped_clock(case.opened_at, ending.at, case.due_at)


def decider(ending: CaseAction | None) -> str:
    """Who decided; the platform itself is named by what it did."""
    if ending is None:
        return ""
    return AUTOMATIC if ending.actor_kind == ActorKind.SYSTEM else ending.actor_name


def _tiles(counts: queries.Counts) -> list[dict[str, Any]]:
    shared = f"自动 {counts.automatic} 件，人工 {counts.ended - counts.automatic} 件"
    near: Tone = "warning" if counts.amber else "neutral"
    late: Tone = "danger" if counts.overdue else "neutral"
    shown: tuple[tuple[str, int, str, str, Tone, str], ...] = (
        ("待审核", counts.waiting, "需要登记员核对", "inbox", "info", "waiting"),
        ("两小时内到期", counts.amber, "按工作时间", "clock-exclamation", near, "waiting"),
        ("已超期", counts.overdue, "请优先办理", "alert-triangle", late, "waiting"),
        ("今日办结", counts.ended, shared, "circle-check", "success", "today"),
    )
    return [
        {"label": label, "value": value, "unit": "件", "hint": hint, "icon": icon, "tone": tone,
         "url": f"/registration?show={show}"}
        for label, value, hint, icon, tone, show in shown
    ]  # fmt: skip
