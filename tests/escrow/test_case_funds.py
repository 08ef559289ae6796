"""The maintenance fund on a case's bill: paid by one code, cleared by notices of its own, confirmed by its bank."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from escrow import banking, collection, ledger
from escrow.banking.accounts import connect_bank
from escrow.banking.lines import book_line
from escrow.banking.models import BankMovement
from escrow.banking.orders import locked_order, reject
from escrow.banking.schemas import Line
from escrow.collection import overview
from escrow.collection.models import MAINTENANCE, CollectionBill, CollectionClearing, LineKind
from escrow.confirmations import confirm
from escrow.ledger.models import AccountKind
from escrow.maintenance import service as fund
from escrow.maintenance.rules import FundState
from escrow.maintenance.schemas import EarlierPayment, FundUnit
from escrow.models import Bill, BillState, SuspenseReceipt
from escrow.reconciliation import open_differences, suspense
from escrow.reconciliation.models import BankStatement
from integrations.sandbox.bank_book import book_of, enter, movement
from kernel.clock import today
from kernel.db import Database, ReadSession, WriteSession
from kernel.outbox.models import OutboxEvent
from kernel.settings import Settings
from tests.escrow import collection_world as world
from tests.escrow.bank_sandbox import BankAndPlatform
from tests.escrow.banks import serial
from tests.escrow.books import wrongs
from tests.escrow.world import ACTOR, COUNTY
from tests.escrow.world import told as confirmed_by_bank

OWED = 5_000_00
DIGEST = "d" * 64


@pytest.fixture
async def county(tx: WriteSession) -> WriteSession:
    await world.open_county(tx)
    await world.open_fund(tx)
    return tx


async def paid(tx: WriteSession, *units: FundUnit) -> CollectionBill:
    lines = (world.fee(), *await world.fund_lines(tx, *units))
    bill = await collection.issue(tx, ACTOR, world.new_bill(*lines))
    await collection.record_payment(tx, ACTOR, world.told(bill))
    return bill


async def cleared(tx: WriteSession, *units: FundUnit) -> tuple[CollectionBill, list[CollectionClearing]]:
    """The bill, and the clearings of the units' funds."""
    bill = await paid(tx, *units)
    parts = await collection.begin_clearing(tx, ACTOR, bill.id)
    return bill, [one for one in parts if one.authority == MAINTENANCE]


async def notices(tx: WriteSession, bill: CollectionBill) -> list[Bill]:
    wanted = select(Bill).where(Bill.case_id == bill.case_id).order_by(Bill.id)
    return list(await tx.scalars(wanted.execution_options(populate_existing=True)))


async def line(tx: WriteSession, part: CollectionClearing, account_no: str, sign: int = 1, **changes: Any) -> Line:
    """What a bank tells of the order that is in force for that part."""
    order = await banking.order(tx, part.order_id)
    told: dict[str, Any] = {
        "account_no": account_no, "bank_serial": serial(), "signed_fen": sign * order.amount_fen,
        "value_date": today(), "booked_on": today(), "end_to_end_id": order.order_no, "remittance": order.words,
    }  # fmt: skip
    return Line(**(told | changes))


async def hear(tx: WriteSession, told: Line) -> str:
    return await book_line(tx, ACTOR, told, DIGEST)


async def in_fund(tx: ReadSession, unit: FundUnit) -> int:
    return await world.in_book(tx, AccountKind.MAINTENANCE_FUND, str(unit.unit_id))


async def state_of(tx: WriteSession, unit: FundUnit) -> FundState:
    return (await fund.verdicts(tx, [unit]))[unit.unit_id].state


