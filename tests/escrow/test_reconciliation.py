"""Statements against the book: what agrees settles, what does not is open until bank and book agree."""

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from escrow import banking, ledger
from escrow.banking.lines import book_line
from escrow.banking.models import BankMovement
from escrow.banking.schemas import Line, StatementTold
from escrow.ledger.models import AccountKind
from escrow.models import BillState, SuspenseReceipt
from escrow.reconciliation import open_differences, resolving
from escrow.reconciliation.differences import own_account
from escrow.reconciliation.models import Difference, DifferenceKind
from escrow.reconciliation.overview import missing_statements
from escrow.reconciliation.statements import EntryRepeated, StatementDiffers, receive_statement, reconcile
from kernel.clock import SHANGHAI
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from tests.escrow.banks import DAY, drawdown, project, receive, serial
from tests.escrow.correcting import put_right
from tests.escrow.test_bank_lines import DIGEST, line, notice
from tests.escrow.world import ACTOR, COUNTY

FUND, MIRROR = AccountKind.PROJECT_FUND, AccountKind.BANK
NEXT = DAY + timedelta(days=1)


def statement(account_no: str, lines: list[Line], opening: int = 1_000_00, day: date = DAY) -> StatementTold:
    return StatementTold(
        statement_no=f"DZ{day}", account_no=account_no, day=day, opening_fen=opening,
        closing_fen=opening + sum(one.signed_fen for one in lines), lines=tuple(lines),
    )  # fmt: skip


async def compare(tx: WriteSession, told: StatementTold) -> list[Difference]:
    """Take the statement, do the job's work, and return what is open."""
    await reconcile(tx, (await receive_statement(tx, ACTOR, told, DIGEST)).id)
    return await still_open(tx, told.account_no)


async def still_open(tx: WriteSession, account_no: str) -> list[Difference]:
    query = select(Difference).where(Difference.account_no == account_no, Difference.state == "open")
    return list(await tx.scalars(query.order_by(Difference.reference)))


