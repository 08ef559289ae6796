"""One step of a case: checked by `available_actions`, written into the log, counted by the clock."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from kernel.audit import audit
from kernel.clock import SHANGHAI, now
from kernel.db import WriteSession
from kernel.errors import Invalid
from kernel.numbers import next_number
from kernel.permissions import Actor
from yiti.cases.clocks import COUNTED, due_at
from yiti.cases.configuration import limits_of
from yiti.cases.lifecycle import (
    ACTION_WORDS,
    ENDED,
    FLAG_WORDS,
    LEADS_TO,
    LOWERS,
    RAISES,
    STATUS_WORDS,
    Action,
    available_actions,
)
from yiti.cases.models import Case, CaseAction
from yiti.cases.service.errors import ActionRefused, StalePage
from yiti.cases.service.readers import history


def expect(actor: Actor, case: Case, action: Action) -> None:
    """Raise `ActionRefused` unless the actor may take the step now."""
    if action in available_actions(case.standing, actor):
        return
    standing = case.standing
    held = "、".join(FLAG_WORDS[flag] for flag in sorted(standing.flags))
    where = f"“{STATUS_WORDS[standing.status]}”" + (f"（{held}）" if held else "")
    raise ActionRefused(f"业务件当前为{where}，不能{ACTION_WORDS[action]}")


def expect_version(case: Case, version: int, actor: Actor) -> None:
    """Raise `StalePage` unless the page on which somebody decided shows the newest version of the locked case."""
    if not is_current(case, version, actor):
        raise StalePage


def is_current(case: Case, version: int, actor: Actor) -> bool:
    """Whether a page with this version is up to date for the actor.

    Files are long on their way: what the actor alone has laid with the case since, makes no page of theirs out of date.
    """
    if case.version == version:
        return True
    alone = case.laid_to == case.version and actor.id is not None and case.laid_by == actor.id
    return alone and case.laid_from <= version < case.version


def count_laying(actor: Actor, case: Case) -> None:
    """Count a change of the materials, and whose it was."""
    if case.laid_by != actor.id or case.laid_to != case.version:
        case.laid_by, case.laid_from = actor.id, case.version
    case.version += 1
    case.laid_to = case.version


async def act(
    tx: WriteSession, actor: Actor, case: Case, action: Action, note: str = "", detail: dict[str, Any] | None = None
) -> CaseAction:
    """Take one step: check it, move status and flags, write the log and the audit entry, set the limit anew.

    The case is locked by the caller. `detail` holds no personal data.
    """
    expect(actor, case, action)
    moment = now()
    case.status = LEADS_TO[case.standing.status, action]
    _move_flags(case, action)
    case.version += 1
    position = await tx.scalar(select(func.count()).select_from(CaseAction).where(CaseAction.case_id == case.id))
    line = CaseAction(
        case_id=case.id, position=(position or 0) + 1, action=action, actor_kind=actor.kind, actor_id=actor.id,
        actor_name=actor.name, note=note, detail=detail or {}, at=moment,
    )  # fmt: skip
    tx.add(line)
    audit(tx, actor, f"case.{action}", subject=f"case:{case.id}", detail={"number": case.number})
    await tx.flush()
    if action in COUNTED:
        case.due_at = due_at(await history(tx, case.id), limits_of(case), moment)
    return line


def _move_flags(case: Case, action: Action) -> None:
    flags = set() if case.standing.status in ENDED else set(case.flags)
    if action in RAISES:
        flags.add(RAISES[action])
    if action in LOWERS:
        flags.discard(LOWERS[action])
    case.flags = sorted(flags)


async def case_number(tx: WriteSession, moment: datetime) -> str:
    """The next 业务号: county, day, serial of the day; without gaps."""
    day = moment.astimezone(SHANGHAI).date()
    serial = await next_number(tx, f"case.{day:%m%d}", day.year)
    return f"{tx.tenant}{day:%Y%m%d}{serial:05d}"


def said(text: str, message: str, field: str) -> str:
    """Words that somebody must give for this step; `Invalid` when they are missing."""
    if not text.strip():
        raise Invalid(message, field=field)
    return text.strip()