async def test_two_units_from_the_bill_to_their_funds(county: WriteSession) -> None:
    first, second = await world.owing(county), await world.owing(county, unit_code="411528001001GB00001F00010002")
    exempt = world.unit(usage="车位")
    lines = await world.fund_lines(county, first, second, exempt)
    assert [one.amount_fen for one in lines] == [OWED, OWED], "the parking space pays nothing"
    assert all(words in lines[0].words for words in ("60.00元／㎡", "100.00㎡", "已缴 1,000.00 元", "欠缴 5,000.00 元"))
    bill, parts = await cleared(county, first, second)
    told = await notices(county, bill)
    assert [(one.unit_id, one.amount_fen, one.state) for one in told] == [
        (first.unit_id, OWED, BillState.ISSUED), (second.unit_id, OWED, BillState.ISSUED)
    ]  # fmt: skip
    assert [one.notice_id for one in parts] == [one.id for one in told]
    assert await state_of(county, first) is FundState.PAID, "it is on its way: nobody is asked again"
    assert await world.fund_lines(county, first) == []
    order = await banking.order(county, parts[0].order_id)
    assert (order.payee_account, told[0].notice_no in order.words) == (world.FUND, True)
    standing = await overview.standing(county)
    assert standing is not None
    assert (standing.agrees, standing.clearing_fen, standing.waiting_fen) == (True, bill.total_fen, 0)
    for part in parts:
        assert await hear(county, await line(county, part, world.ACCOUNT, -1)) == "paid"
    arrival = await line(county, parts[0], world.FUND, remittance="一码付")
    assert await hear(county, arrival) == "confirmed", "our own order says what it pays, whatever the bank repeats"
    assert await hear(county, arrival) == "duplicate"
    by_callback = confirmed_by_bank(told[1], evidence_digest=DIGEST)
    assert (await confirm(county, ACTOR, by_callback)).recognised, "by a confirmation as well"
    assert await hear(county, await line(county, parts[1], world.FUND, bank_serial=by_callback.bank_serial)) == (
        "duplicate"
    )
    assert (await in_fund(county, first), await in_fund(county, second)) == (6_000_00, 6_000_00)
    fee = (await collection.clearings_of(county, bill.id))[0]
    await world.bank_pays(county, fee.order_no)
    await world.settle(county)
    assert (bill.state, await world.at_bank(county)) == ("cleared", 0)
    assert (await world.topics(county)).count("collection.authority_paid") == 1, "the treasury alone is outside"
    assert await open_differences(county) == {}


async def test_who_is_told_what(county: WriteSession) -> None:
    """No buyer's notice goes to the bank, no sale is told of its money; the receipt is ordered."""
    unit = await world.owing(county)
    bill, (part,) = await cleared(county, unit)
    await hear(county, await line(county, part, world.FUND))
    (notice,) = await notices(county, bill)
    told = select(OutboxEvent.topic).where(OutboxEvent.payload["bill_id"].astext == str(notice.id))
    assert list(await county.scalars(told)) == ["escrow.maintenance_paid"]
    assert (notice.state, notice.contract_id, notice.paid_from) == (BillState.CONFIRMED, None, world.ACCOUNT)


async def test_a_rejected_order_leaves_the_notice_open_and_is_ordered_anew(county: WriteSession) -> None:
    unit = await world.owing(county)
    bill, (part,) = await cleared(county, unit)
    await reject(county, ACTOR, await locked_order(county, part.order_no), "账户状态异常")
    await world.settle(county)
    (notice,) = await notices(county, bill)
    assert (part.state, notice.state) == ("rejected", BillState.ISSUED)
    assert await world.in_book(county, AccountKind.AUTHORITY_PAYABLE, MAINTENANCE) == OWED, "its owner has it"
    await collection.retry_clearing(county, ACTOR, part.id)
    assert len(await notices(county, bill)) == 1
    assert await hear(county, await line(county, part, world.ACCOUNT, -1)) == "paid"
    assert await hear(county, await line(county, part, world.FUND)) == "confirmed"
    assert await in_fund(county, unit) == 6_000_00


