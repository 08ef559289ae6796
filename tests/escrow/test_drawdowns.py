"""Drawdowns on a database: two persons, the bank's answers, freezes, release, and two approvals at once."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from escrow import banking, ledger
from escrow.agreements import release
from escrow.agreements.models import SupervisionAgreement
from escrow.agreements.plans import install_plans
from escrow.banking.orders import give_back, locked_order, pay, reject
from escrow.banking.schemas import Movement
from escrow.drawdowns import decisions, errors, freezes, service
from escrow.drawdowns.fund import fund_facts, fund_lines
from escrow.drawdowns.models import Drawdown
from escrow.drawdowns.overview import waiting
from escrow.ledger.models import AccountKind
from escrow.reconciliation.differences import Finding, note
from escrow.reconciliation.models import DifferenceKind
from escrow.service import confirm, issue_bills, order_refund
from escrow.supervision import account_of
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from tests.escrow.books import wrongs
from tests.escrow.people import (
    APPROVER,
    BOTH,
    COMPLETE,
    COUNTY,
    DEVELOPER,
    NOT_YET,
    REVIEWER,
    SYSTEM,
    Register,
    ask,
    new_project,
    ordered,
    pay_in,
    person,
    reviewed,
    submitted,
    with_evidence,
)
from tests.escrow.world import World
from tests.escrow.world import told as told_by_bank


async def told(tx: WriteSession, drawdown: Drawdown, state: str) -> None:
    """What the bank did with the drawdown's order, as the outbox tells it."""
    assert drawdown.order_id is not None
    await decisions.settle(tx, drawdown.order_id, f"drawdown:{drawdown.id}", state, "账号户名不符")


async def paid(tx: WriteSession, drawdown: Drawdown, serial: str = "S1") -> Movement:
    assert drawdown.order_id is not None
    given = await banking.order(tx, drawdown.order_id)
    moved = Movement(
        account_no=given.account_no, bank_serial=serial, amount_fen=given.amount_fen, value_date=date(2026, 11, 20)
    )
    await pay(tx, SYSTEM, await locked_order(tx, given.order_no), moved)
    return moved


async def test_from_the_request_to_the_payment(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00, quota_fen=600_00)
    drawdown = await ordered(tx, project, amount_fen=580_00)
    facts = await fund_facts(tx, project, NOT_YET)
    assert (facts.received_fen, facts.ordered_fen, facts.drawn_fen) == (1000_00, 580_00, 0)
    assert facts.available_fen == 420_00
    given = await banking.order(tx, drawdown.order_id)  # type: ignore[arg-type]
    assert (given.amount_fen, given.payee_account, given.source_owner) == (580_00, "6222020000001234", str(project))
    await paid(tx, drawdown)
    # The ledger and the orders move together: the ceiling is right before the news has come.
    facts = await fund_facts(tx, project, NOT_YET)
    assert (facts.received_fen, facts.ordered_fen, facts.drawn_fen) == (1000_00, 0, 580_00)
    await told(tx, drawdown, "paid")
    await told(tx, drawdown, "paid")
    assert drawdown.state == "paid"
    steps = [event.action for event in await service.history(tx, drawdown.id)]
    assert steps == ["late_news", "paid", "ordered", "reviewed", "submitted", "started"]
    decided = next(one for one in await service.history(tx, drawdown.id) if one.action == "ordered")
    assert decided.figures["received_fen"] == 1000_00
    assert decided.actor_id == APPROVER.id


async def test_one_fen_over_the_ceiling_is_refused(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00, quota_fen=600_00)
    with pytest.raises(errors.OverCeiling) as refused:
        await submitted(tx, project, amount_fen=580_01)
    assert "580.00" in refused.value.message
    assert refused.value.extra["refusals"] == ["ceiling"]


async def test_the_ceiling_is_looked_at_again_when_it_is_approved(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00)
    drawdown = await reviewed(tx, project, node="topped_out", amount_fen=600_00)
    await pay_in(tx, project, -100_00)  # a buyer's refund
    with pytest.raises(errors.OverCeiling):
        await decisions.approve(tx, APPROVER, drawdown.id, "同意", NOT_YET)


