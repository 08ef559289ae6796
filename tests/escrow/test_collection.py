"""One-code bills on the ledger: paid once, cleared after booking, given back whole, whatever the channel tells."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import func, select

from escrow import collection, ledger
from escrow.banking.models import BankMovement
from escrow.banking.orders import locked_order, reject
from escrow.collection import overview
from escrow.collection.models import (
    MAINTENANCE,
    BillState,
    CollectionBill,
    CollectionPayment,
    CollectionRefund,
    LineKind,
)
from escrow.ledger.models import AccountKind
from escrow.maintenance.schemas import Due
from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from tests.escrow import collection_world as world
from tests.escrow.world import ACTOR, COUNTY

COLLECTED, PAYABLE = AccountKind.COLLECTION, AccountKind.AUTHORITY_PAYABLE
SUSPENSE, OWED = AccountKind.SUSPENSE, AccountKind.REFUND_PAYABLE


@pytest.fixture
async def county(tx: WriteSession) -> WriteSession:
    await world.open_county(tx)
    return tx


async def refund_of(tx: WriteSession) -> CollectionRefund:
    return (await tx.scalars(select(CollectionRefund).order_by(CollectionRefund.id.desc()))).first()  # type: ignore[return-value]


async def test_one_live_bill_that_says_what_is_owed(county: WriteSession) -> None:
    case = uuid4()
    first = await collection.issue(county, ACTOR, world.new_bill(case_id=case))
    assert (await collection.issue(county, ACTOR, world.new_bill(case_id=case))).id == first.id, "the same stays"
    assert len(first.code) == 20
    second = await collection.issue(county, ACTOR, world.new_bill(world.deed(1), world.fee(), case_id=case))
    assert (first.state, second.state, second.total_fen) == (BillState.VOID, BillState.OPEN, 1 + world.FEE)
    await collection.record_payment(county, ACTOR, world.told(second))
    with pytest.raises(collection.BillAlive):
        await collection.issue(county, ACTOR, world.new_bill(case_id=case))


async def test_without_an_authority_s_account_nothing_is_asked_for(county: WriteSession) -> None:
    due = Due(unit_id=uuid4(), unit_code="411528001001GB00001F00010001", amount_fen=1, words="", basis={})
    fund = collection.NewLine(
        kind=LineKind.MAINTENANCE_FUND, title="维修资金", amount_fen=1, authority=MAINTENANCE, fund=due
    )
    land = collection.NewLine(kind=LineKind.LAND_VAT, title="出让金", amount_fen=1, authority="land")
    for line in (fund, land):
        with pytest.raises(collection.NoAuthority):
            await collection.issue(county, ACTOR, world.new_bill(line))


async def test_what_the_overview_sums_does_not_grow_with_the_bills(county: WriteSession) -> None:
    """Only bills whose money waits are looked at; what lies forgotten on another's account is not waved through."""
    done = await world.billed(county)
    await collection.record_payment(county, ACTOR, world.told(done))
    for part in await collection.begin_clearing(county, ACTOR, done.id):
        await world.bank_pays(county, part.order_no)
    await world.settle(county)
    waiting = await world.billed(county)
    await collection.record_payment(county, ACTOR, world.told(waiting))
    found = await overview.standing(county)
    assert found is not None
    assert (found.waiting_fen, found.agrees) == (waiting.total_fen, True)
    moves = [
        ledger.Move(await ledger.open_account(county, AccountKind.BANK, world.ACCOUNT), -5),
        ledger.Move(await ledger.open_account(county, COLLECTED, done.bill_no), 5),
    ]
    await ledger.post(county, "test:forgotten", "test:1", moves, words="测试")
    found = await overview.standing(county)
    assert found is not None
    assert (found.waiting_fen, found.agrees) == (waiting.total_fen, False)


