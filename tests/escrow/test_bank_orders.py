"""Payment orders: given once, held at once, ended once, whatever the bank says and in whatever order."""

import asyncio
from datetime import date
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from escrow import banking, ledger
from escrow.banking.models import BankMovement
from escrow.banking.orders import accept, due_on, give_back, locked_order, mark_sent, pay, reject
from escrow.ledger.models import AccountKind
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from kernel.outbox.models import OutboxEvent
from kernel.web.problems import constraint_of
from tests.escrow.banks import DAY, PAYEE, drawdown, paid, project
from tests.escrow.world import ACTOR, COUNTY

FUND = AccountKind.PROJECT_FUND


async def told(tx: WriteSession, order: banking.PaymentOrder) -> list[dict[str, Any]]:
    """What the asking room heard."""
    query = select(OutboxEvent.payload).where(OutboxEvent.topic == "escrow.drawdown_settled").order_by(OutboxEvent.id)
    return [payload for payload in await tx.scalars(query) if payload["order_id"] == str(order.id)]


async def test_order_holds_its_money_once(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    new = drawdown(project_id, account_no)
    with time_machine.travel("2026-11-20T02:00:00+00:00", tick=False):
        order = await banking.order_payment(tx, ACTOR, new)
    assert order.due_on == date(2026, 11, 25)  # a weekend lies between
    assert (await banking.order_payment(tx, ACTOR, new)).id == order.id
    assert await ledger.available(tx, FUND, str(project_id)) == 700_00
    with pytest.raises(banking.OrderReused):
        await banking.order_payment(
            tx, ACTOR, drawdown(project_id, account_no, 300_01, key=new.key, subject=new.subject)
        )


def test_a_year_whose_holidays_are_not_known_stops_no_payment() -> None:
    assert due_on(date(2050, 1, 7)) == date(2050, 1, 12)  # Friday to Wednesday


async def test_order_beyond_the_money_is_refused(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    with pytest.raises(ledger.InsufficientFunds):
        await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no, 1_000_01))


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_fen": 0},
        {"amount_fen": -1},
        {"amount_fen": 10**14},
        {"words": ""},
        {"words": "换\n行"},
        {"payee": banking.Payee(name="某某", account_no="", bank_name="某行")},
        {"payee": banking.Payee(name="某某", account_no="4100")},
        {"payee": banking.Payee(name="某某", account_no="4100", bank_code="ICBC")},
    ],
)
async def test_bad_orders(tx: WriteSession, changes: dict[str, Any]) -> None:
    project_id, account_no = await project(tx, 0)
    with pytest.raises(Invalid):
        await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no, **changes))


async def test_unknown_account_cannot_pay(tx: WriteSession) -> None:
    project_id, _ = await project(tx, 0)
    with pytest.raises(banking.UnknownBank):
        await banking.order_payment(tx, ACTOR, drawdown(project_id, "41059999"))


async def test_paid_before_accepted(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    movement = paid(order)
    assert await pay(tx, ACTOR, order, movement)
    assert not await pay(tx, ACTOR, order, movement)
    await accept(tx, ACTOR, order, "YH1")
    await mark_sent(tx, ACTOR, order)
    assert (order.state, order.bank_reference) == (banking.OrderState.PAID, "YH1")
    assert await ledger.balance(tx, FUND, str(project_id)) == 700_00
    assert await ledger.balance(tx, AccountKind.BANK, account_no) == -700_00
    row = (await tx.scalars(select(BankMovement).where(BankMovement.bank_serial == movement.bank_serial))).one()
    assert (row.signed_fen, row.value_date, row.subject) == (-300_00, DAY, f"payment_order:{order.id}")
    assert [one["state"] for one in await told(tx, order)] == ["paid"]
    with pytest.raises(banking.OrderEnded):
        await pay(tx, ACTOR, order, paid(order))
    with pytest.raises(banking.OrderEnded):
        await reject(tx, ACTOR, order, "账号有误")


async def test_rejected_frees_the_money(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    assert await reject(tx, ACTOR, order, "收款账号不存在")
    assert not await reject(tx, ACTOR, order, "收款账号不存在")
    assert await ledger.available(tx, FUND, str(project_id)) == 1_000_00
    assert [(one["state"], one["reason"]) for one in await told(tx, order)] == [("rejected", "收款账号不存在")]
    with pytest.raises(banking.OrderEnded):
        await pay(tx, ACTOR, order, paid(order))


async def test_returned_money_is_on_its_source(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    back = paid(order)
    with pytest.raises(banking.OrderEnded):
        await give_back(tx, ACTOR, order, back, "退汇")
    await pay(tx, ACTOR, order, paid(order))
    assert await give_back(tx, ACTOR, order, back, "户名不符")
    assert not await give_back(tx, ACTOR, order, back, "户名不符")
    assert await ledger.available(tx, FUND, str(project_id)) == 1_000_00
    assert [one["state"] for one in await told(tx, order)] == ["paid", "returned"]


async def test_other_amount_or_account_is_not_booked(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    for wrong in (paid(order, amount_fen=299_99), paid(order, account_no="41050000")):
        with pytest.raises(banking.OrderDiffers):
            await pay(tx, ACTOR, order, wrong)
    assert order.state == banking.OrderState.ORDERED


async def test_the_database_itself_keeps_an_ended_order_ended(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    await reject(tx, ACTOR, order, "拒付")
    with pytest.raises(IntegrityError) as refused:
        await tx.execute(text("UPDATE payment_orders SET state = 'accepted' WHERE id = :id"), {"id": order.id})
    assert constraint_of(refused.value) == "payment_order_way"


async def test_one_key_from_two_at_once(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        project_id, account_no = await project(tx)
    new = drawdown(project_id, account_no)

    async def ask() -> object:
        async with fresh_database.transaction(COUNTY) as tx:
            return (await banking.order_payment(tx, ACTOR, new)).id

    assert len(set(await asyncio.gather(*(ask() for _ in range(4))))) == 1
    async with fresh_database.read(COUNTY) as reader:
        assert await ledger.available(reader, FUND, str(project_id)) == 700_00


async def test_two_tell_of_one_payment_at_once(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        project_id, account_no = await project(tx)
        order = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    movement = paid(order)

    async def tell() -> bool:
        async with fresh_database.transaction(COUNTY) as tx:
            return await pay(tx, ACTOR, await locked_order(tx, order.order_no), movement)

    assert sorted(await asyncio.gather(*(tell() for _ in range(3)))) == [False, False, True]
    async with fresh_database.read(COUNTY) as reader:
        assert await ledger.balance(reader, FUND, str(project_id)) == 700_00


async def test_a_serial_names_one_movement(tx: WriteSession) -> None:
    project_id, account_no = await project(tx)
    first = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no, payee=PAYEE))
    second = await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    movement = paid(first)
    await pay(tx, ACTOR, first, movement)
    with pytest.raises(banking.MovementReused):
        await pay(tx, ACTOR, second, paid(second, bank_serial=movement.bank_serial))
