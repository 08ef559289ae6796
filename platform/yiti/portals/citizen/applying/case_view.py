"""A case as its citizen follows it: where it stands, what they owe, what came of it; others masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from kernel.audit.models import AuditEntry
from kernel.db import ReadSession
from kernel.permissions import Actor
from signing.evidence_document import EVIDENCE_TITLE
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.lifecycle import Action, CaseStatus, Channel, Flag
from yiti.cases.models import Case
from yiti.journeys.evidence import EVIDENCE, ceremony_of, report_of
from yiti.journeys.registration import desk
from yiti.journeys.registration.collecting import by_one_code
from yiti.journeys.registration.desk import CaseView
from yiti.journeys.registration.envelope import live_among
from yiti.journeys.registration.view import PaperView, PartyView
from yiti.portals.citizen.applying.case_words import Owed, StateLine, owed, state_of
from yiti.portals.citizen.applying.owning import OwnCase, case_url
from yiti.portals.citizen.applying.signing_card import SigningCard, card
from yiti.portals.citizen.history import Happening
from yiti.portals.collection.card import BillCard, card_of_case
from yiti.portals.shell.templating import moment

CONFIRMED = "case.party_confirmed"
"""The act in the audit log: who is named in an application has confirmed it under their own sign-in."""
STEPS = ("申请", "受理", "审核", "登簿", "领证")
_POSITIONS = {
    CaseStatus.DRAFT: 0, CaseStatus.SUBMITTED: 1, CaseStatus.ACCEPTED: 2, CaseStatus.APPROVED: 3,
    CaseStatus.BOOKED: 4, CaseStatus.CLOSED: 5,
}  # fmt: skip
_SIGNING = StateLine("待签署", "warning", "正在由各申请人签署，最后一人签署后自动提交。")
_CONFIRMABLE = frozenset({CaseStatus.SUBMITTED, CaseStatus.ACCEPTED})
_TONES = {Action.BOOK: "success", Action.CLOSE: "success", Action.REFUSE: "danger", Action.REJECT: "danger",
          Action.REQUEST_CORRECTION: "warning", Action.FREEZE: "warning"}  # fmt: skip
_SILENT = frozenset({Action.SAVE, Action.DECIDE, Action.RECHECK, Action.REVIEW, Action.SEND_BACK})
"""Typing, and the office's own work between its levels, is not told."""
_SAID = frozenset({Action.REJECT, Action.REFUSE, Action.REQUEST_CORRECTION, Action.WITHDRAW, Action.FREEZE})
"""Whose words are meant for the applicant."""


@dataclass(frozen=True)
class CaseLine:
    """A case in the list."""

    url: str
    title: str
    location: str
    number: str
    state: StateLine


@dataclass(frozen=True)
class PartyLine:
    """Somebody who takes part; `confirmed` is None where it is not asked."""

    name: str
    side: str
    about: str
    confirmed: bool | None


@dataclass(frozen=True)
class CasePage:
    """The page of one case."""

    url: str
    title: str
    number: str
    location: str
    unit_codes: tuple[str, ...]
    state: StateLine
    position: int | None
    """Of the picture; none for a case that ended before its end."""
    owed: tuple[Owed, ...]
    bill: BillCard | None
    """One-code payment, where the county has it."""
    signing: SigningCard | None
    corrections: tuple[str, ...]
    may_fill: bool
    may_correct: bool
    may_withdraw: bool
    may_confirm: bool
    drafted: bool
    parties: tuple[PartyLine, ...]
    letters: tuple[PaperView, ...]
    certificates: tuple[PaperView, ...]
    due: str
    clock: tuple[tuple[str, str], ...]
    history: Sequence[Happening]


async def lines(reader: ReadSession, county: str, actor: Actor, id_number: str) -> list[CaseLine]:
    """The citizen's cases, newest first: what they began, and what they are named in."""
    began = await cases.cases_opened_by(reader, actor.id) if actor.id else []
    named = await cases.cases_of_person(reader, id_number)
    found = {one.id: one for one in (*began, *named) if one.contract_id is None}
    signing = await live_among(reader, [*found])
    return [
        _line(county, one, signing=one.id in signing)
        for one in sorted(found.values(), key=lambda case: case.id, reverse=True)
        # A draft that was thrown away was never an application.
        if one.submitted_at is not None or one.status != CaseStatus.WITHDRAWN
    ]