async def test_paid_booked_cleared(county: WriteSession) -> None:
    bill = await world.billed(county)
    outcome = await collection.record_payment(county, ACTOR, told := world.told(bill))
    assert (outcome.bill_id, outcome.duplicate) == (bill.id, False)
    assert (await collection.record_payment(county, ACTOR, told)).duplicate
    assert await world.in_book(county, COLLECTED, bill.bill_no) == await world.at_bank(county) == bill.total_fen
    (movement,) = await county.scalars(select(BankMovement).where(BankMovement.account_no == world.ACCOUNT))
    assert (movement.signed_fen, movement.bank_serial) == (bill.total_fen, told.serial)

    parts = await collection.begin_clearing(county, ACTOR, bill.id)
    assert [(one.authority, one.amount_fen) for one in parts] == [("tax", world.DEED), ("treasury", world.FEE)]
    assert len(await collection.begin_clearing(county, ACTOR, bill.id)) == 2, "once"
    with pytest.raises(collection.ClearingBegun):
        await collection.send_back(county, ACTOR, bill.case_id, "撤回")
    await world.bank_pays(county, parts[0].order_no)
    await world.settle(county)
    assert bill.state == BillState.CLEARING
    await world.bank_pays(county, parts[1].order_no)
    await world.settle(county)
    assert (bill.state, await world.at_bank(county)) == (BillState.CLEARED, 0)
    assert (await world.topics(county)).count("collection.authority_paid") == 2


async def test_what_the_bank_refuses_is_ordered_anew_and_what_comes_back_too(county: WriteSession) -> None:
    bill = await world.billed(county)
    await collection.record_payment(county, ACTOR, world.told(bill))
    tax, fee = await collection.begin_clearing(county, ACTOR, bill.id)
    await world.bank_pays(county, fee.order_no)
    await reject(county, ACTOR, await locked_order(county, tax.order_no), "账号与户名不符")
    await world.settle(county)
    assert (tax.state, tax.reason, bill.state) == ("rejected", "账号与户名不符", BillState.CLEARING)
    assert await world.in_book(county, PAYABLE, "tax") == world.DEED, "the money has its owner all the time"
    standing = await overview.standing(county)
    assert standing is not None
    assert (standing.agrees, standing.clearing_fen, standing.at_bank_fen) == (True, world.DEED, world.DEED)
    assert [part.id for part, _ in await overview.stuck_clearings(county, 9)] == [tax.id]
    before = tax.order_no
    await collection.retry_clearing(county, ACTOR, tax.id)
    assert tax.order_no != before
    with pytest.raises(collection.WrongState):
        await collection.retry_clearing(county, ACTOR, tax.id)
    await world.bank_pays(county, tax.order_no)
    await world.settle(county)
    assert bill.state == BillState.CLEARED
    await world.bank_returns(county, fee.order_no)
    await world.settle(county)
    assert (fee.state, bill.state) == ("returned", BillState.CLEARING)
    await collection.retry_clearing(county, ACTOR, fee.id)
    await world.bank_pays(county, fee.order_no)
    await world.settle(county)
    assert (bill.state, await world.at_bank(county)) == (BillState.CLEARED, 0)


async def test_nothing_is_cleared_that_is_not_paid(county: WriteSession) -> None:
    bill = await world.billed(county)
    with pytest.raises(collection.WrongState):
        await collection.begin_clearing(county, ACTOR, bill.id)


async def test_a_case_that_ends_gives_all_back(county: WriteSession) -> None:
    bill = await world.billed(county)
    await collection.record_payment(county, ACTOR, world.told(bill))
    assert await collection.send_back(county, ACTOR, bill.case_id, "业务件已撤回") is bill
    order = await refund_of(county)
    assert (bill.state, order.amount_fen, order.state) == (BillState.REFUNDING, bill.total_fen, "ordered")
    assert await world.in_book(county, OWED, order.refund_no) == bill.total_fen
    wrongs: tuple[dict[str, Any], ...] = (
        {"amount_fen": 1}, {"account_no": "6222000000000001"}, {"refund_no": f"{order.refund_no}-2"},
    )  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(collection.RefundDiffers):
            await collection.confirm_refund(
                county,
                ACTOR,
                world.given_back(**({"refund_no": order.refund_no, "amount_fen": bill.total_fen} | wrong)),  # type: ignore[arg-type]
            )
    with pytest.raises(collection.UnknownRefund):
        await collection.confirm_refund(county, ACTOR, world.given_back("YT0", bill.total_fen))
    done = world.given_back(order.refund_no, bill.total_fen)
    for _ in range(2):
        await collection.confirm_refund(county, ACTOR, done)
    with pytest.raises(collection.RefundDiffers):
        await collection.confirm_refund(county, ACTOR, world.given_back(order.refund_no, bill.total_fen))
    assert (bill.state, await world.at_bank(county)) == (BillState.REFUNDED, 0)
    assert await collection.send_back(county, ACTOR, bill.case_id, "再次") is None
    with pytest.raises(collection.WrongState):
        await collection.begin_clearing(county, ACTOR, bill.id)


