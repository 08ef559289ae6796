"""Money without an owner: found its notice or went back, never both, never twice."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select

from escrow import banking, ledger
from escrow.banking.lines import book_line
from escrow.banking.orders import locked_order, pay, reject
from escrow.ledger.models import AccountKind
from escrow.models import BillState, SuspenseReceipt
from escrow.reconciliation import suspense
from kernel.db import Database, WriteSession
from kernel.errors import DomainError, Invalid
from tests.escrow.banks import PAYEE, paid, project
from tests.escrow.test_bank_lines import DIGEST, line, notice
from tests.escrow.world import ACTOR, COUNTY

SUSPENSE, FUND = AccountKind.SUSPENSE, AccountKind.PROJECT_FUND


async def lost(tx: WriteSession, account_no: str, fen: int) -> UUID:
    """Money that nobody can place; its receipt."""
    assert await book_line(tx, ACTOR, line(account_no, fen, counterparty="李四"), DIGEST) == "suspense"
    latest = select(SuspenseReceipt.id).order_by(SuspenseReceipt.id.desc()).limit(1)
    return (await tx.scalars(latest)).one()


async def test_it_pays_a_notice_after_all(tx: WriteSession) -> None:
    project_id, account_no = await project(tx, 0)
    bill = await notice(tx, project_id)
    receipt_id = await lost(tx, account_no, 500_00)
    await suspense.match(tx, ACTOR, receipt_id, bill.notice_no, "付款人漏填通知书编号，已核对回单")
    kept, told = await suspense.receipt(tx, receipt_id)
    assert (bill.state, kept.state, told.bill_id, kept.resolved_by) == (
        BillState.CONFIRMED, "matched", bill.id, ACTOR.name,
    )  # fmt: skip
    assert await ledger.balance(tx, SUSPENSE, account_no) == 0
    assert await ledger.balance(tx, FUND, str(project_id)) == 500_00
    with pytest.raises(suspense.ReceiptResolved):
        await suspense.send_back(tx, ACTOR, receipt_id, PAYEE, "再退回")
    with pytest.raises(suspense.ReceiptResolved):
        await suspense.match(tx, ACTOR, receipt_id, bill.notice_no, "再认领")


async def test_only_the_exact_amount_and_a_reason(tx: WriteSession) -> None:
    project_id, account_no = await project(tx, 0)
    bill = await notice(tx, project_id)
    receipt_id = await lost(tx, account_no, 499_99)
    with pytest.raises(suspense.NoMatch, match="金额不符"):
        await suspense.match(tx, ACTOR, receipt_id, bill.notice_no, "认领")
    with pytest.raises(Invalid):
        await suspense.send_back(tx, ACTOR, receipt_id, PAYEE, "  ")
    assert await ledger.available(tx, SUSPENSE, account_no) == 499_99


async def test_it_goes_back_and_may_come_back_again(tx: WriteSession) -> None:
    _, account_no = await project(tx, 0)
    receipt_id = await lost(tx, account_no, 88_00)
    first = await suspense.send_back(tx, ACTOR, receipt_id, PAYEE, "付款人申请退回")
    assert await ledger.available(tx, SUSPENSE, account_no) == 0
    await reject(tx, ACTOR, first, "账号有误")
    await suspense.settled(tx, ACTOR, receipt_id, first.id, "rejected")
    kept, _ = await suspense.receipt(tx, receipt_id)
    assert kept.state == "waiting"
    second = await suspense.send_back(tx, ACTOR, receipt_id, PAYEE, "更正账号后退回")
    assert second.id != first.id
    await suspense.settled(tx, ACTOR, receipt_id, first.id, "paid")  # an old order's late word changes nothing
    await pay(tx, ACTOR, second, paid(second))
    await suspense.settled(tx, ACTOR, receipt_id, second.id, "paid")
    assert (await suspense.receipt(tx, receipt_id))[0].state == "returned"
    assert await ledger.balance(tx, SUSPENSE, account_no) == 0


async def test_two_clerks_at_once(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        project_id, account_no = await project(tx, 0)
        bill = await notice(tx, project_id)
        receipt_id = await lost(tx, account_no, 500_00)

    async def act(*, back: bool) -> str:
        try:
            async with fresh_database.transaction(COUNTY) as tx:
                if back:
                    await suspense.send_back(tx, ACTOR, receipt_id, PAYEE, "退回")
                else:
                    await suspense.match(tx, ACTOR, receipt_id, bill.notice_no, "认领")
        except DomainError as refused:
            return refused.code
        return "done"

    done = await asyncio.gather(act(back=True), act(back=False), act(back=True))
    assert sorted(done) == ["done", "escrow.receipt_resolved", "escrow.receipt_resolved"]


async def test_a_return_that_the_bank_sent_back_waits_again(tx: WriteSession) -> None:
    from escrow.banking.orders import give_back

    _, account_no = await project(tx, 0)
    receipt_id = await lost(tx, account_no, 88_00)
    order = await suspense.send_back(tx, ACTOR, receipt_id, PAYEE, "付款人申请退回")
    order = await locked_order(tx, order.order_no)
    await pay(tx, ACTOR, order, paid(order))
    await suspense.settled(tx, ACTOR, receipt_id, order.id, "paid")
    await give_back(tx, ACTOR, order, paid(order), "退汇")
    await suspense.settled(tx, ACTOR, receipt_id, order.id, banking.OrderState.RETURNED)
    assert (await suspense.receipt(tx, receipt_id))[0].state == "waiting"
    assert await ledger.available(tx, SUSPENSE, account_no) == 88_00
