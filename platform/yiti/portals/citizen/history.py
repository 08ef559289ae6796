"""What happened to a sale, newest first, in words for its buyers: contract, money, signatures, case, proof."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from contracts.models import ContractEvent
from escrow.models import Bill, Refund
from kernel.money import yuan
from kernel.permissions import ActorKind
from kernel.pii import mask_name
from signing.models import CeremonySignatory
from yiti.cases.findings import Finding, Level, open_points
from yiti.cases.lifecycle import ACTION_WORDS, Action
from yiti.cases.models import CaseAction, DecisionReceipt
from yiti.certificates.models import Certificate
from yiti.journeys.sale.telling import bill_title

_CONTRACT = {
    "frozen": ("合同定稿", "neutral"),
    "reopened": ("合同退回修改", "warning"),
    "signing_begun": ("合同提交签署", "neutral"),
    "signing_ended": ("签署停止，已签的名作废", "warning"),
    "filed": ("合同网签备案", "success"),
    "abandoned": ("合同作废", "neutral"),
    "cancellation_requested": ("申请注销合同备案", "warning"),
    "cancellation_agreed": ("同意注销合同备案", "warning"),
    "cancellation_withdrawn": ("注销申请被撤回", "neutral"),
    "cancelled": ("合同备案注销", "danger"),
}
"""What of a contract's history a buyer is told; the rest is the sales office's typing."""
_CASE_TONES = {Action.BOOK: "success", Action.CLOSE: "success", Action.APPROVE: "success", Action.REFUSE: "danger"}
_SYSTEM = "系统自动办理"


@dataclass(frozen=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    title: str
    text: str = ""
    who: str = ""
    tone: str = "neutral"


def newest_first(*groups: Iterable[Happening]) -> list[Happening]:
    """One timeline of all; at the same moment, what stands in a later group happened later."""
    everything = sorted((one for group in groups for one in group), key=lambda one: one.at)
    return everything[::-1]


def of_contract(events: Sequence[ContractEvent], parties: Mapping[str, str]) -> Iterator[Happening]:
    """`parties`: who `seller`, `buyer-1` … are, in words."""
    for event in events:
        if event.action in _CONTRACT:
            title, tone = _CONTRACT[event.action]
            party = str(event.detail.get("party", ""))
            text = f"备案号 {event.detail['filing_no']}" if event.action == "filed" else ""
            yield Happening(event.created_at, title, text, parties.get(party, ""), tone)


def of_money(bills: Sequence[Bill], refunds: Sequence[Refund]) -> Iterator[Happening]:
    """Payment notices, their confirmation by the bank, and refunds."""
    titles = {bill.id: bill_title(bill) for bill in bills}
    for bill in bills:
        text = f"{yuan(bill.amount_fen)} 元，通知书号 {bill.notice_no}"
        notice = "放款通知书" if bill.loan_part else "缴款通知书"
        yield Happening(bill.created_at, f"发出{notice}：{titles[bill.id]}", text)
        if bill.confirmed_at is not None:
            text = f"{yuan(bill.amount_fen)} 元，{bill.bank_name}确认"
            yield Happening(bill.confirmed_at, f"已到账：{titles[bill.id]}", text, tone="success")
    lent = {bill.id for bill in bills if bill.loan_part}
    for refund in refunds:
        where = "退回贷款机构" if refund.bill_id in lent else "原路退回"
        text = f"{yuan(refund.amount_fen)} 元，{where}"
        yield Happening(refund.created_at, f"通知银行退款：{titles[refund.bill_id]}", text)
        if refund.confirmed_at is not None:
            yield Happening(refund.confirmed_at, f"退款已到账：{titles[refund.bill_id]}", text, tone="success")


def of_signing(signatories: Sequence[CeremonySignatory]) -> Iterator[Happening]:
    """Each signature when it was in place."""
    for one in signatories:
        if one.signed_at is not None:
            seal = one.kind == "organisation"
            who = one.organisation or mask_name(one.name)
            yield Happening(one.signed_at, "加盖电子印章" if seal else "完成签署", who=who, tone="info")


def of_case(name: str, actions: Sequence[CaseAction]) -> Iterator[Happening]:
    """The case's log; members of staff are named by their office."""
    for action in actions:
        words = ACTION_WORDS[Action(action.action)]
        text = action.note if action.note != words else ""
        who = _SYSTEM if action.actor_kind == ActorKind.SYSTEM else "不动产登记机构"
        tone = _CASE_TONES.get(Action(action.action), "neutral")
        yield Happening(action.at, f"{name}：{words}", text, who, tone)


def of_proofs(proofs: Sequence[Certificate]) -> Iterator[Happening]:
    """Each proof, sealed and perhaps cancelled."""
    for proof in proofs:
        if proof.sealed_at is not None:
            yield Happening(proof.sealed_at, "不动产登记证明签发", proof.number, tone="success")
        if proof.cancelled_at is not None:
            text = f"{proof.number}　{proof.cancel_reason or ''}".strip()
            yield Happening(proof.cancelled_at, "不动产登记证明注销", text, tone="danger")


def reasons(receipt: DecisionReceipt | None) -> list[dict[str, Any]]:
    """What a person has to look at, as the findings macro takes it."""
    if receipt is None:
        return []
    found = msgspec.convert(receipt.findings, tuple[Finding, ...])
    return [
        {"level": str(one.level), "words": f"{one.title}：{_words(one)}", "basis": one.basis}
        for one in open_points(found)
    ]


def _words(finding: Finding) -> str:
    return finding.words if finding.level is not Level.CLEAR else "须由登记人员核对"
