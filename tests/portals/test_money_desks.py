"""The bank's and the finance clerk's desks: each sees what is his, acts on it, and takes it along."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from openpyxl import load_workbook
from sqlalchemy import select

from escrow import banking
from escrow.banking.accounts import connect_bank
from escrow.banking.lines import book_line
from escrow.reconciliation.models import Difference
from escrow.reconciliation.statements import receive_statement, reconcile
from integrations.bank_messages.payment_orders import read_orders
from integrations.bank_messages.payment_status import OrderState, OrderStatus, StatusReport, write_status
from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import Database
from kernel.outbox.models import OutboxEvent
from kernel.settings import Settings
from kernel.web.dependencies import DEPENDENCIES
from tests.escrow.banks import BANK, DAY, drawdown, project
from tests.escrow.test_bank_lines import DIGEST, line, notice
from tests.escrow.test_reconciliation import statement
from tests.escrow.world import ACTOR, COUNTY
from tests.portals.pages import HOST, PageClient, sign_in_as
from tests.portals.test_supervision import picture
from tests.testbed import COUNTIES
from yiti.portals import bank, finance
from yiti.portals.shell.plugin import Shell
from yiti.resources import Resources

Desk = Callable[[str], Awaitable[PageClient]]


@pytest.fixture
async def desk(fresh_database: Database, settings: Settings) -> AsyncIterator[Desk]:
    unused: Any = None
    parts = Resources(settings, fresh_database, BlobStore(settings.blob_url), unused, unused, unused)
    app = Litestar(
        route_handlers=[*bank.ROUTES, *finance.ROUTES],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: parts, sync_to_thread=False)},
        plugins=[Shell(settings, [bank.PORTAL, finance.PORTAL])],
        state=State({"database": fresh_database, "counties": {str(one["code"]): str(one["name"]) for one in COUNTIES}}),
        openapi_config=None,
    )
    opened: list[PageClient] = []

    async def sign_in(role: str) -> PageClient:
        transport = ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
        client = await sign_in_as(fresh_database, AsyncClient(transport=transport, base_url=f"http://{HOST}"), role)
        client._token = re.findall(r'name="_csrf" value="([^"]+)"', (await client.get("/account/password")).text)[0]
        opened.append(client)
        return client

    yield sign_in
    for one in opened:
        await one.http.aclose()


async def upload(client: PageClient, data: bytes) -> Response:
    headers = {"X-CSRF-Token": client._token or "", "Accept": "text/html"}
    return await client.http.post("/bank/documents", files={"file": ("回执.xml", data, "text/xml")}, headers=headers)


def sheet(answer: Response) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200
    return [tuple(row) for row in load_workbook(BytesIO(answer.content)).active.values]


async def test_a_bank_with_files_only(desk: Desk, fresh_database: Database) -> None:
    clerk, other = await desk("bank_clerk"), await desk("bank_clerk")
    assert "尚未登记连接方式" in (await clerk.get("/bank")).text
    async with fresh_database.transaction(COUNTY) as tx:
        for client, code in ((clerk, BANK[0]), (other, "OTHER-BANK")):
            assert client.staff is not None
            await connect_bank(
                tx, ACTOR, bank_code=code, bank_name=BANK[1], mode=banking.BankMode.FILE,
                organisation_id=client.staff.organisation_id,
            )  # fmt: skip
        project_id, account_no = await project(tx)
        orders = [
            await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no, fen)) for fen in (100_00, 200_00)
        ]
    work_list = (await clerk.get("/bank")).text
    assert all(order.order_no in work_list for order in orders)
    assert "4100990000001234" not in (await clerk.get(f"/bank/orders/{orders[0].id}")).text
    assert orders[0].order_no not in (await other.get("/bank")).text
    assert (await other.get(f"/bank/orders/{orders[0].id}")).status_code == 404

    assert (await clerk.htmx("POST", "/bank/files", {})).headers["HX-Redirect"] == "/bank/files"
    assert (await clerk.htmx("POST", "/bank/files", {})).status_code == 409  # nothing is left to take
    (link,) = re.findall(r'href="(/bank/files/[^"]+)"', (await clerk.get("/bank/files")).text)
    taken = await clerk.http.get(link)
    assert (await other.http.get(link)).status_code == 404
    batch = read_orders(taken.content)
    assert {order.reference for order in batch.orders} == {order.order_no for order in orders}
    assert (await clerk.http.get(link)).content == taken.content

    told = [
        OrderStatus(end_to_end_id=orders[0].order_no, state=OrderState.SETTLED, serial="LS1"),
        OrderStatus(end_to_end_id=orders[1].order_no, state=OrderState.REJECTED, reason="账号有误"),
    ]
    answer = write_status(
        StatusReport(message_id="ZT1", created_at=now(), original_message_id=batch.message_id, orders=tuple(told))
    )
    assert (await upload(other, answer)).status_code == 403
    whole = OrderStatus(end_to_end_id="", state=OrderState.REJECTED, reason="整批退回")
    all_of_it = StatusReport(message_id="ZT0", created_at=now(), original_message_id=batch.message_id, whole=whole)
    assert (await upload(other, write_status(all_of_it))).status_code == 403
    done = (await upload(clerk, answer)).text
    assert "付款指令已付款" in done
    assert "付款指令已拒付" in done
    hostile = await upload(clerk, b'<!DOCTYPE d [<!ENTITY a "a">]><Document>&a;</Document>')
    assert hostile.status_code == 422
    ended = (await clerk.get("/bank/ended")).text
    assert all(order.order_no in ended for order in orders)
    assert (await clerk.get("/bank/statements")).status_code == 200
    assert (await clerk.get("/bank/documents/new")).status_code == 200


async def test_the_finance_clerk_resolves_what_differs(desk: Desk, fresh_database: Database) -> None:
    clerk = await desk("finance_clerk")
    async with fresh_database.transaction(COUNTY) as tx:
        project_id, account_no = await project(tx)
        bill = await notice(tx, project_id)
        await book_line(tx, ACTOR, line(account_no, 500_00, counterparty="李四"), DIGEST)
        lines = [line(account_no, 9_00, counterparty="王五"), line(account_no, -50_00)]
        told = await receive_statement(tx, ACTOR, statement(account_no, lines), DIGEST)
        await reconcile(tx, told.id)
    today = (await clerk.get("/finance")).text
    assert "3 笔差异" in today
    listed = (await clerk.get("/finance/differences")).text
    assert "银行有、账上无" in listed
    async with fresh_database.read(COUNTY) as reader:
        found = {one.bank_fen: one for one in await reader.scalars(select(Difference))}
    page = f"/finance/differences/{found[9_00].id}"
    shown = (await clerk.get(page)).text
    assert "王五" not in shown
    assert "补记入账" in shown
    assert "补记入账" not in (await clerk.get(f"/finance/differences/{found[-50_00].id}")).text
    assert (await clerk.htmx("POST", page, {"way": "suspense", "words": ""})).status_code == 422
    assert (await clerk.htmx("POST", page, {"way": "suspense", "words": "回单核对属实"})).status_code == 200
    assert (await clerk.htmx("POST", page, {"way": "suspense", "words": "再来一次"})).status_code == 409
    assert "回单核对属实" in (await clerk.get(page)).text
    assert "补记入账" in (await clerk.get("/finance/differences?closed=true")).text

    waiting = (await clerk.get("/finance/suspense")).text
    receipts = re.findall(r'href="(/finance/suspense/[0-9a-f-]{36})"', waiting)
    assert len(receipts) == 2
    first = (await clerk.get(receipts[0])).text
    assert bill.notice_no in first
    matched = await clerk.htmx(
        "POST", f"{receipts[0]}/match", {"notice_no": bill.notice_no, "match_words": "付款人漏填编号"}
    )
    assert matched.status_code == 200
    assert "没有金额和账户都相符的待缴通知书" in (await clerk.get(receipts[1])).text
    back = {"name": "王五", "account_no": "6222 0001", "bank_name": "某行", "words": "本人申请"}
    assert (await clerk.htmx("POST", f"{receipts[1]}/return", back)).status_code == 200
    assert (await clerk.htmx("POST", f"{receipts[1]}/return", back)).status_code == 409
    assert "已认领" in (await clerk.get("/finance/suspense?resolved=true")).text

    assert (await clerk.get("/finance/statements")).status_code == 200
    period = f"first={date(2026, 11, 1)}&last={DAY}"
    assert account_no in (await clerk.get(f"/finance/movements?{period}")).text
    assert sheet(await clerk.http.get(f"/finance/movements.xlsx?{period}"))[1][3] == 1_000
    assert [row[3] for row in sheet(await clerk.http.get(f"/finance/receipts.xlsx?{period}"))[1:]] == [500, 9]
    assert len(sheet(await clerk.http.get(f"/finance/differences.xlsx?{period}"))) == 4
    backwards = await clerk.get("/finance/movements?first=2026-11-20&last=2026-11-01")
    assert backwards.status_code == 422


async def test_a_bank_is_connected_and_what_waited_is_sent(desk: Desk, fresh_database: Database) -> None:
    supervisor, clerk, finance_clerk = [await desk(one) for one in ("escrow_supervisor", "bank_clerk", "finance_clerk")]
    async with fresh_database.transaction(COUNTY) as tx:
        project_id, account_no = await project(tx)
        await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    assert "尚未连接" in (await supervisor.get("/finance/banks")).text
    assert (await finance_clerk.get("/finance/banks")).status_code == 403
    assert (await supervisor.get("/finance")).status_code == 403
    assert clerk.staff is not None
    form = {"bank_code": BANK[0], "mode": "gateway", "organisation_id": str(clerk.staff.organisation_id)}
    for wrong in ({"bank_code": "X"}, {"mode": "post"}, {"organisation_id": "x"}):
        assert (await supervisor.htmx("POST", "/finance/banks", form | wrong)).status_code == 422
    assert (await supervisor.htmx("POST", "/finance/banks", form)).status_code == 200
    assert "系统直联" in (await supervisor.get("/finance/banks")).text
    async with fresh_database.read(COUNTY) as reader:
        issued = select(OutboxEvent.id).where(OutboxEvent.topic == "escrow.order_issued")
        assert len((await reader.scalars(issued)).all()) == 2


async def test_a_booking_is_put_right_by_two_persons(desk: Desk, fresh_database: Database) -> None:
    clerk, chief = await desk("finance_clerk"), await desk("escrow_approver")
    async with fresh_database.transaction(COUNTY) as tx:
        project_id, account_no = await project(tx)
        bill = await notice(tx, project_id)
        await book_line(tx, ACTOR, line(account_no, 500_00, remittance=bill.notice_no), DIGEST)
        await reconcile(tx, (await receive_statement(tx, ACTOR, statement(account_no, []), DIGEST)).id)
    async with fresh_database.read(COUNTY) as reader:
        found = (await reader.scalars(select(Difference).where(Difference.book_fen == 500_00))).one()
    page = f"/finance/differences/{found.id}"
    assert "提出冲正" in (await clerk.get(page)).text
    assert (await chief.get(page)).status_code == 403
    assert (await clerk.get("/finance/corrections")).status_code == 403
    assert (await clerk.htmx("POST", page, {"way": "reversed", "words": "一个人就够"})).status_code == 422
    proof = {"file": ("银行查询函.png", picture(), "image/png")}
    for form, files, field in (({"reason": "x"}, None, "file"), ({"reason": ""}, proof, "reason")):
        refused = await clerk.htmx("POST", f"{page}/corrections", form, files=files or {"file": ("", b"", "")})
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert (await clerk.htmx("POST", f"{page}/corrections", {"reason": "银行没有"}, files=proof)).status_code == 200
    assert (await clerk.htmx("POST", f"{page}/corrections", {"reason": "再来"}, files=proof)).status_code == 409
    shown = (await clerk.get(page)).text
    assert "待核准" in shown
    (link,) = re.findall(r'href="(/finance/corrections/[0-9a-f-]{36})"', (await chief.get("/finance/corrections")).text)
    for client, url in ((chief, f"{link}/evidence"), (clerk, re.findall(r'href="([^"]+/evidence)"', shown)[0])):
        assert (await client.http.get(url)).content == picture()
    assert "银行没有" in (await chief.get(link)).text
    assert (await clerk.htmx("POST", f"{link}/approve", {"words": "我来"})).status_code == 403
    assert (await chief.htmx("POST", f"{link}/approve", {"words": ""})).status_code == 422
    assert (await chief.htmx("POST", f"{link}/approve", {"words": "同意冲正"})).status_code == 200
    assert (await chief.htmx("POST", f"{link}/refuse", {"reason": "又不同意"})).status_code == 409
    assert "已核准并冲正" in (await chief.get(link)).text
    assert "同意冲正" in (await clerk.get(page)).text
