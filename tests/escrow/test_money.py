"""From notice to confirmation: exactly once, and no money is ever lost."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from escrow import service
from escrow.bills import BillsDiffer
from escrow.confirmations import EventReused
from escrow.ledger.models import LedgerAccount
from escrow.models import BankConfirmation, Bill, BillState
from escrow.rules import RateMissing
from escrow.schemas import Confirmation, Receipt, SaleMoney
from escrow.supervision import AccountTaken, NoAccount, register_account
from kernel.errors import Invalid
from kernel.outbox.models import OutboxEvent
from tests.escrow.world import ACTOR, COUNTY, World, told


async def issue(world: World, sale: SaleMoney | None = None) -> tuple[Bill, Bill]:
    async with world.database.transaction(COUNTY) as tx:
        down, fund = await service.issue_bills(tx, ACTOR, sale or world.sale())
    return down, fund


async def confirm(world: World, confirmation: Confirmation) -> Receipt:
    async with world.database.transaction(COUNTY) as tx:
        return await service.confirm(tx, ACTOR, confirmation)


async def count(world: World, what: object) -> int:
    async with world.database.read(COUNTY) as reader:
        return int(await reader.scalar(select(func.count()).select_from(what)) or 0)  # type: ignore[call-overload]


async def events(world: World, topic: str) -> int:
    async with world.database.read(COUNTY) as reader:
        return int(await reader.scalar(select(func.count()).where(OutboxEvent.topic == topic)) or 0)


async def test_a_sale_gets_two_notices_once(world: World) -> None:
    sale = world.sale()
    down, fund = await issue(world, sale)
    again = await issue(world, sale)
    assert [bill.id for bill in again] == [down.id, fund.id]
    assert (down.amount_fen, fund.amount_fen) == (180_000_00, 7_101_60)
    assert (down.account_no, fund.account_no) == ("6222000000000001", "6222000000009999")
    assert [down.notice_no[-6:], fund.notice_no[-6:]] == ["000001", "000002"]
    assert await events(world, "escrow.notice_issued") == 2


async def test_two_clerks_issuing_at_once_make_one_set(world: World) -> None:
    sale = world.sale()
    results = await asyncio.gather(*(issue(world, sale) for _ in range(4)))
    assert len({bill.id for bills in results for bill in bills}) == 2
    assert await count(world, Bill) == 2


async def test_a_changed_sale_needs_its_notices_voided_first(world: World) -> None:
    sale = world.sale()
    await issue(world, sale)
    dearer = world.sale(contract_id=sale.contract_id, unit_id=sale.unit_id, down_payment_fen=190_000_00)
    with pytest.raises(BillsDiffer):
        await issue(world, dearer)
    async with world.database.transaction(COUNTY) as tx:
        assert len(await service.void_bills(tx, ACTOR, sale.contract_id)) == 2
        assert [m.words[-5:] for m in await service.missing(tx, sale.contract_id)] == ["需重新开具"] * 2
    down, _ = await issue(world, dearer)
    assert down.amount_fen == 190_000_00


async def test_the_gate_opens_only_with_both_confirmations(world: World) -> None:
    sale = world.sale()
    down, fund = await issue(world, sale)
    receipt = await confirm(world, told(down))
    assert receipt.recognised
    assert receipt.contract_id == sale.contract_id
    assert not receipt.duplicate
    async with world.database.read(COUNTY) as reader:
        (left,) = await service.missing(reader, sale.contract_id)
        assert "7,101.60 元" in left.words
        assert fund.notice_no in left.words
    await confirm(world, told(fund))
    async with world.database.read(COUNTY) as reader:
        assert await service.missing(reader, sale.contract_id) == []
        assert await service.balance_of(reader, world.project_id) == 180_000_00
        assert await service.maintenance_fund_of(reader, sale.unit_id) == 7_101_60


async def test_a_repeated_callback_gets_the_same_answer_and_books_nothing(world: World) -> None:
    down, _ = await issue(world)
    message = told(down)
    first = await confirm(world, message)
    again = await confirm(world, message)
    assert (again.bill_id, again.contract_id, again.duplicate) == (first.bill_id, first.contract_id, True)
    other_event = told(down, bank_serial=message.bank_serial)
    assert (await confirm(world, other_event)).duplicate
    assert await count(world, BankConfirmation) == 1
    assert await events(world, "escrow.confirmed") == 1
    async with world.database.read(COUNTY) as reader:
        assert await service.balance_of(reader, world.project_id) == down.amount_fen


@pytest.mark.parametrize("known", [True, False])
async def test_the_same_callback_on_many_connections_books_once(world: World, *, known: bool) -> None:
    down, _ = await issue(world)
    message = told(down) if known else told(down, notice_no="JK4115282026999999")
    receipts = await asyncio.gather(*(confirm(world, message) for _ in range(8)))
    assert sorted(receipt.duplicate for receipt in receipts) == [False] + [True] * 7
    assert {receipt.recognised for receipt in receipts} == {known}
    assert len({receipt.words for receipt in receipts}) == 1
    assert await count(world, BankConfirmation) == 1
    async with world.database.read(COUNTY) as reader:
        total = await reader.scalar(select(func.sum(LedgerAccount.balance_fen)).where(LedgerAccount.balance_fen > 0))
        assert total == down.amount_fen


async def test_an_event_that_changes_its_story_is_refused(world: World) -> None:
    down, fund = await issue(world)
    message = told(down)
    await confirm(world, message)
    for changed in (
        told(down, event_id=message.event_id),
        told(down, bank_serial=message.bank_serial, amount_fen=1),
        told(fund, event_id=message.event_id, bank_serial=message.bank_serial),
    ):
        with pytest.raises(EventReused):
            await confirm(world, changed)
    assert await count(world, BankConfirmation) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_fen": 1}, "wrong_amount"),
        ({"account_no": "6222000000009999"}, "wrong_account"),
        ({"account_no": "999999"}, "wrong_account"),
        ({"notice_no": "JK0"}, "unknown_notice"),
    ],
)
async def test_wrong_money_goes_to_suspense_with_a_reason(
    world: World, changes: dict[str, object], reason: str
) -> None:
    sale = world.sale()
    down, _ = await issue(world, sale)
    message = told(down, **changes)
    receipt = await confirm(world, message)
    assert not receipt.recognised
    assert receipt.reason == reason
    assert receipt.words
    again = await confirm(world, message)
    assert (again.reason, again.words, again.duplicate) == (receipt.reason, receipt.words, True)
    async with world.database.read(COUNTY) as reader:
        (line,) = await service.suspense_list(reader)
        assert (line.amount_fen, line.reason, line.bank_serial) == (message.amount_fen, reason, message.bank_serial)
        assert len(await service.missing(reader, sale.contract_id)) == 2
        assert await service.balance_of(reader, world.project_id) == 0
        assert await _total(reader) == 0
    assert (await confirm(world, told(down))).recognised


async def test_late_and_double_money_goes_to_suspense(world: World) -> None:
    sale = world.sale()
    down, fund = await issue(world, sale)
    await confirm(world, told(down))
    assert (await confirm(world, told(down))).reason == "already_paid"
    async with world.database.transaction(COUNTY) as tx:
        await service.void_bills(tx, ACTOR, sale.contract_id)
    assert (await confirm(world, told(fund))).reason == "void_notice"
    async with world.database.read(COUNTY) as reader:
        assert await service.balance_of(reader, world.project_id) == down.amount_fen
        assert len(await service.suspense_list(reader)) == 2


async def test_voiding_races_with_paying(world: World) -> None:
    sales = [world.sale() for _ in range(4)]
    bills = [(await issue(world, sale))[0] for sale in sales]

    async def void(sale: SaleMoney) -> None:
        async with world.database.transaction(COUNTY) as tx:
            await service.void_bills(tx, ACTOR, sale.contract_id)

    work = [confirm(world, told(bill)) for bill in bills]
    results = await asyncio.gather(*work, *(void(sale) for sale in sales))
    async with world.database.read(COUNTY) as reader:
        for bill, receipt in zip(bills, results, strict=False):
            state = (await service.bill(reader, bill.id)).state
            assert isinstance(receipt, Receipt)
            assert state == (BillState.CONFIRMED if receipt.recognised else BillState.VOID)
        assert await _total(reader) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_fen": 0}, {"amount_fen": -1}, {"amount_fen": 10**15}, {"event_id": ""}, {"event_id": "x" * 81},
        {"notice_no": "JK\x00"}, {"bank_serial": "a\nb"}, {"evidence_digest": "nope"},
    ],
)  # fmt: skip
async def test_a_malformed_callback_is_refused(world: World, changes: dict[str, object]) -> None:
    down, _ = await issue(world)
    with pytest.raises(Invalid):
        await confirm(world, told(down, **changes))


async def test_sending_never_undoes_a_payment(world: World) -> None:
    down, fund = await issue(world)
    await confirm(world, told(down))
    async with world.database.transaction(COUNTY) as tx:
        assert (await service.mark_sent(tx, down.id)).state == BillState.CONFIRMED
        assert (await service.mark_sent(tx, fund.id)).state == BillState.SENT
        assert (await service.mark_sent(tx, fund.id)).state == BillState.SENT


async def test_other_counties_see_nothing(world: World) -> None:
    down, _ = await issue(world)
    async with world.database.transaction("411522") as tx:
        assert await service.bills_of(tx, down.contract_id) == []
        receipt = await service.confirm(tx, ACTOR, told(down))
        assert receipt.reason == "unknown_notice"
    async with world.database.read(COUNTY) as reader:
        assert (await service.bill(reader, down.id)).state == BillState.ISSUED


async def test_a_project_without_account_or_rate_cannot_sell(world: World) -> None:
    with pytest.raises(NoAccount):
        await issue(world, world.sale(project_id=uuid4()))
    with pytest.raises(RateMissing):
        await issue(world, world.sale(on=world.sale().on.replace(year=2019)))


async def test_a_project_has_one_account_for_good(world: World) -> None:
    async def register(project_id: object, number: str, mode: str = "quota", quota: int | None = 1) -> None:
        async with world.database.transaction(COUNTY) as tx:
            await register_account(tx, ACTOR, project_id, number, "某公司", "X", "某行", "协议", mode, quota)  # type: ignore[arg-type]

    with pytest.raises(AccountTaken):
        await register(world.project_id, "62220000555")
    with pytest.raises(AccountTaken):
        await register(uuid4(), "6222000000000001")
    for number, mode, quota in (("12", "quota", 1), ("62220000555", "quota", None), ("62220000555", "full", 1)):
        with pytest.raises(Invalid):
            await register(uuid4(), number, mode, quota)
    await register(uuid4(), "62220000555")


async def test_the_notice_says_who_pays_what_where_and_why(world: World) -> None:
    down, fund = await issue(world, world.sale(payer="<b>张三</b>"))
    html = service.payment_notice_html(fund)
    for words in (
        fund.notice_no,
        "7,101.60",
        "柒仟壹佰零壹元陆角",
        "118.36 ㎡",
        "60.00 元/㎡（有电梯）",
        "演示",
        "专户",
    ):
        assert words in html
    assert "&lt;b&gt;张三" in html
    assert "<b>张三" not in html
    assert "演示标准" not in service.payment_notice_html(down)


async def _total(reader: object) -> int:
    return int(await reader.scalar(select(func.sum(LedgerAccount.balance_fen))) or 0)  # type: ignore[attr-defined]