async def test_sent_back_before_it_arrived(county: WriteSession) -> None:
    unit = await world.owing(county)
    bill, (part,) = await cleared(county, unit)
    assert await hear(county, await line(county, part, world.ACCOUNT, -1)) == "paid"
    assert await hear(county, await line(county, part, world.ACCOUNT, 1, remittance="户名不符")) == "returned"
    await world.settle(county)
    assert part.state == "returned"
    await collection.retry_clearing(county, ACTOR, part.id)
    assert await hear(county, await line(county, part, world.ACCOUNT, -1)) == "paid"
    assert await hear(county, await line(county, part, world.FUND)) == "confirmed"
    assert ([one.state for one in await notices(county, bill)], await in_fund(county, unit)) == (
        [BillState.CONFIRMED], 6_000_00
    )  # fmt: skip


async def test_sent_back_after_it_arrived(county: WriteSession) -> None:
    """退汇 on both accounts: until the fund's bank has taken its credit back, nobody pays again."""
    unit = await world.owing(county)
    bill, (part,) = await cleared(county, unit)
    await hear(county, await line(county, part, world.ACCOUNT, -1))
    assert await hear(county, await line(county, part, world.FUND)) == "confirmed"
    await hear(county, await line(county, part, world.ACCOUNT, 1))
    await world.settle(county)
    with pytest.raises(collection.NoticePaid):
        await collection.retry_clearing(county, ACTOR, part.id)
    taken = await line(county, part, world.FUND, -1, reversal=True)
    assert await hear(county, taken) == "recalled"
    assert await hear(county, taken) == "duplicate"
    (notice,) = await notices(county, bill)
    assert (notice.state, await in_fund(county, unit)) == (BillState.SENT, 1_000_00)
    assert await ledger.balance(county, AccountKind.BANK, world.FUND) == 0
    await collection.retry_clearing(county, ACTOR, part.id)
    await hear(county, await line(county, part, world.ACCOUNT, -1))
    assert await hear(county, await line(county, part, world.FUND)) == "confirmed"
    assert (len(await notices(county, bill)), await in_fund(county, unit)) == (1, 6_000_00)
    assert await open_differences(county) == {}


async def test_a_recall_of_money_that_never_came_stays_in_sight(county: WriteSession) -> None:
    _, (part,) = await cleared(county, await world.owing(county))
    assert await hear(county, await line(county, part, world.FUND, -1, reversal=True)) == "difference"


async def test_nobody_else_pays_it(county: WriteSession) -> None:
    """A stranger's money with the notice's number waits in suspense, before our order arrived and after it."""
    unit = await world.owing(county)
    bill, (part,) = await cleared(county, unit)
    (notice,) = await notices(county, bill)
    stray: dict[str, Any] = {
        "end_to_end_id": "",
        "remittance": notice.notice_no,
        "counterparty_account": "6222000000001111",
    }
    assert await hear(county, await line(county, part, world.FUND, **stray)) == "suspense"
    kept = (await county.scalars(select(SuspenseReceipt).order_by(SuspenseReceipt.id.desc()).limit(1))).one()
    assert kept.reason == "wrong_payer"
    with pytest.raises(suspense.NoMatch, match="中转账户"):
        await suspense.match(county, ACTOR, kept.id, notice.notice_no, "付款人来电说明")
    assert await hear(county, await line(county, part, world.FUND)) == "confirmed"
    assert await hear(county, await line(county, part, world.FUND, **stray)) == "suspense"
    assert await world.in_book(county, AccountKind.SUSPENSE, world.FUND) == 2 * OWED
    assert await in_fund(county, unit) == 6_000_00


async def test_one_live_notice_of_a_case_and_unit(county: WriteSession) -> None:
    bill, _ = await cleared(county, await world.owing(county))
    assert len(await collection.begin_clearing(county, ACTOR, bill.id)) == 2
    (notice,) = await notices(county, bill)
    same = {name: getattr(notice, name) for name in (
        "kind", "case_id", "unit_id", "unit_code", "payer", "amount_fen", "basis", "account_no", "account_name",
        "bank_code", "bank_name", "issued_on", "paid_from",
    )}  # fmt: skip
    for changes in ({}, {"contract_id": uuid4(), "project_id": uuid4()}, {"case_id": None}, {"kind": "down_payment"}):
        with pytest.raises(IntegrityError):
            async with county.begin_nested():
                county.add(Bill(**(same | {"notice_no": "JK4115282026999999"} | changes)))