async def test_nothing_without_evidence_or_terms(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00, quota_fen=600_00)
    drawdown = await service.start(tx, DEVELOPER, project, DEVELOPER.organisation_id, ask())  # type: ignore[arg-type]
    with pytest.raises(errors.EvidenceMissing) as refused:
        await service.submit(tx, DEVELOPER, drawdown.id, NOT_YET)
    assert "现场照片" in refused.value.message
    await with_evidence(tx, drawdown)
    (first, *_) = await service.files_of(tx, drawdown.id)
    await service.detach(tx, DEVELOPER, drawdown.id, first.id)
    with pytest.raises(errors.EvidenceMissing):
        await service.submit(tx, DEVELOPER, drawdown.id, NOT_YET)
    await service.edit(tx, DEVELOPER, drawdown.id, ask(node="gone"))
    with pytest.raises(errors.NodeGone):
        await service.submit(tx, DEVELOPER, drawdown.id, NOT_YET)


async def test_two_persons_decide(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00, quota_fen=600_00)
    drawdown = await submitted(tx, project)
    await decisions.review(tx, BOTH, drawdown.id, "可以", NOT_YET)
    with pytest.raises(errors.SamePerson):
        await decisions.approve(tx, BOTH, drawdown.id, "可以", NOT_YET)
    with pytest.raises(errors.NotNow):
        await decisions.approve(tx, REVIEWER, drawdown.id, "可以", NOT_YET)
    for other in (person(), person(*DEVELOPER.permissions)):
        with pytest.raises(errors.UnknownDrawdown):
            await service.drawdown_for(tx, other, drawdown.id)
    with pytest.raises(IntegrityError, match="two_persons"):
        async with tx.begin_nested():
            await tx.execute(update(Drawdown).where(Drawdown.id == drawdown.id).values(approved_by=BOTH.id))


async def test_a_draft_is_nobody_elses(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00)
    draft = await service.start(tx, DEVELOPER, project, DEVELOPER.organisation_id, ask())  # type: ignore[arg-type]
    with pytest.raises(errors.UnknownDrawdown):
        await service.drawdown_for(tx, REVIEWER, draft.id)


async def test_sent_back_and_handed_in_again(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00, quota_fen=600_00)
    drawdown = await reviewed(tx, project)
    with pytest.raises(Invalid):
        await decisions.send_back(tx, APPROVER, drawdown.id, "  ")
    await decisions.send_back(tx, APPROVER, drawdown.id, "发票抬头不符")
    await service.edit(tx, DEVELOPER, drawdown.id, ask(reference="FP-2"))
    await service.submit(tx, DEVELOPER, drawdown.id, NOT_YET)
    assert (drawdown.state, drawdown.reviewed_by) == ("submitted", None)
    await decisions.refuse(tx, REVIEWER, drawdown.id, "与本项目无关")
    for act in (
        service.withdraw(tx, DEVELOPER, drawdown.id, "不要了"),
        service.edit(tx, DEVELOPER, drawdown.id, ask()),
    ):
        with pytest.raises(errors.NotNow):
            await act


async def test_in_others_hands_the_database_keeps_what_was_asked_for(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00, quota_fen=600_00)
    drawdown = await submitted(tx, project)
    for changes, words in ({"amount_fen": 1}, "others"), ({"state": "paid"}, "that way"):
        with pytest.raises(IntegrityError, match=words):
            async with tx.begin_nested():
                await tx.execute(update(Drawdown).where(Drawdown.id == drawdown.id).values(changes))


