"""Whose application it is: who began it works on it; who is named in it may look, once it is handed in."""

from dataclasses import dataclass
from uuid import UUID

from kernel.db import ReadSession
from kernel.errors import Conflict
from kernel.permissions import Actor
from yiti.accounts.sessions import Citizen
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.facts import UnitFact
from yiti.cases.lifecycle import Action, CaseStatus, Channel, available_actions
from yiti.cases.models import Case
from yiti.journeys.registration.access import takes_part
from yiti.journeys.registration.units import units_of
from yiti.portals.citizen.applying.starting import known_numbers


def case_url(county: str, case_id: UUID) -> str:
    """The page of a case for its own people."""
    return f"/me/{county}/cases/{case_id}"


@dataclass(frozen=True)
class OwnCase:
    """A case of this citizen. `began`: they opened it online, else they are named in it."""

    case: Case
    began: bool
    actions: frozenset[Action]


@dataclass(frozen=True)
class Draft:
    """An application that the citizen may write on: not handed in yet, or to be corrected."""

    case: Case
    application: Application
    units: tuple[UnitFact, ...]
    known: frozenset[str]
    """Numbers of people whose name and number are not asked for."""

    @property
    def correcting(self) -> bool:
        """It was handed in before."""
        return self.case.status != CaseStatus.DRAFT


async def own_case(reader: ReadSession, actor: Actor, case_id: UUID) -> OwnCase:
    """The case, if it is this citizen's. Whatever is not theirs does not exist: `CaseNotFound`."""
    case = await cases.get(reader, case_id)
    if case.contract_id is not None or actor.id is None:
        # What follows a filed contract is told with the contract.
        raise cases.CaseNotFound
    began = case.opened_by == actor.id and case.channel == Channel.ONLINE
    named = case.status != CaseStatus.DRAFT and await takes_part(reader, actor.id, case_id)
    if not began and not named:
        raise cases.CaseNotFound
    return OwnCase(case, began, available_actions(case.standing, actor))


async def own_draft(reader: ReadSession, actor: Actor, person: Citizen, case_id: UUID) -> Draft:
    """The application for writing. `CaseNotFound` for others, Conflict when it cannot be changed any more."""
    mine = await own_case(reader, actor, case_id)
    if not mine.began:
        raise cases.CaseNotFound
    if Action.SAVE not in mine.actions:
        raise Conflict("这件申请已经提交，现在不能修改；需要补正时会通知您")
    application = cases.application_of(mine.case)
    units = await units_of(reader, application.unit_ids)
    return Draft(mine.case, application, units, known_numbers(units, person.id_no))
