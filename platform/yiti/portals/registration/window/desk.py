"""A case on the desk: what every page of the window shows of it, and who may work on it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.db import ReadSession
from kernel.permissions import Actor
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import UnitFact
from yiti.cases.form import begun
from yiti.cases.lifecycle import STATUS_WORDS, Action, CaseStatus, available_actions
from yiti.cases.models import Case
from yiti.journeys.registration.units import units_of

STEPS = {"units": "选不动产", "form": "填写申请", "materials": "收取材料", "answers": "询问", "check": "核对受理"}
"""In the order of the work; any of them may be opened at any time."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A case that may be written on: a draft of the window, or an application that is being corrected."""

    case: Case
    application: Application
    units: tuple[UnitFact, ...]
    actions: frozenset[Action]

    @property
    def url(self) -> str:
        """Of the window's pages of this case."""
        return f"/registration/window/{self.case.id}"

    @property
    def drafted(self) -> bool:
        """Not submitted yet; otherwise it is being corrected."""
        return self.case.status == CaseStatus.DRAFT


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every step."""

    url: str
    case_url: str
    case_id: UUID
    number: str
    title: str
    status: str
    steps: tuple[dict[str, str], ...]
    current: int
    step: str
    version: int
    opened_at: datetime
    correcting: bool
    may_discard: bool


async def on_desk(reader: ReadSession, actor: Actor, case_id: UUID) -> Desk | None:
    """The case with its application and units; None when this person cannot write on it any more.

    Raises `CaseNotFound`.
    """
    case = await cases.get(reader, case_id)
    return await desk_of(reader, actor, case)


async def desk_of(reader: ReadSession, actor: Actor, case: Case) -> Desk | None:
    """The same for a case that was read already, such as a locked one."""
    actions = available_actions(case.standing, actor)
    if Action.SAVE not in actions:
        return None
    application = cases.application_of(case)
    if not application.parts:
        application = begun(case.businesses)
    return Desk(case, application, await units_of(reader, application.unit_ids), actions)


async def writable(reader: ReadSession, actor: Actor, case: Case) -> Desk:
    """The desk of a case that must be open to writing; says why it is not."""
    on = await desk_of(reader, actor, case)
    if on is None:
        raise cases.ActionRefused("该业务已经提交，不能再修改申请内容，请到业务件页面查看")
    return on


def frame(on: Desk, step: str) -> Frame:
    """What stands around this step."""
    case = on.case
    return Frame(
        url=on.url,
        case_url=f"/registration/cases/{case.id}",
        case_id=case.id,
        number=case.number,
        title=names_of(case),
        status=STATUS_WORDS[case.standing.status],
        steps=tuple({"label": words, "url": f"{on.url}/{name}"} for name, words in STEPS.items()),
        current=list(STEPS).index(step),
        step=step,
        version=case.version,
        opened_at=case.opened_at,
        correcting=not on.drafted,
        may_discard=on.drafted and Action.WITHDRAW in on.actions,
    )


def names_of(case: Case) -> str:
    """The businesses of a case in words, in the order of booking."""
    return " + ".join(CATALOGUE[Business(one)].name for one in case.businesses or [case.business])


def names_in(application: Application) -> list[str]:
    """Persons whose names a finding may spell out; bodies are named in full."""
    people = [one for part in application.parts for one in part.applicants]
    found = [one.name for one in people if one.id_kind != "credit_code"]
    return found + [one.agent.name for one in people if one.agent]
