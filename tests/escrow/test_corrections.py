"""Bookings that the bank does not have, put right by two persons; and told after all, booked once more, once."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from escrow import collection, ledger
from escrow.banking.lines import book_line
from escrow.banking.models import BankMovement
from escrow.collection.models import BillState as CodeBillState
from escrow.collection.models import CollectionPayment
from escrow.confirmations import confirm
from escrow.ledger.models import AccountKind
from escrow.models import Bill, BillState, Refund, RefundState
from escrow.reconciliation import corrections, open_differences, resolving
from escrow.reconciliation.differences import Finding, note
from escrow.reconciliation.models import BookingCorrection, Difference, DifferenceKind
from escrow.refund_queue import resume_one, waiting_list
from escrow.refunds import confirm_refund, order_refund
from escrow.schemas import RefundConfirmation
from kernel.db import Database, WriteSession
from kernel.errors import Conflict, Invalid
from kernel.outbox.models import OutboxEvent
from tests.escrow import collection_world as codes
from tests.escrow.banks import DAY, project, serial
from tests.escrow.books import wrongs
from tests.escrow.correcting import CHIEF, CLERK, PROOF, put_right
from tests.escrow.test_bank_lines import DIGEST, line, notice
from tests.escrow.test_reconciliation import NEXT, compare, statement, still_open
from tests.escrow.world import ACTOR, COUNTY, told
from yiti.journeys.sale.telling import refund_order

MIRROR, OWED = AccountKind.BANK, AccountKind.REFUND_PAYABLE


async def missing(tx: WriteSession, movement: BankMovement) -> Difference:
    """The bank's statement does not show it."""
    return await note(
        tx,
        ACTOR,
        Finding(
            account_no=movement.account_no, kind=DifferenceKind.MISSING_THERE, reference=movement.bank_serial,
            day=movement.value_date, bank_fen=0, book_fen=movement.signed_fen, words="账上有、银行没有",
            movement_id=movement.id,
        ),
    )  # fmt: skip


async def movement(tx: WriteSession, subject: str) -> BankMovement:
    mine = select(BankMovement).where(BankMovement.subject == subject, BankMovement.reversed_by.is_(None))
    return (await tx.scalars(mine)).one()


async def refunded(tx: WriteSession) -> tuple[Bill, Refund, RefundConfirmation, UUID, str]:
    """A cancelled contract whose refund the bank says it has paid."""
    project_id, account_no = await project(tx)
    bill = await notice(tx, project_id)
    await book_line(tx, ACTOR, line(account_no, bill.amount_fen, remittance=bill.notice_no), DIGEST)
    assert bill.contract_id is not None
    (refund,) = await order_refund(tx, ACTOR, bill.contract_id, "合同解除", verified="已核实")
    word = RefundConfirmation(
        event_id=f"e-{uuid4()}", refund_no=refund.refund_no, amount_fen=refund.amount_fen,
        paid_at=told(bill).paid_at, bank_serial=serial(), account_no=account_no, evidence_digest=DIGEST,
    )  # fmt: skip
    await confirm_refund(tx, ACTOR, word)
    return bill, refund, word, project_id, account_no


async def ordered_times(tx: WriteSession, refund: Refund) -> int:
    asked = select(OutboxEvent.id).where(OutboxEvent.key.startswith(f"escrow.refund_ordered:{refund.id}"))
    return len((await tx.scalars(asked)).all())


async def test_a_refund_the_bank_never_paid_is_owed_again_and_paid_once(tx: WriteSession) -> None:
    bill, refund, word, _, account_no = await refunded(tx)
    wrong = await missing(tx, await movement(tx, f"refund:{refund.id}"))
    done = await put_right(tx, wrong.id)
    assert (wrong.state, wrong.resolution, done.state) == ("closed", "reversed", "approved")
    assert wrong.closing_words is not None
    assert "银行书面确认" in wrong.closing_words
    assert "同意冲正" in wrong.closing_words
    assert (bill.state, refund.state) == (BillState.REFUND_ORDERED, RefundState.WAITING)
    assert await ledger.balance(tx, OWED, str(bill.contract_id)) == refund.amount_fen
    assert [one.id for one, _ in await waiting_list(tx, None, 9, bill.project_id)] == [refund.id]
    await resume_one(tx, ACTOR, refund.id)
    assert (refund.state, await ordered_times(tx, refund)) == (RefundState.ORDERED, 2)
    # Late truth: the same serial after all, and once more.
    for _ in range(2):
        await confirm_refund(tx, ACTOR, word)
    assert (bill.state, refund.state) == (BillState.REFUNDED, RefundState.CONFIRMED)
    assert await ledger.balance(tx, OWED, str(bill.contract_id)) == 0
    assert -await ledger.balance(tx, MIRROR, account_no) == 1_000_00
    # And once more wrong, and put right: the keys of the book never collide.
    await put_right(tx, (await missing(tx, await movement(tx, f"refund:{refund.id}"))).id)
    assert refund.state == RefundState.WAITING
    await confirm_refund(tx, ACTOR, word)  # told while it waits for a person
    assert (refund.state, refund.waiting_because) == (RefundState.CONFIRMED, None)
    assert await wrongs(tx) == {}


