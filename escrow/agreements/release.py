"""The end of supervision (解除监管): after first registration of every home, proposed by one, decided by another."""

from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from escrow.agreements.models import ReleaseState, SupervisionRelease
from escrow.supervision import lock_account
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.permissions import Actor
from kernel.web.problems import constraint_of


class FirstRegistration(Protocol):
    """What the register says about the homes of a project's presale permits."""

    @property
    def units(self) -> int:
        """How many they are."""

    @property
    def registered(self) -> int:
        """How many of them have had their first registration (首次登记)."""


class NotRegistered(Conflict):
    """Supervision lasts until every home of the permits has been registered (建房〔2022〕16号)."""

    code = "supervision.not_registered"


class ReleaseTaken(Conflict):
    """A proposal waits already, or supervision has ended."""

    code = "supervision.release_taken"
    default_message = "该项目已提出解除监管或者已经解除，无需重复办理"


class NothingProposed(Conflict):
    """There is nothing to decide."""

    code = "supervision.nothing_proposed"
    default_message = "没有待核准的解除监管"


class SamePerson(Forbidden):
    """Two persons decide about other people's money."""

    code = "supervision.same_person"
    default_message = "提出与核准须由两人分别办理"


def is_complete(register: FirstRegistration) -> bool:
    """Whether every home of the permits is registered; a project without any is not."""
    return 0 < register.units == register.registered


async def propose_release(
    tx: WriteSession, actor: Actor, project_id: UUID, words: str, register: FirstRegistration
) -> SupervisionRelease:
    """Raises NotRegistered, ReleaseTaken, NoAccount, Invalid."""
    await lock_account(tx, project_id)
    _complete(register)
    if actor.id is None:
        raise Forbidden
    new = SupervisionRelease(
        project_id=project_id,
        state=ReleaseState.PROPOSED,
        units=register.units,
        words=_words(words),
        proposed_by=actor.id,
    )
    try:
        async with tx.begin_nested():
            tx.add(new)
            await tx.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_supervision_release_live":
            raise ReleaseTaken from error
        raise
    audit(tx, actor, "supervision.release_proposed", f"project:{project_id}", {"units": register.units})
    return new


async def decide_release(
    tx: WriteSession, actor: Actor, project_id: UUID, words: str, register: FirstRegistration, *, approve: bool
) -> SupervisionRelease:
    """Approve or refuse what somebody else proposed. Raises NothingProposed, SamePerson, NotRegistered, Invalid."""
    await lock_account(tx, project_id)
    found = await tx.scalar(
        select(SupervisionRelease)
        .where(SupervisionRelease.project_id == project_id, SupervisionRelease.state == ReleaseState.PROPOSED)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NothingProposed
    if actor.id is None or actor.id == found.proposed_by:
        raise SamePerson
    if approve:
        _complete(register)
    found.state = ReleaseState.APPROVED if approve else ReleaseState.REFUSED
    found.decided_by, found.decided_at, found.decision = actor.id, now(), _words(words)
    await tx.flush()
    audit(tx, actor, f"supervision.release_{found.state}", f"project:{project_id}", {"release_id": str(found.id)})
    return found


async def is_released(reader: ReadSession, project_id: UUID) -> bool:
    """Whether supervision of the project's money has ended."""
    found = await reader.scalar(
        select(SupervisionRelease.id).where(
            SupervisionRelease.project_id == project_id, SupervisionRelease.state == ReleaseState.APPROVED
        )
    )
    return found is not None


async def releases(reader: ReadSession, project_id: UUID) -> list[SupervisionRelease]:
    """Every proposal, newest first."""
    wanted = select(SupervisionRelease).where(SupervisionRelease.project_id == project_id)
    return list(await reader.scalars(wanted.order_by(SupervisionRelease.id.desc())))


def _complete(register: FirstRegistration) -> None:
    if not is_complete(register):
        raise NotRegistered(
            f"预售许可范围内共{register.units}套房屋，已办首次登记{register.registered}套；全部登记后方可解除监管"
        )


def _words(words: str) -> str:
    if not 0 < len(words.strip()) <= 300:
        raise Invalid("请填写意见（不超过300字）", field="words")
    return words.strip()