async def test_the_bank_rejects_and_the_corrected_one_is_another_order(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00)
    drawdown = await ordered(tx, project, node="topped_out", amount_fen=600_00)
    first = drawdown.order_id
    order_no = (await banking.order(tx, first)).order_no  # type: ignore[arg-type]
    await reject(tx, SYSTEM, await locked_order(tx, order_no), "账号户名不符")
    await told(tx, drawdown, "rejected")
    assert drawdown.state == "bank_rejected"
    assert (await fund_facts(tx, project, NOT_YET)).available_fen == 1000_00
    await service.edit(tx, DEVELOPER, drawdown.id, ask(node="topped_out", amount_fen=600_00, payee_account="62220299"))
    await with_evidence(tx, drawdown)
    await service.submit(tx, DEVELOPER, drawdown.id, NOT_YET)
    await decisions.review(tx, REVIEWER, drawdown.id, "已更正", NOT_YET)
    await decisions.approve(tx, APPROVER, drawdown.id, "同意", NOT_YET)
    assert drawdown.order_id != first
    await decisions.settle(tx, first, f"drawdown:{drawdown.id}", "rejected", "迟到的回执")  # type: ignore[arg-type]
    assert drawdown.state == "ordered"


async def test_money_that_comes_back_may_be_asked_for_again(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00)
    drawdown = await ordered(tx, project, node="topped_out", amount_fen=600_00)
    moved = await paid(tx, drawdown)
    await told(tx, drawdown, "paid")
    order_no = (await banking.order(tx, drawdown.order_id)).order_no  # type: ignore[arg-type]
    back = Movement(account_no=moved.account_no, bank_serial="S2", amount_fen=600_00, value_date=date(2026, 11, 21))
    await give_back(tx, SYSTEM, await locked_order(tx, order_no), back, "户名不符")
    facts = await fund_facts(tx, project, NOT_YET)
    assert (facts.received_fen, facts.drawn_fen, facts.available_fen) == (1000_00, 0, 1000_00)
    await told(tx, drawdown, "returned")
    assert drawdown.state == "bank_returned"
    await told(tx, drawdown, "paid")  # reordered news
    assert drawdown.state == "bank_returned"


async def test_a_court_freezes_and_lifts(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00)
    drawdown = await reviewed(tx, project, node="topped_out", amount_fen=600_00)
    order = {"court": "息县人民法院", "document_no": "（2026）豫1528执1号", "amount_fen": 500_00}
    frozen = await freezes.enter_freeze(tx, REVIEWER, project, **order)  # type: ignore[arg-type]
    with pytest.raises(freezes.FreezeTaken):
        await freezes.enter_freeze(tx, REVIEWER, project, **order)  # type: ignore[arg-type]
    with pytest.raises(errors.Frozen) as refused:
        await decisions.approve(tx, APPROVER, drawdown.id, "同意", NOT_YET)
    assert "500.00" in refused.value.message
    with pytest.raises(freezes.CannotFreeze, match=r"500\.00"):
        await freezes.enter_freeze(tx, REVIEWER, project, court="某院", document_no="2", amount_fen=500_01)
    with pytest.raises(Invalid):
        await freezes.lift_freeze(tx, REVIEWER, project, frozen.id, " ")
    with pytest.raises(freezes.UnknownFreeze):
        await freezes.lift_freeze(tx, REVIEWER, await new_project(tx, paid_in_fen=1), frozen.id, "x")
    await freezes.lift_freeze(tx, REVIEWER, project, frozen.id, "（2026）豫1528执1号之一")
    with pytest.raises(freezes.FreezeLifted):
        await freezes.lift_freeze(tx, REVIEWER, project, frozen.id, "x")
    await decisions.approve(tx, APPROVER, drawdown.id, "同意", NOT_YET)
    assert await ledger.available(tx, AccountKind.PROJECT_FUND, str(project)) == 400_00


async def test_an_open_difference_stops_every_drawdown(tx: WriteSession) -> None:
    project, other = await new_project(tx, paid_in_fen=1000_00), await new_project(tx, paid_in_fen=1000_00)
    drawdown = await reviewed(tx, project, node="topped_out", amount_fen=1_00)
    found = Finding(
        account_no=(await account_of(tx, project)).account_no, kind=DifferenceKind.MISSING_HERE, reference="S9",
        day=date(2026, 11, 20), bank_fen=1, book_fen=0, words="银行有一笔",
    )  # fmt: skip
    await note(tx, SYSTEM, found)
    assert (await ordered(tx, other, node="topped_out", amount_fen=1_00)).state == "ordered"
    with pytest.raises(errors.DifferenceOpen):
        await decisions.approve(tx, APPROVER, drawdown.id, "同意", NOT_YET)


