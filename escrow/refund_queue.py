"""Refunds in their order: money is set aside for them one after another, and what it does not suffice for waits.

order_refund → [waits] → set aside (fund → owed) → the bank is told: a loan by a payment order to its lender, the rest
back to where it came from (原路退回) → confirmed

On one project's account the oldest refund comes first, within a contract the lender's before the buyers'; a later and
smaller one never overtakes. Waiting costs nobody their place, and every waiting refund says what it waits for.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from escrow import banking, ledger
from escrow.agreements.plans import in_force
from escrow.banking.models import BankMovement
from escrow.banking.movements import taken_back_before
from escrow.bills import locked_bill, move
from escrow.confirmations import fund_of
from escrow.ledger.models import AccountKind
from escrow.loans.models import Loan
from escrow.models import Bill, BillKind, BillState, LoanPart, Refund, RefundState
from escrow.rules import LOANS, SUPERVISED, above_quota
from escrow.supervision import account_of, lock_account
from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, DomainError, NotFound
from kernel.money import yuan
from kernel.outbox import emit
from kernel.permissions import Actor

NO_ACCOUNT: Final = "贷款机构尚未登记贷款回款账户，登记后即可退回"
NOT_VERIFIED: Final = "须动用监管额度内资金，应先核实合同已注销"
NOT_PAID_AFTER_ALL: Final = "对账冲正：银行没有付出该笔退款，与银行核对后重新交办"
BEHIND: Final = "排在前面的退款尚未足额，按顺序等候"


class UnknownRefund(NotFound):
    """No such refund order in this county."""

    code = "escrow.unknown_refund"
    default_message = "没有找到该退款通知"


class NotWaiting(Conflict):
    """The refund waits for nothing that a person could do."""

    code = "escrow.refund_not_waiting"
    default_message = "该笔退款已经交银行办理，无需再次处理"


async def resume(tx: WriteSession, actor: Actor, project_id: UUID) -> int:
    """Set money aside for what waits on the project's account, oldest first, as far as it goes; how many went on."""
    await lock_account(tx, project_id)
    done = 0
    stopped = False
    for refund, bill in await _waiting(tx, project_id):
        if stopped and bill.kind in SUPERVISED:
            refund.waiting_because = BEHIND
            continue
        if await _set_aside(tx, actor, refund, bill):
            done += 1
        elif bill.kind in SUPERVISED:
            # What waits for a person keeps nobody else from the money that is there.
            stopped = refund.waiting_because != NOT_VERIFIED
    await tx.flush()
    return done


async def resume_one(tx: WriteSession, actor: Actor, refund_id: UUID, verified: str = "") -> Refund:
    """Try again what waits, and all before it. `verified`: on what somebody has verified the cancellation meanwhile.

    Raises UnknownRefund, NotWaiting.
    """
    project_id = await tx.scalar(select(Bill.project_id).join(Refund, _SAME).where(Refund.id == refund_id))
    if project_id is None:
        raise UnknownRefund
    await lock_account(tx, project_id)
    found = await locked_refund(tx, Refund.id == refund_id)
    if found.state != RefundState.WAITING:
        raise NotWaiting
    bill = await locked_bill(tx, Bill.id == found.bill_id)
    if verified.strip():
        found.verified = verified.strip()
        await tx.flush()
        audit(tx, actor, "escrow.refund_verified", f"refund:{found.id}", {"on": found.verified})
    if bill.state == BillState.REFUND_ORDERED:
        await send(tx, actor, found, bill)
    else:
        await resume(tx, actor, project_id)
    return found


