"""Payment notices (缴款通知书): issuing, sending, voiding, and what is still missing."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from escrow import rules
from escrow.models import ALLOWED, LIVE, UNPAID, Bill, BillKind, BillState, SupervisionAccount
from escrow.schemas import MissingMoney, NewBill, SaleMoney
from escrow.supervision import lock_account, maintenance_account, rates
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, NotFound
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor


class BillsDiffer(Conflict):
    """The contract has live notices of other amounts or another payer: void them before issuing new ones."""

    code = "escrow.bills_differ"
    default_message = "该合同已有缴款通知书且内容不同，请先作废未缴的通知书；已缴款的请办理退款"


class WrongState(Conflict):
    """The notice has moved on; see ALLOWED."""

    code = "escrow.wrong_state"
    default_message = "缴款通知书的当前状态不允许此操作"


class UnknownBill(NotFound):
    """No such notice in this county."""

    code = "escrow.unknown_bill"
    default_message = "没有找到该缴款通知书"


async def issue_bills(tx: WriteSession, actor: Actor, sale: SaleMoney) -> list[Bill]:
    """Issue the notices that the sale needs and emit `escrow.notice_issued` for each new one.

    Idempotent: live notices of the same content are returned as they are. Raises BillsDiffer, NoAccount,
    RateMissing, Invalid.
    """
    # Two clerks issuing for one contract: the second waits here, then finds the first one's notices.
    account = await lock_account(tx, sale.project_id)
    rate = rules.rate_on(await rates(tx), rules.usage_class(sale.usage), with_lift=sale.has_lift, on=sale.on)
    asked = rules.bills_of_sale(sale.down_payment_fen, rate, sale.area)
    live = {bill.kind: bill for bill in await bills_of(tx, sale.contract_id) if bill.state in LIVE}
    bills = []
    for kind, amount_fen in asked.items():
        payee = account if kind is BillKind.DOWN_PAYMENT else await maintenance_account(tx)
        known = live.get(kind)
        if known is None:
            known = await issue(tx, actor, payee, _of_sale(sale, kind, amount_fen, rate))
        elif (known.amount_fen, known.payer, known.account_no) != (amount_fen, sale.payer, payee.account_no):
            raise BillsDiffer
        bills.append(known)
    return bills


async def mark_sent(tx: WriteSession, bill_id: UUID) -> Bill:
    """The bank has taken the notice. Harmless when it has been paid or voided meanwhile."""
    bill = await locked_bill(tx, Bill.id == bill_id)
    if bill.state == BillState.ISSUED:
        move(bill, BillState.SENT)
        bill.sent_at = now()
        await tx.flush()
    return bill


async def void_bills(tx: WriteSession, actor: Actor, contract_id: UUID) -> list[Bill]:
    """Void the contract's unpaid notices and return them. Paid ones stay: their money needs `order_refund`."""
    unpaid = [bill for bill in await locked_bills(tx, contract_id) if bill.state in UNPAID]
    for bill in unpaid:
        move(bill, BillState.VOID)
        audit(tx, actor, "escrow.notice_void", f"bill:{bill.id}", {"notice_no": bill.notice_no})
    await tx.flush()
    return unpaid


async def missing(reader: ReadSession, contract_id: UUID) -> list[MissingMoney]:
    """What still keeps the contract from being submitted, in words with amounts; empty: the gate is open."""
    return rules.missing_money([facts(bill) for bill in await bills_of(reader, contract_id)])


async def bills_of(reader: ReadSession, contract_id: UUID) -> list[Bill]:
    """All notices ever issued for the contract, oldest first."""
    return list(await reader.scalars(_of_contract(contract_id)))


async def bill(reader: ReadSession, bill_id: UUID) -> Bill:
    """One notice. Raises UnknownBill."""
    found = await reader.scalar(select(Bill).where(Bill.id == bill_id))
    if found is None:
        raise UnknownBill
    return found


async def locked_bills(tx: WriteSession, contract_id: UUID) -> list[Bill]:
    """The contract's notices, fresh and locked, in the order of their ids."""
    fresh = _of_contract(contract_id).with_for_update().execution_options(populate_existing=True)
    return list(await tx.scalars(fresh))


async def locked_bill(tx: WriteSession, condition: ColumnElement[bool]) -> Bill:
    """One notice, fresh and locked. Raises UnknownBill."""
    found = await tx.scalar(select(Bill).where(condition).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise UnknownBill
    return found


def move(bill: Bill, to: BillState) -> None:
    """The one place where a notice changes its state. Raises WrongState."""
    if to not in ALLOWED[BillState(bill.state)]:
        raise WrongState
    bill.state = to


def facts(bill: Bill) -> rules.BillFacts:
    """The notice as the rules see it."""
    return rules.BillFacts(
        notice_no=bill.notice_no,
        kind=BillKind(bill.kind),
        state=BillState(bill.state),
        amount_fen=bill.amount_fen,
        account_no=bill.account_no,
        paid_from=bill.paid_from,
    )


async def issue(tx: WriteSession, actor: Actor, payee: SupervisionAccount, asked: NewBill) -> Bill:
    """Number one notice; the caller has seen that there is no live one of its kind.

    `escrow.notice_issued` lets the bank know what a buyer will pay; not of a case's, which we pay ourselves.
    """
    day = today()
    number = await next_number(tx, "payment_notice", day.year)
    new = Bill(
        notice_no=f"JK{tx.tenant}{day.year}{number:06d}",
        kind=asked.kind,
        loan_part=asked.loan_part,
        contract_id=asked.contract_id,
        project_id=asked.project_id,
        case_id=asked.case_id,
        paid_from=asked.paid_from,
        unit_id=asked.unit_id,
        unit_code=asked.unit_code,
        payer=asked.payer,
        amount_fen=asked.amount_fen,
        basis=asked.basis,
        account_no=payee.account_no,
        account_name=payee.account_name,
        bank_code=payee.bank_code,
        bank_name=payee.bank_name,
        issued_on=day,
        state=BillState.ISSUED,
    )
    tx.add(new)
    await tx.flush()
    if new.case_id is None:
        await emit(tx, "escrow.notice_issued", {"bill_id": str(new.id)}, key=f"escrow.notice_issued:{new.id}")
    detail = {"notice_no": new.notice_no, "amount_fen": new.amount_fen}
    audit(tx, actor, "escrow.notice_issued", f"bill:{new.id}", detail)
    return new


def _of_sale(sale: SaleMoney, kind: BillKind, amount_fen: int, rate: rules.Rate) -> NewBill:
    return NewBill(
        kind=kind,
        contract_id=sale.contract_id,
        project_id=sale.project_id,
        unit_id=sale.unit_id,
        unit_code=sale.unit_code,
        payer=sale.payer,
        amount_fen=amount_fen,
        basis=rules.basis_of(rate, sale.area) if kind is BillKind.MAINTENANCE_FUND else {},
    )


def _of_contract(contract_id: UUID) -> Select[Bill]:
    return select(Bill).where(Bill.contract_id == contract_id).order_by(Bill.id)
