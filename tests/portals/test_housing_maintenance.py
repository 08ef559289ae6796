"""The maintenance fund on the housing department's pages: what was paid before, who owes, and refunds that wait."""

import re
from collections.abc import AsyncIterator
from datetime import date, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select, update

from escrow import ledger
from escrow.ledger.models import AccountKind
from escrow.maintenance import service as fund
from escrow.service import confirm, issue_bills, order_refund
from escrow.supervision import demonstration_rates, register_maintenance_account, set_rate
from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.outbox import Event
from kernel.outbox.models import OutboxEvent
from kernel.permissions import system_actor
from kernel.settings import Settings
from tests.escrow.world import World, told
from tests.portals.housing import (
    XLSX,
    account_form,
    desk,
    digest_in,
    homes,
    made,
    make_platform,
    new_building,
    new_project,
    parameters,
    previewed,
)
from tests.portals.pages import PageClient, make_organisation
from tests.testbed import HOME
from yiti.accounts.roles import OrganisationKind
from yiti.estate.errors import SurveyUnreadable
from yiti.estate.models import Unit
from yiti.journeys.maintenance import importing
from yiti.journeys.maintenance.jobs import enter_import
from yiti.journeys.maintenance.sheet import COLUMNS, check_paid, paid_template, read_paid
from yiti.resources import Resources

ACTOR = system_actor(HOME)
FUND = "/housing/money/maintenance"
Town = tuple[PageClient, Database, str, list[Unit]]


@pytest.fixture
async def town(fresh_database: Database, settings: Settings) -> AsyncIterator[Town]:
    """A clerk, and a building with three homes in a county that keeps its fund here."""
    await parameters(fresh_database)
    clerk = await desk(make_platform(fresh_database, settings), fresh_database)
    async with fresh_database.transaction(HOME) as tx:
        owner = await make_organisation(tx, OrganisationKind.DEVELOPER)
        for rate in demonstration_rates(date(2010, 1, 1)):
            await set_rate(tx, ACTOR, rate)
        await register_maintenance_account(tx, ACTOR, "410500990099", "维修资金专户", "CCB", "演示建设银行")
    project = await new_project(clerk, owner.id)
    await new_building(clerk, project)
    survey = await previewed(clerk, project, homes())
    await made(clerk, f"{survey}/apply", {"digest": digest_in((await clerk.get(survey)).text)})
    await made(clerk, f"{project}/account", account_form())
    async with fresh_database.read(HOME) as reader:
        units = list(await reader.scalars(select(Unit).order_by(Unit.code)))
    yield clerk, fresh_database, project, units
    await clerk.http.aclose()