async def send(tx: WriteSession, actor: Actor, refund: Refund, bill: Bill) -> None:
    """Money that was set aside goes to the bank: a loan to its lender's account, anything else by its original route.

    A loan whose lender has told no account waits for it, without holding up anybody else.
    """
    if bill.kind != BillKind.MORTGAGE_LOAN:
        _ordered(refund)
        await tx.flush()
        before = await taken_back_before(tx, BankMovement.subject == f"refund:{refund.id}")
        key = f"escrow.refund_ordered:{refund.id}{before}"
        await emit(tx, "escrow.refund_ordered", {"refund_id": str(refund.id)}, key=key)
        return
    loan = await tx.scalar(select(Loan).where(Loan.bill_id == bill.id))
    if loan is None or loan.return_account_no is None:
        _wait(refund, NO_ACCOUNT)
        return
    refund.attempts += 1
    try:
        async with tx.begin_nested():
            order = await banking.order_payment(tx, actor, _return_of(refund, loan))
    except DomainError as error:
        # Nobody's cancellation fails because a bank cannot be reached: the money is set aside, and a person looks.
        _wait(refund, f"退款指令未能下达：{error.message}")
        return
    refund.payment_order_id = order.id
    _ordered(refund)
    await tx.flush()


async def loan_return_ended(tx: WriteSession, actor: Actor, refund_id: UUID, order_id: UUID) -> None:
    """A payment order has ended: paid, rejected, or sent back after it was paid (退汇).

    What counts is where the order stands now, however late or in whatever order this is told.
    """
    refund = await locked_refund(tx, Refund.id == refund_id)
    if refund.payment_order_id != order_id:
        return
    bill, order = await locked_bill(tx, Bill.id == refund.bill_id), await banking.order(tx, order_id)
    if order.state == banking.OrderState.PAID:
        if refund.state == RefundState.CONFIRMED:
            return
        refund.state, refund.waiting_because = RefundState.CONFIRMED, None
        refund.bank_serial, refund.confirmed_at = order.bank_serial, order.ended_at
        move(bill, BillState.REFUNDED)
    elif order.state in (banking.OrderState.REJECTED, banking.OrderState.RETURNED):
        if bill.state == BillState.REFUNDED:
            move(bill, BillState.REFUND_ORDERED)
            refund.bank_serial = refund.confirmed_at = None
        _wait(refund, f"银行未能付给贷款机构：{order.reason}；请贷款机构核对回款账户后重新办理")
    await tx.flush()
    audit(tx, actor, f"escrow.loan_return_{order.state}", f"refund:{refund.id}", {"refund_no": refund.refund_no})


async def waiting_fen(reader: ReadSession, projects: Sequence[UUID]) -> dict[UUID, int]:
    """What still has to be set aside on each project's account, where there is anything: no drawdown should come
    before it."""
    rows = await reader.execute(
        select(Bill.project_id, func.sum(Refund.amount_fen))
        .join(Refund, _SAME)
        .where(*_unfunded(), Bill.project_id.in_(projects), Bill.kind.in_(SUPERVISED))
        .group_by(Bill.project_id)
    )
    return {project: int(fen) for project, fen in rows if project is not None}


async def waiting_projects(reader: ReadSession, limit: int = 100) -> list[UUID]:
    """Projects on whose accounts refunds wait for money, for the chore that resumes them."""
    found = select(Bill.project_id).join(Refund, _SAME).where(*_unfunded()).distinct().limit(limit)
    return list(await reader.scalars(found))


async def waiting_list(
    reader: ReadSession, after: UUID | None, limit: int, project_id: UUID | None = None
) -> Sequence[tuple[Refund, Bill]]:
    """The department's work list: everything that waits, oldest first, page by page."""
    # A receipt that the bank took back (冲正) is owed to nobody until it comes again.
    there = Bill.state.in_((BillState.CONFIRMED, BillState.REFUND_ORDERED))
    wanted = select(Refund, Bill).join(Bill, _SAME).where(Refund.state == RefundState.WAITING, there)
    if after is not None:
        wanted = wanted.where(Refund.id > after)
    if project_id is not None:
        wanted = wanted.where(Bill.project_id == project_id)
    return [(refund, bill) for refund, bill in await reader.execute(wanted.order_by(Refund.id).limit(limit))]


async def locked_refund(tx: WriteSession, condition: ColumnElement[bool]) -> Refund:
    """One refund, fresh and locked. Raises UnknownRefund."""
    wanted = select(Refund).where(condition).with_for_update().execution_options(populate_existing=True)
    found = await tx.scalar(wanted)
    if found is None:
        raise UnknownRefund
    return found


