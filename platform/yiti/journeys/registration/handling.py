"""While a case is under way: opinions, decision, public notice, answers from outside; then handing over."""

from uuid import UUID

from sqlalchemy import select

from escrow import collection
from escrow.collection.models import BillState
from integrations.gateway import CaseAnswer
from kernel.clock import now, today
from kernel.db import WriteSession
from kernel.errors import Conflict, Invalid
from kernel.permissions import Actor
from kernel.working_time import WorkCalendar
from yiti.cases import service as cases
from yiti.cases.findings import Finding
from yiti.cases.lifecycle import CaseStatus, Which
from yiti.cases.models import Case
from yiti.cases.service import HandOver
from yiti.certificates import service as certificates
from yiti.certificates.models import CANCELLED, ISSUED
from yiti.journeys.registration import answers, correspondence, deciding, fees, outside, refunds
from yiti.journeys.registration.access import locked
from yiti.journeys.registration.ending import ended_unbooked, order_archive
from yiti.journeys.registration.errors import PaidByOneCode
from yiti.journeys.registration.facts import notice_days
from yiti.journeys.registration.models import PublicNotice


async def review(tx: WriteSession, actor: Actor, case_id: UUID, opinion: str, version: int | None = None) -> Case:
    """An opinion for booking: 初审, 复审; the last level approves and books at once.

    `Blocked` while something stands in the way, `BookingRefused` when the book itself says no: nothing is done then.
    """
    case = await locked(tx, actor, case_id, version)
    if case.review_level < case.review_levels - 1:
        await cases.review(tx, actor, case, opinion)
        return case
    await deciding.approve(tx, actor, case, opinion)
    return case


async def recheck(tx: WriteSession, actor: Actor, case_id: UUID, version: int | None = None) -> tuple[Finding, ...]:
    """Run the rules on what is true now; a new receipt is kept."""
    return await deciding.recheck(tx, actor, await locked(tx, actor, case_id, version))


async def send_back(tx: WriteSession, actor: Actor, case_id: UUID, reason: str, version: int | None = None) -> Case:
    """Back to the first level of review."""
    case = await locked(tx, actor, case_id, version)
    await cases.send_back(tx, actor, case, reason)
    return case


async def refuse(
    tx: WriteSession, actor: Actor, case_id: UUID, reason: str, basis: str = "", version: int | None = None
) -> Case:
    """不予登记 (条例 art. 22): in writing, with its legal basis and the remedies; the applicants are told."""
    case = await locked(tx, actor, case_id, version)
    await cases.refuse(tx, actor, case, reason)
    await correspondence.refusal(tx, actor, case, reason, basis)
    await correspondence.tell(tx, case, "refused")
    await ended_unbooked(tx, case)
    return case


async def publish(
    tx: WriteSession, actor: Actor, case_id: UUID, *, matter: str, where: str, version: int | None = None
) -> PublicNotice:
    """公告: at least the working days of the business; the letter is written, the clock stands still."""
    case = await locked(tx, actor, case_id, version)
    days = notice_days(case)
    if not days:
        raise Invalid("该业务不需要公告")
    ends_on = WorkCalendar().add_working_days(today(), days)
    await cases.publish(tx, actor, case, ends_on=ends_on, where=where)
    letter_id = await correspondence.public_notice(tx, actor, case, matter, ends_on)
    notice = PublicNotice(case_id=case.id, starts_on=today(), ends_on=ends_on, letter_id=letter_id)
    tx.add(notice)
    await tx.flush()
    return notice


async def end_publication(
    tx: WriteSession, actor: Actor, case_id: UUID, result: str, version: int | None = None
) -> Case:
    """The last day of the public notice has passed; `result` says whether anybody objected."""
    case = await locked(tx, actor, case_id, version)
    wanted = select(PublicNotice).where(PublicNotice.case_id == case.id, PublicNotice.ended_at.is_(None))
    notice = await tx.scalar(wanted.with_for_update())
    if notice is not None and today() <= notice.ends_on:
        raise Conflict(f"公告期至{notice.ends_on:%Y年%m月%d日}届满，尚不能结束")
    await cases.end_publication(tx, actor, case, result)
    if notice is not None:
        notice.ended_at, notice.outcome = now(), result
    await deciding.soon(tx, case)
    return case


