"""The story of a sale for its timeline: contract, money, signatures and case in one list, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

import contracts.service as contracts
import escrow.service as escrow
import signing.service as signing
from contracts.models import ContractEvent
from kernel.db import ReadSession
from kernel.permissions import ActorKind
from kernel.pii import mask_name
from signing.schemas import Ended
from yiti.accounts.models import User
from yiti.cases import service as cases
from yiti.cases.lifecycle import ACTION_WORDS, Action
from yiti.cases.models import CaseAction
from yiti.journeys.sale.papers import SUBJECT
from yiti.portals.sales_office.desk import Desk

_EVENTS = {
    "opened": ("建立合同草稿", "info"),
    "refreshed": ("更新房屋信息", "neutral"),
    "buyers_saved": ("保存买受人", "neutral"),
    "terms_saved": ("保存价款与条款", "neutral"),
    "frozen": ("定稿并发出缴款通知", "info"),
    "power_recorded": ("上传授权委托书", "neutral"),
    "reopened": ("退回修改", "warning"),
    "signing_begun": ("文书已生成，开始签署", "info"),
    "filed": ("合同备案", "success"),
    "abandoned": ("合同作废", "danger"),
    "cancellation_requested": ("申请解除合同", "warning"),
    "cancellation_agreed": ("同意解除合同", "warning"),
    "cancellation_withdrawn": ("撤回解除申请", "neutral"),
    "cancelled": ("合同注销", "danger"),
}
_CASE_TONES = {Action.BOOK: "success", Action.CLOSE: "success", Action.REFUSE: "danger", Action.WITHDRAW: "warning"}
_TOLD = frozenset({Action.REFUSE, Action.WITHDRAW, Action.CLOSE})
"""Steps of the case whose note is meant for the applicants; other notes are the office's own."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline."""

    at: datetime
    title: str
    text: str
    who: str
    tone: str


async def story(reader: ReadSession, on: Desk) -> list[Event]:
    """Everything that happened, newest first."""
    happened = await contracts.history_of(reader, on.contract.id)
    names = await _names(reader, {one.actor_id for one in happened if one.actor_id})
    # What the contract says of an ended signing is told by the signing itself, with the reason.
    events = [_contract_event(one, names) for one in happened if one.action != "signing_ended"]
    for bill in await escrow.bills_of(reader, on.contract.id):
        if bill.confirmed_at:
            title = f"{escrow.title_of(bill)}到账"
            events.append(Event(bill.confirmed_at, title, f"通知书号 {bill.notice_no}", "监管银行", "success"))
    if on.sale.ceremony_id:
        for person in await signing.signatories_of(reader, on.sale.ceremony_id):
            if person.signed_at:
                sealed = person.kind == "organisation"
                title = "加盖企业电子印章" if sealed else "买受人签署"
                who = person.organisation or mask_name(person.name)
                events.append(Event(person.signed_at, title, "", who, "success"))
    if on.sale.rounds:
        past = await signing.ended_of(reader, f"{SUBJECT}:{on.contract.id}")
        events += [Event(one.at, "签署未完成", ended_words(one), "", "danger") for one in past]
    if on.sale.case_id:
        events += [_case_event(one) for one in await cases.history(reader, on.sale.case_id)]
    return sorted(events, key=lambda event: event.at, reverse=True)


def ended_words(ended: Ended) -> str:
    """How a signing ended, with the masked name of who declined and why."""
    match ended.how:
        case "declined":
            return f"买受人{mask_name(ended.name)}不同意签署：{ended.reason}"
        case "expired":
            return "签署期限已过，没有全部签署"
    return "签署被撤销"


def _contract_event(one: ContractEvent, names: dict[UUID, str]) -> Event:
    title, tone = _EVENTS.get(one.action, (one.action, "neutral"))
    who = {ActorKind.SYSTEM: "系统", ActorKind.CITIZEN: "买受人"}.get(ActorKind(one.actor_kind), "")
    text = f"备案号 {one.detail['filing_no']}" if one.action == "filed" else ""
    return Event(one.created_at, title, text, who or (names.get(one.actor_id, "") if one.actor_id else ""), tone)


def _case_event(one: CaseAction) -> Event:
    action = Action(one.action)
    who = "系统" if one.actor_kind == ActorKind.SYSTEM else "登记机构"
    return Event(
        one.at,
        f"预告登记：{ACTION_WORDS[action]}",
        one.note if action in _TOLD else "",
        who,
        _CASE_TONES.get(action, "info"),
    )


async def _names(reader: ReadSession, ids: Iterable[UUID]) -> dict[UUID, str]:
    found = await reader.execute(select(User.id, User.display_name).where(User.id.in_(list(ids))))
    return {row.id: row.display_name for row in found}
