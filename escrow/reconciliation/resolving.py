"""Resolving differences: each act books through the ledger, is signed for, and closes only what agrees then."""

from uuid import UUID

from sqlalchemy import select

from escrow.banking.lines import confirmation_of, refund_told
from escrow.banking.models import BankMovement, OrderState, PaymentOrder
from escrow.banking.movements import standing_movement
from escrow.banking.orders import give_back, locked_order, pay
from escrow.banking.schemas import Line, Movement
from escrow.confirmations import confirm
from escrow.models import Refund, SupervisionAccount
from escrow.reconciliation.differences import close, step
from escrow.reconciliation.models import BankStatement, Difference, DifferenceKind, Resolution
from escrow.reconciliation.rules import allowed
from escrow.refunds import confirm_refund
from escrow.schemas import RefundConfirmation
from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.permissions import Actor


class UnknownDifference(NotFound):
    """No such difference in this county."""

    code = "escrow.unknown_difference"
    default_message = "没有找到该笔差异"


class DifferenceClosed(Conflict):
    """Somebody has closed it, or it agreed by itself."""

    code = "escrow.difference_closed"
    default_message = "该笔差异已经处理完毕"


class NotAllowed(Conflict):
    """This kind of difference is not resolved that way."""

    code = "escrow.resolution_not_allowed"
    default_message = "该类差异不能按此方式处理"


class StillDiffers(Conflict):
    """After the act bank and book would still not agree."""

    code = "escrow.still_differs"
    default_message = "处理后银行与账上仍不一致，不能关闭差异"


async def difference(reader: ReadSession, difference_id: UUID) -> Difference:
    """One difference. Raises UnknownDifference."""
    found = await reader.scalar(select(Difference).where(Difference.id == difference_id))
    if found is None:
        raise UnknownDifference
    return found


async def to_suspense(tx: WriteSession, actor: Actor, difference_id: UUID, words: str) -> Difference:
    """The bank has money that our book lacks: book it, to the notice that it names, else to suspense (不明入账)."""
    found = await taken(tx, difference_id, Resolution.SUSPENSE, words)
    fen = found.bank_fen - found.book_fen
    if fen <= 0:
        raise NotAllowed("只有银行多收的款项可以补记入账")
    booked = await movement_of(tx, found)
    stands = booked is not None and booked.reversed_by is None
    serial = f"{found.reference[:74]}-更正" if stands else found.reference
    await close(tx, actor, found, Resolution.SUSPENSE, words)
    line = _line(found, serial, fen)
    await confirm(tx, actor, confirmation_of(line, found.evidence_digest or "0" * 64))
    await _shown(tx, found, serial)
    return found


async def to_order(tx: WriteSession, actor: Actor, difference_id: UUID, order_no: str, words: str) -> Difference:
    """The bank's payment (or 退汇) is that of an order or refund of ours, though it did not say so.

    Raises UnknownOrder, OrderDiffers, OrderEnded, RefundDiffers.
    """
    found = await taken(tx, difference_id, Resolution.ORDER, words)
    refund_no = await tx.scalar(select(Refund.refund_no).where(Refund.refund_no == order_no.strip()))
    if refund_no is not None and found.bank_fen < 0:
        await close(tx, actor, found, Resolution.ORDER, words)
        await confirm_refund(tx, actor, _refund(found, refund_no))
        return found
    given = await locked_order(tx, order_no.strip())
    told = Movement(
        account_no=found.account_no,
        bank_serial=found.reference,
        amount_fen=abs(found.bank_fen),
        value_date=found.day,
    )
    await close(tx, actor, found, Resolution.ORDER, words)
    paid_out = found.bank_fen < 0
    booked = await (pay(tx, actor, given, told) if paid_out else give_back(tx, actor, given, told, words))
    if not booked:
        raise StillDiffers
    return found


async def explain(
    tx: WriteSession, actor: Actor, difference_id: UUID, other_id: UUID, words: str
) -> tuple[Difference, Difference]:
    """Two differences are one matter and cancel out: a debit nobody ordered and its reversal, or one movement that
    bank and book give different serials. Raises StillDiffers unless their sum is zero."""
    if difference_id == other_id:
        raise Invalid("请选择另一笔差异", field="other_id")
    first, second = sorted((difference_id, other_id))
    pair = (
        await taken(tx, first, Resolution.EXPLAINED, words),
        await taken(tx, second, Resolution.EXPLAINED, words),
    )
    if len({one.account_no for one in pair}) > 1 or any(one.statement_id is None for one in pair):
        raise StillDiffers("两笔差异须属于同一账户，并且都已列入对账单核对")
    if sum(one.bank_fen - one.book_fen for one in pair) != 0:
        raise StillDiffers("两笔差异的金额不能相抵")
    for one in pair:
        movement = await movement_of(tx, one)
        if movement is not None:
            movement.agreed_by = movement.agreed_by or one.id
        await close(tx, actor, one, Resolution.EXPLAINED, words)
    return pair


