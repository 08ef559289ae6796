"""冲正: a booking that the bank does not have is put right by two persons.

propose (finance clerk, with words and evidence) → approve or refuse (another person)

With the approval the ledger's transfer is reversed, what stood on it falls (a notice or bill is unpaid again, a refund
is owed again, an order counts as returned), and the difference closes, signed for by both. Should the bank tell of the
money after all, it is booked anew (`BankMovement.reversed_by`).
"""

from contextlib import suppress
from uuid import UUID

from msgspec import Struct
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from escrow import ledger
from escrow.banking.models import BankMovement, PaymentOrder
from escrow.banking.movements import record_movement, standing_movement
from escrow.banking.orders import locked_order, mark_returned
from escrow.collection import payments as channel_payments
from escrow.collection import refunds as channel_refunds
from escrow.collection.models import CollectionPayment
from escrow.confirmations import take_back as take_back_confirmation
from escrow.models import BankConfirmation
from escrow.reconciliation.differences import close, step
from escrow.reconciliation.models import (
    BookingCorrection,
    CorrectionState,
    Difference,
    DifferenceKind,
    Resolution,
)
from escrow.reconciliation.resolving import NotAllowed, movement_of, taken
from escrow.refunds import take_back as take_back_refund
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.permissions import Actor
from kernel.web.problems import constraint_of


class UnknownCorrection(NotFound):
    """No such proposal in this county."""

    code = "escrow.unknown_correction"
    default_message = "没有找到该笔冲正"


class CorrectionDecided(Conflict):
    """Somebody has decided it, or the difference has closed by itself."""

    code = "escrow.correction_decided"
    default_message = "该笔冲正已经处理，或者差异已经核平"


class AlreadyProposed(Conflict):
    """One proposal at a time."""

    code = "escrow.correction_open"
    default_message = "该笔差异已提出冲正，正在等待核准"


class OwnProposal(Forbidden):
    """Two persons put a booking right."""

    code = "escrow.own_correction"
    default_message = "不得核准自己提出的冲正，请由另一人办理"


class MoneyMoved(Conflict):
    """The money of the booking has been used."""

    code = "escrow.correction_money_moved"
    default_message = "该笔款项入账后已被使用，余额不足，不能冲正；请先核对后续用款"


class Proof(Struct, frozen=True, kw_only=True):
    """The file that shows why: digest of its blob, name and media type."""

    digest: str
    name: str
    media_type: str


class _Tried(Exception):
    """Undoes what was only tried."""


async def propose(tx: WriteSession, actor: Actor, difference_id: UUID, words: str, proof: Proof) -> BookingCorrection:
    """Ask for the booking behind a difference to be taken back. What would be refused at the approval is refused now.

    Raises UnknownDifference, DifferenceClosed, NotAllowed, AlreadyProposed, MoneyMoved, Conflict, Invalid.
    """
    found, movement = await _wrong(tx, difference_id, words)
    assert actor.id is not None, "a person proposes"
    await _try(tx, actor, found, movement, words)
    new = BookingCorrection(
        difference_id=found.id,
        movement_id=movement.id,
        words=words.strip(),
        evidence_digest=proof.digest,
        evidence_name=proof.name[-160:],
        evidence_type=proof.media_type,
        proposed_by=actor.name,
        proposed_by_id=actor.id,
        state=CorrectionState.PROPOSED,
    )
    try:
        async with tx.begin_nested():
            tx.add(new)
            await tx.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_booking_correction_open":
            raise AlreadyProposed from error
        raise
    audit(tx, actor, "escrow.correction_proposed", f"correction:{new.id}", {"difference_id": str(found.id)})
    return new


async def _try(tx: WriteSession, actor: Actor, found: Difference, movement: BankMovement, words: str) -> None:
    with suppress(_Tried):
        async with tx.begin_nested():
            await _put_right(tx, actor, found, movement, words)
            raise _Tried
    # What was undone is read anew: nothing here loads by itself.
    for one in [one for one in tx if inspect(one).expired]:
        await tx.refresh(one)


