"""Money without a known owner (不明入账): the finance clerk finds its notice, or sends it back; one or the other."""

from uuid import UUID

from sqlalchemy import select

from escrow import ledger, rules
from escrow.banking.models import PaymentOrder, Purpose
from escrow.banking.orders import order_payment
from escrow.banking.schemas import NewOrder, Payee
from escrow.bills import facts, locked_bill
from escrow.confirmations import fund_of, mark_paid
from escrow.ledger.models import AccountKind
from escrow.models import BankConfirmation, Bill, SuspenseReceipt, SuspenseState
from escrow.schemas import Confirmation
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.permissions import Actor


class UnknownReceipt(NotFound):
    """No such receipt in this county."""

    code = "escrow.unknown_receipt"
    default_message = "没有找到该笔不明入账"


class ReceiptResolved(Conflict):
    """Somebody has matched it, or is sending it back."""

    code = "escrow.receipt_resolved"
    default_message = "该笔不明入账已经处理，不能重复处理"


class NoMatch(Conflict):
    """The money does not pay that notice exactly."""

    code = "escrow.no_match"


async def receipt(reader: ReadSession, receipt_id: UUID) -> tuple[SuspenseReceipt, BankConfirmation]:
    """One receipt with what the bank told. Raises UnknownReceipt."""
    return await _found(reader, receipt_id, lock=False)


async def match(tx: WriteSession, actor: Actor, receipt_id: UUID, notice_no: str, words: str) -> Bill:
    """It pays that notice after all: the notice is confirmed, as if the bank had named it.

    Raises UnknownReceipt, ReceiptResolved, UnknownBill, NoMatch with the reason.
    """
    bill = await locked_bill(tx, Bill.notice_no == notice_no.strip())
    found, told = await _waiting(tx, receipt_id, words)
    verdict = rules.judge(_as_told(found, told, bill.notice_no), facts(bill))
    if verdict is not None:
        raise NoMatch(verdict.words)
    suspense = await ledger.open_account(tx, AccountKind.SUSPENSE, told.account_no)
    fund = await ledger.open_account(tx, *fund_of(bill))
    moves = [ledger.Move(suspense, -told.amount_fen), ledger.Move(fund, told.amount_fen)]
    key = f"suspense_matched:{found.id}"
    await ledger.post(tx, key, f"notice:{bill.notice_no}", moves, words="不明入账认领")
    told.bill_id = found.bill_id = bill.id
    _resolve(found, actor, SuspenseState.MATCHED, words)
    await mark_paid(tx, actor, bill, told.event_id)
    audit(tx, actor, "escrow.suspense_matched", f"suspense:{found.id}", {"notice_no": bill.notice_no})
    return bill


async def send_back(tx: WriteSession, actor: Actor, receipt_id: UUID, payee: Payee, words: str) -> PaymentOrder:
    """Return it to its payer by an order to the bank; `words` say on what the payee's account rests.

    Raises UnknownReceipt, ReceiptResolved, UnknownBank, Invalid. When the bank refuses the order, it waits again.
    """
    found, told = await _waiting(tx, receipt_id, words)
    number = found.returns + 1
    order = await order_payment(
        tx,
        actor,
        NewOrder(
            key=f"suspense:{found.id}:{number}",
            purpose=Purpose.SUSPENSE_RETURN,
            subject=f"suspense:{found.id}",
            account_no=told.account_no,
            source=(AccountKind.SUSPENSE, told.account_no),
            payee=payee,
            amount_fen=told.amount_fen,
            words=f"退回不明入账 {told.bank_serial}"[:140],
        ),
    )
    found.order_id, found.returns = order.id, number
    _resolve(found, actor, SuspenseState.RETURNING, words)
    await tx.flush()
    audit(tx, actor, "escrow.suspense_returning", f"suspense:{found.id}", {"order_no": order.order_no})
    return order


async def settled(tx: WriteSession, actor: Actor, receipt_id: UUID, order_id: UUID, state: str) -> None:
    """How the order that returns it has ended: it is gone, or (拒付, 退汇) waits for its owner again."""
    found, _ = await _found(tx, receipt_id, lock=True)
    if found.order_id != order_id:
        return
    found.state = SuspenseState.RETURNED if state == "paid" else SuspenseState.WAITING
    await tx.flush()
    audit(tx, actor, f"escrow.suspense_return_{state}", f"suspense:{found.id}", {"order_id": str(order_id)})


def _resolve(found: SuspenseReceipt, actor: Actor, state: SuspenseState, words: str) -> None:
    found.state = state
    found.resolved_by, found.resolved_by_id = actor.name, actor.id
    found.resolved_words, found.resolved_at = words.strip(), now()


async def _waiting(tx: WriteSession, receipt_id: UUID, words: str) -> tuple[SuspenseReceipt, BankConfirmation]:
    if not words.strip():
        raise Invalid("请填写处理依据", field="words")
    found, told = await _found(tx, receipt_id, lock=True)
    if found.state != SuspenseState.WAITING:
        raise ReceiptResolved
    return found, told


async def _found(reader: ReadSession, receipt_id: UUID, *, lock: bool) -> tuple[SuspenseReceipt, BankConfirmation]:
    query = (
        select(SuspenseReceipt, BankConfirmation)
        .join(BankConfirmation, BankConfirmation.id == SuspenseReceipt.confirmation_id)
        .where(SuspenseReceipt.id == receipt_id)
        .execution_options(populate_existing=True)
    )
    rows = (await reader.execute(query.with_for_update() if lock else query)).one_or_none()
    if rows is None:
        raise UnknownReceipt
    return rows[0], rows[1]


def _as_told(found: SuspenseReceipt, told: BankConfirmation, notice_no: str) -> Confirmation:
    return Confirmation(
        event_id=told.event_id,
        notice_no=notice_no,
        amount_fen=told.amount_fen,
        paid_at=told.paid_at,
        bank_serial=told.bank_serial,
        account_no=told.account_no,
        evidence_digest=told.evidence_digest,
        payer_account=found.payer_account or "",
    )
