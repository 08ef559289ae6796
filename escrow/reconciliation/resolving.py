"""Resolving differences: each act books through the ledger, is signed for, and closes only what agrees then."""

from uuid import UUID

from sqlalchemy import select

from escrow import ledger
from escrow.banking.lines import confirmation_of
from escrow.banking.models import BankMovement, OrderState, PaymentOrder
from escrow.banking.movements import record_movement
from escrow.banking.orders import give_back, locked_order, mark_returned, pay
from escrow.banking.schemas import Line, Movement
from escrow.confirmations import confirm, take_back
from escrow.models import BankConfirmation
from escrow.reconciliation.differences import close, step
from escrow.reconciliation.models import Difference, DifferenceKind, Resolution
from escrow.reconciliation.rules import allowed
from kernel.audit import audit
from kernel.clock import today
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
    found = await _taken(tx, difference_id, Resolution.SUSPENSE, words)
    fen = found.bank_fen - found.book_fen
    if fen <= 0:
        raise NotAllowed("只有银行多收的款项可以补记入账")
    told_before = await _movement(tx, found)
    serial = f"{found.reference[:74]}-更正" if told_before else found.reference
    await close(tx, actor, found, Resolution.SUSPENSE, words)
    line = _line(found, serial, fen)
    await confirm(tx, actor, confirmation_of(line, found.evidence_digest or "0" * 64))
    await _shown(tx, found, serial)
    return found


async def to_order(tx: WriteSession, actor: Actor, difference_id: UUID, order_no: str, words: str) -> Difference:
    """The bank's payment (or 退汇) is that of an order of ours, though it did not say so.

    Raises UnknownOrder, OrderDiffers, OrderEnded.
    """
    found = await _taken(tx, difference_id, Resolution.ORDER, words)
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


async def reverse_booking(tx: WriteSession, actor: Actor, difference_id: UUID, words: str) -> Difference:
    """The bank never had that movement: take our booking back (冲正), and what stood on it.

    A confirmed notice is unpaid again, a paid order counts as returned. Raises InsufficientFunds when the money has
    been used meanwhile. A difference in the amount then stays, as money that only the bank has.
    """
    found = await _taken(tx, difference_id, Resolution.REVERSED, words)
    movement = await _movement(tx, found)
    if movement is None:
        raise NotAllowed
    back = await ledger.reverse(tx, f"correction:{movement.id}", movement.transfer_id, words="对账冲正")
    serial = f"{movement.bank_serial[:74]}-冲正"
    await record_movement(
        tx,
        account_no=movement.account_no,
        bank_serial=serial,
        signed_fen=-movement.signed_fen,
        value_date=today(),
        transfer_id=back,
        subject=movement.subject,
    )
    await _shown(tx, found, serial)
    movement.agreed_by = movement.agreed_by or found.id
    await _undo(tx, actor, movement, serial, back, words)
    if found.kind == DifferenceKind.MISSING_THERE:
        found.book_fen = 0
        await close(tx, actor, found, Resolution.REVERSED, words, transfer_id=back)
    else:
        step(tx, actor, found, Resolution.REVERSED, words, transfer_id=back)
        found.kind, found.book_fen, found.words = DifferenceKind.MISSING_HERE, 0, "我方记账已冲正，待按银行金额补记"
        audit(tx, actor, "escrow.booking_reversed", f"difference:{found.id}", {"transfer_id": str(back)})
        await tx.flush()
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
        await _taken(tx, first, Resolution.EXPLAINED, words),
        await _taken(tx, second, Resolution.EXPLAINED, words),
    )
    if len({one.account_no for one in pair}) > 1 or any(one.statement_id is None for one in pair):
        raise StillDiffers("两笔差异须属于同一账户，并且都已列入对账单核对")
    if sum(one.bank_fen - one.book_fen for one in pair) != 0:
        raise StillDiffers("两笔差异的金额不能相抵")
    for one in pair:
        movement = await _movement(tx, one)
        if movement is not None:
            movement.agreed_by = movement.agreed_by or one.id
        await close(tx, actor, one, Resolution.EXPLAINED, words)
    return pair


async def confirm_order(tx: WriteSession, actor: Actor, difference_id: UUID, words: str) -> Difference:
    """An answer that contradicted an earlier one: closed when the bank's statement bears out what we booked."""
    found = await _taken(tx, difference_id, Resolution.CONFIRMED, words)
    if found.order_id is not None:
        given = (await tx.scalars(select(PaymentOrder).where(PaymentOrder.id == found.order_id))).one()
        if given.state not in {OrderState.PAID, OrderState.REJECTED, OrderState.RETURNED}:
            raise StillDiffers("付款指令尚未办结，不能关闭差异")
        if given.transfer_id is not None and not await _on_statement(tx, given.transfer_id):
            raise StillDiffers("该笔付款尚未经对账单核对，不能关闭差异")
    await close(tx, actor, found, Resolution.CONFIRMED, words)
    return found


async def bank_corrects(tx: WriteSession, actor: Actor, difference_id: UUID, words: str) -> Difference:
    """The bank has to put it right: noted and signed for; the difference stays open until it has."""
    found = await _taken(tx, difference_id, Resolution.BANK_CORRECTS, words)
    step(tx, actor, found, Resolution.BANK_CORRECTS, words)
    await tx.flush()
    audit(tx, actor, "escrow.difference_noted", f"difference:{found.id}", {"resolution": Resolution.BANK_CORRECTS})
    return found


async def _taken(tx: WriteSession, difference_id: UUID, resolution: Resolution, words: str) -> Difference:
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


async def _undo(tx: WriteSession, actor: Actor, movement: BankMovement, serial: str, back: UUID, words: str) -> None:
    """What stood on the booking falls with it."""
    kind, _, subject_id = movement.subject.partition(":")
    if kind == "bank_confirmation":
        confirmation = (await tx.scalars(select(BankConfirmation).where(BankConfirmation.id == UUID(subject_id)))).one()
        await take_back(tx, actor, confirmation, words)
    elif kind == "payment_order" and movement.signed_fen < 0:
        order_no = await tx.scalar(select(PaymentOrder.order_no).where(PaymentOrder.id == UUID(subject_id)))
        given = await locked_order(tx, str(order_no))
        await mark_returned(tx, actor, given, serial, today(), back, f"对账冲正：{words}")
    else:
        raise NotAllowed("此类记账不能在对账时冲正，请由银行更正，或与另一笔差异相抵")


async def _movement(tx: WriteSession, found: Difference) -> BankMovement | None:
    if found.movement_id is None:
        return None
    return (await tx.scalars(select(BankMovement).where(BankMovement.id == found.movement_id))).one()


async def _shown(tx: WriteSession, found: Difference, serial: str) -> None:
    """A movement that sets a difference right agrees with the statement on which that stood, under whatever serial."""
    movement = (
        await tx.scalars(
            select(BankMovement).where(BankMovement.account_no == found.account_no, BankMovement.bank_serial == serial)
        )
    ).one()
    if movement.agreed_by is None and (found.statement_id is not None or serial != found.reference):
        movement.agreed_by = found.statement_id or found.id
        await tx.flush()


async def _on_statement(tx: WriteSession, transfer_id: UUID) -> bool:
    agreed = select(BankMovement.agreed_by).where(BankMovement.transfer_id == transfer_id)
    return await tx.scalar(agreed) is not None


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