def workbook(*lines: tuple[Any, ...]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (COLUMNS, *lines):
        sheet.append(line)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


async def upload(client: PageClient, data: bytes) -> str:
    headers = {"HX-Request": "true", "X-CSRF-Token": client._token or ""}
    answer = await client.http.post(f"{FUND}/imports", files={"file": ("缴存.xlsx", data, XLSX)}, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["HX-Redirect"])


async def work(database: Database, settings: Settings) -> int:
    """Do the imports that are due, twice; how many were done."""
    unused: Any = None
    parts = Resources(settings, database, BlobStore(settings.blob_url), unused, unused, unused)
    async with database.read(HOME) as reader:
        waiting = select(OutboxEvent).where(OutboxEvent.topic == importing.TOPIC, OutboxEvent.state == "pending")
        events = list(await reader.scalars(waiting))
    for row in events:
        event = Event(row.id, row.topic, row.key, HOME, row.payload, 1, database, parts)
        for _ in range(2):
            async with database.transaction(HOME) as tx:
                await enter_import(tx, event)
        async with database.transaction(HOME) as tx:
            await tx.execute(update(OutboxEvent).where(OutboxEvent.id == row.id).values(state="done"))
    return len(events)


def test_every_bad_cell_is_named() -> None:
    code = "411528001001GB00001F00010001"
    read = read_paid(
        workbook(
            (code, 7101.6, datetime(2015, 6, 30), "001"),  # noqa: DTZ001  as a workbook has it
            (code, 1, "2015-6-30", "001"),
            ("411528", 0, "昨天", None),
            (code.replace("0001", "0002"), "1.234", "1990/1/1", 7),
            (code, "=1+1", date(2031, 1, 1), "002"),
        )
    )
    day = date(2015, 6, 30)
    assert [(row.amount_fen, row.paid_on) for row in read.rows] == [(710_160, day), (1_00, day)]
    found = check_paid(read, {code: 1}, frozenset({(code, "001")}), date(1998, 1, 1), date(2026, 11, 22))
    cells = [one.cell for one in found]
    assert {"D2", "D3", "A4", "B4", "C4", "D4", "B5", "B6"} <= set(cells)
    assert cells == sorted(cells, key=lambda cell: (int(cell[1:]), cell))
    assert [one.reason for one in read_paid(_without("票据号码")).problems] == ["缺少表头“票据号码”，请使用模板"]
    with pytest.raises(SurveyUnreadable, match="没有缴存记录"):
        read_paid(paid_template())


def _without(name: str) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([one for one in COLUMNS if one != name])
    sheet.append(["411528001001GB00001F00010001", 1, "2015-06-30"])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


async def refused_and_confirmed_again(clerk: PageClient, database: Database, settings: Settings, url: str) -> None:
    """Previewed before, confirmed after one of its receipts was entered: nothing comes in, however often confirmed."""
    confirmed = {"digest": digest_in((await clerk.get(url)).text)}
    await made(clerk, f"{url}/apply", confirmed)
    async with database.transaction(HOME) as tx:
        given_up = update(OutboxEvent).where(OutboxEvent.topic == importing.TOPIC, OutboxEvent.state == "pending")
        await tx.execute(given_up.values(state="parked"))
    page = (await clerk.get(url)).text
    assert "导入未完成：系统故障" in page
    assert "every 2s" not in page
    for _ in range(2):
        await made(clerk, f"{url}/apply", confirmed)
        assert await work(database, settings) == 1
        page = (await clerk.get(url)).text
        assert "导入未完成：预览以后文件出现1处问题：D3 该户的这张票据已经录入。未导入任何记录" in page
        assert "确认导入" in page


async def test_earlier_payments_come_from_a_workbook_all_or_none(town: Town, settings: Settings) -> None:
    clerk, database, _, units = town
    await clerk.get(f"{FUND}/imports/new")
    bad = await upload(clerk, workbook((units[0].code, 5000, "2015-06-30", "001"), ("4115", 1, "2015-06-30", "002")))
    page = (await clerk.get(bad)).text
    assert "A3" in page
    refused = await clerk.htmx("POST", f"{bad}/apply", {"digest": "0" * 64})
    assert refused.status_code == 409
    good = await upload(
        clerk, workbook((units[0].code, 5000, "2015-06-30", "001"), (units[1].code, "12.34", "2016-01-02", "002"))
    )
    digest = digest_in((await clerk.get(good)).text)
    same = await upload(
        clerk, workbook((units[0].code, 6000, "2015-06-30", "003"), (units[1].code, 1, "2016-01-02", "002"))
    )
    await made(clerk, f"{good}/apply", {"digest": digest})
    assert (await clerk.htmx("POST", f"{good}/apply", {"digest": digest})).status_code == 409
    waiting = (await clerk.get(good)).text
    assert "正在导入 2 笔" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert await work(database, settings) == 1
    page = (await clerk.get(good)).text
    assert "已导入 2 笔，合计 5,012.34 元" in page
    assert "every 2s" not in page
    assert (await clerk.htmx("POST", f"{good}/apply", {"digest": digest})).status_code == 409
    await refused_and_confirmed_again(clerk, database, settings, same)
    async with database.read(HOME) as reader:
        funds = await fund.funds_of(reader, [unit.id for unit in units])
        assert [funds[unit.id].balance_fen for unit in units] == [5_000_00, 12_34, 0]
    listed = (await clerk.get(f"{FUND}?search={units[1].code}")).text
    assert "欠缴" in listed
    assert f"units/{units[0].id}" not in listed
    assert "5,012.34" in (await clerk.get(FUND)).text
    picture = (await clerk.get(f"{FUND}/buildings/{units[0].building_id}")).text
    assert f"{FUND}/units/{units[2].id}" in picture
    exported = await clerk.http.get(f"{FUND}/export?show=units")
    sheet = load_workbook(BytesIO(exported.content)).worksheets[0]
    assert [row[7] for row in sheet.iter_rows(min_row=2, values_only=True)] == [5000, 12.34, 0]


async def test_a_unit_shows_its_account_and_a_wrong_entry_is_taken_back(town: Town) -> None:
    clerk, database, project, units = town
    url = f"{FUND}/units/{units[0].id}"
    assert "无缴存记录" in (await clerk.get(url)).text
    form = {"amount": "5,000", "paid_on": "2015-06-30", "receipt_no": "豫财00一号"}
    for field, value in (("amount", "0"), ("paid_on", "1990-01-01"), ("receipt_no", "")):
        answer = await clerk.htmx("POST", f"{url}/earlier", form | {field: value})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    await made(clerk, f"{url}/earlier", form)
    assert (await clerk.htmx("POST", f"{url}/earlier", form)).status_code == 409
    page = (await clerk.get(url)).text
    assert "豫财00一号" in page
    reverse = re.search(rf'action="({url}/earlier/[0-9a-f-]+/reverse)"', page)
    assert reverse
    assert (await clerk.htmx("POST", reverse[1], {"because": " "})).status_code == 422
    await made(clerk, reverse[1], {"because": "录错"})
    assert "无缴存记录" in (await clerk.get(url)).text
    # Paid here, and used up to less than three tenths: it comes to the list of what must be topped up.
    world = World(database, UUID(project.rsplit("/", 1)[1]))
    sale = world.sale(unit_id=units[0].id, unit_code=units[0].code)
    async with database.transaction(HOME) as tx:
        bills = await issue_bills(tx, ACTOR, sale)
    assert f"units/{units[0].id}" in (await clerk.get(f"{FUND}?show=owed")).text
    async with database.transaction(HOME) as tx:
        for bill in bills:
            await confirm(tx, ACTOR, told(bill))
    assert f"units/{units[0].id}" not in (await clerk.get(f"{FUND}?show=low")).text
    async with database.transaction(HOME) as tx:
        account = await ledger.open_account(tx, AccountKind.MAINTENANCE_FUND, str(units[0].id))
        bank = await ledger.open_account(tx, AccountKind.BANK, "410500990099")
        spent = bills[1].amount_fen * 71 // 100
        await ledger.post(tx, "used", "test:1", [ledger.Move(account, -spent), ledger.Move(bank, spent)], words="使用")
        await fund.pass_on(tx, ACTOR, units[0].id, units[1].id, "业务1", "张三、李四", bills[1].created_at)
    assert f"units/{units[0].id}" in (await clerk.get(f"{FUND}?show=low")).text
    page = (await clerk.get(url)).text
    assert "应续筹" in page
    assert "张*、李*" in page
    assert "张三" not in page


async def test_refunds_that_wait_are_worked_off(town: Town) -> None:
    clerk, database, project, _ = town
    assert "没有待办退款" in (await clerk.get("/housing/money/refunds")).text
    project_id = UUID(project.rsplit("/", 1)[1])
    world = World(database, project_id)
    sale = world.sale()
    async with database.transaction(HOME) as tx:
        down, _ = await issue_bills(tx, ACTOR, sale)
        await confirm(tx, ACTOR, told(down))
        account = await ledger.open_account(tx, AccountKind.PROJECT_FUND, str(project_id))
        bank = await ledger.open_account(tx, AccountKind.BANK, down.account_no)
        await ledger.post(tx, "drawn", "test:1", [ledger.Move(account, -1), ledger.Move(bank, 1)], words="支取")
        (refund,) = await order_refund(tx, ACTOR, sale.contract_id, "双方解除")
    page = (await clerk.get("/housing/money/refunds")).text
    assert refund.refund_no in page
    assert "179,999.99" in page
    assert "张三" not in page
    url = f"/housing/money/refunds/{refund.id}/resume"
    assert (await clerk.htmx("POST", url)).status_code == 403, "looking is not acting"
    supervisor = await desk(clerk.http._transport.app, database, "escrow_supervisor")  # type: ignore[attr-defined]
    await made(supervisor, url, {})
    async with database.transaction(HOME) as tx:
        await ledger.post(tx, "back", "test:1", [ledger.Move(account, 1), ledger.Move(bank, -1)], words="退回")
    await made(supervisor, url, {})
    assert "没有待办退款" in (await clerk.get("/housing/money/refunds")).text
    assert (await supervisor.htmx("POST", url)).status_code == 409
    await supervisor.http.aclose()
