"""Side by side (并联办理): what a case asks of tax bureau, housing department and treasury.

    accept → ask_all → [job `registration.ask_outside` sends] → [signed callback] → `answers` → the case goes on

Where the county collects by one code, nobody is asked for the fee: it is a line of the case's bill (`collecting`).
"""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from escrow import collection
from escrow.collection.models import BillState
from integrations.counterparties import Counterparty
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from yiti.cases import service as cases
from yiti.cases.facts import OutsideFact
from yiti.cases.lifecycle import Which
from yiti.cases.models import Case
from yiti.journeys.registration import collecting, fees, refunds
from yiti.journeys.registration.facts import needs
from yiti.journeys.registration.fee_schedule import FeeLine
from yiti.journeys.registration.models import CaseRequest

ASKED: Final[tuple[Which, ...]] = ("tax", "housing", "fee")
ASKED_OF: Final[dict[Which, Counterparty]] = {
    "tax": Counterparty.TAX,
    "housing": Counterparty.HOUSING,
    "fee": Counterparty.TREASURY,
}
WHICH_WORDS: Final[dict[str, str]] = {"tax": "税务核税", "housing": "维修资金核验", "fee": "登记费缴纳"}
STATE_WORDS: Final[dict[str, str]] = {
    "requested": "等待结果",
    "assessed": "已核定，待一码缴款",
    "clear": "已缴清",
    "exempt": "无需缴纳",
    "refused": "未通过",
    "dropped": "已终止",
    "late": "业务终止后收到，不再采用",
}
_PREFIX = {"tax": "SW", "housing": "WX", "fee": "SF"}


async def ask_all(tx: WriteSession, case: Case) -> None:
    """Ask everybody from whom the case wants an answer and has none, all at once."""
    wanted, known = needs(case), cases.outside_of(case)
    actor = system_actor(tx.tenant)
    for which in ASKED:
        if which in wanted and which not in known:
            await _ask(tx, actor, case, which)
    await collecting.rebill(tx, actor, case)


async def ask(tx: WriteSession, actor: Actor, case: Case, which: Which) -> None:
    """Ask one of them, also again after a refusal. The case is locked; `ActionRefused` while an answer is awaited.

    What a one-code bill has paid is paid anew as a whole: the bill goes back, and all that it paid is asked again.
    """
    again = await _unpaid(tx, actor, case, which)
    await _ask(tx, actor, case, which)
    for other in again:
        await _ask(tx, actor, case, other)
    await collecting.rebill(tx, actor, case)


async def _unpaid(tx: WriteSession, actor: Actor, case: Case, which: Which) -> list[Which]:
    bill = await collection.live_bill(tx, case.id)
    if bill is None or bill.state != BillState.PAID:
        return []
    paid = [which_of(one) for one in await of_case(tx, case.id) if one.bill_id == bill.id]
    if which == "housing" and which not in paid:
        return []
    await collection.send_back(tx, actor, case.id, "重新核定应缴内容，原账单退回")
    return [one for one in paid if one != which]


async def _ask(tx: WriteSession, actor: Actor, case: Case, which: Which) -> None:
    await cases.ask(tx, actor, case, which)
    if which == "fee":
        await refunds.order_back(tx, case, "原缴款未予采用，重新通知缴费")
        await _bill_fee(tx, actor, case)
    else:
        await _send(tx, await _request(tx, case, which, 0))


async def _bill_fee(tx: WriteSession, actor: Actor, case: Case) -> None:
    """Ask for the fee at the treasury, or by the case's one-code bill; where nothing is due, that is the answer."""
    lines = await fees.fee_lines(tx, case, today())
    due = sum(line.due_fen for line in lines)
    request = await _request(tx, case, "fee", due)
    if not due:
        await _exempt(tx, actor, case, request, lines)
    elif not await collecting.by_one_code(tx):
        await _send(tx, request)


async def _exempt(tx: WriteSession, actor: Actor, case: Case, request: CaseRequest, lines: tuple[FeeLine, ...]) -> None:
    """Free by what a clerk has claimed: a person's word, so that the decision shows it and nobody is quicker."""
    claims = await fees.claims_of(tx, case.id)
    words = "；".join([f"{one.title}（{one.evidence}）" for one in claims] or [line.words for line in lines])[:500]
    request.state, request.words, request.answered_at = "exempt", words, now()
    request.answered_by = claims[-1].claimed_by if claims else actor.name
    fact = OutsideFact(state="exempt", words=words, verified=not claims)
    await cases.answer(tx, system_actor(tx.tenant), case, "fee", fact)


async def fee_changed(tx: WriteSession, actor: Actor, case: Case) -> None:
    """An exemption was claimed or withdrawn: an unpaid or exempt fee is asked for anew. The case is locked."""
    wanted = select(CaseRequest).where(CaseRequest.case_id == case.id, CaseRequest.which == "fee")
    open_ = await tx.scalar(wanted.where(CaseRequest.state == "requested").with_for_update())
    fact = cases.outside_of(case).get("fee")
    if open_ is None and fact is not None and fact.state == "exempt":
        await _ask(tx, actor, case, "fee")
        await collecting.rebill(tx, actor, case)
    if open_ is None:
        return
    # Paid all the same it comes back as late, and is refunded.
    open_.state = "dropped"
    await tx.flush()
    await _bill_fee(tx, actor, case)
    await collecting.rebill(tx, actor, case)


async def _request(tx: WriteSession, case: Case, which: Which, due_fen: int) -> CaseRequest:
    day = today()
    serial = await next_number(tx, f"case_request.{which}", day.year)
    request = CaseRequest(
        case_id=case.id,
        which=which,
        request_no=f"{_PREFIX[which]}{tx.tenant}{day.year}{serial:06d}",
        amount_fen=due_fen,
        asked_at=now(),
    )
    tx.add(request)
    await tx.flush()
    return request


async def _send(tx: WriteSession, request: CaseRequest) -> None:
    key = f"registration.ask_outside:{request.id}"
    await emit(tx, "registration.ask_outside", {"request_id": str(request.id)}, key=key)


async def drop(tx: WriteSession, case: Case) -> None:
    """The case has ended: nobody waits for these answers any more."""
    wanted = select(CaseRequest).where(CaseRequest.case_id == case.id, CaseRequest.state.in_(collecting.OPEN))
    for request in await tx.scalars(wanted.with_for_update()):
        request.state = "dropped"
    await tx.flush()


async def of_case(reader: ReadSession, case_id: UUID) -> list[CaseRequest]:
    """All requests of a case, oldest first."""
    wanted = select(CaseRequest).where(CaseRequest.case_id == case_id).order_by(CaseRequest.id)
    return list(await reader.scalars(wanted))


def which_of(request: CaseRequest) -> Which:
    """Whom it asks."""
    return next(one for one in ASKED if one == request.which)
