"""Side by side (并联办理): what a case asks of tax bureau, housing department and treasury, and their answers.

    accept → ask_all → [job `registration.ask_outside` sends] → [signed callback] → receive → the case goes on

A case that ends meanwhile drops its questions: an answer that comes after that is kept as late and moves nothing but
the fee, which goes back.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from integrations.counterparties import Counterparty
from integrations.gateway import CaseAnswer
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.money import yuan
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from yiti.cases import service as cases
from yiti.cases.configuration import settings_of
from yiti.cases.facts import OutsideFact
from yiti.cases.lifecycle import STATUS_WORDS, Which
from yiti.cases.models import Case
from yiti.journeys.registration import refunds
from yiti.journeys.registration.errors import RequestAnswered, RequestUnknown
from yiti.journeys.registration.facts import answered_later, needs
from yiti.journeys.registration.fees import fee_fen, tariff
from yiti.journeys.registration.models import CaseRequest
from yiti.journeys.registration.units import units_of

ASKED: Final[tuple[Which, ...]] = ("tax", "housing", "fee")
ASKED_OF: Final[dict[Which, Counterparty]] = {
    "tax": Counterparty.TAX,
    "housing": Counterparty.HOUSING,
    "fee": Counterparty.TREASURY,
}
WHICH_WORDS: Final[dict[str, str]] = {"tax": "税务核税", "housing": "维修资金核验", "fee": "登记费缴纳"}
STATE_WORDS: Final[dict[str, str]] = {
    "requested": "等待结果",
    "clear": "已缴清",
    "exempt": "无需缴纳",
    "refused": "未通过",
    "dropped": "已终止",
    "late": "业务终止后收到，不再采用",
}
_PREFIX = {"tax": "SW", "housing": "WX", "fee": "SF"}
_ANSWERED = ("clear", "exempt", "refused")


async def ask_all(tx: WriteSession, case: Case) -> None:
    """Ask everybody from whom the case wants an answer and has none, all at once."""
    wanted, known = needs(case), cases.outside_of(case)
    for which in ASKED:
        if which in wanted and which not in known:
            await ask(tx, system_actor(tx.tenant), case, which)


async def ask(tx: WriteSession, actor: Actor, case: Case, which: Which) -> CaseRequest:
    """Ask one of them, also again after a refusal. The case is locked; `ActionRefused` while an answer is awaited."""
    day = today()
    serial = await next_number(tx, f"case_request.{which}", day.year)
    request = CaseRequest(
        case_id=case.id,
        which=which,
        request_no=f"{_PREFIX[which]}{tx.tenant}{day.year}{serial:06d}",
        amount_fen=await due_fen(tx, case) if which == "fee" else 0,
        asked_at=now(),
    )
    await cases.ask(tx, actor, case, which)
    if which == "fee":
        await refunds.order_back(tx, case, "原缴款未予采用，重新通知缴费")
    tx.add(request)
    await tx.flush()
    await emit(
        tx, "registration.ask_outside", {"request_id": str(request.id)}, key=f"registration.ask_outside:{request.id}"
    )
    return request


async def due_fen(reader: ReadSession, case: Case) -> int:
    """The registration fee of the whole case: per business and unit, by the unit's usage; 分."""
    prices = await tariff(reader, today())
    application, settings = cases.application_of(case), settings_of(case)
    usages = {unit.id: unit.usage for unit in await units_of(reader, application.unit_ids)}
    return sum(
        fee_fen(settings[part.business].fee, usages[unit_id], prices)
        for part in application.parts
        for unit_id in part.unit_ids
    )


