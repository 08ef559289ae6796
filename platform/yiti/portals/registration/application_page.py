"""The page of a case that has an application of its own: everything masked, in words, with what this person may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

import e_archive.service as e_archive
from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession
from kernel.permissions import Actor, Permission
from signing.evidence_document import EVIDENCE_TITLE
from yiti.cases import service as cases
from yiti.cases.findings import Finding, blocking
from yiti.cases.lifecycle import Action, CaseStatus, Flag
from yiti.cases.models import Case
from yiti.journeys.evidence import ceremony_of, report_of
from yiti.journeys.registration import desk
from yiti.journeys.registration.facts import notice_days
from yiti.journeys.registration.view import CaseView, StepView
from yiti.portals.collection.card import BillCard, card_of_case
from yiti.portals.registration.action_forms import ActionForm, Papers, action_forms, level_words, publishing
from yiti.portals.registration.application_parts import (
    ClockView,
    Outside,
    Paper,
    clock_view,
    outside_of,
    papers_of,
    parties_of,
)
from yiti.portals.registration.case_file import Receipt, receipts_of
from yiti.portals.registration.case_parts import FindingView, ReceiptView, finding, receipt
from yiti.portals.registration.exempting import FeeDesk, fee_desk
from yiti.portals.registration.flow import Station, stations
from yiti.portals.registration.materials_view import MaterialLine, material_lines
from yiti.portals.registration.people import Person
from yiti.portals.registration.rules import Tone, worst_first
from yiti.portals.registration.window.desk import names_in
from yiti.portals.registration.worklist import STATUS_TONES

_MAKING_TAKES = timedelta(minutes=2)
"""After it something is stuck, and the page stops asking."""
_STEP_TONES: dict[str, Tone] = {
    Action.BOOK: "success", Action.CLOSE: "success", Action.APPROVE: "success", Action.ACCEPT: "success",
    Action.REFUSE: "danger", Action.REJECT: "danger", Action.FREEZE: "danger", Action.REQUEST_CORRECTION: "warning",
    Action.WITHDRAW: "neutral", Action.SAVE: "neutral",
}  # fmt: skip
_WAITING = {
    Flag.NEEDS_CORRECTION: "等待申请人补正",
    Flag.AWAITING_TAX: "等待税务核税结果",
    Flag.AWAITING_HOUSING: "等待住建部门核验维修资金",
    Flag.AWAITING_FEE: "等待缴纳登记费",
    Flag.AWAITING_SIGNATURE: "等待申请人签署",
    Flag.AWAITING_FUNDS: "等待资金到账",
    Flag.ON_PUBLIC_NOTICE: "公告期间，期满后结束公告",
    Flag.FROZEN_BY_SEIZURE: "不动产被查封，暂停办理；解除后自动恢复",
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing on top."""

    title: str
    text: str
    url: str
    button: str


@dataclass(frozen=True, slots=True)
class ApplicationPage:
    """Everything that the page needs."""

    view: CaseView
    url: str
    tone: Tone
    next: NextStep
    forms: tuple[ActionForm, ...]
    stations: tuple[Station, ...]
    clock: ClockView | None
    parties: tuple[tuple[str, tuple[Person, ...]], ...]
    materials: tuple[MaterialLine, ...]
    outside: tuple[Outside, ...]
    bill: BillCard | None
    """One-code payment, where the county has it."""
    fee: FeeDesk | None
    """Exemptions from the registration fee, for who may claim them."""
    findings: tuple[FindingView, ...]
    blocked: tuple[FindingView, ...]
    receipts: tuple[ReceiptView, ...]
    papers: tuple[Paper, ...]
    timeline: tuple[dict[str, Any], ...]
    archive_no: str | None
    making: bool
    """Papers are being made: the page asks for them by itself."""


async def load(reader: ReadSession, actor: Actor, case: Case) -> ApplicationPage:
    """The page for this person."""
    view = await desk.view(reader, actor, case.id)
    kept = await receipts_of(reader, case.id)
    names = names_in(cases.application_of(case))
    latest = await _findings(reader, actor, view, kept)
    archived = await e_archive.by_subject(reader, f"case:{case.id}")
    needs_notice = bool(notice_days(case)) and not view.notices
    forms = _forms(view, latest, needs_notice=needs_notice)
    return ApplicationPage(
        view=view,
        url=f"/registration/cases/{case.id}",
        tone=STATUS_TONES[CaseStatus(view.status)],
        next=_next(view, forms, needs_notice=needs_notice),
        forms=tuple(forms),
        stations=tuple(_stations(view)),
        clock=clock_view(view.clock) if view.clock else None,
        parties=tuple(parties_of(view)),
        materials=tuple(material_lines(view.checklist, case.id)),
        outside=tuple(outside_of(view)),
        bill=await card_of_case(reader, case.id),
        fee=await fee_desk(reader, actor, case),
        findings=tuple(finding(one, names) for one in worst_first(latest)),
        blocked=tuple(finding(one, names) for one in blocking(latest)),
        receipts=tuple(receipt(one, names) for one in kept),
        papers=(*papers_of(view), *await _evidence(reader, actor, case)),
        timeline=tuple(_step(one) for one in reversed(view.history) if _told(one, view.history)),
        archive_no=archived.archive_no if archived else None,
        making=_making(view),
    )