async def page_of(reader: ReadSession, county: str, actor: Actor, mine: OwnCase) -> CasePage:
    """Everything about one case."""
    view = await desk.view(reader, actor, mine.case.id)
    confirmed = await confirmed_by(reader, mine.case.id)
    url = case_url(county, mine.case.id)
    flags = frozenset(Flag(one) for one in view.flags)
    correcting = mine.began and Flag.NEEDS_CORRECTION in flags
    signing = await _signing(reader, actor, mine, view)
    live = signing is not None and signing.live
    bill = await card_of_case(reader, mine.case.id)
    return CasePage(
        url=url,
        title=view.title,
        number=view.number,
        location=view.location,
        unit_codes=tuple(one.code for one in view.units),
        state=(signing.state if signing else None) or state_of(mine.case),
        position=_POSITIONS.get(CaseStatus(view.status)),
        owed=owed(view, one_code=await by_one_code(reader)),
        bill=bill,
        signing=signing,
        corrections=_corrections(view) if Flag.NEEDS_CORRECTION in flags else (),
        may_fill=mine.began and Action.SAVE in mine.actions and not live,
        may_correct=correcting and Action.CORRECT in mine.actions and not live,
        may_withdraw=mine.began and Action.WITHDRAW in mine.actions,
        may_confirm=must_confirm(mine.case, began=mine.began) and actor.id not in confirmed,
        drafted=view.status == CaseStatus.DRAFT,
        parties=await _parties(reader, view, mine.case, confirmed),
        letters=view.letters,
        certificates=view.certificates,
        due=moment(view.due_at) if view.due_at else "",
        clock=_clock(view),
        history=_history(view),
    )


def must_confirm(case: Case, *, began: bool) -> bool:
    """Whether people named in a case of the window are asked to confirm it now; one made online they have signed."""
    return not began and case.channel == Channel.WINDOW and case.standing.status in _CONFIRMABLE


async def confirmed_by(reader: ReadSession, case_id: UUID) -> frozenset[UUID]:
    """Who has confirmed, as the audit log holds it: citizens by the id of their actor."""
    wanted = select(AuditEntry.actor_id).where(AuditEntry.subject == f"case:{case_id}", AuditEntry.action == CONFIRMED)
    return frozenset(one for one in await reader.scalars(wanted) if one is not None)


async def _signing(reader: ReadSession, actor: Actor, mine: OwnCase, view: CaseView) -> SigningCard | None:
    found = await desk.signing_of(reader, actor, mine.case.id)
    if found is None or (found.state == "void" and not (mine.began and Action.SAVE in mine.actions)):
        return None
    papers = tuple((one.code, one.name) for one in view.checklist.items if one.signed)
    if await report_of(reader, await ceremony_of(reader, mine.case)):
        papers += ((EVIDENCE, EVIDENCE_TITLE),)
    return card(found, opener=mine.began, papers=papers)


def _line(county: str, case: Case, *, signing: bool) -> CaseLine:
    return CaseLine(
        url=case_url(county, case.id),
        title=_title(case),
        location=case.location or "尚未选择不动产",
        number=case.number,
        state=_SIGNING if signing else state_of(case),
    )


def _title(case: Case) -> str:
    return " + ".join(CATALOGUE[Business(one)].name for one in case.businesses)


async def _parties(
    reader: ReadSession, view: CaseView, case: Case, confirmed: frozenset[UUID]
) -> tuple[PartyLine, ...]:
    """Each person once; confirmations are told of cases of the window."""
    actors = {one.position: UUID(bytes=one.id_index[:16]) for one in await cases.parties(reader, case.id)}
    asked = case.submitted_at is not None and case.channel == Channel.WINDOW
    found: dict[tuple[str, str], PartyLine] = {}
    for position, one in enumerate(view.parties, start=1):
        known = actors[position] in confirmed or actors[position] == case.opened_by
        person = one.id_kind == "resident_id"
        line = PartyLine(one.name, _side(view, one), one.id_number, known if asked and person else None)
        found.setdefault((one.id_number, line.side), line)
    return tuple(found.values())


def _side(view: CaseView, one: PartyView) -> str:
    if one.part >= len(view.parts):
        return one.side_words
    part = view.parts[one.part]
    return {"holder": part.holder_words, "obligor": part.obligor_words}.get(one.side, one.side_words)


def _corrections(view: CaseView) -> tuple[str, ...]:
    asked = [one for one in view.history if one.action == Action.REQUEST_CORRECTION]
    return tuple(str(item) for item in asked[-1].detail.get("items", [])) if asked else ()


def _clock(view: CaseView) -> tuple[tuple[str, str], ...]:
    return tuple((moment(one.at), one.words) for one in view.clock.steps) if view.clock else ()


def _history(view: CaseView) -> list[Happening]:
    """Newest first; members of staff are named by their office, their working notes are not told."""
    return [
        Happening(
            one.at,
            one.words,
            one.note if Action(one.action) in _SAID else "",
            "",
            _TONES.get(Action(one.action), "neutral"),
        )
        for one in reversed(view.history)
        if Action(one.action) not in _SILENT
    ]