async def test_release_after_first_registration_by_two(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1000_00)
    for register in (NOT_YET, Register(units=0)):
        with pytest.raises(release.NotRegistered):
            await release.propose_release(tx, REVIEWER, project, "已完成", register)
    await release.propose_release(tx, REVIEWER, project, "全部办结首次登记", COMPLETE)
    with pytest.raises(release.ReleaseTaken):
        await release.propose_release(tx, BOTH, project, "全部办结首次登记", COMPLETE)
    with pytest.raises(release.SamePerson):
        await release.decide_release(tx, REVIEWER, project, "同意", COMPLETE, approve=True)
    with pytest.raises(release.NotRegistered):
        await release.decide_release(tx, APPROVER, project, "同意", NOT_YET, approve=True)
    await release.decide_release(tx, APPROVER, project, "请补充说明", COMPLETE, approve=False)
    assert not await release.is_released(tx, project)
    await release.propose_release(tx, REVIEWER, project, "已说明", COMPLETE)
    await release.decide_release(tx, APPROVER, project, "同意", COMPLETE, approve=True)
    with pytest.raises(release.NothingProposed):
        await release.decide_release(tx, APPROVER, project, "同意", COMPLETE, approve=True)
    assert len(await release.releases(tx, project)) == 2
    drawdown = await ordered(tx, project, node="topped_out", amount_fen=1000_00)
    assert drawdown.state == "ordered"


async def test_without_terms_nothing_is_paid(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=100_00)
    mine = SupervisionAgreement.project_id == project
    await tx.execute(update(SupervisionAgreement).where(mine).values(state="superseded"))
    with pytest.raises(errors.NoAgreement):
        await submitted(tx, project, amount_fen=1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_fen": 0}, "amount"),
        ({"amount_fen": -1}, "amount"),
        ({"amount_fen": 10**15}, "amount"),
        ({"payee_account": "12"}, "payee_account"),
        ({"payee_account": "６２２２０２００００"}, "payee_account"),
        ({"payee_bank_code": "102"}, "payee_bank_code"),
        ({"payee_name": ""}, "payee_name"),
        ({"purpose": "甲\x00"}, "purpose"),
    ],
)
async def test_bad_requests_are_refused_at_their_field(
    tx: WriteSession, changes: dict[str, object], field: str
) -> None:
    project = await new_project(tx, paid_in_fen=100)
    with pytest.raises(Invalid) as refused:
        await service.start(tx, DEVELOPER, project, DEVELOPER.organisation_id, ask(**changes))  # type: ignore[arg-type]
    assert refused.value.field == field


