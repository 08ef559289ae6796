"""冲正 approved: besides the book, a case that had taken the payment for granted waits for it again."""

from uuid import UUID

from sqlalchemy import select

from escrow import collection
from escrow.collection.models import CollectionBill
from escrow.reconciliation import corrections
from escrow.reconciliation.models import BookingCorrection
from kernel.db import WriteSession
from kernel.errors import Conflict
from kernel.permissions import Actor, system_actor
from yiti.cases import service as cases
from yiti.cases.models import Case
from yiti.cases.service import ActionRefused
from yiti.journeys.registration.models import CaseRequest
from yiti.journeys.registration.outside import which_of


class CaseGoneOn(Conflict):
    """What was decided rests on the payment."""

    code = "registration.case_gone_on"
    default_message = "该缴款所属业务件已经核准、登簿或者终止，不能冲正；请先由登记机构处理业务件"


async def approve(tx: WriteSession, actor: Actor, correction_id: UUID, words: str) -> BookingCorrection:
    """As `corrections.approve`; and where a case's bill is unpaid again, the case waits for its money.

    Raises CaseGoneOn as well.
    """
    bill_id = await corrections.bill_behind(tx, correction_id)
    if bill_id is None:
        return await corrections.approve(tx, actor, correction_id, words)
    # The case before the bill, as everywhere.
    case = await cases.locked(tx, (await collection.bill(tx, bill_id)).case_id)
    one = await corrections.approve(tx, actor, correction_id, words)
    await _ask_again(tx, case, await collection.locked_bill(tx, CollectionBill.id == bill_id))
    return one


async def _ask_again(tx: WriteSession, case: Case, bill: CollectionBill) -> None:
    """What the bill had paid is open as it was before; the same bill can still be paid."""
    actor = system_actor(tx.tenant)
    lying = {one.digest: one.id for one in await cases.materials(tx, case.id)}
    settled = select(CaseRequest).where(CaseRequest.bill_id == bill.id, CaseRequest.state == "clear")
    for request in await tx.scalars(settled.order_by(CaseRequest.id).with_for_update()):
        # The channel's word lay with the case as proof of the payment; that it did stays visible.
        proof = lying.pop(request.evidence_digest or "", None)
        request.state = "requested" if request.assessment is None else "assessed"
        request.bill_id = request.answered_at = request.evidence_digest = None
        request.reference, request.words, request.answered_by = "", "缴款已冲正，请重新缴纳", ""
        request.verified, request.evidence_bytes = False, 0
        await tx.flush()
        try:
            if proof is not None:
                await cases.remove_material(tx, actor, case, proof)
            await cases.ask(tx, actor, case, which_of(request), note="缴款已冲正，重新等待缴纳")
        except ActionRefused as error:
            raise CaseGoneOn from error
