"""The parts of a case's page: findings, receipts, payments, signatures and the log, each masked and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from escrow.models import BillState
from kernel.permissions import ActorKind
from kernel.pii import mask_name
from yiti.cases.findings import Finding, blocking, open_points
from yiti.cases.lifecycle import ACTION_WORDS, Action
from yiti.journeys.sale.telling import bill_title
from yiti.portals.registration.case_file import CaseFile, Receipt
from yiti.portals.registration.rules import Tone, without_names, worst_first

_BILL_STATES: dict[BillState, tuple[str, Tone]] = {
    BillState.ISSUED: ("待发送", "neutral"),
    BillState.SENT: ("待缴款", "warning"),
    BillState.CONFIRMED: ("已到账", "success"),
    BillState.VOID: ("已作废", "neutral"),
    BillState.REFUND_ORDERED: ("退款中", "warning"),
    BillState.REFUNDED: ("已退款", "neutral"),
}
_ACTION_TONES: dict[Action, Tone] = {
    Action.BOOK: "success",
    Action.CLOSE: "success",
    Action.APPROVE: "success",
    Action.REFUSE: "danger",
    Action.WITHDRAW: "neutral",
}


@dataclass(frozen=True, slots=True)
class FindingView:
    """One checked item: its answer, what it rests on, and the law behind it."""

    level: str
    """block, warn, unverified or clear."""
    title: str
    words: str
    basis: str
    source: str
    verified: bool
    reference: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One decision receipt."""

    id: UUID
    outcome: str
    tone: Tone
    decided_by: str
    decided_at: datetime
    rules_version: str
    facts_digest: str
    findings: tuple[FindingView, ...]
    counted: str


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, how they were identified, and when."""

    name: str
    identified: str
    identified_at: datetime | None
    signed_at: datetime | None
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment notice and the bank's word on it."""

    title: str
    notice_no: str
    amount_fen: int
    state: str
    tone: Tone
    bank: str
    serial: str
    paid_at: datetime | None
    voucher: str


def names_in(file: CaseFile) -> list[str]:
    """Persons whose names a finding may spell out."""
    buyers = file.content.buyers
    found = [one.name for one in buyers if one.kind == "person"]
    return found + [one.representative_name for one in buyers if one.representative_name]


def finding(one: Finding, names: Sequence[str]) -> FindingView:
    clear = "clear" if one.evidence.verified else "unverified"
    return FindingView(
        level=one.level if one.level != "clear" else clear,
        title=one.title,
        words=without_names(one.words, names),
        basis=one.basis,
        source=one.evidence.source,
        verified=one.evidence.verified,
        reference=one.evidence.reference,
    )


def receipt(one: Receipt, names: Sequence[str]) -> ReceiptView:
    found = msgspec.convert(one.findings, tuple[Finding, ...])
    waiting = len(open_points(found))
    booked = one.outcome == "book"
    return ReceiptView(
        id=one.id,
        outcome="全部通过，可以登簿" if booked else "转人工审核",
        tone="success" if booked else "danger" if blocking(found) else "warning",
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        rules_version=one.rules_version,
        facts_digest=one.facts_digest,
        findings=tuple(finding(each, names) for each in worst_first(found)),
        counted=f"{len(found) - waiting}项通过" + (f"，{waiting}项须人工核对" if waiting else ""),
    )


def payments(file: CaseFile) -> tuple[Payment, ...]:
    return tuple(
        Payment(
            title=bill_title(bill),
            notice_no=bill.notice_no,
            amount_fen=bill.amount_fen,
            state=_BILL_STATES[bill.state][0],
            tone=_BILL_STATES[bill.state][1],
            bank=bill.bank_name,
            serial=word.bank_serial if word else "",
            paid_at=word.paid_at if word else None,
            voucher=word.evidence_digest if word else "",
        )
        for bill in file.bills
        for word in (file.confirmations.get(bill.id),)
    )


def signers(file: CaseFile) -> list[Signer]:
    found = []
    for one in file.signatories:
        seal = one.kind == "organisation"
        known = file.assertions.get(one.id)
        name = one.organisation or mask_name(one.name)
        if one.organisation and not seal:
            name = f"{one.organisation}（{mask_name(one.name)}）"
        found.append(
            Signer(
                name=name,
                identified="单位电子印章" if seal else f"{known.provider}（{known.method}）" if known else "未核验",
                identified_at=known.verified_at if known else None,
                signed_at=one.signed_at,
                state="已签署" if one.status == "signed" else "未签署",
                tone="success" if one.status == "signed" else "danger",
            )
        )
    return found


def timeline(file: CaseFile, names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "at": one.at,
            "title": ACTION_WORDS[Action(one.action)],
            "text": without_names(one.note, names) if one.note != ACTION_WORDS[Action(one.action)] else "",
            "who": "系统" if one.actor_kind == ActorKind.SYSTEM else one.actor_name,
            "tone": _ACTION_TONES.get(Action(one.action), "info"),
        }
        for one in reversed(file.actions)
    ]