async def test_a_refused_refund_waits_for_a_person_and_is_asked_under_a_new_number(county: WriteSession) -> None:
    bill = await world.billed(county)
    await collection.record_payment(county, ACTOR, world.told(bill))
    await collection.send_back(county, ACTOR, bill.case_id, "不予登记")
    order = await refund_of(county)
    no = world.given_back(order.refund_no, bill.total_fen, paid=False, words="原账户已注销")
    for _ in range(2):
        await collection.confirm_refund(county, ACTOR, no)
    assert (order.state, order.words, bill.state) == ("refused", "原账户已注销", BillState.REFUNDING)
    assert await world.in_book(county, OWED, order.refund_no) == bill.total_fen
    await collection.retry_refund(county, ACTOR, order.id)
    assert (await collection.confirm_refund(county, ACTOR, no)).state == "ordered", "old news"
    await collection.confirm_refund(county, ACTOR, world.given_back(f"{order.refund_no}-2", bill.total_fen))
    assert (order.state, bill.state, await world.at_bank(county)) == ("paid", BillState.REFUNDED, 0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_fen": 1}, "wrong_amount"),
        ({"amount_fen": 928_100}, "wrong_amount"),
        ({"bill_no": "YM4115222026000001"}, "unknown_bill"),
        ({"paid_at": now() + timedelta(days=2)}, "late"),
    ],
)
async def test_money_that_pays_no_bill_goes_back(county: WriteSession, changes: dict[str, object], reason: str) -> None:
    bill = await world.billed(county)
    told = world.told(bill, **changes)
    outcome = await collection.record_payment(county, ACTOR, told)
    assert (outcome.bill_id, outcome.reason, bill.state) == (None, reason, BillState.OPEN)
    again = await collection.record_payment(county, ACTOR, told)
    assert (again.duplicate, again.reason) == (True, reason)
    order = await refund_of(county)
    assert await world.in_book(county, SUSPENSE, world.ACCOUNT) == 0
    assert await world.in_book(county, OWED, order.refund_no) == told.amount_fen == await world.at_bank(county)
    await collection.confirm_refund(county, ACTOR, world.given_back(order.refund_no, told.amount_fen))
    assert await world.at_bank(county) == 0


async def test_paid_twice_or_void_goes_back_and_the_first_payment_stays(county: WriteSession) -> None:
    bill = await world.billed(county)
    await collection.record_payment(county, ACTOR, world.told(bill))
    second = await collection.record_payment(county, ACTOR, world.told(bill))
    assert (second.reason, bill.state) == ("already_paid", BillState.PAID)
    void = await world.billed(county)
    await collection.void_open(county, ACTOR, void.case_id, "应缴内容已变化")
    assert (await collection.record_payment(county, ACTOR, world.told(void))).reason == "void_bill"
    assert await county.scalar(select(func.count()).select_from(CollectionRefund)) == 2


async def test_on_a_foreign_account_it_waits_for_a_person(county: WriteSession) -> None:
    bill = await world.billed(county)
    told = world.told(bill, account_no="6222000000000001")
    assert (await collection.record_payment(county, ACTOR, told)).reason == "wrong_account"
    assert await refund_of(county) is None
    assert await world.in_book(county, SUSPENSE, "6222000000000001") == bill.total_fen
    (payment,) = await overview.held_payments(county, 9)
    with pytest.raises(Invalid):
        await collection.return_payment(county, ACTOR, payment.id, " ")
    await collection.return_payment(county, ACTOR, payment.id, "误入他户")
    with pytest.raises(collection.WrongState):
        await collection.return_payment(county, ACTOR, payment.id, "再退")
    assert await world.in_book(county, SUSPENSE, "6222000000000001") == 0
    assert await overview.held_payments(county, 9) == []