async def test_a_day_that_agrees(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    lines = [line(account_no, 88_00), line(account_no, -300_00, end_to_end_id=order.order_no)]
    for one in lines:
        await book_line(tx, ACTOR, one, DIGEST)
    assert await compare(tx, statement(account_no, lines)) == []
    waiting = select(BankMovement).where(BankMovement.account_no == account_no, BankMovement.agreed_by.is_(None))
    assert (await tx.scalars(waiting)).all() == []
    assert await compare(tx, statement(account_no, [], 788_00, NEXT)) == []


async def test_what_is_there_on_one_side_only(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    await receive(tx, project_id, account_no, 70_00, "A-BOOK")
    await receive(tx, project_id, account_no, 30_00, "B-BOTH")
    found = await compare(
        tx,
        statement(account_no, [line(account_no, 31_00, bank_serial="B-BOTH"), line(account_no, 9_00, bank_serial="C")]),
    )
    assert [(one.reference, one.kind, one.bank_fen, one.book_fen) for one in found] == [
        ("A-BOOK", DifferenceKind.MISSING_THERE, 0, 70_00),
        ("B-BOTH", DifferenceKind.DIFFERENT, 31_00, 30_00),
        ("C", DifferenceKind.MISSING_HERE, 9_00, 0),
    ]
    assert await open_differences(tx, [account_no]) == {account_no: 3}


async def test_told_late_agrees_by_itself(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    late, later = line(account_no, 88_00), line(account_no, 12_00, value_date=DAY)
    assert len(await compare(tx, statement(account_no, [late]))) == 1
    await book_line(tx, ACTOR, late, DIGEST)
    assert await still_open(tx, account_no) == []
    # The other way round: the book had it first, a later day's statement shows it.
    await book_line(tx, ACTOR, later, DIGEST)
    assert len(await compare(tx, statement(account_no, [], 1_088_00, NEXT))) == 1
    assert await compare(tx, statement(account_no, [later], 1_088_00, NEXT + timedelta(days=1))) == []
    closed = (await tx.scalars(select(Difference).where(Difference.account_no == account_no))).all()
    assert {one.resolution for one in closed} == {"agreed"}
    assert {one.closed_by for one in closed} == {"系统"}


async def test_a_rumour_that_no_statement_shows(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    await book_line(tx, ACTOR, line(account_no, -50_00), DIGEST)
    assert await compare(tx, statement(account_no, [])) == []


async def test_a_statement_that_does_not_come_is_missed(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    await book_line(tx, ACTOR, line(account_no, 5_00), DIGEST)
    with time_machine.travel(datetime.combine(NEXT, time(8), SHANGHAI)):
        assert account_no in await missing_statements(tx)  # the day before DAY
    await compare(tx, statement(account_no, [], 1_000_00, DAY - timedelta(days=1)))
    with time_machine.travel(datetime.combine(NEXT, time(8, 59), SHANGHAI)):
        assert account_no not in await missing_statements(tx)
    with time_machine.travel(datetime.combine(NEXT, time(9, 1), SHANGHAI)):
        assert (await missing_statements(tx))[account_no] == DAY


async def test_balances_must_follow_each_other(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    await compare(tx, statement(account_no, []))
    (found,) = await compare(tx, statement(account_no, [], 999_99, NEXT))
    assert (found.kind, found.bank_fen, found.book_fen) == (DifferenceKind.BALANCE, 999_99, 1_000_00)
    with pytest.raises(resolving.NotAllowed):
        await resolving.to_suspense(tx, ACTOR, found.id, "补记")
    assert await compare(tx, statement(account_no, [], 1_000_00, NEXT + timedelta(days=1))) == []


async def test_a_lost_statement_comes_after_the_next(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    await compare(tx, statement(account_no, []))
    lost = line(account_no, 88_00, value_date=NEXT)
    await book_line(tx, ACTOR, lost, DIGEST)
    found = await compare(tx, statement(account_no, [], 1_088_00, NEXT + timedelta(days=1)))
    assert {one.kind for one in found} == {DifferenceKind.BALANCE, DifferenceKind.MISSING_THERE}
    assert await compare(tx, statement(account_no, [lost], day=NEXT)) == []


async def test_what_a_statement_may_not_be(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    one = line(account_no, 5_00)
    told = statement(account_no, [one])
    first = await receive_statement(tx, ACTOR, told, DIGEST)
    assert (await receive_statement(tx, ACTOR, told, DIGEST)).id == first.id
    with pytest.raises(StatementDiffers):
        await receive_statement(tx, ACTOR, statement(account_no, []), DIGEST)
    with pytest.raises(EntryRepeated):
        await receive_statement(tx, ACTOR, statement(account_no, [one], day=NEXT), DIGEST)
    with pytest.raises(banking.UnknownBank):
        await receive_statement(tx, ACTOR, statement("99990000", []), DIGEST)
    with pytest.raises(Invalid):
        await receive_statement(tx, ACTOR, statement(account_no, [], day=date(2099, 1, 1)), DIGEST)


async def test_money_only_the_bank_has_goes_to_suspense(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    bill = await notice(tx, project_id)
    lines = [line(account_no, 9_00), line(account_no, 500_00, remittance=bill.notice_no)]
    for found in await compare(tx, statement(account_no, lines)):
        with pytest.raises(Invalid):
            await resolving.to_suspense(tx, ACTOR, found.id, " ")
        await resolving.to_suspense(tx, ACTOR, found.id, "经核对银行回单属实")
        with pytest.raises(resolving.DifferenceClosed):
            await resolving.to_suspense(tx, ACTOR, found.id, "再来一次")
    assert await still_open(tx, account_no) == []
    assert await ledger.balance(tx, AccountKind.SUSPENSE, account_no) == 9_00
    assert bill.state == BillState.CONFIRMED
    assert await compare(tx, statement(account_no, [], 1_509_00, NEXT)) == []


async def test_a_debit_nobody_ordered_waits_for_its_reversal(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    (wrong,) = await compare(tx, statement(account_no, [line(account_no, -50_00)]))
    for act in (resolving.to_suspense, resolving.confirm_order):
        with pytest.raises(resolving.NotAllowed):
            await act(tx, ACTOR, wrong.id, "平账")
    await resolving.bank_corrects(tx, ACTOR, wrong.id, "已电话通知银行更正")
    assert await open_differences(tx, [account_no]) == {account_no: 1}
    short = line(account_no, 49_99, reversal=True)
    other = await compare(tx, statement(account_no, [short], 950_00, NEXT))
    with pytest.raises(resolving.StillDiffers):
        await resolving.explain(tx, ACTOR, other[0].id, other[1].id, "银行冲回")
    last = line(account_no, 50_00, reversal=True)
    found = await compare(tx, statement(account_no, [last], 999_99, NEXT + timedelta(days=1)))
    back = next(one for one in found if one.bank_fen == 50_00)
    await resolving.explain(tx, ACTOR, back.id, wrong.id, "银行冲回错账")
    assert [one.bank_fen for one in await still_open(tx, account_no)] == [49_99]


async def test_a_payment_without_our_number_is_claimed(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    (found,) = await compare(tx, statement(account_no, [line(account_no, -300_00)]))
    await resolving.to_order(tx, ACTOR, found.id, order.order_no, "银行未填写指令编号，已核对")
    assert order.state == banking.OrderState.PAID
    (back,) = await compare(tx, statement(account_no, [line(account_no, 300_00)], 700_00, NEXT))
    await resolving.to_order(tx, ACTOR, back.id, order.order_no, "退汇")
    assert order.state == banking.OrderState.RETURNED
    assert await still_open(tx, account_no) == []


async def test_a_claim_of_another_amount_closes_nothing(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    (found,) = await compare(tx, statement(account_no, [line(account_no, -299_00)]))
    with pytest.raises(banking.OrderDiffers):
        async with tx.begin_nested():
            await resolving.to_order(tx, ACTOR, found.id, order.order_no, "认领")
    assert await open_differences(tx, [account_no]) == {account_no: 1}


async def test_our_booking_is_taken_back_with_what_stood_on_it(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    bill = await notice(tx, project_id)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    for one in (
        line(account_no, 500_00, remittance=bill.notice_no), line(account_no, 8_00),
        line(account_no, -300_00, end_to_end_id=order.order_no),
    ):  # fmt: skip
        await book_line(tx, ACTOR, one, DIGEST)
    for found in await compare(tx, statement(account_no, [])):
        await put_right(tx, found.id)
    assert (bill.state, order.state) == (BillState.SENT, banking.OrderState.RETURNED)
    kept = (await tx.scalars(select(SuspenseReceipt).order_by(SuspenseReceipt.id.desc()).limit(1))).one()
    assert kept.state == "reversed"
    assert await ledger.balance(tx, MIRROR, account_no) == -1_000_00
    assert await ledger.available(tx, FUND, str(project_id)) == 1_000_00
    assert await compare(tx, statement(account_no, [], 1_000_00, NEXT)) == []


async def test_an_amount_that_differs_is_taken_back_and_booked_as_the_bank_has_it(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    bill = await notice(tx, project_id)
    ours = line(account_no, 500_00, remittance=bill.notice_no)
    await book_line(tx, ACTOR, ours, DIGEST)
    theirs = line(account_no, 499_00, bank_serial=ours.bank_serial, remittance=bill.notice_no)
    (found,) = await compare(tx, statement(account_no, [theirs]))
    await put_right(tx, found.id)
    assert await open_differences(tx, [account_no]) == {account_no: 1}
    await resolving.to_suspense(tx, ACTOR, found.id, "按银行实收补记")
    assert await ledger.balance(tx, AccountKind.SUSPENSE, account_no) == 499_00
    assert bill.state == BillState.SENT
    assert await compare(tx, statement(account_no, [], 1_499_00, NEXT)) == []


async def test_more_than_booked_is_booked_too(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    ours = line(account_no, 8_00)
    await book_line(tx, ACTOR, ours, DIGEST)
    (found,) = await compare(tx, statement(account_no, [line(account_no, 9_00, bank_serial=ours.bank_serial)]))
    await resolving.to_suspense(tx, ACTOR, found.id, "银行多收一元")
    assert await ledger.balance(tx, AccountKind.SUSPENSE, account_no) == 9_00
    assert await compare(tx, statement(account_no, [], 1_009_00, NEXT)) == []


async def test_one_movement_under_two_serials(tx: WriteSession) -> None:
    _, account_no = await project(tx)
    await book_line(tx, ACTOR, line(account_no, 8_00), DIGEST)
    first, second = await compare(tx, statement(account_no, [line(account_no, 8_00)]))
    await resolving.explain(tx, ACTOR, first.id, second.id, "银行两次流水号不同，系同一笔")
    assert await compare(tx, statement(account_no, [], 1_008_00, NEXT)) == []


async def test_an_answer_that_contradicts_is_closed_by_the_statement(tx: WriteSession) -> None:
    from escrow.banking.lines import hear
    from escrow.banking.schemas import StatusKind
    from tests.escrow.test_bank_lines import status

    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    payment = line(account_no, -300_00, end_to_end_id=order.order_no)
    await book_line(tx, ACTOR, payment, DIGEST)
    await hear(tx, ACTOR, status(order.order_no, StatusKind.REJECTED))
    (found,) = await still_open(tx, account_no)
    with pytest.raises(resolving.StillDiffers):
        await resolving.confirm_order(tx, ACTOR, found.id, "以对账单为准")
    assert len(await compare(tx, statement(account_no, [payment]))) == 1
    await resolving.confirm_order(tx, ACTOR, found.id, "对账单已列支，银行拒付回执有误")
    assert await open_differences(tx, [account_no]) == {}


async def test_statement_and_late_callback_at_once(fresh_database: Database) -> None:
    """Neither may miss the other: whoever is second settles it."""
    async with fresh_database.transaction(COUNTY) as tx:
        _, account_no = await project(tx)
        one = line(account_no, 88_00)
        told = await receive_statement(tx, ACTOR, statement(account_no, [one]), DIGEST)

    async def act(what: Any) -> None:
        async with fresh_database.transaction(COUNTY) as tx:
            await what(tx)

    await asyncio.gather(
        act(lambda tx: reconcile(tx, told.id)), act(lambda tx: book_line(tx, ACTOR, one, DIGEST)),
        act(lambda tx: reconcile(tx, told.id)),
    )  # fmt: skip
    async with fresh_database.read(COUNTY) as reader:
        assert await open_differences(reader, [account_no]) == {}
        agreed = select(BankMovement.agreed_by).where(BankMovement.bank_serial == one.bank_serial)
        assert await reader.scalar(agreed) == told.id


async def test_nobody_books_on_an_account_while_it_is_compared(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        _, account_no = await project(tx)

    async def tell() -> str:
        async with fresh_database.transaction(COUNTY) as tx:
            return await book_line(tx, ACTOR, line(account_no, 88_00), DIGEST)

    async with fresh_database.transaction(COUNTY) as comparing:
        await own_account(comparing, account_no)
        telling = asyncio.create_task(tell())
        done, _ = await asyncio.wait([telling], timeout=0.5)
        assert not done
    assert await telling == "suspense"


async def test_two_clerks_at_one_difference(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        _, account_no = await project(tx)
        (found,) = await compare(tx, statement(account_no, [line(account_no, 9_00, bank_serial=serial())]))

    async def book(difference_id: UUID) -> bool:
        try:
            async with fresh_database.transaction(COUNTY) as tx:
                await resolving.to_suspense(tx, ACTOR, difference_id, "核对属实")
        except resolving.DifferenceClosed:
            return False
        return True

    assert sorted(await asyncio.gather(book(found.id), book(found.id))) == [False, True]
    async with fresh_database.read(COUNTY) as reader:
        assert await ledger.balance(reader, AccountKind.SUSPENSE, account_no) == 9_00
