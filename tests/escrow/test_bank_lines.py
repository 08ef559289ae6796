"""What banks tell during the day: each line is booked once where it belongs, in whatever order it arrives."""

from datetime import datetime, time
from uuid import UUID

import pytest
from sqlalchemy import select

from escrow import banking, ledger, reconciliation
from escrow.banking.lines import book_line, hear
from escrow.banking.schemas import Line, Status, StatusKind
from escrow.bills import issue_bills
from escrow.collection.accounts import register_collection_account
from escrow.confirmations import confirm
from escrow.ledger.models import AccountKind
from escrow.models import Bill, BillState, SuspenseReceipt
from escrow.reconciliation.models import Difference, DifferenceKind
from escrow.schemas import Confirmation
from escrow.supervision import demonstration_rates, register_maintenance_account, set_rate
from kernel.clock import SHANGHAI
from kernel.db import WriteSession
from tests.escrow.banks import DAY, drawdown, paid, project, serial
from tests.escrow.world import ACTOR, World

DIGEST = "d" * 64
FUND = AccountKind.PROJECT_FUND


def line(account_no: str, fen: int, **changes: object) -> Line:
    values = {
        "account_no": account_no, "bank_serial": serial(), "signed_fen": fen, "value_date": DAY, "booked_on": DAY,
    }  # fmt: skip
    return Line(**(values | changes))  # type: ignore[arg-type]


def status(order_no: str, kind: StatusKind, **changes: object) -> Status:
    return Status(**({"order_no": order_no, "kind": kind, "day": DAY} | changes))  # type: ignore[arg-type]


async def notice(tx: WriteSession, project_id: UUID) -> Bill:
    """A payment notice of the project that waits for its money."""
    await register_maintenance_account(tx, ACTOR, "410500009999", "维修资金专户", "999900001234", "中原示范银行")
    for rate in demonstration_rates():
        await set_rate(tx, ACTOR, rate)
    bills = await issue_bills(tx, ACTOR, World(None, project_id).sale(down_payment_fen=500_00))  # type: ignore[arg-type]
    return next(bill for bill in bills if bill.kind == "down_payment")


async def only(tx: WriteSession, account_no: str) -> Difference:
    return (await tx.scalars(select(Difference).where(Difference.account_no == account_no))).one()


async def test_credit_with_a_notice_pays_it_once_by_either_way(tx: WriteSession) -> None:
    project_id, account_no = await project(tx, 0)
    bill = await notice(tx, project_id)
    told = line(account_no, 500_00, remittance=f"购房首付 {bill.notice_no}", counterparty="张三")
    assert await book_line(tx, ACTOR, told, DIGEST) == "confirmed"
    assert await book_line(tx, ACTOR, told, DIGEST) == "duplicate"
    by_callback = Confirmation(
        event_id="event-1", notice_no=bill.notice_no, amount_fen=500_00, bank_serial=told.bank_serial,
        paid_at=datetime.combine(DAY, time(9, 30), SHANGHAI), account_no=account_no, evidence_digest=DIGEST,
    )  # fmt: skip
    receipt = await confirm(tx, ACTOR, by_callback)
    assert (receipt.duplicate, receipt.recognised) == (True, True)
    assert bill.state == BillState.CONFIRMED
    assert await ledger.balance(tx, FUND, str(project_id)) == 500_00


async def test_credit_without_a_notice_goes_to_suspense_with_its_payer(tx: WriteSession) -> None:
    _, account_no = await project(tx, 0)
    told = line(account_no, 88_00, remittance="往来款", counterparty="李四", counterparty_account="6222001")
    assert await book_line(tx, ACTOR, told, DIGEST) == "suspense"
    assert await ledger.balance(tx, AccountKind.SUSPENSE, account_no) == 88_00
    kept = (await tx.scalars(select(SuspenseReceipt).order_by(SuspenseReceipt.id.desc()).limit(1))).one()
    assert (kept.payer, kept.payer_account, kept.state) == ("李四", "6222001", "waiting")