async def _evidence(reader: ReadSession, actor: Actor, case: Case) -> tuple[Paper, ...]:
    """How it was signed, for those who may take it."""
    found = await report_of(reader, await ceremony_of(reader, case))
    if found is None or not actor.may(Permission.PII_REVEAL):
        return ()
    url, made_on = f"/registration/cases/{case.id}/evidence", found.made_at.astimezone(SHANGHAI)
    return (
        Paper(f"{url}/report.pdf", EVIDENCE_TITLE, f"{made_on:%Y-%m-%d} 出具", "平台电子印章", "success"),
        Paper(f"{url}/package", "司法核验包", "下载", "须填写目的", "info"),
    )


async def _findings(reader: ReadSession, actor: Actor, view: CaseView, kept: Sequence[Receipt]) -> tuple[Finding, ...]:
    """While somebody has to judge, what the rules say now; afterwards, what the decision rested on."""
    if view.status in (CaseStatus.SUBMITTED, CaseStatus.ACCEPTED):
        return await desk.findings(reader, actor, view.id)
    return msgspec.convert(kept[0].findings, tuple[Finding, ...]) if kept else ()


def _forms(view: CaseView, latest: tuple[Finding, ...], *, needs_notice: bool) -> list[ActionForm]:
    forms = action_forms(
        view.actions,
        level=view.review_level,
        levels=view.review_levels,
        blocked=bool(blocking(latest)),
        papers=_handing_over(view),
        missing=[one.name for one in view.checklist.missing],
    )
    return publishing(view.actions, needed=needs_notice) + forms


def _handing_over(view: CaseView) -> Papers:
    if not view.certificates:
        return "none"
    return "making" if any(one.state == "numbered" for one in view.certificates) else "made"


def _next(view: CaseView, forms: Sequence[ActionForm], *, needs_notice: bool) -> NextStep:
    """What happens now: somebody else's turn, this person's, or nothing any more."""
    window = f"/registration/window/{view.id}"
    if view.status == CaseStatus.DRAFT:
        may = Action.SAVE in view.actions
        return NextStep("填写申请、收取材料", "草稿尚未提交", f"{window}/units" if may else "", "继续填写")
    if Flag.NEEDS_CORRECTION in view.flags and Action.SAVE in view.actions:
        return NextStep("等待申请人补正", "收到补正内容后在窗口补充", f"{window}/form", "办理补正")
    if view.flags:
        waiting = [_waits_for(view, Flag(one)) for one in view.flags]
        return NextStep(waiting[0], "；".join(waiting[1:]), "", "")
    level = level_words(view.review_level, view.review_levels)
    words = {
        CaseStatus.SUBMITTED: ("核对申请，决定是否受理", "应当在半个工作日内决定"),
        CaseStatus.ACCEPTED: ("发布公告", "本业务须先公告")
        if needs_notice
        else (f"{level}", "核对材料和核验事项，提出意见"),
        CaseStatus.APPROVED: ("登簿", ""),
        CaseStatus.BOOKED: _after_booking(view),
        CaseStatus.CLOSED: ("已办结归档", ""),
        CaseStatus.REJECTED: ("不予受理，已告知申请人", ""),
        CaseStatus.REFUSED: ("不予登记，已告知申请人", ""),
        CaseStatus.WITHDRAWN: ("申请已撤回", ""),
    }
    title, text = words[CaseStatus(view.status)]
    mine = any(one.tone == "primary" for one in forms)
    open_ = view.status in (CaseStatus.SUBMITTED, CaseStatus.ACCEPTED, CaseStatus.BOOKED)
    return NextStep(title, text if mine or not open_ else "由有相应职责的同事办理", "", "")


def _waits_for(view: CaseView, flag: Flag) -> str:
    assessed = {one.which for one in view.requests if one.state == "assessed"}
    if flag is Flag.AWAITING_TAX and "tax" in assessed:
        return "已核税，等待缴款人一码缴款"
    if flag is Flag.AWAITING_HOUSING and "housing" in assessed:
        return "维修资金欠缴，等待缴款人一码缴款"
    return _WAITING[flag]


def _after_booking(view: CaseView) -> tuple[str, str]:
    if _handing_over(view) == "making":
        return "正在制作证书、证明", "已登簿生效，制作完成后即可发证"
    return ("发证", "通知权利人领取，记录领取人") if view.certificates else ("办结归档", "本业务没有证书、证明")


def _stations(view: CaseView) -> list[Station]:
    return stations(
        CaseStatus(view.status),
        level=view.review_level,
        levels=view.review_levels,
        submitted=view.submitted_at is not None,
        accepted=view.accepted_at is not None,
        flags=view.flag_words,
    )


def _told(one: StepView, history: Sequence[StepView]) -> bool:
    """Of many savings in a row only the last is told: the form is saved while it is typed."""
    if one.action != Action.SAVE:
        return True
    place = history.index(one)
    return place + 1 == len(history) or history[place + 1].action != Action.SAVE


def _step(one: StepView) -> dict[str, Any]:
    return {
        "at": one.at,
        "title": one.words,
        "text": one.note if one.note != one.words else "",
        "who": one.by,
        "tone": _STEP_TONES.get(one.action, "info"),
    }


def _making(view: CaseView) -> bool:
    waiting = any(one.state == "numbered" for one in (*view.certificates, *view.letters))
    return waiting and now() - view.history[-1].at < _MAKING_TAKES
