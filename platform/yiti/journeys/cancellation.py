"""Undoing a filed sale: once seller and every buyer have agreed, the notice is closed, the proof cancelled and the
money ordered back. 民法典 art. 221: with the end of the claim the notice loses its effect.

    contracts.request_cancellation → contracts.agree_cancellation (each party) → [contract.cancelled] → close_notice
"""

from uuid import UUID

from sqlalchemy import select

import contracts.service as contracts
import escrow.service as escrow
from kernel.db import WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from yiti.cases import service as cases
from yiti.cases.catalogue import Business
from yiti.cases.lifecycle import Action, CaseStatus
from yiti.cases.models import Case
from yiti.certificates import service as certificates
from yiti.journeys.models import Sale
from yiti.journeys.sale import booking
from yiti.journeys.sale.errors import SaleNotFound
from yiti.register import book
from yiti.register.kinds import EntryKind

CAUSE = "买卖双方协商解除合同"


async def close_notice(tx: WriteSession, contract_id: UUID) -> None:
    """In one transaction: the notice's cancellation booked, its proof cancelled, the refunds ordered."""
    actor = system_actor(tx.tenant)
    sale = await tx.scalar(select(Sale).where(Sale.contract_id == contract_id).with_for_update())
    if sale is None:
        raise SaleNotFound
    await book.lock_units(tx, [sale.unit_id])
    await _book_cancellation(tx, actor, sale)
    await escrow.order_refund(tx, actor, contract_id, CAUSE, verified=await _verified(tx, contract_id))
    await emit(tx, "sale.tell_cancellation", {"contract_id": str(contract_id)}, key=f"sale.tell_cancel:{contract_id}")


async def _verified(tx: WriteSession, contract_id: UUID) -> str:
    """On what the cancellation rests, for money inside the supervised quota (重点监管资金凭核实的合同注销退还)."""
    contract = await contracts.get(tx, contract_id)
    return f"{CAUSE}：合同备案 {contract.filing_no or ''} 已注销，全体当事人在线同意，预告登记已注销"


async def _book_cancellation(tx: WriteSession, actor: Actor, sale: Sale) -> None:
    entries = await book.current_entries(tx, sale.unit_id)
    notice = next(
        (one for one in entries if one.kind == EntryKind.PRESALE_NOTICE and one.case_id == sale.case_id), None
    )
    if notice is None:
        await _refuse_waiting_case(tx, actor, sale)
        return
    applied = await cases.get(tx, notice.case_id)
    case = await _cancellation_case(tx, actor, sale, applied)
    await booking.book_cancellation(tx, actor, case, notice, CAUSE)
    await cases.mark_booked(tx, actor, case)
    await cases.close(tx, actor, case, "预告登记已注销")
    proof = await certificates.of_entry(tx, notice.id)
    if proof is not None:
        await certificates.cancel(tx, actor, proof.id, CAUSE)


async def _refuse_waiting_case(tx: WriteSession, actor: Actor, sale: Sale) -> None:
    """The case had not been booked: with the contract gone, its ground is gone."""
    if sale.case_id is None:
        return
    case = await cases.locked(tx, sale.case_id)
    if case.status == CaseStatus.ACCEPTED:
        await cases.withdraw(tx, actor, case, CAUSE)


async def _cancellation_case(tx: WriteSession, actor: Actor, sale: Sale, applied: Case) -> Case:
    case = await cases.open_case(
        tx,
        actor,
        Business.PRESALE_NOTICE_CANCELLATION,
        unit_id=sale.unit_id,
        unit_code=sale.unit_code,
        location=sale.location,
        contract_id=sale.contract_id,
        applicants=[applied.applicants],
    )
    await cases.act(tx, actor, case, Action.APPROVE, "合同双方及全体买受人已在线同意注销，系统核验一致")
    case.decided_by = actor.name
    return case
