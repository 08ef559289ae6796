"""Agreements of three: proposed, agreed by both, in force; amended by all three, and never otherwise."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from escrow.agreements import concluding, plans, service
from escrow.agreements.document import Parties, agreement_html
from escrow.agreements.models import SupervisionAgreement
from escrow.agreements.release import decide_release, propose_release
from escrow.agreements.rules import Side, as_nodes, seal_field
from escrow.models import SupervisionMode
from escrow.supervision import AccountTaken, NoAccount, account_of, register_account
from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Permission
from tests.escrow.agreeing import TEXT, concluded, seal, sealed_by_both
from tests.escrow.people import APPROVER, COMPLETE, COUNTY, DEVELOPER, REVIEWER, SYSTEM, new_project, person

BANK = person(Permission.BANK_ORDERS)
NODES = (plans.UNDERGROUND, plans.COMPLETED, plans.REGISTERED)


def terms(project_id: UUID, **changes: object) -> service.NewTerms:
    values: dict[str, object] = {
        "project_id": project_id,
        "developer_id": DEVELOPER.organisation_id,
        "bank_organisation_id": BANK.organisation_id,
        "account_no": f"6222 {uuid4().int % 10**12:012d}",
        "account_name": "某公司监管专户",
        "bank_code": "ICBC",
        "bank_name": "工商银行息县支行",
        "mode": SupervisionMode.QUOTA,
        "quota_fen": 600_00,
        "quota_basis": "施工合同总价1.1倍",
        "nodes": NODES,
        "source": "监管协议",
    }
    return service.NewTerms(**(values | changes))  # type: ignore[arg-type]


async def agreed(tx: WriteSession, project_id: UUID, **changes: object) -> SupervisionAgreement:
    new = await service.propose(tx, REVIEWER, terms(project_id, **changes), full_required=False)
    return await sealed_by_both(tx, new.id, DEVELOPER, BANK)


async def test_three_seal_and_the_account_comes_into_being(tx: WriteSession) -> None:
    project = uuid4()
    new = await service.propose(tx, REVIEWER, terms(project), full_required=False)
    with pytest.raises(service.NotNow):  # nobody agrees to a text that is not there
        await concluding.agree(tx, DEVELOPER, new.id)
    await concluding.keep_text(tx, new.id, TEXT)
    await concluding.keep_text(tx, new.id, "e" * 64)
    assert new.document_digest == TEXT, "the first text stays"
    await concluding.agree(tx, DEVELOPER, new.id)
    with pytest.raises(service.NotNow):
        await concluding.agree(tx, DEVELOPER, new.id)
    with pytest.raises(service.UnknownAgreement):
        await concluding.agree(tx, person(Permission.BANK_ORDERS), new.id)
    await concluding.agree(tx, BANK, new.id)
    await seal(tx, new.id, Side.BANK)
    assert await concluding.due(tx, new.id, Side.BANK) is None, "a job that runs twice finds nothing to do"
    with pytest.raises(service.NotNow):  # the developer's seal is ordered, and not set yet
        await concluding.decide(tx, REVIEWER, new.id)
    await seal(tx, new.id, Side.DEVELOPER)
    await concluding.decide(tx, REVIEWER, new.id)
    with pytest.raises(service.NotNow):
        await concluding.decide(tx, REVIEWER, new.id)
    with pytest.raises(NoAccount):  # decided is not sealed
        await account_of(tx, project)
    await seal(tx, new.id, Side.DEPARTMENT)
    account = await account_of(tx, project)
    assert (account.mode, account.quota_fen, account.agreement_no) == ("quota", 600_00, new.agreement_no)
    assert (new.developer_agreed_by, new.bank_agreed_by) == (DEVELOPER.id, BANK.id)
    assert (new.in_force_by, new.state) == (REVIEWER.id, "in_force")
    held = await plans.in_force(tx, project)
    assert held is not None
    assert as_nodes(held.nodes) == NODES
    assert [one.id for one in await service.agreements_of(tx, BANK.organisation_id, 9)] == [new.id]  # type: ignore[arg-type]


async def test_a_seal_that_comes_too_late_is_not_set(tx: WriteSession) -> None:
    new = await service.propose(tx, REVIEWER, terms(uuid4()), full_required=False)
    await concluding.keep_text(tx, new.id, TEXT)
    await concluding.agree(tx, DEVELOPER, new.id)
    await service.withdraw(tx, REVIEWER, new.id, "账号有误")
    assert await concluding.due(tx, new.id, Side.DEVELOPER) is None
    ready = await agreed(tx, uuid4())
    await concluding.decide(tx, REVIEWER, ready.id)
    await service.withdraw(tx, REVIEWER, ready.id, "额度有误")  # decided, but its seal has not been set
    assert await concluding.due(tx, ready.id, Side.DEPARTMENT) is None


async def test_declined_and_proposed_anew(tx: WriteSession) -> None:
    project = uuid4()
    first = await service.propose(tx, REVIEWER, terms(project), full_required=False)
    with pytest.raises(service.ProposalOpen):
        await service.propose(tx, REVIEWER, terms(project), full_required=False)
    with pytest.raises(Invalid):
        await service.decline(tx, BANK, first.id, " ")
    await service.decline(tx, BANK, first.id, "账号有误")
    for act in (concluding.agree(tx, DEVELOPER, first.id), service.withdraw(tx, REVIEWER, first.id, "x")):
        with pytest.raises(service.NotNow):
            await act
    second = await service.propose(tx, REVIEWER, terms(project), full_required=False)
    await service.withdraw(tx, REVIEWER, second.id, "金额有误")
    assert [one.version for one in await plans.versions(tx, project)] == [2, 1]


async def test_an_amendment_needs_all_three_again(tx: WriteSession) -> None:
    project = uuid4()
    first = await agreed(tx, project)
    await concluded(tx, first.id)
    with pytest.raises(Invalid, match="监管方式"):
        await agreed(tx, project, mode=SupervisionMode.FULL, quota_fen=None)
    # The project keeps quota supervision, whatever the rules of today are; its account is the one it has.
    second = await service.propose(tx, REVIEWER, terms(project, quota_fen=500_00, nodes=NODES[1:]), full_required=True)
    assert (second.account_no, second.agreement_no) == (first.account_no, f"{first.agreement_no}补1")
    await sealed_by_both(tx, second.id, DEVELOPER, BANK)
    held = await plans.in_force(tx, project)
    assert held is not None
    assert held.id == first.id
    await concluded(tx, second.id)
    held = await plans.in_force(tx, project)
    assert held is not None
    assert (held.id, held.quota_fen, first.state) == (second.id, 500_00, "superseded")


async def test_what_was_agreed_is_never_changed(tx: WriteSession) -> None:
    new = await agreed(tx, uuid4())
    lonely = await service.propose(tx, REVIEWER, terms(uuid4()), full_required=False)
    forbidden: list[tuple[UUID, dict[str, object], str]] = [
        (new.id, {"quota_fen": 1}, "append-only"),
        (new.id, {"nodes": []}, "append-only"),
        (new.id, {"account_no": "1"}, "append-only"),
        (lonely.id, {"state": "in_force"}, "in_force_under_three_seals"),
        (lonely.id, {"bank_agreed_at": now()}, "agrees_to_a_text"),
        (lonely.id, {"department_agreed_at": now()}, "department_seals_last"),
        (lonely.id, {"bank_sealed_at": now(), "sealed_digest": TEXT}, "seals_who_agreed"),
        (lonely.id, {"sealed_digest": TEXT}, "sealed_has_its_pdf"),
    ]
    for id_, changes, words in forbidden:
        change = update(SupervisionAgreement).where(SupervisionAgreement.id == id_).values(changes)
        with pytest.raises(IntegrityError, match=words):
            async with tx.begin_nested():
                await tx.execute(change)


async def test_the_law_says_which_way_money_is_supervised(tx: WriteSession) -> None:
    with pytest.raises(Invalid, match="全额监管"):
        await service.propose(tx, REVIEWER, terms(uuid4()), full_required=True)
    with pytest.raises(Invalid):
        await service.propose(tx, REVIEWER, terms(uuid4(), account_no="12"), full_required=False)
    taken = await agreed(tx, uuid4(), account_no="622200001111")
    await concluded(tx, taken.id)
    other = await agreed(tx, uuid4(), account_no="622200001111")
    with pytest.raises(AccountTaken):
        await concluding.decide(tx, REVIEWER, other.id)


async def test_paper_agreements_bring_their_nodes_or_take_the_countys(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1, quota_fen=100)
    held = await plans.in_force(tx, project)
    assert held is not None
    assert [node.code for node in as_nodes(held.nodes)] == [
        "underground", "topped_out", "completed", "first_registration",
    ]  # fmt: skip
    own = uuid4()
    await register_account(
        tx, SYSTEM, own, f"62{uuid4().int % 10**14}", "户", "B", "行", "协议2", SupervisionMode.FULL, None, NODES
    )
    held = await plans.in_force(tx, own)
    assert held is not None
    assert (as_nodes(held.nodes), held.origin) == (NODES, "paper")


async def test_plans_are_followed_and_never_changed(tx: WriteSession) -> None:
    await plans.install_plans(tx, SYSTEM)
    assert await plans.install_plans(tx, SYSTEM) == 0
    day = date(2027, 1, 1)
    await plans.set_plan(tx, REVIEWER, SupervisionMode.FULL, day, NODES, "息建〔2026〕9号")
    with pytest.raises(plans.PlanTaken):
        await plans.set_plan(tx, REVIEWER, SupervisionMode.FULL, day, NODES, "息建〔2026〕9号")
    before = await plans.plan_for(tx, SupervisionMode.FULL, date(2026, 12, 31))
    assert before is not None
    assert before[0][0] == plans.TOPPED_OUT
    assert await plans.plan_for(tx, SupervisionMode.FULL, day) == (NODES, "息建〔2026〕9号")
    assert await plans.plan_for(tx, SupervisionMode.FULL, date(2021, 1, 1)) is None
    with pytest.raises(Invalid):
        await plans.set_plan(tx, REVIEWER, SupervisionMode.FULL, date(2027, 2, 1), NODES[:1], "x")


async def test_after_release_there_is_nothing_to_agree(tx: WriteSession) -> None:
    project = await new_project(tx, paid_in_fen=1)
    waiting = await agreed(tx, project, mode=SupervisionMode.FULL, quota_fen=None)
    await propose_release(tx, REVIEWER, project, "已登记", COMPLETE)
    await decide_release(tx, APPROVER, project, "同意", COMPLETE, approve=True)
    with pytest.raises(service.Released):
        await concluding.decide(tx, REVIEWER, waiting.id)
    with pytest.raises(service.Released):
        await agreed(tx, project, mode=SupervisionMode.FULL, quota_fen=None)


async def test_the_other_county_knows_nothing_of_it(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        new = await agreed(tx, uuid4())
    async with fresh_database.transaction("411522") as tx:
        with pytest.raises(service.UnknownAgreement):
            await concluding.agree(tx, BANK, new.id)


async def test_the_printed_agreement_says_what_was_agreed(tx: WriteSession) -> None:
    new = await agreed(tx, uuid4(), quota_basis="<b>施工合同</b>")
    names = Parties(department="息县住建局", developer="某公司", bank="工商银行", project="某项目")
    html = agreement_html(new, names, amends=True)
    for words in ("监管额度", "陆佰元整", "地下结构完成", "30%", "&lt;b&gt;施工合同", 'id="sign-bank"', "（补充协议）"):
        assert words in html
    before = html
    await concluded(tx, new.id)
    assert agreement_html(new, names, amends=True) == before, "nothing in it changes with its state"
    assert {seal_field(side) for side in Side} == {f"sign-{side}" for side in ("department", "developer", "bank")}