async def receive(tx: WriteSession, counterparty: str, answer: CaseAnswer) -> tuple[str, Case]:
    """Take a verified answer into its case: `answered`, or `late` when the case has ended. Harmless to repeat.

    Raises RequestUnknown, and RequestAnswered for a second, different answer.
    """
    request = await _find(tx, answer.request_no)
    if ASKED_OF[_which(request)] != counterparty:
        raise RequestUnknown
    case = await cases.locked(tx, request.case_id)
    await tx.refresh(request, with_for_update=True)
    if request.state in _ANSWERED:
        if (request.state, request.reference) != (answer.state, answer.reference):
            raise RequestAnswered
        return "answered", case
    if request.state == "late":
        if (request.reference, request.amount_fen) != (answer.reference, answer.amount_fen):
            raise RequestAnswered
        return "late", case
    due = request.amount_fen
    request.reference, request.words = answer.reference, answer.words
    request.amount_fen, request.answered_at = answer.amount_fen, now()
    request.answered_by, request.evidence_digest = Counterparty(counterparty).words, answer.evidence_digest
    request.evidence_bytes = answer.evidence_bytes
    request.verified = True
    if request.state == "dropped":
        request.state = "late"
        await refunds.order_back(tx, case, f"业务件{STATUS_WORDS[case.standing.status]}")
        audit(tx, system_actor(tx.tenant), "case.late_answer", f"case:{case.id}", {"request_no": request.request_no})
        return "late", case
    fact = OutsideFact(
        state=answer.state, reference=answer.reference, words=answer.words or STATE_WORDS[answer.state], verified=True
    )
    if request.which == "fee" and answer.state == "clear" and answer.amount_fen != due:
        words = f"应缴{yuan(due)}元，实缴{yuan(answer.amount_fen)}元，金额不符"
        fact = OutsideFact(state="refused", reference=answer.reference, words=words, verified=True)
    await _settle(tx, system_actor(tx.tenant), case, request, fact)
    return "answered", case


async def enter_by_hand(
    tx: WriteSession, actor: Actor, case: Case, which: Which, *, state: str, reference: str, words: str
) -> None:
    """The clerk enters the answer from a paper (完税证明 and the like): never counted as verified by a machine."""
    if state not in _ANSWERED:
        raise Invalid("请选择核验结果", field="state")
    if state != "refused" and not reference.strip():
        raise Invalid("请填写凭证号码", field="reference")
    wanted = select(CaseRequest).where(
        CaseRequest.case_id == case.id, CaseRequest.which == which, CaseRequest.state == "requested"
    )
    request = await tx.scalar(wanted.with_for_update())
    if request is None:
        raise RequestUnknown
    request.reference, request.words, request.answered_at = reference.strip(), words.strip(), now()
    request.answered_by = actor.name
    fact = OutsideFact(state=state, reference=reference.strip(), words=words.strip() or STATE_WORDS[state])  # type: ignore[arg-type]  # checked above
    await _settle(tx, actor, case, request, fact)


async def _settle(tx: WriteSession, actor: Actor, case: Case, request: CaseRequest, fact: OutsideFact) -> None:
    request.state, request.words = fact.state, fact.words
    await cases.answer(tx, actor, case, _which(request), fact)
    if fact.verified and fact.state != "refused" and request.evidence_digest:
        await _lay_evidence(tx, actor, case, request, fact)


async def _lay_evidence(tx: WriteSession, actor: Actor, case: Case, request: CaseRequest, fact: OutsideFact) -> None:
    """The signed answer is the material (完税凭证, 维修资金证明): nobody is asked for a paper that says the same."""
    code = next((code for code, which in answered_later(case).items() if which == request.which), None)
    if code is not None and request.evidence_digest is not None:
        await cases.add_material(
            tx, actor, case, code=code, file_name=f"{WHICH_WORDS[request.which]}（签名报文）.jws",
            media_type="application/jose", size=request.evidence_bytes, digest=request.evidence_digest,
            source=request.which, verified=True, reference=fact.reference,
        )  # fmt: skip


async def drop(tx: WriteSession, case: Case) -> None:
    """The case has ended: nobody waits for these answers any more."""
    wanted = select(CaseRequest).where(CaseRequest.case_id == case.id, CaseRequest.state == "requested")
    for request in await tx.scalars(wanted.with_for_update()):
        request.state = "dropped"
    await tx.flush()


async def of_case(reader: ReadSession, case_id: UUID) -> list[CaseRequest]:
    """All requests of a case, oldest first."""
    wanted = select(CaseRequest).where(CaseRequest.case_id == case_id).order_by(CaseRequest.id)
    return list(await reader.scalars(wanted))


async def _find(tx: WriteSession, request_no: str) -> CaseRequest:
    request = await tx.scalar(select(CaseRequest).where(CaseRequest.request_no == request_no))
    if request is None:
        raise RequestUnknown
    return request


def _which(request: CaseRequest) -> Which:
    return next(one for one in ASKED if one == request.which)
