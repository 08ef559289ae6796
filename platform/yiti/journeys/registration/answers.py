"""What tax bureau, housing department, treasury and the payers of one-code bills answer, taken into the case.

A case that ended meanwhile has dropped its questions: an answer that comes after that is kept as late and moves
nothing but the money, which goes back.
"""

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from escrow import collection
from escrow.collection.models import BillState, CollectionBill, CollectionLine, LineKind
from integrations.counterparties import Counterparty
from integrations.gateway import CaseAnswer
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.money import yuan
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from yiti.cases import service as cases
from yiti.cases.facts import OutsideFact
from yiti.cases.lifecycle import STATUS_WORDS, Which
from yiti.cases.models import Case
from yiti.journeys.registration import collecting, refunds
from yiti.journeys.registration.errors import NoOneCode, PaidByOneCode, RequestAnswered, RequestUnknown
from yiti.journeys.registration.facts import answered_later
from yiti.journeys.registration.models import CaseRequest
from yiti.journeys.registration.outside import ASKED_OF, STATE_WORDS, WHICH_WORDS, which_of


class Evidence(NamedTuple):
    """A signed message as it is kept: the blob's digest and its size."""

    digest: str
    size: int


_ANSWERED: Final = ("clear", "exempt", "refused")


async def receive(tx: WriteSession, counterparty: str, answer: CaseAnswer) -> tuple[str, Case]:
    """Take a verified answer into its case: `answered`, or `late` when the case has ended. Harmless to repeat.

    Raises RequestUnknown, RequestAnswered for a second, different answer, and NoOneCode.
    """
    request = await _find(tx, answer.request_no)
    if ASKED_OF[which_of(request)] != counterparty:
        raise RequestUnknown
    case = await cases.locked(tx, request.case_id)
    await tx.refresh(request, with_for_update=True)
    if (before := _told_before(request, answer)) is not None:
        return before, case
    if request.state in collecting.OPEN and await _is_paid(tx, case, which_of(request)):
        raise RequestAnswered
    if answer.state == "assessed":
        await _assess(tx, case, request, answer)
        return "answered", case
    due = request.amount_fen
    _take_down(request, counterparty, answer)
    if request.state == "dropped":
        await _late(tx, case, request)
        return "late", case
    fact = OutsideFact(
        state=answer.state, reference=answer.reference, words=answer.words or STATE_WORDS[answer.state], verified=True
    )
    if request.which == "fee" and answer.state == "clear" and answer.amount_fen != due:
        words = f"应缴{yuan(due)}元，实缴{yuan(answer.amount_fen)}元，金额不符"
        fact = OutsideFact(state="refused", reference=answer.reference, words=words, verified=True)
    await _settle(tx, system_actor(tx.tenant), case, request, fact)
    await collecting.rebill(tx, system_actor(tx.tenant), case)
    return "answered", case


def _told_before(request: CaseRequest, answer: CaseAnswer) -> str | None:
    """What was made of it the first time; None when it is news. Raises RequestAnswered where it says otherwise now."""
    if request.state in _ANSWERED:
        if (request.state, request.reference) != (answer.state, answer.reference):
            raise RequestAnswered
        return "answered"
    if request.state == "late" and (request.reference, request.amount_fen) != (answer.reference, answer.amount_fen):
        raise RequestAnswered
    return "late" if request.state == "late" or (request.state, answer.state) == ("dropped", "assessed") else None


def _take_down(request: CaseRequest, counterparty: str, answer: CaseAnswer) -> None:
    request.reference, request.words = answer.reference, answer.words
    request.amount_fen, request.answered_at = answer.amount_fen, now()
    request.answered_by, request.evidence_digest = Counterparty(counterparty).words, answer.evidence_digest
    request.evidence_bytes = answer.evidence_bytes
    request.verified = True


async def _late(tx: WriteSession, case: Case, request: CaseRequest) -> None:
    request.state = "late"
    words = STATUS_WORDS[case.standing.status]
    await refunds.order_back(tx, case, f"业务件{words}，该次缴款不再采用", only=request.id)
    audit(tx, system_actor(tx.tenant), "case.late_answer", f"case:{case.id}", {"request_no": request.request_no})


