"""Deciding a case: receipts, opinions by level, approval, refusal."""

from hashlib import sha256
from typing import Any

from kernel.clock import now
from kernel.db import WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from yiti.cases.encoding import builtins, encode
from yiti.cases.findings import Finding, Outcome, blocking, outcome_of
from yiti.cases.lifecycle import ENDED, Action
from yiti.cases.models import Case, DecisionReceipt
from yiti.cases.service.errors import Blocked
from yiti.cases.service.steps import act, expect, said


async def record_decision(
    tx: WriteSession, actor: Actor, case: Case, rules_version: str, facts: Any, findings: tuple[Finding, ...]
) -> Outcome:
    """Store the decision receipt and say what follows. `facts` is the struct that the rules looked at."""
    document = encode(facts)
    outcome = outcome_of(findings)
    tx.add(
        DecisionReceipt(
            case_id=case.id, rules_version=rules_version, facts=document,
            facts_digest=sha256(document.encode()).hexdigest(), findings=builtins(findings), outcome=outcome,
            decided_by=actor.name, decided_at=now(),
        )
    )  # fmt: skip
    await tx.flush()
    return outcome


async def review(tx: WriteSession, actor: Actor, case: Case, opinion: str) -> None:
    """One level's opinion (初审, 复审) for booking; the last level approves or refuses instead."""
    opinion = said(opinion, "请填写审核意见", "opinion")
    level = case.review_level + 1
    await act(tx, actor, case, Action.REVIEW, opinion, {"level": level})
    case.review_level = level
    if actor.id is not None:
        case.reviewers = [*case.reviewers, str(actor.id)]
    await tx.flush()


async def send_back(tx: WriteSession, actor: Actor, case: Case, reason: str) -> None:
    """Back to the first level of review, with its reason; all opinions have to be given again."""
    reason = said(reason, "请写明退回的理由", "reason")
    await act(tx, actor, case, Action.SEND_BACK, reason)
    case.review_level, case.reviewers = 0, []
    await tx.flush()


async def approve(tx: WriteSession, actor: Actor, case: Case, findings: tuple[Finding, ...], note: str) -> None:
    """Approve; refused while anything blocks. A person who overrules a warning says why."""
    expect(actor, case, Action.APPROVE)
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
    reason = said(reason, "请写明不予登记的理由", "reason")
    await act(tx, actor, case, Action.REFUSE, reason)
    case.decided_by = actor.name
    case.closed_at = now()


async def mark_booked(tx: WriteSession, actor: Actor, case: Case) -> None:
    """Note that the book now holds what the case was about."""
    expect(actor, case, Action.BOOK)
    case.booked_at = now()
    await act(tx, actor, case, Action.BOOK, "登簿完成")


def is_open(case: Case) -> bool:
    """Whether anything may still be done with the case."""
    return case.standing.status not in ENDED
