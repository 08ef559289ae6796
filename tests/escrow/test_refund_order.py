"""Refunds in their order: the lender before the buyers, the oldest first, nothing lost and nothing twice."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from escrow import banking, ledger, refund_queue, service
from escrow.agreements.models import SupervisionAgreement
from escrow.banking import orders
from escrow.banking.schemas import Movement
from escrow.chores import resume_refunds
from escrow.ledger.models import AccountKind
from escrow.loans import service as loans
from escrow.loans.jobs import return_loan, settle_return
from escrow.loans.models import LenderKind, Loan
from escrow.loans.rules import ReleaseFacts
from escrow.loans.schemas import Disbursal, Lender, NewLoan
from escrow.models import Bill, BillKind, LoanPart, Refund, RefundState
from escrow.refunds import RefundDiffers
from escrow.rules import above_quota
from escrow.schemas import RefundConfirmation, SaleMoney
from kernel.db import WriteSession
from kernel.outbox import Event
from kernel.outbox.models import OutboxEvent
from tests.escrow.books import wrongs
from tests.escrow.world import ACTOR, COUNTY, World, told

ACCOUNT = "6222000000000001"
LENT = 420_000_00
READY = ReleaseFacts(
    on=date(2026, 11, 22), planning_permit_on=date(2025, 1, 1), filed=True, mortgage_notice=True,
    topped_out_on=date(2026, 1, 1), completed_on=date(2026, 11, 1),
)  # fmt: skip
PAID_BY = Disbursal(
    reference="放款0001", account_no="4105990000000001", account_name="息县住房公积金管理部贷款专户",
    bank_code="105515000015", bank_name="建设银行息县支行",
)  # fmt: skip


LENDERS = {
    LoanPart.HOUSING_FUND: Lender(
        organisation_id=uuid4(), kind=LenderKind.FUND_CENTRE, name="息县住房公积金管理部"
    ),
    LoanPart.COMMERCIAL: Lender(organisation_id=uuid4(), kind=LenderKind.BANK, name="演示建设银行息县支行"),
}  # fmt: skip


async def open_loan(tx: WriteSession, sale: SaleMoney, part: LoanPart = LoanPart.HOUSING_FUND) -> Loan:
    return await loans.open_loan(
        tx, ACTOR,
        NewLoan(
            contract_id=sale.contract_id, part=part, project_id=sale.project_id, unit_id=sale.unit_id,
            unit_code=sale.unit_code, location="息县某小区1号楼101", filing_no="YS4115282026000001",
            borrowers="张三、李四", amount_fen=LENT, lender_words=LENDERS[part].name, lender=LENDERS[part],
        ),
    )  # fmt: skip


async def lent(
    tx: WriteSession, sale: SaleMoney, part: LoanPart = LoanPart.HOUSING_FUND, *, paid: bool = True, said: bool = True
) -> Bill:
    """A loan that its lender has paid into supervision."""
    loan = await open_loan(tx, sale, part)
    bill = await loans.issue_notice(tx, ACTOR, loan.id, READY)
    if said:
        await loans.report(tx, ACTOR, loan.id, PAID_BY)
    if paid:
        await service.confirm(tx, ACTOR, told(bill))
    return bill


async def paid_sale(world: World, **loan: bool) -> SaleMoney:
    sale = world.sale()
    async with world.database.transaction(COUNTY) as tx:
        for bill in await service.issue_bills(tx, ACTOR, sale):
            await service.confirm(tx, ACTOR, told(bill))
        if loan:
            await lent(tx, sale, **loan)
    return sale


async def cancel(world: World, sale: SaleMoney, verified: str = "合同备案已注销") -> list[Refund]:
    async with world.database.transaction(COUNTY) as tx:
        return await service.order_refund(tx, ACTOR, sale.contract_id, "双方协商解除合同", verified=verified)


async def spend(world: World, fen: int) -> None:
    """A drawdown."""
    async with world.database.transaction(COUNTY) as tx:
        fund = await ledger.open_account(tx, AccountKind.PROJECT_FUND, str(world.project_id))
        bank = await ledger.open_account(tx, AccountKind.BANK, ACCOUNT)
        moves = [ledger.Move(fund, -fen), ledger.Move(bank, fen)]
        await ledger.post(tx, uuid4().hex, "test:1", moves, words="支取")


async def states(world: World, sale: SaleMoney) -> list[tuple[str, int]]:
    async with world.database.read(COUNTY) as reader:
        return [(one.state, one.amount_fen) for one in await service.refunds_of(reader, sale.contract_id)]


async def balance(world: World, kind: AccountKind, owner: object) -> int:
    async with world.database.read(COUNTY) as reader:
        return await ledger.balance(reader, kind, str(owner))


async def handle(world: World, topic: str) -> None:
    """Run the newest event of a topic, twice: a repetition must change nothing."""
    handler = {"escrow.loan_return_settled": settle_return, "escrow.return_loan": return_loan}[topic]
    async with world.database.transaction(COUNTY) as tx:
        wanted = select(OutboxEvent).where(OutboxEvent.topic == topic).order_by(OutboxEvent.id.desc()).limit(1)
        row = (await tx.scalars(wanted)).one()
        event = Event(row.id, topic, row.key, COUNTY, row.payload, 1, world.database, None)
        await handler(tx, event)
        if topic == "escrow.loan_return_settled":
            await handler(tx, event)


async def end(world: World, refund: Refund, how: str) -> None:
    """What the bank says of the order that returns a loan."""
    async with world.database.transaction(COUNTY) as tx:
        now = (await service.refund(tx, refund.id)).payment_order_id
        assert now
        given = await orders.locked_order(tx, (await banking.order(tx, now)).order_no)
        movement = Movement(
            account_no=given.account_no, bank_serial=f"{how}-{given.order_no}", amount_fen=given.amount_fen,
            value_date=datetime.now(UTC).date(),
        )  # fmt: skip
        match how:
            case "paid":
                await orders.pay(tx, ACTOR, given, movement)
            case "rejected":
                await orders.reject(tx, ACTOR, given, "户名不符")
            case "returned":
                await orders.give_back(tx, ACTOR, given, movement, "账户已销户")
    await handle(world, "escrow.loan_return_settled")


async def test_the_lender_comes_first_and_the_parts_are_the_whole(world: World) -> None:
    sale = await paid_sale(world, paid=True)
    refunds = await cancel(world, sale)
    assert [(one.amount_fen, one.state) for one in refunds] == [
        (LENT, "ordered"), (180_000_00, "ordered"), (7_101_60, "ordered"),
    ]  # fmt: skip
    assert refunds[0].payee == "息县住房公积金管理部"
    assert refunds[0].payment_order_id is not None
    assert [one.payment_order_id for one in refunds[1:]] == [None, None]
    assert await balance(world, AccountKind.REFUND_PAYABLE, sale.contract_id) == LENT + 180_000_00 + 7_101_60
    assert await balance(world, AccountKind.PROJECT_FUND, world.project_id) == 0
    async with world.database.read(COUNTY) as reader:
        order = await banking.order(reader, refunds[0].payment_order_id)
        assert (order.payee_name, order.payee_account) == (PAID_BY.account_name, PAID_BY.account_no)
        told_of = select(OutboxEvent.payload).where(OutboxEvent.topic == "escrow.refund_ordered")
        pushed = {row["refund_id"] for row in await reader.scalars(told_of)}
        assert pushed == {str(one.id) for one in refunds[1:]}
    await end(world, refunds[0], "paid")
    assert (await states(world, sale))[0] == ("confirmed", LENT)
    assert await balance(world, AccountKind.REFUND_PAYABLE, sale.contract_id) == 180_000_00 + 7_101_60
    async with world.database.read(COUNTY) as reader:
        assert await wrongs(reader) == {}


@pytest.mark.parametrize("parts", [list(LENDERS), list(LENDERS)[::-1]], ids=["fund first", "bank first"])
async def test_each_lender_of_a_combined_loan_gets_its_own_back_before_the_buyers(
    world: World, parts: list[LoanPart]
) -> None:
    sale = await paid_sale(world)
    async with world.database.transaction(COUNTY) as tx:
        paid = [await lent(tx, sale, part) for part in parts]
        twice = told(paid[0], bank_serial="again", event_id="again")
        assert not (await service.confirm(tx, ACTOR, twice)).recognised
        assert [one.standing for one in await loans.lines_of_contract(tx, sale.contract_id)] == ["paid", "paid"]
    refunds = await cancel(world, sale)
    assert [one.payee for one in refunds[:2]] == [LENDERS[part].name for part in parts]
    assert [one.bill_id for one in refunds[:2]] == [one.id for one in paid]
    assert [one.amount_fen for one in refunds[2:]] == [180_000_00, 7_101_60]
    await end(world, refunds[1], "paid")
    await end(world, refunds[0], "rejected")
    assert [state for state, _ in await states(world, sale)] == ["waiting", "confirmed", "ordered", "ordered"]
    assert await balance(world, AccountKind.REFUND_PAYABLE, sale.contract_id) == LENT + 180_000_00 + 7_101_60
    async with world.database.read(COUNTY) as reader:
        assert [one.standing for one in await loans.lines_of_contract(reader, sale.contract_id)] == [
            "returning", "returned",
        ]  # fmt: skip
        assert await wrongs(reader) == {}


async def test_of_a_combined_loan_only_what_was_paid_goes_back(world: World) -> None:
    sale = await paid_sale(world)
    async with world.database.transaction(COUNTY) as tx:
        unpaid = await lent(tx, sale, LoanPart.COMMERCIAL, paid=False)
        await lent(tx, sale, LoanPart.HOUSING_FUND)
    refunds = await cancel(world, sale)
    assert [one.payee for one in refunds[:1]] == ["息县住房公积金管理部"]
    assert len(refunds) == 3
    async with world.database.transaction(COUNTY) as tx:
        late = await service.confirm(tx, ACTOR, told(unpaid))
        assert (late.recognised, late.reason) == (False, "void_notice")
        standing = [one.standing for one in await loans.lines_of_contract(tx, sale.contract_id)]
        assert standing == ["closed", "returning"]


async def test_a_bank_that_cannot_pay_the_lender_leaves_the_money_owed_until_it_can(world: World) -> None:
    sale = await paid_sale(world, paid=True)
    refund = (await cancel(world, sale))[0]
    await end(world, refund, "rejected")
    async with world.database.read(COUNTY) as reader:
        assert "户名不符" in str((await service.refund(reader, refund.id)).waiting_because)
    async with world.database.transaction(COUNTY) as tx:
        await refund_queue.resume_one(tx, ACTOR, refund.id)
    await end(world, refund, "paid")
    await end(world, refund, "returned")
    assert (await states(world, sale))[0] == ("waiting", LENT)
    assert await balance(world, AccountKind.REFUND_PAYABLE, sale.contract_id) == LENT + 180_000_00 + 7_101_60
    async with world.database.transaction(COUNTY) as tx:
        await refund_queue.resume_one(tx, ACTOR, refund.id)
        with pytest.raises(refund_queue.NotWaiting):
            await refund_queue.resume_one(tx, ACTOR, refund.id)
    await end(world, refund, "paid")
    assert (await states(world, sale))[0] == ("confirmed", LENT)
    async with world.database.read(COUNTY) as reader:
        assert await wrongs(reader) == {}
        assert (await service.refund(reader, refund.id)).attempts == 3


async def test_a_lender_without_an_account_keeps_nobody_else_waiting(world: World) -> None:
    sale = await paid_sale(world, paid=True, said=False)
    assert [one.state for one in await cancel(world, sale)] == ["waiting", "ordered", "ordered"]
    assert await balance(world, AccountKind.PROJECT_FUND, world.project_id) == 0
    async with world.database.transaction(COUNTY) as tx:
        (loan,) = await loans.of_contract(tx, sale.contract_id)
        await loans.report(tx, ACTOR, loan.id, PAID_BY)
    await handle(world, "escrow.return_loan")
    assert (await states(world, sale))[0] == ("ordered", LENT)


async def test_what_the_fund_lacks_waits_in_order_and_nothing_overtakes(world: World) -> None:
    first, second = await paid_sale(world, paid=True), await paid_sale(world, paid=False)
    await spend(world, 400_000_00)
    assert [one.state for one in await cancel(world, first)] == ["waiting", "waiting", "ordered"]
    later = await cancel(world, second)
    assert [one.state for one in later] == ["waiting", "ordered"]
    assert later[0].waiting_because == refund_queue.BEHIND
    async with world.database.read(COUNTY) as reader:
        owed = await refund_queue.waiting_fen(reader, [world.project_id])
        assert owed == {world.project_id: LENT + 2 * 180_000_00}
        waiting = await refund_queue.waiting_list(reader, None, 10)
        assert [bill.kind for _, bill in waiting] == ["mortgage_loan", "down_payment", "down_payment"]
        assert "不足应退的 420,000.00 元" in str(waiting[0][0].waiting_because)
    await paid_sale(world)
    await resume_refunds(world.database, COUNTY)
    assert [state for state, _ in await states(world, first)] == ["ordered", "waiting", "ordered"]
    await paid_sale(world)
    await paid_sale(world)
    await asyncio.gather(*(resume_refunds(world.database, COUNTY) for _ in range(3)))
    assert [state for state, _ in await states(world, first) + await states(world, second)] == ["ordered"] * 5
    async with world.database.read(COUNTY) as reader:
        assert await wrongs(reader) == {}
        assert await refund_queue.waiting_projects(reader) == []


async def test_inside_the_quota_only_on_a_verified_cancellation(world: World) -> None:
    sale = await paid_sale(world)
    await paid_sale(world)
    async with world.database.transaction(COUNTY) as tx:
        await _with_quota(tx, world.project_id, 250_000_00)
    refunds = await cancel(world, sale, verified="")
    assert [(one.state, one.waiting_because) for one in refunds] == [
        ("waiting", refund_queue.NOT_VERIFIED), ("ordered", None),
    ]  # fmt: skip
    async with world.database.transaction(COUNTY) as tx:
        await refund_queue.resume_one(tx, ACTOR, refunds[0].id, verified="法院判决解除（2026）豫1528民初1号")
    async with world.database.read(COUNTY) as reader:
        refund = await service.refund(reader, refunds[0].id)
        assert (refund.state, refund.from_quota_fen) == (RefundState.ORDERED, 70_000_00)
        assert "民初1号" in refund.verified


async def _with_quota(tx: WriteSession, project_id: UUID, fen: int) -> None:
    """The terms in force, as an agreement with a quota has them."""
    quota = {"mode": "quota", "quota_fen": fen}
    known = await tx.scalar(select(SupervisionAgreement).where(SupervisionAgreement.project_id == project_id))
    if known is not None:
        await tx.execute(update(SupervisionAgreement).where(SupervisionAgreement.id == known.id).values(**quota))
        return
    tx.add(
        SupervisionAgreement(
            project_id=project_id, version=1, origin="paper", agreement_no="1", account_no=ACCOUNT, account_name="户",
            bank_code="ICBC", bank_name="工商银行", quota_basis="", nodes=[{}], source="测试",
            state="in_force", **quota,
        )
    )  # fmt: skip
    await tx.flush()


@pytest.mark.parametrize(
    ("available", "quota", "amount", "parts"),
    [
        (500, 300, 200, (200, 0)), (500, 300, 250, (200, 50)), (200, 300, 50, (0, 50)), (100, None, 80, (80, 0)),
        (0, 300, 10, (0, 10)),
    ],
)  # fmt: skip
def test_money_above_the_quota_goes_first(
    available: int, quota: int | None, amount: int, parts: tuple[int, int]
) -> None:
    assert above_quota(available, quota, amount) == parts


async def test_an_unpaid_loan_is_void_and_a_payout_by_the_wrong_way_is_refused(world: World) -> None:
    sale = world.sale()
    async with world.database.transaction(COUNTY) as tx:
        await service.issue_bills(tx, ACTOR, sale)
        unpaid = await lent(tx, sale, paid=False)
    assert await cancel(world, sale) == []
    async with world.database.transaction(COUNTY) as tx:
        assert not (await service.confirm(tx, ACTOR, told(unpaid))).recognised
        (line,) = await loans.lines_of_contract(tx, sale.contract_id)
        assert line.standing == "closed"
    other = await paid_sale(world, paid=True)
    refund = (await cancel(world, other))[0]
    report = RefundConfirmation(
        event_id="e1", refund_no=refund.refund_no, amount_fen=LENT, paid_at=datetime(2026, 11, 22, tzinfo=UTC),
        bank_serial="s1", account_no=ACCOUNT, evidence_digest="b" * 64,
    )  # fmt: skip
    with pytest.raises(RefundDiffers):
        async with world.database.transaction(COUNTY) as tx:
            await service.confirm_refund(tx, ACTOR, report)


async def test_two_cancellations_at_once_share_what_is_there(world: World) -> None:
    sales: Sequence[SaleMoney] = [await paid_sale(world) for _ in range(3)]
    await spend(world, 200_000_00)
    await asyncio.gather(*(cancel(world, sale) for sale in sales))
    async with world.database.read(COUNTY) as reader:
        refunds = [one for sale in sales for one in await service.refunds_of(reader, sale.contract_id)]
        bills = {one.id: one.kind for sale in sales for one in await service.bills_of(reader, sale.contract_id)}
        assert await wrongs(reader) == {}
    houses = sorted(one.state for one in refunds if bills[one.bill_id] == BillKind.DOWN_PAYMENT)
    assert houses == ["ordered", "waiting", "waiting"]
    assert await balance(world, AccountKind.PROJECT_FUND, world.project_id) == 160_000_00


async def test_a_notice_and_a_cancellation_at_once_never_leave_a_loan_to_pay(world: World) -> None:
    async with world.database.transaction(COUNTY) as tx:
        sales = [world.sale() for _ in range(6)]
        opened = [await open_loan(tx, sale, part) for sale in sales for part in LENDERS]

    async def notice(loan_id: UUID) -> None:
        with suppress(loans.LoanClosed):
            async with world.database.transaction(COUNTY) as tx:
                await loans.issue_notice(tx, ACTOR, loan_id, READY)

    await asyncio.gather(*(notice(loan.id) for loan in opened), *(cancel(world, sale) for sale in sales))
    async with world.database.read(COUNTY) as reader:
        lines = [line for sale in sales for line in await loans.lines_of_contract(reader, sale.contract_id)]
        assert len(lines) == len(opened)
        assert {line.standing for line in lines} == {"closed"}
        assert [line.bill.state for line in lines if line.bill and line.bill.state != "void"] == []