async def test_a_receipt_told_after_all_is_booked_anew(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    bill = await notice(tx, project_id)
    ours = line(account_no, bill.amount_fen, remittance=bill.notice_no)
    await book_line(tx, ACTOR, ours, DIGEST)
    (wrong,) = await compare(tx, statement(account_no, []))
    await put_right(tx, wrong.id)
    assert bill.state == BillState.SENT
    assert await still_open(tx, account_no) == []
    assert await book_line(tx, ACTOR, ours, DIGEST) == "confirmed"
    assert await book_line(tx, ACTOR, ours, DIGEST) == "duplicate"
    assert bill.state == BillState.CONFIRMED
    assert await compare(tx, statement(account_no, [ours], 1_000_00, NEXT)) == []
    with pytest.raises(Conflict):
        await confirm(tx, ACTOR, told(bill, bank_serial=ours.bank_serial, amount_fen=1))
    assert bill.contract_id is not None
    (refund,) = await order_refund(tx, ACTOR, bill.contract_id, "合同解除", verified="已核实")
    assert (await refund_order(tx, refund)).bank_serial == ours.bank_serial, "goes back by the receipt that stands"
    assert await wrongs(tx) == {}


async def test_late_truth_by_the_statement_alone_is_claimed(tx: WriteSession) -> None:
    _, refund, word, _, account_no = await refunded(tx)
    await put_right(tx, (await missing(tx, await movement(tx, f"refund:{refund.id}"))).id)
    late = line(account_no, -refund.amount_fen, bank_serial=word.bank_serial)
    (found,) = await compare(tx, statement(account_no, [late], 1_500_00, DAY + timedelta(days=3)))
    assert (found.kind, found.bank_fen) == (DifferenceKind.MISSING_HERE, -refund.amount_fen)
    await resolving.to_order(tx, CLERK, found.id, refund.refund_no, "即该笔退款")
    assert refund.state == RefundState.CONFIRMED
    assert await open_differences(tx, [account_no]) == {}


async def test_two_persons_and_a_reason(tx: WriteSession) -> None:
    _, refund, _, _, _ = await refunded(tx)
    wrong = await missing(tx, await movement(tx, f"refund:{refund.id}"))
    with pytest.raises(Invalid):
        await corrections.propose(tx, CLERK, wrong.id, " ", PROOF)
    new = await corrections.propose(tx, CLERK, wrong.id, "银行没有", PROOF)
    assert refund.state == RefundState.CONFIRMED, "what was only tried is undone"
    with pytest.raises(corrections.AlreadyProposed):
        await corrections.propose(tx, CLERK, wrong.id, "银行没有", PROOF)
    for act in (corrections.approve, corrections.refuse):
        with pytest.raises(corrections.OwnProposal):
            await act(tx, CLERK, new.id, "我自己核准")
    own = {"decided_by_id": CLERK.id, "decided_by": "x", "decided_at": refund.created_at, "decision": "x"}
    change = update(BookingCorrection).where(BookingCorrection.id == new.id)
    with pytest.raises(IntegrityError, match="decided_by_another"):
        async with tx.begin_nested():
            await tx.execute(change.values(state="refused", **own))
    assert [one.id for one, _ in await corrections.open_corrections(tx, 9)] == [new.id]
    await corrections.refuse(tx, CHIEF, new.id, "请先取得银行回函")
    assert wrong.state == "open"
    with pytest.raises(corrections.CorrectionDecided):
        await corrections.approve(tx, CHIEF, new.id, "同意")
    await put_right(tx, wrong.id)


async def test_a_difference_that_agrees_by_itself_needs_no_correction(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    bill = await notice(tx, project_id)
    ours = line(account_no, bill.amount_fen, remittance=bill.notice_no)
    await book_line(tx, ACTOR, ours, DIGEST)
    (wrong,) = await compare(tx, statement(account_no, []))
    new = await corrections.propose(tx, CLERK, wrong.id, "银行没有", PROOF)
    assert await compare(tx, statement(account_no, [ours], 1_000_00, NEXT)) == []
    await tx.refresh(new)
    assert new.state == "lapsed"
    with pytest.raises(resolving.DifferenceClosed):
        await corrections.approve(tx, CHIEF, new.id, "同意")
    assert bill.state == BillState.CONFIRMED


async def test_money_that_has_gone_on_is_not_taken_back(tx: WriteSession) -> None:
    bill, refund, _, _, account_no = await refunded(tx)
    mine = BankMovement.account_no == account_no, BankMovement.subject.startswith("bank_confirmation")
    received = (await tx.scalars(select(BankMovement).where(*mine))).one()
    wrong = await missing(tx, received)
    with pytest.raises(Conflict, match="已经退款"):
        await corrections.propose(tx, CLERK, wrong.id, "银行没有", PROOF)
    assert (bill.state, refund.state) == (BillState.REFUNDED, RefundState.CONFIRMED)


async def test_money_that_was_used_is_not_taken_back(tx: WriteSession) -> None:
    project_id, account_no = await project(tx, 0)
    paid = await notice(tx, project_id)
    await book_line(tx, ACTOR, line(account_no, paid.amount_fen, remittance=paid.notice_no), DIGEST)
    fund, out = [await ledger.open_account(tx, kind, str(project_id)) for kind in (AccountKind.PROJECT_FUND, OWED)]
    await ledger.post(tx, f"t:{uuid4()}", "test:1", [ledger.Move(fund, -1), ledger.Move(out, 1)], words="已用")
    late = (await tx.scalars(select(BankMovement).where(BankMovement.account_no == account_no))).one()
    with pytest.raises(corrections.MoneyMoved):
        await corrections.propose(tx, CLERK, (await missing(tx, late)).id, "银行没有", PROOF)


async def test_a_channel_payment_that_never_came_leaves_its_bill_unpaid(tx: WriteSession) -> None:
    await codes.open_county(tx)
    bill = await codes.billed(tx)
    word = codes.told(bill)
    await collection.record_payment(tx, ACTOR, word)
    paid = await movement(tx, f"collection_bill:{bill.bill_no}")
    new = await corrections.propose(tx, CLERK, (await missing(tx, paid)).id, "渠道误报", PROOF)
    assert await corrections.bill_behind(tx, new.id) == bill.id
    await corrections.approve(tx, CHIEF, new.id, "同意")
    assert (bill.state, bill.paid_at) == (CodeBillState.OPEN, None)
    assert await codes.at_bank(tx) == 0
    with pytest.raises(collection.UnknownPayment):
        await collection.payment_of(tx, bill.id)
    for times in range(2):  # late truth: the very same word again
        assert (await collection.record_payment(tx, ACTOR, word)).duplicate == bool(times)
    assert bill.state == CodeBillState.PAID
    assert (await collection.payment_of(tx, bill.id)).reversed_by is None
    assert (await codes.topics(tx)).count("collection.paid") == 2
    rows = await tx.scalars(select(CollectionPayment).where(CollectionPayment.serial == word.serial))
    assert sorted(one.reversed_by is None for one in rows) == [False, True]

    await collection.begin_clearing(tx, ACTOR, bill.id)
    wrong = await missing(tx, await movement(tx, f"collection_bill:{bill.bill_no}"))
    with pytest.raises(Conflict, match="已经清分"):
        await corrections.propose(tx, CLERK, wrong.id, "渠道误报", PROOF)
    assert await wrongs(tx) == {}


async def test_a_channel_refund_that_never_went_out_goes_to_the_fee_clerk(tx: WriteSession) -> None:
    await codes.open_county(tx)
    bill = await codes.billed(tx)
    await collection.record_payment(tx, ACTOR, codes.told(bill))
    await collection.send_back(tx, ACTOR, bill.case_id, "退件")
    (order,) = await collection.refunds_of(tx, bill.id)
    word = codes.given_back(order.refund_no, bill.total_fen)
    await collection.confirm_refund(tx, ACTOR, word)
    await put_right(tx, (await missing(tx, await movement(tx, f"collection_refund:{order.id}"))).id)
    assert (bill.state, order.state, order.serial) == (CodeBillState.REFUNDING, "refused", None)
    assert "对账冲正" in order.words
    for _ in range(2):
        await collection.confirm_refund(tx, ACTOR, word)
    assert (bill.state, order.state) == (CodeBillState.REFUNDED, "paid")
    assert await codes.at_bank(tx) == 0
    await put_right(tx, (await missing(tx, await movement(tx, f"collection_refund:{order.id}"))).id)
    await collection.retry_refund(tx, ACTOR, order.id)
    with pytest.raises(collection.RefundDiffers):  # the first attempt paid after all: two would be out
        await collection.confirm_refund(tx, ACTOR, word)
    await collection.confirm_refund(tx, ACTOR, codes.given_back(f"{order.refund_no}-2", bill.total_fen))
    assert (bill.state, await codes.at_bank(tx)) == (CodeBillState.REFUNDED, 0)
    assert await wrongs(tx) == {}


async def test_two_approvals_at_once_put_it_right_once(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        _, refund, _, _, account_no = await refunded(tx)
        wrong = await missing(tx, await movement(tx, f"refund:{refund.id}"))
        new = await corrections.propose(tx, CLERK, wrong.id, "银行没有", PROOF)

    async def approve() -> None:
        async with fresh_database.transaction(COUNTY) as tx:
            await corrections.approve(tx, CHIEF, new.id, "同意")

    results = await asyncio.gather(approve(), approve(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["DifferenceClosed", "NoneType"]
    async with fresh_database.read(COUNTY) as reader:
        assert await ledger.balance(reader, OWED, str(refund.contract_id)) == refund.amount_fen
        assert -await ledger.balance(reader, MIRROR, account_no) == 1_000_00 + refund.amount_fen