@pytest.mark.parametrize(
    "changes",
    [{"amount_fen": 0}, {"amount_fen": -5}, {"amount_fen": 10**16}, {"serial": ""}, {"serial": "x" * 81},
     {"channel": "\x00"}, {"evidence_digest": "zz"}],
)  # fmt: skip
async def test_absurd_reports_are_refused(county: WriteSession, changes: dict[str, object]) -> None:
    bill = await world.billed(county)
    with pytest.raises(Invalid):
        await collection.record_payment(county, ACTOR, world.told(bill, **changes))


async def test_one_serial_for_two_contents_is_refused(county: WriteSession) -> None:
    bill = await world.billed(county)
    told = world.told(bill)
    await collection.record_payment(county, ACTOR, told)
    same = {"serial": told.serial, "paid_at": told.paid_at}
    assert (await collection.record_payment(county, ACTOR, world.told(bill, **same))).duplicate, "another event"
    with pytest.raises(collection.PaymentDiffers):
        await collection.record_payment(county, ACTOR, world.told(bill, serial=told.serial, amount_fen=1))


async def test_paid_in_time_and_told_late_counts_unless_a_new_bill_took_its_place(county: WriteSession) -> None:
    bill, other = await world.billed(county), await world.billed(county)
    in_time = now()
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        assert await collection.expire_due(county, ACTOR) == 2
        assert (bill.state, other.state) == (BillState.EXPIRED, BillState.EXPIRED)
        assert (await collection.record_payment(county, ACTOR, world.told(bill, paid_at=in_time))).bill_id == bill.id
        await collection.issue(county, ACTOR, world.new_bill(case_id=other.case_id))
        late = await collection.record_payment(county, ACTOR, world.told(other, paid_at=in_time))
        assert late.reason == "late"


async def test_races(fresh_database: Database) -> None:
    """Two payments at once, one twice, payment against the end of the case: one wins, all money has an owner."""
    await world.one_code_county(fresh_database)

    async def bill() -> tuple[UUID, UUID, collection.ChannelPayment, collection.ChannelPayment]:
        async with fresh_database.transaction(COUNTY) as tx:
            made = await world.billed(tx)
            return made.id, made.case_id, world.told(made), world.told(made)

    async def pay(told: collection.ChannelPayment) -> collection.Outcome:
        async with fresh_database.transaction(COUNTY) as tx:
            return await collection.record_payment(tx, ACTOR, told)

    async def end(case_id: UUID) -> None:
        async with fresh_database.transaction(COUNTY) as tx:
            await collection.send_back(tx, ACTOR, case_id, "业务件已撤回")

    first, _, one, two = await bill()
    outcomes = await asyncio.gather(pay(one), pay(two), pay(one))
    assert sum(found.bill_id == first for found in outcomes) in (1, 2)
    assert sum(found.duplicate for found in outcomes) == 1
    second, case_id, three, _ = await bill()
    await asyncio.gather(pay(three), end(case_id))
    unknown = world.told(await _bill(fresh_database, second), bill_no="YM0")
    assert sorted(found.duplicate for found in await asyncio.gather(pay(unknown), pay(unknown))) == [False, True]
    async with fresh_database.read(COUNTY) as reader:
        state = (await collection.bill(reader, second)).state
        payments = (await reader.scalars(select(CollectionPayment))).all()
        owed = sum((await reader.scalars(select(CollectionRefund.amount_fen))).all())
        assert state in (BillState.REFUNDING, BillState.VOID)
        assert len(payments) == 4
        assert owed + three.amount_fen == await world.at_bank(reader) == sum(one.amount_fen for one in payments)


async def _bill(database: Database, bill_id: UUID) -> CollectionBill:
    async with database.read(COUNTY) as reader:
        return await collection.bill(reader, bill_id)


async def test_two_clerks_retry_once(fresh_database: Database) -> None:
    await world.one_code_county(fresh_database)
    async with fresh_database.transaction(COUNTY) as tx:
        bill = await world.billed(tx)
        await collection.record_payment(tx, ACTOR, world.told(bill))
        parts = await collection.begin_clearing(tx, ACTOR, bill.id)
        await reject(tx, ACTOR, await locked_order(tx, parts[0].order_no), "户名不符")
        await world.settle(tx)

    async def again() -> None:
        async with fresh_database.transaction(COUNTY) as tx:
            await collection.retry_clearing(tx, ACTOR, parts[0].id)

    results = await asyncio.gather(again(), again(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["NoneType", "WrongState"]
