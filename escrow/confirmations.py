"""Bank confirmations (缴款确认凭证): each is booked exactly once, to its notice or to suspense (不明入账)."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from escrow import ledger, rules
from escrow.banking.movements import of_serial, record_movement, taken_back_before
from escrow.bills import UnknownBill, facts, locked_bill, move
from escrow.ledger.models import AccountKind
from escrow.models import BankConfirmation, Bill, BillKind, BillState, SuspenseReceipt, SuspenseState
from escrow.notices import title_of
from escrow.schemas import Confirmation, Receipt
from escrow.told import check
from kernel.audit import audit
from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict
from kernel.outbox import emit
from kernel.permissions import Actor

LINE: Final = "camt:"
"""How the event ids begin of what came as a line of the bank's notice, instead of by its confirmation."""
_LIMITS: Final = {"event_id": 80, "notice_no": 40, "bank_serial": 80, "account_no": 40}
_KEPT: Final = (*_LIMITS, "amount_fen", "paid_at", "evidence_digest")


class EventReused(Conflict):
    """The bank's event id or serial came again with other content; nothing was booked, the bank must explain."""

    code = "escrow.event_reused"
    default_message = "同一银行回执编号前后内容不一致，未入账，请与银行核对"


async def confirm(tx: WriteSession, actor: Actor, confirmation: Confirmation) -> Receipt:
    """Book what the bank says it received; exactly once however often and however concurrently it is told.

    Paid its notice: the notice is confirmed and told of (`mark_paid`). Otherwise the money
    goes to suspense and the Receipt says why. That is a value and not an error because an error would roll the
    booking back: answer the bank from the Receipt after the commit. Raises Invalid, EventReused.
    """
    check(confirmation, _LIMITS, "银行回执")
    bill = await _named(tx, confirmation)
    if known := await _known(tx, confirmation):
        return known
    verdict = rules.judge(confirmation, facts(bill) if bill else None)
    paid = bill if verdict is None else None
    transfer_id = await _book(tx, confirmation, paid)
    row: dict[str, Any] = {"id": uuid7(), "bill_id": paid.id if paid else None, "transfer_id": transfer_id}
    row |= {name: getattr(confirmation, name) for name in _KEPT}
    written = insert(BankConfirmation).values(row).on_conflict_do_nothing().returning(BankConfirmation.id)
    if await tx.scalar(written) is None:
        # Lost a race that no notice's lock could order; the ledger's key has already kept the money single.
        return await _told_meanwhile(tx, confirmation)
    await record_movement(
        tx,
        account_no=confirmation.account_no,
        bank_serial=confirmation.bank_serial,
        signed_fen=confirmation.amount_fen,
        value_date=confirmation.paid_at.astimezone(SHANGHAI).date(),
        transfer_id=transfer_id,
        subject=f"bank_confirmation:{row['id']}",
    )
    if verdict is not None:
        return await _suspend(tx, actor, confirmation, row["id"], verdict)
    assert paid is not None
    return await _pay(tx, actor, confirmation, paid)


async def _named(tx: WriteSession, confirmation: Confirmation) -> Bill | None:
    try:
        return await locked_bill(tx, Bill.notice_no == confirmation.notice_no)
    except UnknownBill:
        return None


async def _known(reader: ReadSession, confirmation: Confirmation) -> Receipt | None:
    """The answer given before to this event, or to this movement of money under another event id."""
    same_money = (BankConfirmation.account_no == confirmation.account_no) & (
        BankConfirmation.bank_serial == confirmation.bank_serial
    )
    rows = await reader.execute(
        select(BankConfirmation, SuspenseReceipt.reason, SuspenseReceipt.words, Bill.contract_id)
        .outerjoin(SuspenseReceipt, SuspenseReceipt.confirmation_id == BankConfirmation.id)
        .outerjoin(Bill, Bill.id == BankConfirmation.bill_id)
        .where(
            or_(BankConfirmation.event_id == confirmation.event_id, same_money), BankConfirmation.reversed_by.is_(None)
        )
    )
    found = rows.all()
    if not found:
        return None
    if len(found) > 1 or not _same_money(found[0][0], confirmation):
        raise EventReused
    first, reason, words, contract_id = found[0]
    return Receipt(
        event_id=confirmation.event_id,
        bill_id=first.bill_id,
        contract_id=contract_id,
        reason=reason,
        words=words,
        duplicate=True,
    )


async def _told_meanwhile(reader: ReadSession, confirmation: Confirmation) -> Receipt:
    known = await _known(reader, confirmation)
    if known is None:
        raise EventReused
    return known


def _same_money(known: BankConfirmation, told: Confirmation) -> bool:
    """One movement told by two ways (回单 and camt.054) is the same money, though one of them knows less of it."""
    two_ways = known.event_id.startswith(LINE) is not told.event_id.startswith(LINE)
    names = ("amount_fen", "bank_serial", "account_no", *(() if two_ways else ("notice_no", "paid_at")))
    return all(getattr(known, name) == getattr(told, name) for name in names)


