"""Supervised money on the housing department's pages: accounts, receipts, refunds, unmatched receipts, rates."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from escrow.rules import Rate, UsageClass
from escrow.service import confirm, issue_bills, order_refund
from escrow.supervision import maintenance_account, register_maintenance_account, set_rate
from kernel.db import Database
from kernel.permissions import system_actor
from kernel.settings import Settings
from tests.escrow.world import World, told
from tests.portals.housing import account_form, desk, made, make_platform, new_project, words_of
from tests.portals.pages import PageClient, make_organisation
from tests.testbed import HOME
from yiti.accounts.roles import OrganisationKind

ACTOR = system_actor(HOME)


@pytest.fixture
async def money(fresh_database: Database, settings: Settings) -> AsyncIterator[tuple[PageClient, Database, str]]:
    """A clerk in a county of its own, the database, and a project with an account."""
    app: Litestar = make_platform(fresh_database, settings)
    clerk = await desk(app, fresh_database)
    async with fresh_database.transaction(HOME) as tx:
        owner = await make_organisation(tx, OrganisationKind.DEVELOPER)
        for lift in (True, False):
            for usage in UsageClass:
                await set_rate(tx, ACTOR, rate(usage, lift=lift))
        await register_maintenance_account(tx, ACTOR, "410500990099", "维修资金专户", "CCB", "演示建设银行")
    project = await new_project(clerk, owner.id)
    await made(clerk, f"{project}/account", account_form(mode="quota", quota="1,000,000"))
    yield clerk, fresh_database, project
    await clerk.http.aclose()


def rate(usage: UsageClass, *, lift: bool) -> Rate:
    return Rate(
        usage_class=usage,
        with_lift=lift,
        fen_per_sqm=6000,
        valid_from=date(2020, 1, 1),
        source="测试",
        demonstration=True,
    )


async def test_a_fund_shows_what_came_what_is_due_and_what_goes_back(money: tuple[PageClient, Database, str]) -> None:
    clerk, database, project = money
    world = World(database, UUID(project.rsplit("/", 1)[1]))
    sales = [world.sale() for _ in range(3)]
    async with database.transaction(HOME) as tx:
        for sale in sales:
            await issue_bills(tx, ACTOR, sale)
        bills = [await issue_bills(tx, ACTOR, sale) for sale in sales]
        for contract in bills[:2]:
            for bill in contract:
                await confirm(tx, ACTOR, told(bill))
        await order_refund(tx, ACTOR, sales[0].contract_id, "双方解除", verified="合同注销备案")
        wrong = told(bills[2][0], amount_fen=1_00)
        await confirm(tx, ACTOR, wrong)
    page = (await clerk.get(f"{project}/fund")).text
    tile = '<span class="tile-value">{}<small>'
    for figure in ("180,000.00", "360,000.00"):
        assert tile.format(figure) in page
    for part in ("在户余额 180,000.00", "待退款 180,000.00", "已通知、未到账 180,000.00"):
        assert part in page
    assert "180,000.00 / 1,000,000.00" in page
    assert "退款中" in page
    assert page.count(bills[0][0].notice_no) == 1
    assert bills[2][0].notice_no not in page
    suspense = (await clerk.get("/housing/money/suspense")).text
    assert "金额不符" in suspense
    assert wrong.bank_serial in suspense
    listed = (await clerk.get("/housing/money")).text
    assert "按额度监管" in listed
    assert "1.00<small>" in listed
    async with database.read(HOME) as reader:
        number = (await maintenance_account(reader)).account_no
    fund = (await clerk.get("/housing/money/maintenance")).text
    assert number in fund
    assert "14,203.20" in fund
    assert "张三" not in page + suspense + listed + fund


async def test_receipts_are_paged(money: tuple[PageClient, Database, str]) -> None:
    clerk, database, project = money
    world = World(database, UUID(project.rsplit("/", 1)[1]))
    async with database.transaction(HOME) as tx:
        bills = [(await issue_bills(tx, ACTOR, world.sale()))[0] for _ in range(21)]
        for bill in bills:
            await confirm(tx, ACTOR, told(bill))
    first = (await clerk.get(f"{project}/fund")).text
    assert bills[0].notice_no not in first
    following = first.split('href="?before=')[1].split('"')[0]
    assert bills[0].notice_no in (await clerk.get(f"{project}/fund?before={following}")).text


async def test_an_account_is_registered_once(money: tuple[PageClient, Database, str]) -> None:
    clerk, _, project = money
    again = await clerk.htmx("POST", f"{project}/account", account_form())
    assert again.status_code == 409
    assert "不得变更" in again.json()["title"]
    assert (await clerk.get(f"{project}/account/new")).status_code == 409
    second = await clerk.htmx("POST", "/housing/money/maintenance/account", account_form())
    assert second.status_code == 409


async def test_bad_accounts_are_refused_at_their_field(money: tuple[PageClient, Database, str]) -> None:
    clerk, _, project = money
    wrong = (
        ({"account_no": "12"}, "account_no"),
        ({"account_name": ""}, "account_name"),
        ({"mode": ""}, "mode"),
        ({"agreement_no": " "}, "agreement_no"),
        ({"mode": "quota"}, "quota"),
        ({"mode": "quota", "quota": "0"}, "quota"),
        ({"quota": "100"}, "quota"),
        ({"mode": "quota", "quota": "一百万"}, "quota"),
    )
    for changes, field in wrong:
        status, where, _ = words_of(await clerk.htmx("POST", f"{project}/account", account_form(**changes)))
        assert (status, where) == (422, field), changes


async def test_rates_are_added_by_date_and_never_changed(money: tuple[PageClient, Database, str]) -> None:
    clerk, _, _ = money
    form = {
        "usage_class": "residential", "with_lift": "yes", "rate": "85.5", "valid_from": "2027-01-01",
        "source": f"息建〔2026〕{uuid4().hex[:4]}号",
    }  # fmt: skip
    await made(clerk, "/housing/money/maintenance/rates", form)
    page = (await clerk.get("/housing/money/maintenance")).text
    assert "85.50" in page
    assert "未到执行日期" in page
    again = await clerk.htmx("POST", "/housing/money/maintenance/rates", form)
    assert again.status_code == 409
    for changes, field in (({"rate": "-1"}, "rate"), ({"source": ""}, "source"), ({"usage_class": "x"}, "usage_class")):
        answer = await clerk.htmx("POST", "/housing/money/maintenance/rates", form | changes)
        assert words_of(answer)[:2] == (422, field)


async def test_the_county_sets_its_own_conditions_of_release(money: tuple[PageClient, Database, str]) -> None:
    clerk, database, project = money
    url = "/housing/money/loan-rules"
    page = (await clerk.get(url)).text
    assert "自2026年8月28日起，合同备案、抵押预告登记、竣工验收备案后放款" in page
    assert page.count("国家规定</span>") == 2
    assert url in (await clerk.get("/housing/money")).text
    form = {
        "conditions": ["filed", "topped_out"],
        "keeps": "yes",
        "valid_from": "2026-09-01",
        "source": "息建〔2026〕9号",
    }
    assert (await clerk.htmx("POST", url, form)).status_code == 403, "looking is not setting"
    supervisor = await desk(clerk.http._transport.app, database, "escrow_supervisor")  # type: ignore[attr-defined]
    assert "须全部达到" in (await supervisor.get(f"{url}/new")).text
    for field, value in (("conditions", []), ("valid_from", "明天"), ("source", " ")):
        answer = await supervisor.htmx("POST", url, form | {field: value})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    await made(supervisor, url, form)
    assert (await supervisor.htmx("POST", url, form)).status_code == 409
    page = (await supervisor.get(url)).text
    assert "自2026年9月1日起，合同备案、主体结构封顶后放款" in page
    assert "现行，适用于2026-09-01起取得规划许可的项目" in page
    assert "仍适用于2026-09-01以前取得规划许可的项目" in page
    assert "已被替代" in page
    assert page.count("本县规定</span>") == 1
    assert "竣工验收备案后放款" in (await clerk.get(f"{project}/fund")).text, "its permit is older"
    await supervisor.http.aclose()