async def approve(tx: WriteSession, actor: Actor, correction_id: UUID, words: str) -> BookingCorrection:
    """Put the booking right, now. Raises UnknownCorrection, CorrectionDecided, OwnProposal, DifferenceClosed,
    MoneyMoved, Conflict, Invalid."""
    one = await correction(tx, correction_id)
    found, movement = await _wrong(tx, one.difference_id, words)
    one = await _open(tx, actor, correction_id)
    said = f"{one.words}（{one.proposed_by}提出）；{words.strip()}（{actor.name}核准）"
    # Decided before the difference closes, which lets proposals lapse that are still open.
    one.state, one.transfer_id = CorrectionState.APPROVED, await _put_right(tx, actor, found, movement, one.words)
    _signed(one, actor, words)
    await tx.flush()
    if found.kind == DifferenceKind.MISSING_THERE:
        found.book_fen = 0
        await close(tx, actor, found, Resolution.REVERSED, said, transfer_id=one.transfer_id)
    else:
        step(tx, actor, found, Resolution.REVERSED, said, transfer_id=one.transfer_id)
        found.kind, found.book_fen, found.words = DifferenceKind.MISSING_HERE, 0, "我方记账已冲正，待按银行金额补记"
        await tx.flush()
    detail = {"difference_id": str(found.id), "transfer_id": str(one.transfer_id)}
    audit(tx, actor, "escrow.booking_reversed", f"correction:{one.id}", detail)
    return one


async def refuse(tx: WriteSession, actor: Actor, correction_id: UUID, words: str) -> BookingCorrection:
    """The booking stands; the clerk goes another way. Raises UnknownCorrection, CorrectionDecided, OwnProposal,
    Invalid."""
    one = await _open(tx, actor, correction_id)
    if not words.strip():
        raise Invalid("请填写不核准的原因", field="words")
    one.state = CorrectionState.REFUSED
    _signed(one, actor, words)
    await tx.flush()
    audit(tx, actor, "escrow.correction_refused", f"correction:{one.id}", {"difference_id": str(one.difference_id)})
    return one


async def correction(reader: ReadSession, correction_id: UUID) -> BookingCorrection:
    """One proposal. Raises UnknownCorrection."""
    found = await reader.scalar(select(BookingCorrection).where(BookingCorrection.id == correction_id))
    if found is None:
        raise UnknownCorrection
    return found


async def corrections_of(reader: ReadSession, difference_id: UUID) -> list[BookingCorrection]:
    """What was proposed about a difference, newest first."""
    mine = select(BookingCorrection).where(BookingCorrection.difference_id == difference_id)
    return list(await reader.scalars(mine.order_by(BookingCorrection.id.desc())))


async def open_corrections(
    reader: ReadSession, limit: int, after: UUID | None = None
) -> list[tuple[BookingCorrection, Difference]]:
    """What waits for an approval, oldest first."""
    same = (Difference.tenant_id == BookingCorrection.tenant_id) & (Difference.id == BookingCorrection.difference_id)
    wanted = select(BookingCorrection, Difference).join(Difference, same)
    wanted = wanted.where(BookingCorrection.state == CorrectionState.PROPOSED)
    if after is not None:
        wanted = wanted.where(BookingCorrection.id > after)
    rows = await reader.execute(wanted.order_by(BookingCorrection.id).limit(limit))
    return [(one, found) for one, found in rows]


async def bill_behind(reader: ReadSession, correction_id: UUID) -> UUID | None:
    """The one-code bill that would be unpaid again, where the booking is a channel's payment of one."""
    one = await correction(reader, correction_id)
    paid = select(CollectionPayment.bill_id).join(
        BankMovement,
        (BankMovement.tenant_id == CollectionPayment.tenant_id)
        & (BankMovement.transfer_id == CollectionPayment.transfer_id),
    )
    found: UUID | None = await reader.scalar(paid.where(BankMovement.id == one.movement_id))
    return found