async def _book(tx: WriteSession, confirmation: Confirmation, paid: Bill | None) -> UUID:
    bank = await ledger.open_account(tx, AccountKind.BANK, confirmation.account_no)
    kind, owner = fund_of(paid) if paid else (AccountKind.SUSPENSE, confirmation.account_no)
    fund = await ledger.open_account(tx, kind, owner)
    moves = [ledger.Move(bank, -confirmation.amount_fen), ledger.Move(fund, confirmation.amount_fen)]
    before = await taken_back_before(tx, of_serial(confirmation.account_no, confirmation.bank_serial))
    key = f"receipt{before}:{confirmation.account_no}:{confirmation.bank_serial}"
    words = f"收到{title_of(paid)}" if paid else "不明入账"
    day = await ledger.open_day(tx, confirmation.paid_at.astimezone(SHANGHAI).date())
    return await ledger.post(tx, key, f"notice:{confirmation.notice_no}", moves, words=words, value_date=day)


def fund_of(bill: Bill) -> tuple[AccountKind, str]:
    """The ledger account that a notice's money belongs to."""
    if bill.kind == BillKind.MAINTENANCE_FUND:
        return AccountKind.MAINTENANCE_FUND, str(bill.unit_id)
    return AccountKind.PROJECT_FUND, str(bill.project_id)


async def _pay(tx: WriteSession, actor: Actor, confirmation: Confirmation, bill: Bill) -> Receipt:
    await mark_paid(tx, actor, bill, confirmation.event_id)
    return Receipt(
        event_id=confirmation.event_id,
        bill_id=bill.id,
        contract_id=bill.contract_id,
        reason=None,
        words=None,
        duplicate=False,
    )


async def mark_paid(tx: WriteSession, actor: Actor, bill: Bill, event_id: str) -> None:
    """The notice's money is in its fund: confirm it, and emit `escrow.confirmed` {bill_id, contract_id} for a sale's,
    `escrow.maintenance_paid` {bill_id} for the maintenance fund, whether a sale or a registration case owed it."""
    move(bill, BillState.CONFIRMED)
    bill.confirmed_at = now()
    await tx.flush()
    if bill.contract_id is not None:
        await _tell_sale(tx, bill, event_id)
    if bill.kind == BillKind.MAINTENANCE_FUND:
        key = f"escrow.maintenance_paid:{bill.id}:{event_id}"
        await emit(tx, "escrow.maintenance_paid", {"bill_id": str(bill.id)}, key=key)
    detail = {"notice_no": bill.notice_no, "amount_fen": bill.amount_fen, "event_id": event_id}
    audit(tx, actor, "escrow.confirmed", f"bill:{bill.id}", detail)


async def _tell_sale(tx: WriteSession, bill: Bill, event_id: str) -> None:
    payload = {"bill_id": str(bill.id), "contract_id": str(bill.contract_id)}
    key = f"escrow.confirmed:{bill.id}"
    if await emit(tx, "escrow.confirmed", payload, key=key) is None:  # paid anew after a 冲正
        await emit(tx, "escrow.confirmed", payload, key=f"{key}:{event_id}")


async def take_back(tx: WriteSession, actor: Actor, confirmation: BankConfirmation, words: str) -> None:
    """The booking of a confirmation has been reversed: its notice is unpaid again, or its receipt in suspense is over.

    Raises Conflict when the money has gone another way meanwhile.
    """
    if confirmation.bill_id is not None:
        bill = await locked_bill(tx, Bill.id == confirmation.bill_id)
        if bill.state != BillState.CONFIRMED:
            raise Conflict("该缴款通知书的款项已经退款，不能冲正")
        move(bill, BillState.SENT)
        bill.confirmed_at = None
        audit(tx, actor, "escrow.confirmation_reversed", f"bill:{bill.id}", {"notice_no": bill.notice_no})
    resting = select(SuspenseReceipt).where(SuspenseReceipt.confirmation_id == confirmation.id).with_for_update()
    kept = await tx.scalar(resting)
    if kept is not None:
        if kept.state != SuspenseState.WAITING:
            raise Conflict("该笔不明入账已经认领或退回，不能冲正")
        kept.state, kept.resolved_words = SuspenseState.REVERSED, words
        kept.resolved_by, kept.resolved_by_id, kept.resolved_at = actor.name, actor.id, now()
    await tx.flush()


async def _suspend(
    tx: WriteSession, actor: Actor, confirmation: Confirmation, row_id: UUID, verdict: rules.Unrecognised
) -> Receipt:
    kept = SuspenseReceipt(
        confirmation_id=row_id,
        reason=verdict.reason,
        words=verdict.words,
        payer=confirmation.payer or None,
        payer_account=confirmation.payer_account or None,
        payer_bank=confirmation.payer_bank or None,
    )
    tx.add(kept)
    detail = {"reason": verdict.reason, "amount_fen": confirmation.amount_fen, "event_id": confirmation.event_id}
    audit(tx, actor, "escrow.suspended", f"bank_confirmation:{row_id}", detail)
    await tx.flush()
    return Receipt(
        event_id=confirmation.event_id,
        bill_id=None,
        contract_id=None,
        reason=verdict.reason,
        words=verdict.words,
        duplicate=False,
    )
