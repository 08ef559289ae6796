"""The maintenance fund: earlier payments, passing on, what the registry is answered."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import msgspec
import pytest

from escrow import ledger, service
from escrow.ledger.models import AccountKind
from escrow.maintenance import rules
from escrow.maintenance import service as fund
from escrow.maintenance.rules import FundState, Verdict
from escrow.maintenance.schemas import EarlierPayment, FundUnit, UnitFund
from escrow.rules import Rate, UsageClass
from kernel.clock import now, today
from kernel.db import Database
from kernel.errors import Invalid
from kernel.money import MAX_FEN
from tests.escrow.books import wrongs
from tests.escrow.world import ACTOR, COUNTY, World, told

CODE = "411528001001GB00001F00010001"
RATES = [
    Rate(usage_class=UsageClass.RESIDENTIAL, with_lift=True, fen_per_sqm=5000, valid_from=date(2010, 1, 1),
         source="旧", demonstration=False),
    Rate(usage_class=UsageClass.RESIDENTIAL, with_lift=True, fen_per_sqm=6000, valid_from=date(2020, 1, 1),
         source="新", demonstration=False),
    Rate(usage_class=UsageClass.ANCILLARY, with_lift=True, fen_per_sqm=0, valid_from=date(2010, 1, 1),
         source="不缴", demonstration=False),
]  # fmt: skip
UNIT = FundUnit(unit_id=uuid4(), unit_code=CODE, usage="成套住宅", area=Decimal("100.00"), has_lift=True)
GARAGE = msgspec.structs.replace(UNIT, usage="车库")
TODAY = date(2026, 11, 22)


def known(**figures: object) -> UnitFund:
    nothing: dict[str, object] = {
        "unit_id": UNIT.unit_id, "paid_fen": 0, "balance_fen": 0, "billed_fen": 0, "first_fen": 0, "first_on": None,
    }  # fmt: skip
    return UnitFund(**(nothing | figures))  # type: ignore[arg-type]


def paid(fen: int, on: date, balance: int | None = None) -> UnitFund:
    return known(paid_fen=fen, balance_fen=fen if balance is None else balance, first_fen=fen, first_on=on)


@pytest.mark.parametrize(
    ("unit", "figures", "state", "owed"),
    [
        (UNIT, paid(6_000_00, date(2021, 5, 1)), FundState.PAID, 0),
        (UNIT, paid(5_000_00, date(2015, 5, 1)), FundState.PAID, 0),
        (UNIT, paid(5_000_00, date(2020, 1, 1)), FundState.OWED, 1_000_00),
        (UNIT, paid(1_00, date(2005, 1, 1)), FundState.PAID, 0),
        (UNIT, paid(6_000_00, date(2021, 5, 1), balance=1_799_99), FundState.LOW, 0),
        (UNIT, paid(6_000_00, date(2021, 5, 1), balance=1_800_00), FundState.PAID, 0),
        (UNIT, known(billed_fen=6_000_00), FundState.OWED, 6_000_00),
        (UNIT, known(), FundState.UNKNOWN, 0),
        (UNIT, known(coming_fen=6_000_00, billed_fen=6_000_00), FundState.PAID, 0),
        (UNIT, known(coming_fen=5_000_00), FundState.OWED, 1_000_00),
        (GARAGE, known(), FundState.EXEMPT, 0),
        (msgspec.structs.replace(UNIT, has_lift=False), known(), FundState.UNKNOWN, 0),
    ],
)
def test_where_a_fund_stands(unit: FundUnit, figures: UnitFund, state: FundState, owed: int) -> None:
    verdict = rules.judge(RATES, unit, figures, TODAY)
    assert (verdict.state, verdict.owed_fen) == (state, owed)
    assert verdict.words


def test_what_is_owed_as_a_line_of_a_bill() -> None:
    """The rate is that of the day on which was first paid; without any rate nothing is billed by itself."""
    owed = rules.judge(RATES, UNIT, paid(4_000_00, date(2015, 5, 1)), TODAY)
    assert owed.due is not None
    assert (owed.due.amount_fen, owed.due.unit_id) == (1_000_00, UNIT.unit_id)
    assert owed.due.words == (
        "50.00元／㎡（有电梯）×100.00㎡，应缴 5,000.00 元，已缴 4,000.00 元，欠缴 1,000.00 元（旧）"
    )
    assert (owed.due.basis["fen_per_sqm"], owed.due.basis["paid_before_fen"]) == (5000, 4_000_00)
    clear = rules.judge(RATES, UNIT, paid(6_000_00, date(2021, 5, 1)), TODAY)
    unknown = rules.judge(RATES, UNIT, known(), TODAY)
    no_rate = rules.judge([], UNIT, known(billed_fen=1), TODAY)
    assert rules.dues([owed, clear]) == (owed.due,)
    assert rules.dues([owed, unknown]) == rules.dues([owed, no_rate]) == ()


def answer(*states: FundState) -> str | None:
    given = [(UNIT, Verdict(state=one, words="话", owed_fen=1 if one is FundState.OWED else 0)) for one in states]
    found = rules.answer(given)
    return found.state if found else None


def test_one_answer_for_all_units_of_a_case() -> None:
    assert answer(FundState.PAID, FundState.LOW) == "clear"
    assert answer(FundState.PAID, FundState.EXEMPT) == "clear"
    assert answer(FundState.EXEMPT) == "exempt"
    assert answer(FundState.PAID, FundState.OWED, FundState.UNKNOWN) == "refused"
    assert answer(FundState.PAID, FundState.UNKNOWN) is None
    assert answer() is None


def earlier(unit_id: UUID, **changes: object) -> EarlierPayment:
    usual: dict[str, object] = {
        "unit_id": unit_id, "unit_code": CODE, "amount_fen": 5_000_00, "paid_on": date(2015, 6, 30),
        "receipt_no": "豫财001",
    }  # fmt: skip
    return EarlierPayment(**(usual | changes))  # type: ignore[arg-type]


async def test_an_earlier_payment_is_opened_taken_back_and_entered_again(world: World) -> None:
    unit = uuid4()
    async with world.database.transaction(COUNTY) as tx:
        entered = await fund.enter_earlier(tx, ACTOR, earlier(unit))
        assert await service.maintenance_fund_of(tx, unit) == 5_000_00
        assert await fund.earlier_fen(tx, "6222000000009999") == 5_000_00
        assert await ledger.balance(tx, AccountKind.BANK, "6222000000009999") == 0
        with pytest.raises(fund.OpeningTaken):
            await fund.enter_earlier(tx, ACTOR, earlier(unit))
        await fund.enter_earlier(tx, ACTOR, earlier(uuid4()))
        with pytest.raises(Invalid):
            await fund.take_back(tx, ACTOR, entered.id, " ")
        await fund.take_back(tx, ACTOR, entered.id, "金额录错")
        with pytest.raises(fund.UnknownOpening):
            await fund.take_back(tx, ACTOR, entered.id, "再次")
        assert await service.maintenance_fund_of(tx, unit) == 0
        await fund.enter_earlier(tx, ACTOR, earlier(unit, amount_fen=4_000_00))
        (payment,) = (await fund.payments_of(tx, [unit]))[unit]
        assert (payment.amount_fen, payment.paid_on, payment.bill_id) == (4_000_00, date(2015, 6, 30), None)
        statement = await fund.statement_of(tx, unit)
        assert statement
        assert [line.amount_fen for line in statement.lines] == [5_000_00, -5_000_00, 4_000_00]
        assert statement.closing_fen == 4_000_00
    async with world.database.read(COUNTY) as reader:
        assert await wrongs(reader) == {}


async def test_many_are_entered_together_or_not_at_all(world: World) -> None:
    units = [uuid4() for _ in range(30)]
    paid = [earlier(unit, amount_fen=place, receipt_no=str(place)) for place, unit in enumerate([*units, *units], 1)]
    async with world.database.transaction(COUNTY) as tx:
        entered = await fund.enter_all(tx, ACTOR, paid, "李会计")
        assert [(one.unit_id, one.amount_fen, one.entered_by) for one in entered] == [
            (one.unit_id, one.amount_fen, "李会计") for one in paid
        ]
        assert await fund.earlier_fen(tx, "6222000000009999") == sum(range(1, 61))
        await fund.take_back(tx, ACTOR, entered[0].id, "录错")
    known, new = earlier(units[1], amount_fen=5, receipt_no="2"), earlier(uuid4())
    for many in ([new, known], [new, new], [new, earlier(uuid4(), amount_fen=0)]):
        with pytest.raises((fund.OpeningTaken, Invalid)):
            async with world.database.transaction(COUNTY) as tx:
                await fund.enter_all(tx, ACTOR, many, "李会计")
    async with world.database.transaction(COUNTY) as tx:
        assert await service.maintenance_fund_of(tx, new.unit_id) == 0
        await fund.enter_all(tx, ACTOR, [paid[0], new], "李会计")
        assert await service.maintenance_fund_of(tx, units[0]) == 1 + 31
    async with world.database.read(COUNTY) as reader:
        assert await wrongs(reader) == {}


async def test_money_that_has_gone_cannot_be_taken_back(world: World) -> None:
    unit = uuid4()
    async with world.database.transaction(COUNTY) as tx:
        entered = await fund.enter_earlier(tx, ACTOR, earlier(unit))
        account = await ledger.open_account(tx, AccountKind.MAINTENANCE_FUND, str(unit))
        bank = await ledger.open_account(tx, AccountKind.BANK, "6222000000009999")
        await ledger.post(tx, "used", "test:1", [ledger.Move(account, -1), ledger.Move(bank, 1)], words="使用")
    with pytest.raises(fund.AlreadyUsed):
        async with world.database.transaction(COUNTY) as tx:
            await fund.take_back(tx, ACTOR, entered.id, "录错")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_fen": 0}, "amount"), ({"amount_fen": -5}, "amount"), ({"amount_fen": MAX_FEN + 1}, "amount"),
        ({"paid_on": date(1997, 12, 31)}, "paid_on"), ({"paid_on": today() + timedelta(days=1)}, "paid_on"),
        ({"receipt_no": " "}, "receipt_no"), ({"receipt_no": "1" * 61}, "receipt_no"),
        ({"receipt_no": "1\x00"}, "receipt_no"),
    ],
)  # fmt: skip
async def test_what_no_receipt_says_is_refused(world: World, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        async with world.database.transaction(COUNTY) as tx:
            await fund.enter_earlier(tx, ACTOR, earlier(uuid4(), **changes))
    assert refused.value.field == field


async def test_two_clerks_with_the_same_receipt_enter_it_once(world: World) -> None:
    unit = uuid4()

    async def enter() -> bool:
        try:
            async with world.database.transaction(COUNTY) as tx:
                await fund.enter_earlier(tx, ACTOR, earlier(unit))
        except fund.OpeningTaken:
            return False
        return True

    assert sorted(await asyncio.gather(*(enter() for _ in range(3)))) == [False, False, True]
    async with world.database.read(COUNTY) as reader:
        assert await service.maintenance_fund_of(reader, unit) == 5_000_00


async def test_the_fund_passes_on_and_its_history_can_be_read(world: World) -> None:
    sale = world.sale()
    async with world.database.transaction(COUNTY) as tx:
        _, bill = await service.issue_bills(tx, ACTOR, sale)
        await service.confirm(tx, ACTOR, told(bill))
    async with world.database.transaction(COUNTY) as tx:
        entry = uuid4()
        first = await fund.pass_on(tx, ACTOR, sale.unit_id, entry, "业务1", "张三、李四", now())
        again = await fund.pass_on(tx, ACTOR, sale.unit_id, entry, "业务1", "张三、李四", now())
        assert first
        assert again
        assert first.id == again.id
        before = datetime(2026, 1, 1, tzinfo=UTC)
        await fund.pass_on(tx, ACTOR, sale.unit_id, uuid4(), "业务0", "开发企业", before)
        assert await fund.pass_on(tx, ACTOR, uuid4(), uuid4(), "业务2", "王五", now()) is None
        history = await fund.passings_of(tx, sale.unit_id)
        assert [(one.owners, one.balance_fen) for one in history] == [("开发企业", 0), ("张三、李四", 7_101_60)]
        assert await service.maintenance_fund_of(tx, sale.unit_id) == 7_101_60


async def test_our_own_book_answers_where_it_knows(world: World, database: Database) -> None:
    sale = world.sale()
    unit = FundUnit(unit_id=sale.unit_id, unit_code=sale.unit_code, usage=sale.usage, area=sale.area, has_lift=True)
    other = msgspec.structs.replace(unit, unit_id=uuid4())
    async with world.database.transaction(COUNTY) as tx:
        assert await fund.answer_for(tx, [unit]) is None
        _, bill = await service.issue_bills(tx, ACTOR, sale)
        owed = await fund.answer_for(tx, [unit])
        assert owed
        assert (owed.state, "7,101.60" in owed.words) == ("refused", True)
        await service.confirm(tx, ACTOR, told(bill))
        clear = await fund.answer_for(tx, [unit])
        assert clear
        assert clear.state == "clear"
        assert await fund.answer_for(tx, [unit, other]) is None
        await service.order_refund(tx, ACTOR, sale.contract_id, "解除")
        assert await fund.answer_for(tx, [unit]) is None
    async with database.transaction("411522") as tx:
        assert await fund.answer_for(tx, [unit]) is None, "a county without a fund account here asks outside"