async def _wrong(tx: WriteSession, difference_id: UUID, words: str) -> tuple[Difference, BankMovement]:
    found = await taken(tx, difference_id, Resolution.REVERSED, words)
    movement = await movement_of(tx, found)
    if movement is None or movement.reversed_by is not None:
        raise NotAllowed
    return found, movement


async def _open(tx: WriteSession, actor: Actor, correction_id: UUID) -> BookingCorrection:
    held = select(BookingCorrection).where(BookingCorrection.id == correction_id).with_for_update()
    one = await tx.scalar(held.execution_options(populate_existing=True))
    if one is None:
        raise UnknownCorrection
    if one.state != CorrectionState.PROPOSED:
        raise CorrectionDecided
    if actor.id is None or actor.id == one.proposed_by_id:
        raise OwnProposal
    return one


def _signed(one: BookingCorrection, actor: Actor, words: str) -> None:
    one.decided_by, one.decided_by_id = actor.name, actor.id
    one.decided_at, one.decision = now(), words.strip()


async def _put_right(tx: WriteSession, actor: Actor, found: Difference, movement: BankMovement, words: str) -> UUID:
    """The ledger's opposite, a movement that says so, and what stood on the booking; the id of the new transfer."""
    await _undo(tx, actor, movement, words)
    try:
        back = await ledger.reverse(tx, f"correction:{movement.id}", movement.transfer_id, words="对账冲正")
    except ledger.InsufficientFunds as error:
        raise MoneyMoved from error
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
    opposite = await standing_movement(tx, movement.account_no, serial)
    assert opposite is not None, "written just now"
    for one in (movement, opposite):
        one.agreed_by = one.agreed_by or found.statement_id or found.id
    await _mark(tx, actor, movement, opposite, words)
    return back


async def _undo(tx: WriteSession, actor: Actor, movement: BankMovement, words: str) -> None:
    """What stands on the booking falls with it; each room says in its own words why that cannot be any more."""
    kind, _, subject_id = movement.subject.partition(":")
    came_in = movement.signed_fen > 0
    if kind == "bank_confirmation" and came_in:
        await take_back_confirmation(tx, actor, await _confirmation(tx, movement), words)
    elif kind == "collection_bill" and came_in:
        await channel_payments.take_back(tx, actor, await _payment(tx, movement), words)
    elif kind == "refund" and not came_in:
        await take_back_refund(tx, actor, UUID(subject_id), words)
    elif kind == "collection_refund" and not came_in:
        await channel_refunds.take_back(tx, actor, UUID(subject_id), words)
    elif kind != "payment_order" or came_in:
        raise NotAllowed("此类记账不能在对账时冲正，请由银行更正，或与另一笔差异相抵")


async def _mark(tx: WriteSession, actor: Actor, movement: BankMovement, opposite: BankMovement, words: str) -> None:
    """What says that the booking was made says that it was taken back."""
    back = opposite.transfer_id
    for one in (movement, opposite):
        one.reversed_by = back
    kind, _, subject_id = movement.subject.partition(":")
    if kind == "bank_confirmation":
        (await _confirmation(tx, movement)).reversed_by = back
    elif kind == "collection_bill":
        (await _payment(tx, movement)).reversed_by = back
    elif kind == "payment_order":
        order_no = await tx.scalar(select(PaymentOrder.order_no).where(PaymentOrder.id == UUID(subject_id)))
        given = await locked_order(tx, str(order_no))
        await mark_returned(tx, actor, given, opposite.bank_serial, opposite.value_date, back, f"对账冲正：{words}")
    await tx.flush()


async def _confirmation(tx: WriteSession, movement: BankMovement) -> BankConfirmation:
    booked = select(BankConfirmation).where(BankConfirmation.transfer_id == movement.transfer_id)
    return (await tx.scalars(booked)).one()


async def _payment(tx: WriteSession, movement: BankMovement) -> CollectionPayment:
    booked = select(CollectionPayment).where(CollectionPayment.transfer_id == movement.transfer_id)
    return (await tx.scalars(booked)).one()
