"""Whose case it is: staff on duty see all, an applicant or agent their own; to anybody else it does not exist."""

from uuid import UUID

from kernel.db import ReadSession, WriteSession
from kernel.permissions import Actor, Permission
from yiti.cases import service as cases
from yiti.cases.models import Case
from yiti.journeys.registration.errors import NotYours


async def locked(tx: WriteSession, actor: Actor, case_id: UUID, version: int | None = None) -> Case:
    """The case, locked, for this actor. `StalePage` when the page that the actor saw shows an older `version`."""
    case = await cases.locked(tx, case_id)
    await _expect_own(tx, actor, case)
    if version is not None:
        cases.expect_version(case, version, actor)
    return case


async def readable(reader: ReadSession, actor: Actor, case_id: UUID) -> Case:
    """The case, if this actor may see it."""
    case = await cases.get(reader, case_id)
    await _expect_own(reader, actor, case)
    return case


async def _expect_own(reader: ReadSession, actor: Actor, case: Case) -> None:
    if actor.may(Permission.CASE_VIEW):
        return
    if actor.id is None:
        raise NotYours
    if case.opened_by != actor.id and not await takes_part(reader, actor.id, case.id):
        raise NotYours


async def takes_part(reader: ReadSession, person: UUID, case_id: UUID) -> bool:
    """Whether the citizen is an applicant or agent: a citizen's id is the head of the blind index of their number."""
    return any(one.id_index[:16] == person.bytes for one in await cases.parties(reader, case_id))