async def test_debit_with_our_number_is_the_payment(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    told = line(account_no, -300_00, end_to_end_id=order.order_no)
    assert await book_line(tx, ACTOR, told, DIGEST) == "paid"
    assert await book_line(tx, ACTOR, told, DIGEST) == "duplicate"
    assert await hear(tx, ACTOR, status(order.order_no, StatusKind.ACCEPTED)) == "accepted"
    assert order.state == banking.OrderState.PAID
    back = line(account_no, 300_00, end_to_end_id=order.order_no, reversal=True, remittance="户名不符")
    assert await book_line(tx, ACTOR, back, DIGEST) == "returned"
    assert await book_line(tx, ACTOR, back, DIGEST) == "duplicate"
    assert (order.state, order.reason) == (banking.OrderState.RETURNED, "户名不符")
    assert await reconciliation.open_differences(tx, [account_no]) == {}


async def test_a_return_told_before_its_payment(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    back = line(account_no, 300_00, end_to_end_id=order.order_no, reversal=True, remittance="户名不符")
    assert await book_line(tx, ACTOR, back, DIGEST) == "difference"
    assert await book_line(tx, ACTOR, line(account_no, -300_00, end_to_end_id=order.order_no), DIGEST) == "paid"
    assert order.state == banking.OrderState.RETURNED
    assert await book_line(tx, ACTOR, back, DIGEST) == "duplicate"
    assert await reconciliation.open_differences(tx, [account_no]) == {}
    assert await ledger.available(tx, FUND, str(project_id)) == 1_000_00


@pytest.mark.parametrize("fen", [-299_99, -300_01])
async def test_other_amount_than_ordered_stays_in_sight(tx: WriteSession, fen: int) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    assert await book_line(tx, ACTOR, line(account_no, fen, end_to_end_id=order.order_no), DIGEST) == "difference"
    found = await only(tx, account_no)
    assert (found.kind, found.bank_fen, found.book_fen, found.order_id) == ("missing_here", fen, 0, order.id)
    assert "不一致" in found.words
    assert order.state == banking.OrderState.ORDERED
    assert await ledger.available(tx, FUND, str(project_id)) == 700_00


async def test_debit_nobody_ordered_and_its_reversal_stay_in_sight(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    for told in (line(account_no, -50_00), line(account_no, -60_00, end_to_end_id="FK999"),
                 line(account_no, 50_00, reversal=True)):  # fmt: skip
        assert await book_line(tx, ACTOR, told, DIGEST) == "difference"
        assert await book_line(tx, ACTOR, told, DIGEST) == "difference"
    assert await reconciliation.open_differences(tx, [account_no]) == {account_no: 3}
    assert await ledger.balance(tx, AccountKind.BANK, account_no) == -1_000_00


async def test_the_channel_says_whose_money_on_the_intermediate_account_is(tx: WriteSession) -> None:
    await register_collection_account(tx, ACTOR, "410500007777", "中转账户", "999900001234", "中原示范银行")
    told = line("410500007777", 88_00, remittance="SK1")
    assert await book_line(tx, ACTOR, told, DIGEST) == "difference"
    assert await ledger.balance(tx, AccountKind.SUSPENSE, "410500007777") == 0
    bank = await ledger.open_account(tx, AccountKind.BANK, "410500007777")
    held = await ledger.open_account(tx, AccountKind.COLLECTION, "SK1")
    moves = [ledger.Move(bank, -88_00), ledger.Move(held, 88_00)]
    transfer_id = await ledger.post(tx, "channel:1", "bill:1", moves, words="一码付")
    await banking.record_movement(
        tx, account_no="410500007777", bank_serial=told.bank_serial, signed_fen=88_00, value_date=DAY,
        transfer_id=transfer_id, subject="bill:1",
    )  # fmt: skip
    assert await reconciliation.open_differences(tx, ["410500007777"]) == {}


async def test_account_of_nobody(tx: WriteSession) -> None:
    assert await book_line(tx, ACTOR, line("9999000011", 10_00), DIGEST) == "difference"
    assert "不是本县" in (await only(tx, "9999000011")).words
    assert await ledger.balance(tx, AccountKind.BANK, "9999000011") == 0


async def test_one_serial_with_another_amount(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    told = line(account_no, 88_00)
    await book_line(tx, ACTOR, told, DIGEST)
    other = line(account_no, 89_00, bank_serial=told.bank_serial)
    assert await book_line(tx, ACTOR, other, DIGEST) == "difference"
    found = await only(tx, account_no)
    assert (found.kind, found.bank_fen, found.book_fen) == (DifferenceKind.DIFFERENT, 89_00, 88_00)


async def test_status_before_and_after(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    assert await hear(tx, ACTOR, status(order.order_no, StatusKind.PENDING)) == "noted"
    assert await hear(tx, ACTOR, status(order.order_no, StatusKind.PAID)) == "accepted"  # no serial: not booked yet
    assert order.state == banking.OrderState.ACCEPTED
    assert await hear(tx, ACTOR, status(order.order_no, StatusKind.PAID, bank_serial="LS77")) == "paid"
    assert await book_line(
        tx, ACTOR, line(account_no, -300_00, bank_serial="LS77", end_to_end_id=order.order_no), DIGEST
    ) == "duplicate"  # fmt: skip


async def test_rejected_after_paid_is_shown_to_a_person(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    await book_line(tx, ACTOR, line(account_no, -300_00, end_to_end_id=order.order_no), DIGEST)
    told = status(order.order_no, StatusKind.REJECTED, reason="账户异常")
    assert await hear(tx, ACTOR, told) == "difference"
    found = await only(tx, account_no)
    assert (found.kind, found.order_id) == (DifferenceKind.ORDER, order.id)
    assert "账户异常" in found.words
    assert order.state == banking.OrderState.PAID


async def test_paid_after_rejected_is_money_in_sight(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    assert await hear(tx, ACTOR, status(order.order_no, StatusKind.REJECTED)) == "rejected"
    assert await book_line(tx, ACTOR, line(account_no, -300_00, end_to_end_id=order.order_no), DIGEST) == "difference"
    assert (await only(tx, account_no)).bank_fen == -300_00


async def test_status_of_an_unknown_order(tx: WriteSession) -> None:
    assert await hear(tx, ACTOR, status("FK404", StatusKind.REJECTED, reason="无此指令")) == "difference"
    assert (await only(tx, "")).reference == "FK404"


async def test_a_payment_that_the_notice_told_before_the_serial_repeats(tx: WriteSession) -> None:
    """Two orders under one serial: the second is not booked, and nothing of the first is lost."""
    project_id, account_no = await project(tx)
    first = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    second = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no, 300_01))
    one = paid(first).bank_serial
    assert await book_line(
        tx, ACTOR, line(account_no, -300_00, bank_serial=one, end_to_end_id=first.order_no), DIGEST
    ) == "paid"  # fmt: skip
    assert await book_line(
        tx, ACTOR, line(account_no, -300_01, bank_serial=one, end_to_end_id=second.order_no), DIGEST
    ) == "difference"  # fmt: skip
    assert second.state == banking.OrderState.ORDERED