async def ask_again(tx: WriteSession, actor: Actor, case_id: UUID, which: Which, version: int | None = None) -> Case:
    """Ask tax, housing or treasury once more, after a refusal or a change of the application."""
    case = await locked(tx, actor, case_id, version)
    await outside.ask(tx, actor, case, which)
    return case


async def enter_answer(
    tx: WriteSession, actor: Actor, case_id: UUID, which: Which, *, state: str, reference: str, words: str = "",
    version: int | None = None,
) -> Case:  # fmt: skip
    """The clerk enters an answer from a paper, where nobody is connected."""
    case = await locked(tx, actor, case_id, version)
    await answers.enter_by_hand(tx, actor, case, which, state=state, reference=reference, words=words)
    await deciding.soon(tx, case)
    return case


async def receive(tx: WriteSession, counterparty: str, answer: CaseAnswer) -> str:
    """A verified answer from outside; the case goes on by itself where it can. `answered`, `late` or `refund`."""
    if await refunds.receive(tx, counterparty, answer):
        return "refund"
    result, case = await answers.receive(tx, counterparty, answer)
    if result == "answered":
        await deciding.soon(tx, case)
    return result


async def claim_exemption(
    tx: WriteSession, actor: Actor, case_id: UUID, code: str, evidence: str, version: int | None = None
) -> Case:
    """登记费减免: the clerk says that an exemption applies and on what evidence; an unpaid fee is asked for anew."""
    case = await _with_a_fee(tx, actor, case_id, version)
    await fees.claim(tx, actor, case, code, evidence, today())
    await outside.fee_changed(tx, actor, case)
    await deciding.soon(tx, case)
    return case


async def withdraw_exemption(
    tx: WriteSession, actor: Actor, case_id: UUID, code: str, version: int | None = None
) -> Case:
    """It does not apply after all. What it has freed already is asked for by `ask_again`."""
    case = await _with_a_fee(tx, actor, case_id, version)
    await fees.withdraw_claim(tx, actor, case, code)
    await outside.fee_changed(tx, actor, case)
    return case


async def _with_a_fee(tx: WriteSession, actor: Actor, case_id: UUID, version: int | None) -> Case:
    case = await locked(tx, actor, case_id, version)
    if case.status not in (CaseStatus.SUBMITTED, CaseStatus.ACCEPTED):
        raise Conflict("业务件已审核或者办结，不能再登记费用减免")
    fact = cases.outside_of(case).get("fee")
    if fact is not None and fact.state == "clear":
        raise Conflict("登记费已缴清，需要减免的请先退回重新提请缴费")
    bill = await collection.live_bill(tx, case.id)
    if bill is not None and bill.state != BillState.OPEN:
        raise PaidByOneCode
    return case


async def issue(tx: WriteSession, actor: Actor, case_id: UUID, version: int | None = None) -> Case:
    """缮证: note that the case's certificates have been sealed. `Conflict` while one is still being made."""
    case = await locked(tx, actor, case_id, version)
    made = [one for one in await certificates.of_case(tx, case.id) if one.state != CANCELLED]
    if any(one.state != ISSUED for one in made):
        raise Conflict("电子证照正在制作，请稍候")
    await cases.issue(tx, actor, case, tuple(one.number for one in made))
    return case


async def hand_over(
    tx: WriteSession, actor: Actor, case_id: UUID, method: HandOver, receiver: str, version: int | None = None
) -> Case:
    """发证: handed over at the window, by post or electronically; the case is closed and goes to the archive."""
    case = await locked(tx, actor, case_id, version)
    await cases.hand_over(tx, actor, case, method, receiver)
    await correspondence.hand_over(tx, actor, case, method, receiver)
    await close_locked(tx, actor, case, "已发证，办结归档")
    return case


async def close(tx: WriteSession, actor: Actor, case_id: UUID, note: str = "", version: int | None = None) -> Case:
    """Close a booked case that has nothing to hand over."""
    case = await locked(tx, actor, case_id, version)
    await close_locked(tx, actor, case, note or "登簿完成，办结归档")
    return case


async def close_locked(tx: WriteSession, actor: Actor, case: Case, note: str) -> None:
    """Close a case that the caller has locked, and order its archive."""
    await cases.close(tx, actor, case, note)
    await order_archive(tx, case)
