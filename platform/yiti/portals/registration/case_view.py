"""A case as its page shows it: personal data masked, everything in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from escrow.models import RefundState
from kernel.clock import now
from kernel.money import yuan
from kernel.permissions import Actor
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.findings import Finding, blocking, open_points, outcome_of
from yiti.cases.lifecycle import STATUS_WORDS, Action, CaseStatus, available_actions
from yiti.certificates.content import grouped_unit_code
from yiti.journeys.documents import QUESTIONS
from yiti.journeys.documents.inquiry import ANSWER_WORDS
from yiti.portals.registration import people
from yiti.portals.registration.case_file import CaseFile, Paper
from yiti.portals.registration.case_parts import (
    FindingView,
    Payment,
    ReceiptView,
    Signer,
    finding,
    names_in,
    payments,
    receipt,
    signers,
    timeline,
)
from yiti.portals.registration.certificates import PROOF_STATES
from yiti.portals.registration.queries import ENDS
from yiti.portals.registration.rules import Clock, Support, Tone, supports, worst_first
from yiti.portals.registration.worklist import STATUS_TONES, clock_of, decider
from yiti.register.kinds import SHARING_WORDS, Sharing

_PROOF_TAKES = timedelta(minutes=2)
"""After it something is stuck, and the page stops asking."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What this person may do now; drawn from `available_actions` alone."""

    approve: bool
    refuse: bool
    recheck: bool
    blocked: tuple[FindingView, ...]
    """Why approval is impossible."""
    needs_note: bool

    @property
    def any(self) -> bool:
        """Whether there is anything to decide."""
        return self.approve or self.refuse or self.recheck


@dataclass(frozen=True, slots=True)
class Head:
    """What the case is and where it stands."""

    case_id: UUID
    number: str
    business: str
    location: str
    unit_id: UUID
    waiting: bool
    status: str
    tone: Tone
    clock: Clock
    opened_at: datetime
    due_at: datetime | None
    decided_by: str
    making_proof: bool
    """Booked a moment ago: proof and archive follow within seconds."""
    proofs: tuple[tuple[str, str, str, Tone], ...]
    """Address, number, state and tone."""
    archive_no: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything that the page of a case needs."""

    head: Head
    decision: Decision
    open: tuple[FindingView, ...]
    """What a person has to look at."""
    findings: tuple[FindingView, ...]
    supports: tuple[Support, ...]
    receipts: tuple[ReceiptView, ...]
    papers: Sequence[Paper]
    answers: tuple[tuple[str, str, bool], ...]
    """Question, answer, and whether a person has to weigh it."""
    payments: tuple[Payment, ...]
    refunds: tuple[tuple[str, int, str], ...]
    parties: tuple[people.Person, ...]
    signers: tuple[Signer, ...]
    facts: tuple[tuple[str, str], ...]
    timeline: tuple[dict[str, Any], ...]


def view(file: CaseFile, actor: Actor) -> CaseView:
    """Build the page's values for this person."""
    names = names_in(file)
    latest = msgspec.convert(file.receipts[0].findings, tuple[Finding, ...]) if file.receipts else ()
    return CaseView(
        head=_head(file),
        decision=_decision(file, actor, latest, names),
        open=tuple(finding(one, names) for one in worst_first(open_points(latest))),
        findings=tuple(finding(one, names) for one in worst_first(latest)),
        supports=tuple(supports(latest)),
        receipts=tuple(receipt(one, names) for one in file.receipts),
        papers=file.papers,
        answers=_answers(file.sale.answers),
        payments=payments(file),
        refunds=tuple(
            (one.refund_no, one.amount_fen, "银行已退回" if one.state == RefundState.CONFIRMED else "已通知银行退款")
            for one in file.refunds
        ),
        parties=(*(people.buyer(one) for one in file.content.buyers), people.seller(file.content.seller)),
        signers=tuple(signers(file)),
        facts=_facts(file),
        timeline=tuple(timeline(file, names)),
    )


def _head(file: CaseFile) -> Head:
    case, ending = file.case, next((one for one in reversed(file.actions) if one.action in ENDS), None)
    just_booked = case.status == CaseStatus.BOOKED and ending is not None and now() - ending.at < _PROOF_TAKES
    return Head(
        case_id=case.id,
        number=case.number,
        business=CATALOGUE[case.business].name,
        location=case.location,
        unit_id=file.sale.unit_id,
        waiting=case.status == CaseStatus.ACCEPTED,
        status=STATUS_WORDS[case.status],
        tone=STATUS_TONES[case.status],
        clock=clock_of(case, ending, now()),
        opened_at=case.opened_at,
        due_at=case.due_at,
        decided_by=decider(ending),
        making_proof=just_booked,
        proofs=tuple(
            (f"/registration/certificates/{one.id}", one.number, *PROOF_STATES[one.state]) for one in file.proofs
        ),
        archive_no=file.archive_no,
    )


def _decision(file: CaseFile, actor: Actor, latest: tuple[Finding, ...], names: Sequence[str]) -> Decision:
    possible = available_actions(file.case.standing, actor)
    stopped = blocking(latest)
    return Decision(
        approve=Action.APPROVE in possible and not stopped,
        refuse=Action.REFUSE in possible,
        recheck=Action.RECHECK in possible,
        blocked=tuple(finding(one, names) for one in stopped) if Action.APPROVE in possible else (),
        needs_note=outcome_of(latest) == "refer",
    )


def _answers(answers: Mapping[str, str]) -> tuple[tuple[str, str, bool], ...]:
    return tuple(
        (one.text, ANSWER_WORDS[answers[one.key]].rstrip("。"), answers[one.key] != one.clear)
        for one in QUESTIONS
        if one.key in answers
    )


def _facts(file: CaseFile) -> tuple[tuple[str, str], ...]:
    unit, content = file.unit, file.content
    return (
        ("坐落", unit.location),
        ("不动产单元号", grouped_unit_code(unit.code)),
        ("规划用途", unit.usage),
        ("建筑面积", f"{unit.building_area} ㎡（套内 {unit.inner_area} ㎡）"),
        ("合同备案号", file.contract.filing_no or ""),
        ("预售许可证", content.home.presale_permit_no),
        ("成交价格", f"{yuan(content.price_fen)} 元" if content.price_fen else ""),
        ("共有方式", SHARING_WORDS[Sharing(content.ownership)] if content.ownership else ""),
        ("询问人", file.sale.inquirer),
    )
