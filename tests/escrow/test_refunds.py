"""Cancellation: every fen goes back, once."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from escrow import ledger, service
from escrow.bills import BillsDiffer
from escrow.ledger.models import AccountKind
from escrow.models import Bill, Refund
from escrow.refund_queue import UnknownRefund
from escrow.refunds import RefundDiffers
from escrow.schemas import Receipt, RefundConfirmation, SaleMoney
from kernel.errors import Invalid
from kernel.outbox.models import OutboxEvent
from tests.escrow.world import ACTOR, COUNTY, World, told


async def paid_sale(world: World) -> SaleMoney:
    sale = world.sale()
    async with world.database.transaction(COUNTY) as tx:
        for bill in await service.issue_bills(tx, ACTOR, sale):
            await service.confirm(tx, ACTOR, told(bill))
    return sale


async def order(world: World, sale: SaleMoney) -> list[Refund]:
    async with world.database.transaction(COUNTY) as tx:
        return await service.order_refund(tx, ACTOR, sale.contract_id, "双方协商解除合同")


async def pay_out(world: World, refund: Refund, **changes: object) -> Refund:
    values: dict[str, object] = {
        "event_id": f"refund-{refund.refund_no}",
        "refund_no": refund.refund_no,
        "amount_fen": refund.amount_fen,
        "paid_at": datetime(2026, 11, 22, tzinfo=UTC),
        "bank_serial": f"out-{refund.refund_no}",
        "account_no": refund.account_no,
        "evidence_digest": "b" * 64,
    }
    async with world.database.transaction(COUNTY) as tx:
        return await service.confirm_refund(tx, ACTOR, RefundConfirmation(**(values | changes)))  # type: ignore[arg-type]


async def test_cancellation_owes_everything_back_and_payout_closes_it(world: World) -> None:
    sale = await paid_sale(world)
    refunds = await order(world, sale)
    assert [refund.amount_fen for refund in refunds] == [180_000_00, 7_101_60]
    assert refunds[0].payee == "张三、李四"
    async with world.database.read(COUNTY) as reader:
        fund = await service.project_fund(reader, world.project_id)
        assert (fund.balance_fen, fund.received_fen, fund.refunding_fen, fund.refunded_fen) == (
            0,
            180_000_00,
            180_000_00,
            0,
        )
        owed = await ledger.balance(reader, AccountKind.REFUND_PAYABLE, str(sale.contract_id))
        assert owed == 180_000_00 + 7_101_60
        assert len(await service.missing(reader, sale.contract_id)) == 2
    for refund in refunds:
        assert (await pay_out(world, refund)).state == "confirmed"
    async with world.database.read(COUNTY) as reader:
        assert {bill.state for bill in await service.bills_of(reader, sale.contract_id)} == {"refunded"}
        assert await ledger.balance(reader, AccountKind.BANK, "6222000000000001") == 0
        assert (await service.project_fund(reader, world.project_id)).refunded_fen == 180_000_00


async def test_ordering_again_or_at_once_orders_nothing_new(world: World) -> None:
    sale = await paid_sale(world)
    results = await asyncio.gather(*(order(world, sale) for _ in range(4)))
    assert len({refund.id for refunds in results for refund in refunds}) == 2
    async with world.database.read(COUNTY) as reader:
        emitted = select(func.count()).where(OutboxEvent.topic == "escrow.refund_ordered")
        assert await reader.scalar(emitted) == 2


async def test_unpaid_notices_are_voided_by_a_refund(world: World) -> None:
    sale = world.sale()
    async with world.database.transaction(COUNTY) as tx:
        down, fund = await service.issue_bills(tx, ACTOR, sale)
        await service.confirm(tx, ACTOR, told(down))
    assert len(await order(world, sale)) == 1
    assert not (await _confirm(world, fund)).recognised


async def _confirm(world: World, bill: Bill) -> Receipt:
    async with world.database.transaction(COUNTY) as tx:
        return await service.confirm(tx, ACTOR, told(bill))


async def test_a_repeated_payout_is_the_same_and_a_different_one_is_refused(world: World) -> None:
    sale = await paid_sale(world)
    refund, _ = await order(world, sale)
    for wrong in ({"amount_fen": 1}, {"account_no": "1"}):
        with pytest.raises(RefundDiffers):
            await pay_out(world, refund, **wrong)
    await asyncio.gather(*(pay_out(world, refund) for _ in range(4)))
    with pytest.raises(RefundDiffers):
        await pay_out(world, refund, bank_serial="another")
    with pytest.raises(UnknownRefund):
        await pay_out(world, refund, refund_no="TK0")
    async with world.database.read(COUNTY) as reader:
        assert await ledger.balance(reader, AccountKind.REFUND_PAYABLE, str(sale.contract_id)) == 7_101_60


async def test_a_fund_that_was_spent_lets_the_refund_wait(world: World) -> None:
    sale = await paid_sale(world)
    async with world.database.transaction(COUNTY) as tx:
        fund = await ledger.open_account(tx, AccountKind.PROJECT_FUND, str(world.project_id))
        bank = await ledger.open_account(tx, AccountKind.BANK, "6222000000000001")
        await ledger.post(tx, "drawdown", "test", [ledger.Move(fund, -1), ledger.Move(bank, 1)], words="支取")
    short, other = await order(world, sale)
    assert (short.state, other.state) == ("waiting", "ordered")
    assert "可用余额 179,999.99 元，不足应退的 180,000.00 元" in str(short.waiting_because)
    async with world.database.read(COUNTY) as reader:
        assert await ledger.balance(reader, AccountKind.PROJECT_FUND, str(world.project_id)) == 179_999_99
        assert {bill.state for bill in await service.bills_of(reader, sale.contract_id)} == {
            "confirmed", "refund_ordered",
        }  # fmt: skip
    with pytest.raises(RefundDiffers):
        await pay_out(world, short)


async def test_a_reason_is_needed(world: World) -> None:
    async with world.database.transaction(COUNTY) as tx:
        with pytest.raises(Invalid):
            await service.order_refund(tx, ACTOR, uuid4(), "  ")
        assert await service.order_refund(tx, ACTOR, uuid4(), "没有款项") == []


async def test_a_refunded_contract_may_not_be_billed_as_if_paid(world: World) -> None:
    sale = await paid_sale(world)
    dearer = world.sale(contract_id=sale.contract_id, unit_id=sale.unit_id, down_payment_fen=1)
    async with world.database.transaction(COUNTY) as tx:
        with pytest.raises(BillsDiffer):
            await service.issue_bills(tx, ACTOR, dearer)