async def test_a_case_that_ends_gives_the_fund_back_too(county: WriteSession) -> None:
    unit = await world.owing(county)
    bill = await paid(county, unit)
    await collection.send_back(county, ACTOR, bill.case_id, "业务件已撤回")
    assert (bill.state, await notices(county, bill)) == ("refunding", [])
    assert await state_of(county, unit) is FundState.OWED


async def test_what_cannot_be_billed(tx: WriteSession) -> None:
    await world.open_county(tx)
    assert await world.fund_lines(tx, world.unit()) == [], "the county keeps its fund elsewhere"
    await world.open_fund(tx)
    assert await world.fund_lines(tx, world.unit()) == [], "perhaps paid on paper: the department is asked"
    assert await world.fund_lines(tx, await world.owing(tx), world.unit()) == [], "asked first, then billed whole"
    homeless = collection.NewLine(kind=LineKind.MAINTENANCE_FUND, title="维修资金", amount_fen=1, authority=MAINTENANCE)
    with pytest.raises(Exception, match="不动产单元"):
        await collection.issue(tx, ACTOR, world.new_bill(homeless))


async def test_paid_otherwise_meanwhile_the_money_is_the_unit_s(county: WriteSession) -> None:
    unit = await world.owing(county)
    bill = await paid(county, unit)
    paper = EarlierPayment(
        unit_id=unit.unit_id, unit_code=unit.unit_code, amount_fen=OWED, paid_on=date(2022, 1, 1), receipt_no="豫财002"
    )
    await fund.enter_earlier(county, ACTOR, paper)
    (part,) = [one for one in await collection.begin_clearing(county, ACTOR, bill.id) if one.notice_id]
    assert await hear(county, await line(county, part, world.FUND)) == "confirmed"
    assert await in_fund(county, unit) == 1_000_00 + 2 * OWED


@pytest.fixture
async def ends(fresh_database: Database, settings: Settings, tmp_path: Path) -> Any:
    made = BankAndPlatform.of(fresh_database, settings.model_copy(update={"var_dir": tmp_path}))
    yield made
    await made.http.aclose()


async def test_the_bank_tells_both_accounts_and_both_agree(ends: BankAndPlatform) -> None:
    """A payment between two accounts of ours: debit here, credit there, and on both statements."""
    async with ends.database.transaction(COUNTY) as tx:
        await world.open_county(tx)
        await world.open_fund(tx)
        await connect_bank(
            tx, ACTOR, bank_code="CCB", bank_name=world.BANK[1], mode=banking.BankMode.GATEWAY, organisation_id=None
        )
        unit = await world.owing(tx)
        bill = await paid(tx, unit)
        channel = (await tx.scalars(select(BankMovement))).one()
    enter(ends.bank, COUNTY, world.ACCOUNT, movement(bill.total_fen, serial=channel.bank_serial))
    async with ends.database.transaction(COUNTY) as tx:
        await collection.begin_clearing(tx, ACTOR, bill.id)
    await ends.work()
    told = Counter(await ends.deliver(twice=True))
    assert told == {"paid": 2, "confirmed": 1, "duplicate": 7}, "five messages, each twice; two orders told by two ways"
    for number in (world.ACCOUNT, world.FUND):
        await ends.ask(f"accounts/{number}/statement", day=str(today()))
    await ends.deliver()
    await ends.work()
    async with ends.database.read(COUNTY) as reader:
        statements = {one.account_no: one for one in await reader.scalars(select(BankStatement))}
        assert {number: (one.entries, one.matched) for number, one in statements.items()} == {
            world.ACCOUNT: (3, 3), world.FUND: (1, 1)
        }  # fmt: skip
        assert await open_differences(reader) == {}
        assert await wrongs(reader) == {}
        assert await in_fund(reader, unit) == 6_000_00
        assert [entry.signed_fen for entry in book_of(ends.bank, COUNTY, world.FUND).entries] == [OWED]