async def _assess(tx: WriteSession, case: Case, request: CaseRequest, answer: CaseAnswer) -> None:
    """The tax is known: it goes onto the case's bill; where nothing is left of it, that is the answer."""
    if not await collecting.by_one_code(tx):
        raise NoOneCode
    actor = system_actor(tx.tenant)
    if answer.amount_fen:
        request.state, request.reference, request.amount_fen = "assessed", answer.reference, answer.amount_fen
        request.words = answer.words
        request.assessment = collecting.assessment(answer.lines, answer.evidence_digest, answer.evidence_bytes)
        await tx.flush()
        detail = {"request_no": request.request_no, "amount_fen": answer.amount_fen}
        audit(tx, actor, "case.tax_assessed", f"case:{case.id}", detail)
    else:
        _take_down(request, Counterparty.TAX, answer)
        words = "、".join(line.basis for line in answer.lines if line.basis) or STATE_WORDS["exempt"]
        fact = OutsideFact(state="exempt", reference=answer.reference, words=words[:500], verified=True)
        await _settle(tx, actor, case, request, fact)
    await collecting.rebill(tx, actor, case)


async def assess_fund(tx: WriteSession, request_no: str, words: str, proof: Evidence) -> bool:
    """Our own book says that units owe their maintenance fund: it goes onto the case's bill.

    False where it cannot: the county does not collect by one code, the book does not know of one of the units, or
    the case's bill is paid already and without it.
    """
    request = await _find(tx, request_no)
    case = await cases.locked(tx, request.case_id)
    await tx.refresh(request, with_for_update=True)
    if request.state not in collecting.OPEN:
        return True
    bill, dues = await collection.live_bill(tx, case.id), await collecting.fund_dues(tx, case)
    if bill is not None and bill.state != BillState.OPEN:
        return await _is_paid(tx, case, "housing")  # then it is taken in by `settle_paid`
    if not dues or not await collecting.by_one_code(tx):
        return False
    actor = system_actor(tx.tenant)
    request.state, request.words = "assessed", words
    request.amount_fen = sum(one.amount_fen for one in dues)
    request.assessment = collecting.assessment((), *proof)
    await tx.flush()
    detail = {"request_no": request_no, "amount_fen": request.amount_fen}
    audit(tx, actor, "case.fund_assessed", f"case:{case.id}", detail)
    await collecting.rebill(tx, actor, case)
    return True


async def ask_after_all(tx: WriteSession, request_no: str) -> None:
    """Our own book does not know any more what a unit owes (a receipt was taken back): the department is asked."""
    request = await _find(tx, request_no)
    case = await cases.locked(tx, request.case_id)
    await tx.refresh(request, with_for_update=True)
    if request.state != "assessed":
        return
    request.state, request.amount_fen = "requested", 0
    await tx.flush()
    key = f"registration.ask_outside:{request.id}:{now().isoformat()}"
    await emit(tx, "registration.ask_outside", {"request_id": str(request.id)}, key=key)
    await collecting.rebill(tx, system_actor(tx.tenant), case)


async def enter_by_hand(
    tx: WriteSession, actor: Actor, case: Case, which: Which, *, state: str, reference: str, words: str
) -> None:
    """The clerk enters the answer from a paper (完税证明 and the like): never counted as verified by a machine.

    Raises PaidByOneCode where the case's bill has been paid just now.
    """
    if state not in _ANSWERED:
        raise Invalid("请选择核验结果", field="state")
    if state != "refused" and not reference.strip():
        raise Invalid("请填写凭证号码", field="reference")
    wanted = select(CaseRequest).where(CaseRequest.case_id == case.id, CaseRequest.which == which)
    request = await tx.scalar(wanted.where(CaseRequest.state.in_(collecting.OPEN)).with_for_update())
    if request is None:
        raise RequestUnknown
    if await _is_paid(tx, case, which):
        raise PaidByOneCode
    request.reference, request.words, request.answered_at = reference.strip(), words.strip(), now()
    request.answered_by = actor.name
    fact = OutsideFact(state=state, reference=reference.strip(), words=words.strip() or STATE_WORDS[state])  # type: ignore[arg-type]  # checked above
    await _settle(tx, actor, case, request, fact)
    await collecting.rebill(tx, actor, case)