async def confirm_order(tx: WriteSession, actor: Actor, difference_id: UUID, words: str) -> Difference:
    """An answer that contradicted an earlier one: closed when the bank's statement bears out what we booked."""
    found = await taken(tx, difference_id, Resolution.CONFIRMED, words)
    if found.order_id is not None:
        given = (await tx.scalars(select(PaymentOrder).where(PaymentOrder.id == found.order_id))).one()
        if given.state not in {OrderState.PAID, OrderState.REJECTED, OrderState.RETURNED}:
            raise StillDiffers("付款指令尚未办结，不能关闭差异")
        if given.transfer_id is not None and not await _on_statement(tx, given.transfer_id):
            raise StillDiffers("该笔付款尚未经对账单核对，不能关闭差异")
    if found.kind == DifferenceKind.REPORT and not await _day_is_over(tx, found):
        raise StillDiffers("该账户当日或者之后的对账单尚未核对，不能关闭差异")
    await close(tx, actor, found, Resolution.CONFIRMED, words)
    return found


async def bank_corrects(tx: WriteSession, actor: Actor, difference_id: UUID, words: str) -> Difference:
    """The bank has to put it right: noted and signed for; the difference stays open until it has."""
    found = await taken(tx, difference_id, Resolution.BANK_CORRECTS, words)
    step(tx, actor, found, Resolution.BANK_CORRECTS, words)
    await tx.flush()
    audit(tx, actor, "escrow.difference_noted", f"difference:{found.id}", {"resolution": Resolution.BANK_CORRECTS})
    return found


async def taken(tx: WriteSession, difference_id: UUID, resolution: Resolution, words: str) -> Difference:
    """The open difference with its row held, if it may be resolved so. Raises Invalid, UnknownDifference,
    DifferenceClosed, NotAllowed."""
    if not words.strip():
        raise Invalid("请填写处理说明", field="words")
    found = await tx.scalar(
        select(Difference)
        .where(Difference.id == difference_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownDifference
    if found.state != "open":
        raise DifferenceClosed
    if resolution not in allowed(DifferenceKind(found.kind), found.bank_fen - found.book_fen):
        raise NotAllowed
    return found


async def movement_of(tx: WriteSession, found: Difference) -> BankMovement | None:
    """Our booking that the difference is about."""
    if found.movement_id is None:
        return None
    return (await tx.scalars(select(BankMovement).where(BankMovement.id == found.movement_id))).one()


async def _shown(tx: WriteSession, found: Difference, serial: str) -> None:
    """A movement that sets a difference right agrees with the statement on which that stood, under whatever serial."""
    movement = await standing_movement(tx, found.account_no, serial)
    if movement is None or movement.agreed_by is not None:
        return
    if found.statement_id is not None or serial != found.reference:
        movement.agreed_by = found.statement_id or found.id
        await tx.flush()


async def _day_is_over(tx: WriteSession, found: Difference) -> bool:
    """Whether the bank's statement has told what moved on that day; of a stranger's account none ever comes."""
    ours = select(SupervisionAccount.id).where(SupervisionAccount.account_no == found.account_no)
    over = select(BankStatement.id).where(
        BankStatement.account_no == found.account_no,
        BankStatement.day >= found.day,
        BankStatement.reconciled_at.is_not(None),
    )
    return await tx.scalar(ours) is None or await tx.scalar(over.limit(1)) is not None


async def _on_statement(tx: WriteSession, transfer_id: UUID) -> bool:
    agreed = select(BankMovement.agreed_by).where(BankMovement.transfer_id == transfer_id)
    return await tx.scalar(agreed) is not None


def _refund(found: Difference, refund_no: str) -> RefundConfirmation:
    line = _line(found, found.reference, found.bank_fen)
    return refund_told(line, refund_no, found.evidence_digest or "0" * 64)


def _line(found: Difference, serial: str, fen: int) -> Line:
    return Line(
        account_no=found.account_no,
        bank_serial=serial,
        signed_fen=fen,
        value_date=found.day,
        booked_on=found.day,
        counterparty=found.counterparty or "",
        counterparty_account=found.counterparty_account or "",
        counterparty_bank=found.counterparty_bank,
        end_to_end_id=found.end_to_end_id,
        remittance=found.remittance or "",
    )
