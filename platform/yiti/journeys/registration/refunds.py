"""The registration fee goes back when its case ends without a booking, paid before the end or after it.

    ended, asked anew, answered late → order_back → [job `registration.refund_fee` sends] → [signed callback] → receive

Every payment is ordered back at most once: its request row, read under the case's lock, has one refund.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select

from integrations.connectors import Connectors
from integrations.counterparties import Counterparty
from integrations.gateway import CaseAnswer
from integrations.treasury import FeeRefund as RefundOrder
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.numbers import next_number
from kernel.outbox import Park, emit
from kernel.permissions import system_actor
from yiti.cases import service as cases
from yiti.cases.models import Case
from yiti.journeys.registration.errors import RefundDiffers, RequestAnswered, RequestUnknown
from yiti.journeys.registration.models import CaseRequest, FeeRefund

REFUND_WORDS: Final = {"ordered": "已通知财政退费", "paid": "已退还", "refused": "财政未予退费，请核对后线下办理"}
_PAID = and_(
    CaseRequest.which == "fee",
    CaseRequest.amount_fen > 0,
    # What a one-code bill paid goes back with the bill.
    CaseRequest.bill_id.is_(None),
    # Of what did not count (金额不符) only the treasury's own word says that there was money.
    or_(CaseRequest.state.in_(("clear", "late")), and_(CaseRequest.state == "refused", CaseRequest.verified)),
)
_STATES = {"clear": "paid", "refused": "refused"}


async def order_back(tx: WriteSession, case: Case, reason: str, only: UUID | None = None) -> None:
    """Order every fee paid for the locked case back that was not yet; without any, nothing happens.

    `only`: that request's alone, while another has taken its place.
    """
    await tx.flush()
    ordered = select(FeeRefund.request_id).where(FeeRefund.case_id == case.id)
    wanted = select(CaseRequest).where(CaseRequest.case_id == case.id, _PAID, CaseRequest.id.not_in(ordered))
    if only is not None:
        wanted = wanted.where(CaseRequest.id == only)
    for request in (await tx.scalars(wanted.order_by(CaseRequest.id).with_for_update())).all():
        await _order(tx, case, request, reason)


async def _order(tx: WriteSession, case: Case, request: CaseRequest, reason: str) -> None:
    day = today()
    serial = await next_number(tx, "fee_refund", day.year)
    refund = FeeRefund(
        case_id=case.id,
        request_id=request.id,
        refund_no=f"TF{tx.tenant}{day.year}{serial:06d}",
        amount_fen=request.amount_fen,
        reason=reason,
        ordered_at=now(),
    )
    tx.add(refund)
    await tx.flush()
    await emit(tx, "registration.refund_fee", {"refund_id": str(refund.id)}, key=f"registration.refund_fee:{refund.id}")
    detail = {"request_no": request.request_no, "amount_fen": refund.amount_fen}
    audit(tx, system_actor(tx.tenant), "case.fee_refund_ordered", f"case:{case.id}", detail)


async def send(tx: WriteSession, connectors: Connectors, refund_id: UUID) -> None:
    """Tell the treasury, once; safe to repeat. `Park` where it is not connected."""
    refund = await tx.scalar(select(FeeRefund).where(FeeRefund.id == refund_id))
    if refund is None or refund.state != "ordered":
        return
    if connectors.treasury is None:
        raise Park(f"本县尚未与{Counterparty.TREASURY.words}联网，请线下办理退费")
    request = (await tx.scalars(select(CaseRequest).where(CaseRequest.id == refund.request_id))).one()
    case = await cases.get(tx, refund.case_id)
    order = RefundOrder(
        request_no=refund.refund_no,
        bill_no=request.request_no,
        case_no=case.number,
        voucher=request.reference,
        title=f"退还不动产登记费（{refund.reason}）",
        amount_fen=refund.amount_fen,
    )
    await connectors.treasury.refund(order, subject=f"case:{case.id}")
    refund.sent_at = now()


async def receive(tx: WriteSession, counterparty: str, answer: CaseAnswer) -> bool:
    """Note what became of a refund, once; False where the answer speaks of none.

    Raises RefundDiffers for another sum, RequestAnswered for a second, different answer.
    """
    found = await tx.scalar(select(FeeRefund).where(FeeRefund.refund_no == answer.request_no))
    if found is None:
        return False
    if counterparty != Counterparty.TREASURY:
        raise RequestUnknown
    await cases.locked(tx, found.case_id)
    await tx.refresh(found, with_for_update=True)
    state = _STATES.get(answer.state)
    if state is None or (state == "paid" and answer.amount_fen != found.amount_fen):
        raise RefundDiffers
    if found.state != "ordered":
        if (found.state, found.reference) != (state, answer.reference):
            raise RequestAnswered
        return True
    found.state, found.reference, found.words = state, answer.reference, answer.words
    found.evidence_digest, found.answered_at = answer.evidence_digest, now()
    detail = {"refund_no": found.refund_no, "amount_fen": found.amount_fen, "state": state}
    audit(tx, system_actor(tx.tenant), "case.fee_refund_answered", f"case:{found.case_id}", detail)
    return True


async def of_case(reader: ReadSession, case_id: UUID) -> list[FeeRefund]:
    """All refunds of a case, oldest first."""
    return list(await reader.scalars(select(FeeRefund).where(FeeRefund.case_id == case_id).order_by(FeeRefund.id)))
