"""All that a page shows of a case, masked: one reading, no matter who draws it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.clock import now
from kernel.db import ReadSession
from kernel.permissions import Actor
from kernel.pii import mask_id, mask_name, mask_phone
from kernel.working_time import CalendarUnknown
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.clocks import Clock, clock
from yiti.cases.configuration import limits_of
from yiti.cases.lifecycle import (
    ACTION_WORDS,
    CHANNEL_WORDS,
    FLAG_WORDS,
    STATUS_WORDS,
    Action,
    Channel,
    Flag,
    available_actions,
)
from yiti.cases.models import Case, CaseAction, CaseParty
from yiti.certificates import service as certificates
from yiti.certificates.models import Certificate
from yiti.journeys.registration import refunds
from yiti.journeys.registration.access import readable
from yiti.journeys.registration.checklist import of_case
from yiti.journeys.registration.models import CaseRequest, FeeRefund, PublicNotice
from yiti.journeys.registration.outside import STATE_WORDS, WHICH_WORDS
from yiti.journeys.registration.outside import of_case as requests_of
from yiti.journeys.registration.schemas import (
    CaseView,
    EntryView,
    NoticeView,
    PaperView,
    PartView,
    PartyView,
    RefundView,
    RequestView,
    StepView,
    UnitView,
)
from yiti.letters import service as letters
from yiti.letters.models import Letter
from yiti.register.kinds import KIND_WORDS, EntryKind
from yiti.register.models import RegisterEntry

__all__ = [
    "CERTIFICATE_STATES",
    "CERTIFICATE_WORDS",
    "SIDE_WORDS",
    "CaseView",
    "EntryView",
    "NoticeView",
    "PaperView",
    "PartView",
    "PartyView",
    "RequestView",
    "StepView",
    "UnitView",
    "view",
]

SIDE_WORDS = {"holder": "权利人", "obligor": "义务人", "authority": "嘱托机关", "agent": "代理人"}
CERTIFICATE_WORDS = {"certificate": "不动产权证书", "proof": "不动产登记证明"}
CERTIFICATE_STATES = {"numbered": "制作中", "issued": "已签发", "cancelled": "已注销"}


async def view(reader: ReadSession, actor: Actor, case_id: UUID) -> CaseView:
    """The case for this actor. `CaseNotFound` for somebody else's."""
    case = await readable(reader, actor, case_id)
    actions = available_actions(case.standing, actor)
    log = await cases.history(reader, case.id)
    return CaseView(
        **_head(case),
        actions=actions,
        parts=_parts(case),
        units=tuple(
            UnitView(id=one.unit_id, code=one.unit_code, location=one.location)
            for one in await cases.units(reader, case.id)
        ),
        parties=tuple(_party(one) for one in await cases.parties(reader, case.id)),
        checklist=await of_case(reader, case),
        clock=_clock(case, log),
        history=tuple(_step(one) for one in log),
        requests=tuple(_request(one) for one in await requests_of(reader, case.id)),
        refunds=tuple(_refund(one) for one in await refunds.of_case(reader, case.id)),
        notices=await _notices(reader, case.id),
        certificates=tuple(_certificate(one) for one in await certificates.of_case(reader, case.id)),
        letters=tuple(_letter(one) for one in await letters.of_case(reader, case.id)),
        entries=await _entries(reader, case.id),
        application=cases.application_of(case) if Action.SAVE in actions else None,
    )


def _head(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "number": case.number,
        "version": case.version,
        "status": case.status,
        "status_words": STATUS_WORDS[case.standing.status],
        "flags": tuple(case.flags),
        "flag_words": tuple(FLAG_WORDS[Flag(one)] for one in case.flags),
        "channel": case.channel,
        "channel_words": CHANNEL_WORDS[Channel(case.channel)],
        "title": "、".join(CATALOGUE[Business(one)].name for one in case.businesses or [case.business]),
        "location": case.location,
        "review_level": case.review_level,
        "review_levels": case.review_levels,
        "opened_at": case.opened_at,
        "submitted_at": case.submitted_at,
        "accepted_at": case.accepted_at,
        "booked_at": case.booked_at,
        "closed_at": case.closed_at,
        "due_at": case.due_at,
        "decided_by": case.decided_by or "",
    }