async def settle_paid(tx: WriteSession, bill_id: UUID, of_fund: Evidence | None = None) -> Case | None:
    """A one-code bill is paid: what it paid is clear, with the channel's signed word as evidence, and with `of_fund`
    for the maintenance fund on it. The case, locked.

    None when nothing follows for the case: the bill has gone back meanwhile, or it goes back now because the case has
    ended or owes something else.
    """
    actor = system_actor(tx.tenant)
    case = await cases.locked(tx, (await collection.bill(tx, bill_id)).case_id)
    bill = await collection.locked_bill(tx, CollectionBill.id == bill_id)
    if bill.state != BillState.PAID:
        return None
    wanted = select(CaseRequest).where(CaseRequest.case_id == case.id)
    if await tx.scalar(wanted.where(CaseRequest.bill_id == bill.id).limit(1)) is not None:
        return None  # the event came again
    open_ = list(await tx.scalars(wanted.where(CaseRequest.state.in_(collecting.OPEN)).with_for_update()))
    lines = await collection.lines_of(tx, bill.id)
    if [_content(line) for line in lines] != [_asked(line) for line in await collecting.owed(tx, case)]:
        await collection.send_back(tx, actor, case.id, "应缴内容已变化，或者业务件已终止")
        if open_:
            await collecting.rebill(tx, actor, case)
        return None
    payment = await collection.payment_of(tx, bill.id)
    told = Evidence(payment.evidence_digest, payment.evidence_bytes)
    for request in open_:
        proof = of_fund if request.which == "housing" else told
        if proof is None:
            continue
        if request.which == "housing":
            request.amount_fen = sum(line.amount_fen for line in lines if line.kind == LineKind.MAINTENANCE_FUND)
        await _settle_by_bill(tx, actor, case, request, bill, proof)
    return case


async def _settle_by_bill(
    tx: WriteSession, actor: Actor, case: Case, request: CaseRequest, bill: CollectionBill, proof: Evidence
) -> None:
    request.bill_id, request.reference, request.answered_at = bill.id, bill.bill_no, now()
    request.answered_by, request.verified = Counterparty.PAYMENT_CHANNEL.words, True
    request.evidence_digest, request.evidence_bytes = proof
    words = f"一码付缴清{yuan(request.amount_fen)}元，账单号{bill.bill_no}"
    fact = OutsideFact(state="clear", reference=bill.bill_no, words=words, verified=True)
    await _settle(tx, actor, case, request, fact)


def _content(line: CollectionLine) -> tuple[object, ...]:
    return str(line.kind), line.amount_fen, line.exempt_fen, line.authority, line.unit_id


def _asked(line: collection.NewLine) -> tuple[object, ...]:
    unit_id = line.fund.unit_id if line.fund else None
    return str(line.kind), line.amount_fen, line.exempt_fen, line.authority, unit_id


async def _is_paid(reader: ReadSession, case: Case, which: Which) -> bool:
    """Whether a bill is paid and has not been taken into the case yet: then nobody answers otherwise."""
    bill = await collection.live_bill(reader, case.id)
    if bill is None or bill.state == BillState.OPEN:
        return False
    lines = await collection.lines_of(reader, bill.id)
    return which != "housing" or any(line.kind == LineKind.MAINTENANCE_FUND for line in lines)


async def _settle(tx: WriteSession, actor: Actor, case: Case, request: CaseRequest, fact: OutsideFact) -> None:
    request.state, request.words = fact.state, fact.words
    await tx.flush()
    await cases.answer(tx, actor, case, which_of(request), fact)
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


async def _find(tx: WriteSession, request_no: str) -> CaseRequest:
    request = await tx.scalar(select(CaseRequest).where(CaseRequest.request_no == request_no))
    if request is None:
        raise RequestUnknown
    return request
