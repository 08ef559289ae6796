"""Gathering what the decision of a case rests on: the book, the estate, the materials, people, outside answers."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.identifiers import birth_date
from kernel.pii import blind_index
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.catalogue import CATALOGUE, Business
from yiti.cases.configuration import settings_of
from yiti.cases.facts import (
    CaseFacts,
    MaterialFact,
    OutsideFact,
    PendingFact,
    PersonFact,
)
from yiti.cases.lifecycle import Action, Which
from yiti.cases.models import Case
from yiti.journeys.registration.models import PersonCheck
from yiti.journeys.registration.units import units_of

NOT_NEEDED = OutsideFact(state="not_needed", words="本业务无需办理", verified=True)
MISSING = OutsideFact(state="missing")


async def gather(reader: ReadSession, case: Case) -> CaseFacts:
    """All facts of one case, as they are now; inside the booking transaction, as the lock holds them."""
    application = cases.application_of(case)
    outside = cases.outside_of(case)
    needed = needs(case)
    return CaseFacts(
        on=today(),
        application=application,
        units=await units_of(reader, application.unit_ids),
        materials=await _materials(reader, case.id),
        people=await _people(reader, case.id, application),
        tax=_outside("tax", needed, outside),
        housing=_outside("housing", needed, outside),
        fee=_outside("fee", needed, outside),
        public_notice_over=await _notice_over(reader, case),
        case_number=case.number,
        settings=settings_of(case),
        pending=await _pending(reader, case, application.unit_ids),
    )


def needs(case: Case) -> frozenset[Which]:
    """From whom the businesses of the case want an answer before they are booked."""
    wanted: set[Which] = set()
    settings = settings_of(case)
    for code in case.businesses:
        declared = CATALOGUE[Business(code)]
        wanted |= {"tax"} if declared.tax else set()
        wanted |= {"housing"} if declared.housing else set()
        wanted |= {"fee"} if settings[code].fee != "free" else set()
    return frozenset(wanted)


def answered_later(case: Case) -> dict[str, Which]:
    """Materials that come with the answer of tax bureau or housing department, by code: nobody brings them before."""
    found: dict[str, Which] = {}
    for code, settings in settings_of(case).items():
        declared = CATALOGUE[Business(code)]
        for material in settings.materials:
            if material.source == "tax" and declared.tax:
                found[material.code] = "tax"
            elif material.source == "housing" and declared.housing:
                found[material.code] = "housing"
    return found


def notice_days(case: Case) -> int:
    """Working days of public notice (公告) that the case needs; 0 where none."""
    return max((CATALOGUE[Business(one)].public_notice_days for one in case.businesses), default=0)


def _outside(which: Which, needed: frozenset[Which], outside: dict[Which, OutsideFact]) -> OutsideFact:
    return outside.get(which, MISSING) if which in needed else NOT_NEEDED


async def _materials(reader: ReadSession, case_id: UUID) -> tuple[MaterialFact, ...]:
    return tuple(
        MaterialFact(
            code=one.code,
            digest=one.digest,
            source=one.source,
            verified=one.verified,
            unit_codes=tuple(one.unit_codes),
        )
        for one in await cases.materials(reader, case_id)
    )


def people_of(application: Application) -> tuple[tuple[str, str, str], ...]:
    """Everybody who takes part (name, kind of document, number), once, in the order of the form; no authorities."""
    named = [
        (one.name, one.id_kind, one.id_number)
        for part in application.parts
        for applicant in part.applicants
        for one in ((applicant, applicant.agent) if applicant.agent else (applicant,))
        if applicant.side != "authority"
    ]
    return tuple({number: (name, kind, number) for name, kind, number in named}.values())


async def _people(reader: ReadSession, case_id: UUID, application: Application) -> tuple[PersonFact, ...]:
    wanted = select(PersonCheck).where(PersonCheck.case_id == case_id).order_by(PersonCheck.id)
    checks: dict[bytes, list[PersonCheck]] = {}
    for check in await reader.scalars(wanted):
        checks.setdefault(check.id_index, []).append(check)
    return tuple(
        _person(kind, number, checks.get(blind_index(number), [])) for _, kind, number in people_of(application)
    )


def _person(id_kind: str, id_number: str, checks: list[PersonCheck]) -> PersonFact:
    machine = next((one for one in reversed(checks) if one.reference), None)
    human = next((one for one in reversed(checks) if one.checked_by), None)
    return PersonFact(
        id_number=id_number,
        identity_reference=machine.reference if machine else "",
        matched=machine.matched if machine else None,
        deceased=machine.deceased if machine else None,
        birth_date=_born(id_kind, id_number),
        checked_by=human.checked_by if human else "",
    )


def _born(id_kind: str, id_number: str) -> date | None:
    if id_kind != "resident_id":
        return None
    try:
        return birth_date(id_number)
    except Invalid:
        # A number that is none is the form's problem, reported there; its birth date is simply not known.
        return None


async def _notice_over(reader: ReadSession, case: Case) -> bool:
    if not notice_days(case):
        return True
    return any(one.action == Action.END_PUBLICATION for one in await cases.history(reader, case.id))


async def _pending(reader: ReadSession, case: Case, unit_ids: Sequence[UUID]) -> tuple[PendingFact, ...]:
    return tuple(
        PendingFact(
            number=other.number,
            name="、".join(CATALOGUE[Business(one)].name for one in other.businesses),
            unit_id=unit_id,
            accepted_at=other.accepted_at,
        )
        for unit_id, other in await cases.open_cases_on(reader, unit_ids)
        if other.id != case.id and other.accepted_at is not None and _before(other, case)
    )


def _before(other: Case, case: Case) -> bool:
    if case.accepted_at is None or other.accepted_at is None:
        return True
    return (other.accepted_at, other.id) < (case.accepted_at, case.id)