def _parts(case: Case) -> tuple[PartView, ...]:
    causes = {part.business: part.cause for part in cases.application_of(case).parts}
    declared = [CATALOGUE[Business(one)] for one in case.businesses or [case.business]]
    return tuple(
        PartView(
            business=one.business,
            name=one.name,
            cause=causes.get(one.business, ""),
            holder_words=one.holder_words,
            obligor_words=one.obligor_words,
            basis=one.basis,
        )
        for one in declared
    )


def _party(one: CaseParty) -> PartyView:
    share = f"{one.share_numerator}/{one.share_denominator}" if one.share_numerator else ""
    return PartyView(
        part=one.part,
        side=one.side,
        side_words=SIDE_WORDS[one.side],
        name=one.name if one.id_kind == "credit_code" else mask_name(one.name),
        id_kind=one.id_kind,
        id_number=mask_id(one.id_number),
        phone=mask_phone(one.phone) if one.phone else "",
        share=share,
    )


def _clock(case: Case, log: list[CaseAction]) -> Clock | None:
    try:
        return clock(log, limits_of(case), now())
    except CalendarUnknown:
        # Next year's holidays are not published yet: the page shows the limit as open.
        return None


def _step(one: CaseAction) -> StepView:
    words = ACTION_WORDS.get(Action(one.action), one.action)
    return StepView(action=one.action, words=words, by=one.actor_name, at=one.at, note=one.note, detail=one.detail)


def _request(one: CaseRequest) -> RequestView:
    return RequestView(
        which=one.which,
        words=WHICH_WORDS[one.which],
        request_no=one.request_no,
        state=one.state,
        state_words=STATE_WORDS[one.state],
        amount_fen=one.amount_fen,
        reference=one.reference,
        note=one.words,
        verified=one.verified,
        asked_at=one.asked_at,
        answered_at=one.answered_at,
        answered_by=one.answered_by,
    )


def _refund(one: FeeRefund) -> RefundView:
    return RefundView(
        refund_no=one.refund_no,
        amount_fen=one.amount_fen,
        state=one.state,
        state_words=refunds.REFUND_WORDS[one.state],
        reason=one.reason,
        reference=one.reference,
        note=one.words,
        ordered_at=one.ordered_at,
        answered_at=one.answered_at,
    )


def _certificate(one: Certificate) -> PaperView:
    return PaperView(
        id=one.id,
        kind=one.kind,
        words=CERTIFICATE_WORDS[one.kind],
        number=one.number,
        state=one.state,
        state_words=CERTIFICATE_STATES[one.state],
        digest=one.pdf_digest,
    )


def _letter(one: Letter) -> PaperView:
    state = "issued" if one.pdf_digest else "numbered"
    return PaperView(
        id=one.id,
        kind=one.kind,
        words=one.title,
        number=one.number,
        state=state,
        state_words=CERTIFICATE_STATES[state],
        digest=one.pdf_digest,
    )


async def _notices(reader: ReadSession, case_id: UUID) -> tuple[NoticeView, ...]:
    wanted = select(PublicNotice).where(PublicNotice.case_id == case_id).order_by(PublicNotice.id)
    return tuple(
        NoticeView(starts_on=one.starts_on, ends_on=one.ends_on, ended=one.ended_at is not None, outcome=one.outcome)
        for one in await reader.scalars(wanted)
    )


async def _entries(reader: ReadSession, case_id: UUID) -> tuple[EntryView, ...]:
    wanted = select(RegisterEntry).where(RegisterEntry.case_id == case_id)
    return tuple(
        EntryView(
            id=one.id,
            unit_id=one.unit_id,
            kind=one.kind,
            words=KIND_WORDS[EntryKind(one.kind)],
            cause=one.cause,
            status=one.status,
            booked_at=one.booked_at,
        )
        for one in await reader.scalars(wanted.order_by(RegisterEntry.booked_at, RegisterEntry.position))
    )