_SAME = and_(Bill.tenant_id == Refund.tenant_id, Bill.id == Refund.bill_id)


def _unfunded() -> tuple[ColumnElement[bool], ...]:
    return Refund.state == RefundState.WAITING, Bill.state == BillState.CONFIRMED


async def _waiting(tx: WriteSession, project_id: UUID) -> list[tuple[Refund, Bill]]:
    wanted = (
        select(Refund, Bill)
        .join(Bill, _SAME)
        .where(*_unfunded(), Bill.project_id == project_id)
        .order_by(Refund.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [(refund, bill) for refund, bill in await tx.execute(wanted)]


async def _set_aside(tx: WriteSession, actor: Actor, refund: Refund, bill: Bill) -> bool:
    """From the fund to what is owed; False when it has to wait, and `waiting_because` says for what."""
    kind, owner = fund_of(bill)
    available = await ledger.available(tx, kind, owner)
    from_quota = await _from_quota(tx, bill, available)
    if from_quota and not refund.verified:
        _wait(refund, NOT_VERIFIED)
        return False
    if available < bill.amount_fen:
        _wait(refund, _short(bill, available))
        return False
    fund = await ledger.open_account(tx, kind, owner)
    owed = await ledger.open_account(tx, AccountKind.REFUND_PAYABLE, str(bill.contract_id))
    moves = [ledger.Move(fund, -bill.amount_fen), ledger.Move(owed, bill.amount_fen)]
    try:
        async with tx.begin_nested():
            await ledger.post(tx, f"refund_order:{refund.id}", f"bill:{bill.id}", moves, words=_words(bill))
    except ledger.InsufficientFunds:
        # Somebody else spent it, or a court froze it, after we looked.
        _wait(refund, _short(bill, await ledger.available(tx, kind, owner)))
        return False
    refund.from_quota_fen = from_quota
    move(bill, BillState.REFUND_ORDERED)
    detail = {"notice_no": bill.notice_no, "amount_fen": bill.amount_fen, "from_quota_fen": from_quota}
    audit(tx, actor, "escrow.refund_ordered", f"refund:{refund.id}", detail)
    await send(tx, actor, refund, bill)
    return True


def _return_of(refund: Refund, loan: Loan) -> banking.NewOrder:
    assert loan.return_account_no is not None
    return banking.NewOrder(
        key=f"loan_return:{refund.id}:{refund.attempts}",
        purpose=banking.Purpose.LOAN_RETURN,
        subject=f"loan_return:{refund.id}",
        account_no=refund.account_no,
        source=(AccountKind.REFUND_PAYABLE, str(refund.contract_id)),
        payee=banking.Payee(
            name=loan.return_account_name,
            account_no=loan.return_account_no,
            bank_code=loan.return_bank_code,
            bank_name=loan.return_bank_name,
        ),
        amount_fen=refund.amount_fen,
        words=f"退回{LOANS[LoanPart(loan.part)]} {refund.refund_no} 合同{loan.filing_no}解除",
    )


async def _from_quota(reader: ReadSession, bill: Bill, available: int) -> int:
    """How much of it would have to come from inside the supervised quota of the terms that hold now."""
    if bill.kind not in SUPERVISED or bill.project_id is None:
        return 0
    terms = await in_force(reader, bill.project_id) or await account_of(reader, bill.project_id)
    return above_quota(available, terms.quota_fen, bill.amount_fen)[1]


def _words(bill: Bill) -> str:
    return f"解除合同应退{LOANS[LoanPart(bill.loan_part)]}" if bill.loan_part else "解除合同应退款"


def _short(bill: Bill, available: int) -> str:
    where = "监管账户" if bill.kind in SUPERVISED else "该户维修资金账户"
    return f"{where}可用余额 {yuan(max(0, available))} 元，不足应退的 {yuan(bill.amount_fen)} 元，资金到账后按顺序办理"


def _wait(refund: Refund, because: str) -> None:
    refund.state, refund.waiting_because = RefundState.WAITING, because


def _ordered(refund: Refund) -> None:
    refund.state, refund.waiting_because = RefundState.ORDERED, None