async def test_of_two_approvals_that_exceed_the_ceiling_one_passes(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        project = await new_project(tx, paid_in_fen=1000_00)
        both = [(await reviewed(tx, project, node="topped_out", amount_fen=400_00)).id for _ in range(2)]

    async def approve(drawdown_id: UUID) -> str:
        try:
            async with fresh_database.transaction(COUNTY) as tx:
                await decisions.approve(tx, APPROVER, drawdown_id, "同意", NOT_YET)
        except errors.OverCeiling:
            return "refused"
        return "approved"

    assert sorted(await asyncio.gather(*(approve(one) for one in both))) == ["approved", "refused"]
    # The same one twice at once: one order, whoever comes second is told so.
    async with fresh_database.transaction(COUNTY) as tx:
        small = (await reviewed(tx, project, node="topped_out", amount_fen=10_00)).id
    twice = await asyncio.gather(approve(small), approve(small), return_exceptions=True)
    assert [one for one in twice if one == "approved"] == ["approved"]
    assert [type(one) for one in twice if one != "approved"] == [errors.NotNow]
    async with fresh_database.read(COUNTY) as reader:
        facts = await fund_facts(reader, project, NOT_YET)
        assert (facts.ordered_fen, facts.available_fen) == (410_00, 590_00)
        assert await wrongs(reader) == {}


async def test_refunds_that_wait_come_before_every_drawdown(tx: WriteSession, monkeypatch: pytest.MonkeyPatch) -> None:
    project = await new_project(tx, paid_in_fen=1000_00)

    async def owed(_reader: object, _projects: object) -> dict[UUID, int]:
        return {project: 700_00}

    monkeypatch.setattr("escrow.refund_queue.waiting_fen", owed)
    facts = await fund_facts(tx, project, NOT_YET)
    assert (facts.received_fen, facts.available_fen) == (300_00, 300_00)
    with pytest.raises(errors.OverCeiling):
        await submitted(tx, project, node="topped_out", amount_fen=180_01)
    assert (await ordered(tx, project, node="topped_out", amount_fen=180_00)).state == "ordered"


async def test_a_payment_told_meanwhile_counts_once(fresh_database: Database) -> None:
    """It leaves the balance and becomes drawn at one moment: seen on both sides it would raise the ceiling."""
    async with fresh_database.transaction(COUNTY) as tx:
        project = await new_project(tx, paid_in_fen=1000_00)
        drawdown = await ordered(tx, project, node="topped_out", amount_fen=500_00)

    async with fresh_database.transaction(COUNTY) as looking:
        rows, told_now = looking.rows, [drawdown]

        async def and_then_the_bank_tells(*given: Any) -> Any:
            found = await rows(*given)
            while told_now:
                async with fresh_database.transaction(COUNTY) as tx:
                    await paid(tx, told_now.pop())
            return found

        looking.rows = and_then_the_bank_tells  # type: ignore[method-assign]
        facts = await fund_facts(looking, project, NOT_YET)
    assert (facts.received_fen, facts.drawn_fen + facts.ordered_fen) == (1000_00, 500_00)


async def test_of_many_projects_each_shows_its_own_money(world: World) -> None:
    """With an order, a payment, a freeze and a waiting refund; and the same figures as its decisions look at."""
    async with world.database.transaction(COUNTY) as tx:
        await install_plans(tx, SYSTEM)
        bare = world.project_id
        for bill in await issue_bills(tx, SYSTEM, sale := world.sale()):
            await confirm(tx, SYSTEM, told_by_bank(bill))
        await freezes.enter_freeze(tx, REVIEWER, bare, court="某院", document_no="2", amount_fen=1)
        (refund, *_) = await order_refund(tx, SYSTEM, sale.contract_id, "双方解除")
        assert refund.state == "waiting"
        busy = await new_project(tx, paid_in_fen=1000_00, quota_fen=600_00)
        await paid(tx, await ordered(tx, busy, amount_fen=100_00))
        await ordered(tx, busy, amount_fen=50_00)
        await freezes.enter_freeze(tx, REVIEWER, busy, court="某院", document_no="1", amount_fen=30_00)
        accounts = [await account_of(tx, one) for one in (bare, busy)]
        lines = await fund_lines(tx, accounts, date(2099, 1, 1))
        for one in (bare, busy):
            assert lines[one].facts == await fund_facts(tx, one, NOT_YET)
        assert lines[bare].facts.owed_fen == sale.down_payment_fen
        assert not lines[bare].facts.agreed
        here = lines[busy].facts
        assert (here.received_fen, here.drawn_fen, here.ordered_fen, here.frozen_fen) == (1000_00, 100_00, 50_00, 30_00)
        assert (here.balance_fen, here.available_fen) == (900_00, 820_00)
        assert [lines[one].overdue for one in (bare, busy)] == [0, 1]
        found = await waiting(tx, date(2099, 1, 1))
        assert (found.overdue, found.frozen_fen, found.to_review, found.to_approve) == (1, 30_01, 0, 0)
