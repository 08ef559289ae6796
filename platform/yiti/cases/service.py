"""What happens to a case. Every step is checked by `available_actions` and written into the case's log."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from kernel.audit import audit
from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.numbers import next_number
from kernel.permissions import Actor
from kernel.working_time import CalendarUnknown, WorkCalendar
from yiti.cases.catalogue import CATALOGUE, Business
from yiti.cases.findings import Finding, Outcome, blocking, outcome_of
from yiti.cases.lifecycle import (
    ACTION_WORDS,
    LEADS_TO,
    STATUS_WORDS,
    Action,
    CaseStatus,
    available_actions,
)
from yiti.cases.models import Case, CaseAction, DecisionReceipt


class ActionRefused(Conflict):
    """The case is not where this action starts, or the actor may not take it."""

    code = "case.action_refused"


class Blocked(Conflict):
    """Blocking findings stand; nobody may approve over them."""

    code = "case.blocked"


async def open_case(
    tx: WriteSession, actor: Actor, business: Business, *, unit_id: UUID, unit_code: str, location: str,
    contract_id: UUID, applicants: list[str],
) -> Case:  # fmt: skip
    """Open and accept a case; its clock starts now. One case per contract and business."""
    moment = now()
    case = Case(
        number=await _case_number(tx, moment),
        business=business,
        unit_id=unit_id,
        unit_code=unit_code,
        location=location,
        contract_id=contract_id,
        applicants="、".join(applicants),
        opened_at=moment,
        due_at=_due(business, moment),
    )
    tx.add(case)
    await tx.flush()
    await act(tx, actor, case, Action.ACCEPT, "申请材料齐全，系统受理")
    return case


async def _case_number(tx: WriteSession, moment: datetime) -> str:
    day = moment.astimezone(SHANGHAI).date()
    serial = await next_number(tx, f"case.{day:%m%d}", day.year)
    return f"{tx.tenant}{day:%Y%m%d}{serial:05d}"


def _due(business: Business, moment: datetime) -> datetime | None:
    calendar = WorkCalendar()
    try:
        return calendar.add_working(moment, half_days=CATALOGUE[business].limit_working_days * 2)
    except CalendarUnknown:
        # The State Council has not yet published that year's holidays; the list shows the limit as open.
        return None


def expect(actor: Actor, case: Case, action: Action) -> None:
    """Raise `ActionRefused` unless the actor may take the step now."""
    if action not in available_actions(case.status, actor) and (case.status, action) not in _FOLLOWING_STEPS:
        words = f"业务件当前为“{STATUS_WORDS[case.status]}”，不能{ACTION_WORDS[action]}"
        raise ActionRefused(words)


async def act(tx: WriteSession, actor: Actor, case: Case, action: Action, note: str = "") -> None:
    """Take one step: check it, move the status, write the log and the audit entry."""
    expect(actor, case, action)
    case.status = LEADS_TO[case.status, action]
    position = await tx.scalar(select(func.count()).select_from(CaseAction).where(CaseAction.case_id == case.id))
    tx.add(
        CaseAction(
            case_id=case.id, position=(position or 0) + 1, action=action, actor_kind=actor.kind, actor_id=actor.id,
            actor_name=actor.name, note=note, at=now(),
        )
    )  # fmt: skip
    audit(
        tx,
        actor,
        f"case.{action}",
        subject=f"case:{case.id}",
        detail={"number": case.number},
    )
    await tx.flush()


# Steps that follow from another one and belong to whoever took that one.
_FOLLOWING_STEPS = {
    (CaseStatus.SUBMITTED, Action.ACCEPT),
    (CaseStatus.APPROVED, Action.BOOK),
}


async def record_decision(
    tx: WriteSession,
    actor: Actor,
    case: Case,
    rules_version: str,
    facts: msgspec.Struct,
    findings: tuple[Finding, ...],
) -> Outcome:
    """Store the decision receipt and say what follows."""
    document = msgspec.json.encode(facts, order="sorted").decode()
    outcome = outcome_of(findings)
    tx.add(
        DecisionReceipt(
            case_id=case.id, rules_version=rules_version, facts=document,
            facts_digest=sha256(document.encode()).hexdigest(), findings=msgspec.to_builtins(findings),
            outcome=outcome, decided_by=actor.name, decided_at=now(),
        )
    )  # fmt: skip
    await tx.flush()
    return outcome


async def approve(tx: WriteSession, actor: Actor, case: Case, findings: tuple[Finding, ...], note: str) -> None:
    """Approve; refused while anything blocks. A person who overrules a warning says why."""
    if stopped := blocking(findings):
        raise Blocked(
            "；".join(one.words for one in stopped),
            extra={"findings": [one.code for one in stopped]},
        )
    if outcome_of(findings) == "refer" and not note.strip():
        message = "存在需要人工核对的事项，请填写核对情况和审核意见"
        raise Invalid(message, field="note")
    await act(tx, actor, case, Action.APPROVE, note)
    case.decided_by = actor.name


async def refuse(tx: WriteSession, actor: Actor, case: Case, reason: str) -> None:
    """不予登记 (条例 art. 22), with its reason in writing."""
    if not reason.strip():
        message = "请写明不予登记的理由"
        raise Invalid(message, field="reason")
    await act(tx, actor, case, Action.REFUSE, reason)
    case.decided_by = actor.name
    case.closed_at = now()


async def withdraw(tx: WriteSession, actor: Actor, case: Case, reason: str) -> None:
    """The application is taken back before booking (条例 art. 15)."""
    await act(tx, actor, case, Action.WITHDRAW, reason)
    case.closed_at = now()


async def mark_booked(tx: WriteSession, actor: Actor, case: Case) -> None:
    """Note that the book now holds what the case was about."""
    case.booked_at = now()
    await act(tx, actor, case, Action.BOOK, "登簿完成")


async def close(tx: WriteSession, actor: Actor, case: Case, note: str) -> None:
    """The case is done and its file is archived."""
    case.closed_at = now()
    await act(tx, actor, case, Action.CLOSE, note)


async def locked(tx: WriteSession, case_id: UUID) -> Case:
    """The case, locked until the end of the transaction."""
    case = await tx.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CaseNotFound
    return case


async def get(reader: ReadSession, case_id: UUID) -> Case:
    """The case."""
    case = await reader.scalar(select(Case).where(Case.id == case_id))
    if case is None:
        raise CaseNotFound
    return case


class CaseNotFound(NotFound):
    """No such case in this county."""

    code = "case.not_found"
    default_message = "没有找到业务件"


async def history(reader: ReadSession, case_id: UUID) -> list[CaseAction]:
    """The case's log, oldest first."""
    return list(
        await reader.scalars(select(CaseAction).where(CaseAction.case_id == case_id).order_by(CaseAction.position))
    )


async def latest_receipt(reader: ReadSession, case_id: UUID) -> DecisionReceipt | None:
    """The newest decision receipt of the case."""
    wanted = select(DecisionReceipt).where(DecisionReceipt.case_id == case_id)
    return (await reader.scalars(wanted.order_by(DecisionReceipt.id.desc()).limit(1))).first()
