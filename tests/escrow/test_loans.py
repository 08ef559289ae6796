"""Loans: released by the conditions of their day and project, paid straight into supervision, confirmed by the bank."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from escrow import ledger, service
from escrow.ledger.models import AccountKind
from escrow.loans import rules
from escrow.loans import service as loans
from escrow.loans.models import LenderKind, Loan
from escrow.loans.rules import Condition, NotReleasable, ReleaseFacts, ReleaseRule, Standing
from escrow.loans.schemas import Disbursal, Lender, NewLoan
from escrow.models import Bill, BillState, LoanPart
from kernel.db import WriteSession
from kernel.errors import Conflict, Invalid
from kernel.money import MAX_FEN
from tests.escrow.world import ACTOR, COUNTY, World, told

LENDER = Lender(organisation_id=uuid4(), kind=LenderKind.BANK, name="演示建设银行息县支行")
NOW = ReleaseFacts(
    on=date(2026, 11, 22), planning_permit_on=date(2025, 3, 18), filed=True, mortgage_notice=True,
    topped_out_on=date(2026, 9, 30), completed_on=None,
)  # fmt: skip
DONE = msgspec.structs.replace(NOW, completed_on=date(2026, 11, 20))
SAID = Disbursal(
    reference="20261122-1", account_no="4105 9900 0000 0001", account_name="贷款专户", bank_code="105515000015",
    bank_name="建设银行息县支行",
)  # fmt: skip
OURS = ReleaseRule(
    valid_from=date(2026, 8, 28), conditions=(Condition.FILED, Condition.COMPLETED), earlier_permits_keep=True,
    source="本县过渡规定",
)  # fmt: skip


def facts(**changes: Any) -> ReleaseFacts:
    return msgspec.structs.replace(NOW, **changes)


@pytest.mark.parametrize(
    ("county", "known", "missing"),
    [
        ((), NOW, ["楼幢竣工验收备案"]),
        ((), DONE, []),
        ((), facts(on=date(2026, 8, 27)), ["楼幢主体结构封顶"]),
        ((), facts(on=date(2026, 8, 27), topped_out_on=date(2026, 8, 27)), []),
        (
            (),
            facts(mortgage_notice=False, completed_on=date(2026, 11, 22)),
            [rules.CONDITIONS[Condition.MORTGAGE_NOTICE]],
        ),
        ((), facts(completed_on=date(2026, 11, 23)), ["楼幢竣工验收备案"]),
        ((OURS,), NOW, []),
        ((OURS,), facts(planning_permit_on=date(2026, 8, 28)), ["楼幢竣工验收备案"]),
        (
            (OURS,),
            facts(mortgage_notice=False, planning_permit_on=date(2026, 9, 1), completed_on=date(2026, 10, 1)),
            [],
        ),
        ((), facts(filed=False, on=date(2026, 8, 1), topped_out_on=date(2026, 7, 1)), ["合同已网签备案"]),
    ],
)
def test_conditions_of_the_day_and_the_project(
    county: tuple[ReleaseRule, ...], known: ReleaseFacts, missing: list[str]
) -> None:
    rule = rules.rule_for(rules.in_force(county), known.on, known.planning_permit_on)
    assert [words for words, met in rules.checked(rule, known) if not met] == missing
    assert rule.source


def test_before_any_rule_nothing_is_released() -> None:
    with pytest.raises(NotReleasable):
        rules.rule_for(rules.in_force(), date(1999, 1, 1), date(1998, 1, 1))


FEW = [one.valid_from for one in rules.NATIONAL] + [date(2010, 1, 1), date(2026, 8, 29), date(2028, 1, 1)]
DAYS = st.sampled_from(FEW)
PERMITS = DAYS | st.just(date(1999, 1, 1))
COUNTY_RULES = st.lists(st.tuples(DAYS, st.booleans()), max_size=5).map(
    lambda rows: [
        ReleaseRule(valid_from=day, conditions=(Condition.FILED,), earlier_permits_keep=keep, source="本县")
        for day, keep in rows
    ]
)


@given(COUNTY_RULES, DAYS, PERMITS)
def test_each_project_has_one_version_and_the_page_says_which(
    county: list[ReleaseRule], on: date, permit: date
) -> None:
    versions = rules.in_force(county)
    holds = [
        day
        for day, reach in rules.reaches(versions, on).items()
        if (reach.permits_from is None or reach.permits_from <= permit)
        and (reach.permits_before is None or permit < reach.permits_before)
    ]
    assert holds == [rules.rule_for(versions, on, permit).valid_from]


def test_a_version_says_what_it_does() -> None:
    assert [rules.effect(one) for one in rules.NATIONAL] == [
        "自2003年6月5日起，合同备案、抵押预告登记、主体结构封顶后放款",
        "自2026年8月28日起，合同备案、抵押预告登记、竣工验收备案后放款",
    ]


@pytest.mark.parametrize(
    ("bill", "known", "expected"),
    [
        (None, {}, Standing.WAITING),
        (None, {"lender": False}, Standing.NO_LENDER),
        (None, {"closed": True}, Standing.CLOSED),
        (BillState.SENT, {}, Standing.TO_PAY),
        (BillState.SENT, {"reported": True}, Standing.REPORTED),
        (BillState.CONFIRMED, {"reported": True}, Standing.PAID),
        (BillState.CONFIRMED, {"closed": True}, Standing.RETURNING),
        (BillState.REFUND_ORDERED, {"closed": True}, Standing.RETURNING),
        (BillState.REFUNDED, {"closed": True}, Standing.RETURNED),
        (BillState.VOID, {"closed": True}, Standing.CLOSED),
    ],
)
def test_where_a_loan_is(bill: BillState | None, known: dict[str, bool], expected: Standing) -> None:
    assert rules.standing(bill, **({"lender": True, "reported": False, "closed": False} | known)) is expected


def new_loan(world: World, **changes: Any) -> NewLoan:
    usual: dict[str, Any] = {
        "contract_id": uuid4(), "part": LoanPart.ONLY, "project_id": world.project_id, "unit_id": uuid4(),
        "unit_code": "411528001001GB00001F00010001", "location": "息县某小区1号楼101", "filing_no": "YS1",
        "borrowers": "张三、李四", "amount_fen": 420_000_00, "lender_words": "演示建设银行", "lender": LENDER,
    }  # fmt: skip
    return NewLoan(**(usual | changes))


async def opened(tx: WriteSession, world: World, **changes: Any) -> Loan:
    return await loans.open_loan(tx, ACTOR, new_loan(world, **changes))


async def test_from_waiting_to_the_money_on_the_supervised_account(world: World) -> None:
    async with world.database.transaction(COUNTY) as tx:
        loan = await opened(tx, world)
        with pytest.raises(NotReleasable, match="竣工验收备案"):
            await loans.issue_notice(tx, ACTOR, loan.id, NOW)
        with pytest.raises(loans.LoanClosed):
            await loans.report(tx, ACTOR, loan.id, SAID)
        bill = await loans.issue_notice(tx, ACTOR, loan.id, DONE)
        assert (await loans.issue_notice(tx, ACTOR, loan.id, NOW)).id == bill.id
        assert (bill.amount_fen, bill.payer, bill.account_no) == (420_000_00, LENDER.name, "6222000000000001")
        assert "2026-08-28" in loan.released_by
        assert "放款通知书" in service.payment_notice_html(bill)
        assert [one.kind for one in await service.missing(tx, loan.contract_id)] == ["down_payment"]
        with pytest.raises(loans.LoanClosed):
            await loans.assign_lender(tx, ACTOR, loan.id, LENDER)
        await loans.report(tx, ACTOR, loan.id, SAID)
        assert (await loans.for_lender(tx, LENDER.organisation_id, loan.id)).standing is Standing.REPORTED
        for wrong in ({"amount_fen": 419_000_00}, {"account_no": "6222000000009999"}):
            assert not (await service.confirm(tx, ACTOR, told(bill, **wrong))).recognised
        assert await ledger.balance(tx, AccountKind.PROJECT_FUND, str(world.project_id)) == 0
        assert (await service.confirm(tx, ACTOR, told(bill))).recognised
        assert await ledger.balance(tx, AccountKind.PROJECT_FUND, str(world.project_id)) == 420_000_00
        found = await loans.of_lender(tx, LENDER.organisation_id, "paid", None, 10)
        assert [one.loan.id for one in found] == [loan.id]
        assert await loans.of_lender(tx, LENDER.organisation_id, "to_pay", None, 10) == []


async def test_a_lender_sees_what_names_it_and_nothing_else(world: World) -> None:
    async with world.database.transaction(COUNTY) as tx:
        mine = await opened(tx, world)
        other = Lender(organisation_id=uuid4(), kind=LenderKind.FUND_CENTRE, name="息县住房公积金管理部")
        theirs = await opened(tx, world, lender=other)
        nobody = await opened(tx, world, lender=None)
        found = await loans.of_lender(tx, LENDER.organisation_id, "all", None, 10)
        assert [one.loan.id for one in found] == [mine.id]
        for loan_id in (theirs.id, nobody.id):
            with pytest.raises(loans.UnknownLoan):
                await loans.for_lender(tx, LENDER.organisation_id, loan_id)
        with pytest.raises(loans.UnknownLoan):
            await loans.for_lender(tx, None, mine.id)
        with pytest.raises(loans.LoanClosed, match="贷款机构"):
            await loans.issue_notice(tx, ACTOR, nobody.id, DONE)
        await loans.assign_lender(tx, ACTOR, nobody.id, LENDER)
        assert await loans.waiting_on(tx, [nobody.unit_id]) == [nobody.id]


async def test_the_loans_of_a_contract_go_their_own_ways(world: World) -> None:
    fund = Lender(organisation_id=uuid4(), kind=LenderKind.FUND_CENTRE, name="息县住房公积金管理部")
    both = {"contract_id": uuid4()}
    async with world.database.transaction(COUNTY) as tx:
        bank_loan = await opened(tx, world, part=LoanPart.COMMERCIAL, **both)
        fund_loan = await opened(tx, world, part=LoanPart.HOUSING_FUND, amount_fen=250_000_00, lender=fund, **both)
        first = await loans.issue_notice(tx, ACTOR, fund_loan.id, DONE)
        assert (first.payer, first.amount_fen) == (fund.name, 250_000_00)
        assert "公积金贷款" in service.payment_notice_html(first)
        with pytest.raises(NotReleasable):
            await loans.issue_notice(tx, ACTOR, bank_loan.id, NOW)
        second = await loans.issue_notice(tx, ACTOR, bank_loan.id, DONE)
        assert not (await service.confirm(tx, ACTOR, told(first, amount_fen=420_000_00))).recognised
        assert (await service.confirm(tx, ACTOR, told(second))).recognised
        lines = await loans.lines_of_contract(tx, bank_loan.contract_id)
        assert [(one.loan.part, one.standing) for one in lines] == [("commercial", "paid"), ("housing_fund", "to_pay")]
        assert await ledger.balance(tx, AccountKind.PROJECT_FUND, str(world.project_id)) == 420_000_00
        for lender, part in ((LENDER, LoanPart.HOUSING_FUND), (fund, LoanPart.COMMERCIAL)):
            with pytest.raises(Invalid, match="应选择"):
                await opened(tx, world, part=part, lender=lender)


async def test_the_database_keeps_one_live_notice_for_each_loan(world: World) -> None:
    async with world.database.transaction(COUNTY) as tx:
        loan = await opened(tx, world, part=LoanPart.COMMERCIAL)
        bill = await loans.issue_notice(tx, ACTOR, loan.id, DONE)
        same = {one.name: getattr(bill, one.name) for one in Bill.__table__.columns if one.name != "id"}

        async def add(**changes: str) -> None:
            async with tx.begin_nested():
                tx.add(Bill(**(same | {"notice_no": uuid4().hex[:18]} | changes)))

        for changes, constraint in (
            ({}, "uq_live_bill"), ({"loan_part": ""}, "says_which"), ({"kind": "down_payment"}, "says_which"),
        ):  # fmt: skip
            with pytest.raises(IntegrityError, match=constraint):
                await add(**changes)


async def test_a_loan_is_opened_and_noticed_once(world: World) -> None:
    same = new_loan(world)
    async with world.database.transaction(COUNTY) as tx:
        first = await loans.open_loan(tx, ACTOR, same)
        assert (await loans.open_loan(tx, ACTOR, same)).id == first.id

    async def notice() -> str:
        async with world.database.transaction(COUNTY) as tx:
            return (await loans.issue_notice(tx, ACTOR, first.id, DONE)).notice_no

    assert len(set(await asyncio.gather(*(notice() for _ in range(4))))) == 1


@pytest.mark.parametrize("amount", [0, -1, MAX_FEN + 1])
async def test_absurd_amounts_are_refused(world: World, amount: int) -> None:
    with pytest.raises(Invalid):
        async with world.database.transaction(COUNTY) as tx:
            await opened(tx, world, amount_fen=amount)


async def test_what_a_lender_says_must_be_whole_and_rules_are_never_changed(world: World) -> None:
    async with world.database.transaction(COUNTY) as tx:
        loan = await opened(tx, world)
        await loans.issue_notice(tx, ACTOR, loan.id, DONE)
        for field, value in (
            ("reference", " "), ("account_no", "1"), ("account_name", ""), ("bank_name", " "), ("bank_code", "ICBC"),
        ):  # fmt: skip
            with pytest.raises(Invalid) as refused:
                await loans.report(tx, ACTOR, loan.id, msgspec.structs.replace(SAID, **{field: value}))
            assert refused.value.field == field
        await loans.set_release_rule(tx, ACTOR, OURS)
        with pytest.raises(Conflict):
            await loans.set_release_rule(tx, ACTOR, OURS)
        with pytest.raises(Invalid):
            await loans.set_release_rule(tx, ACTOR, msgspec.structs.replace(OURS, source=" "))
        assert [rule.source for rule in await loans.release_rules(tx)][-1] == "本县过渡规定"
        other = await opened(tx, world)
        assert (await loans.issue_notice(tx, ACTOR, other.id, NOW)).amount_fen == 420_000_00


async def test_another_county_does_not_see_it(world: World) -> None:
    async with world.database.transaction(COUNTY) as tx:
        loan = await opened(tx, world)
    async with world.database.transaction("411522") as tx:
        with pytest.raises(loans.UnknownLoan):
            await loans.issue_notice(tx, replace(ACTOR, tenant="411522"), loan.id, DONE)
