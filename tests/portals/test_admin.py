"""The administration pages."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from kernel.clock import now
from kernel.db import Database
from kernel.outbox import emit
from kernel.outbox.models import PARKED, OutboxEvent
from tests.portals.conftest import ClientAs
from tests.portals.pages import PageClient, links, random_credit_code
from tests.testbed import HOME, OTHER
from yiti.alarms.service import Finding, settle
from yiti.alarms.words import AlarmKind
from yiti.portals.admin.operations import safe_reason

PAGES = ("state", "organisations", "organisations/new", "users", "outbox", "outbox?show=done", "exchanges", "audit")


async def park(database: Database, reason: str, county: str = HOME) -> str:
    async with database.transaction(county) as tx:
        event_id = await emit(tx, "test.parked", {"x": 1}, key=f"test:{uuid4()}")
        await tx.execute(
            update(OutboxEvent)
            .where(OutboxEvent.id == event_id)
            .values(state=PARKED, attempts=10, last_error=reason, available_at=now() - timedelta(hours=1))
        )
    return str(event_id)


async def test_every_page_is_sound_and_has_no_dead_link(client_as: ClientAs) -> None:
    client = await client_as("administrator")
    assert client.staff is not None
    todo, seen = {f"/admin/{name}" for name in PAGES}, set[str]()
    todo |= {f"/admin/users/{client.staff.user_id}", f"/admin/organisations/{client.staff.organisation_id}"}
    while todo:
        url = todo.pop()
        seen.add(url)
        answer = await client.get(url)
        assert answer.status_code in {200, 303}, url
        if answer.status_code == 200:
            todo |= {link for link in links(answer.text) if "?" not in link} - seen
    assert len(seen) > len(PAGES)


@pytest.mark.parametrize("role", ["registrar", "sales_manager", "estate_clerk"])
async def test_others_do_not_get_in_and_do_not_see_the_menu(client_as: ClientAs, role: str) -> None:
    client = await client_as(role)
    for name in PAGES:
        assert (await client.get(f"/admin/{name}")).status_code == 403, name
    assert "/admin/" not in (await client.get("/account/password")).text


async def test_an_auditor_looks_but_does_not_touch(client_as: ClientAs, database: Database) -> None:
    event_id = await park(database, "原因")
    client = await client_as("auditor")
    page = await client.get("/admin/outbox")
    assert f"/admin/outbox/{event_id}/retry" not in page.text
    assert (await client.post(f"/admin/outbox/{event_id}/retry")).status_code == 403
    assert (await client.get("/admin/users")).status_code == 403


async def test_an_organisation_and_a_user_are_made_and_the_password_is_shown_once(client_as: ClientAs) -> None:
    client = await client_as("administrator")
    form = {
        "kind": "developer",
        "name": "息县测试置业",
        "credit_code": random_credit_code(),
        "phone": "13800001234",
    }
    made = await client.htmx("POST", "/admin/organisations", form)
    where = made.headers["HX-Redirect"]
    page = await client.get(where)
    assert "138****1234" in page.text
    assert "13800001234" not in page.text
    login = f"u-{uuid4().hex[:10]}"
    answer = await client.post(f"{where}/users", {"login": login, "display_name": "李小龙", "roles": "sales_clerk"})
    assert answer.status_code == 201
    assert "只显示这一次" in answer.text
    listed = await client.get(f"/admin/users?search={login}")
    assert "李**" in listed.text
    assert "李小龙" not in listed.text
    assert "待改密码" in listed.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"credit_code": "123"}, "credit_code"), ({"name": " "}, "name"), ({"kind": "court"}, None)],
)
async def test_bad_organisations_are_refused_in_words(
    client_as: ClientAs, changes: dict[str, str], field: str | None
) -> None:
    client = await client_as("administrator")
    form = {"kind": "bank", "name": "测试银行", "credit_code": random_credit_code()} | changes
    answer = await client.htmx("POST", "/admin/organisations", form)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    if field is None:
        assert answer.json()["errors"]


async def test_roles_are_changed_and_accounts_closed_at_once(client_as: ClientAs) -> None:
    boss, clerk = await client_as("administrator"), await client_as("administrator")
    assert clerk.staff is not None
    base = f"/admin/users/{clerk.staff.user_id}"
    assert (await clerk.get("/admin/users")).status_code == 200
    changed = await boss.htmx("POST", f"{base}/roles", {"roles": ["auditor"]})
    assert changed.headers["HX-Redirect"] == base
    assert (await clerk.get("/admin/users")).status_code == 403
    refused = await boss.htmx("POST", f"{base}/roles", {"roles": ["auditor", "registrar"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "roles")
    await boss.htmx("POST", f"{base}/disable")
    assert (await clerk.get("/admin/state")).status_code == 303
    assert "已停用" in (await boss.get(base)).text
    await boss.htmx("POST", f"{base}/enable")
    assert (await clerk.get("/admin/state")).status_code == 303


async def test_ones_own_account_is_left_alone(client_as: ClientAs) -> None:
    client = await client_as("administrator")
    assert client.staff is not None
    answer = await client.htmx("POST", f"/admin/users/{client.staff.user_id}/disable")
    assert (answer.status_code, answer.json()["code"]) == (409, "accounts.not_yourself")


async def test_a_parked_job_is_retried_once(client_as: ClientAs, database: Database) -> None:
    event_id = await park(database, "Park: 税务局没有该纳税人")
    client = await client_as("administrator")
    page = await client.get("/admin/outbox")
    assert "税务局没有该纳税人" in page.text
    assert (await client.htmx("POST", f"/admin/outbox/{event_id}/retry")).headers["HX-Redirect"]
    again = await client.htmx("POST", f"/admin/outbox/{event_id}/retry")
    assert again.status_code == 409
    async with database.read(HOME) as reader:
        row = (await reader.execute(text("SELECT state, attempts FROM outbox WHERE id = :i"), {"i": event_id})).one()
    assert tuple(row) == ("pending", 0)
    assert "outbox.retried" in (await client.get(f"/admin/audit?subject=outbox:{event_id}")).text


async def test_another_countys_jobs_are_neither_seen_nor_touched(client_as: ClientAs, database: Database) -> None:
    event_id = await park(database, "光山县的事", OTHER)
    client = await client_as("administrator")
    assert "光山县的事" not in (await client.get("/admin/outbox")).text
    assert (await client.htmx("POST", f"/admin/outbox/{event_id}/retry")).status_code == 409


def test_reasons_lose_what_a_driver_adds() -> None:
    told = "IntegrityError: duplicate key\nDETAIL: Key (name)=(王小明) [SQL: INSERT] [parameters: ('王小明',)]"
    assert safe_reason(told) == "IntegrityError: duplicate key"
    assert safe_reason("DataError: bad [SQL: X] [parameters: ('4115',)]") == "DataError: bad"
    assert safe_reason(None) == ""


async def test_outbox_pages_follow_each_other_without_gap(client_as: ClientAs, database: Database) -> None:
    ids = {await park(database, "很多") for _ in range(53)}
    client = await client_as("administrator")
    first = await client.get("/admin/outbox")
    following = first.text.split('href="?show=parked&amp;before=')[1].split('"')[0]
    second = await client.get(f"/admin/outbox?show=parked&before={following}")
    shown = {event_id for event_id in ids if event_id in first.text + second.text}
    assert shown == ids


async def test_the_audit_log_is_searched_and_verified(client_as: ClientAs) -> None:
    client = await client_as("administrator")
    assert client.staff is not None
    found = await client.get(f"/admin/audit?action=accounts.user&subject=user:{client.staff.user_id}")
    assert "accounts.user_created" in found.text
    none = await client.get(f"/admin/audit?action=nothing.&subject=user:{client.staff.user_id}")
    assert "这段时间没有记录" in none.text
    assert (await client.htmx("GET", "/admin/audit?since=gestern")).json()["field"] == "since"
    verified = await client.htmx("POST", "/admin/audit/verify")
    assert "校验通过" in verified.text


async def test_the_state_page_refreshes_only_its_figures(client_as: ClientAs) -> None:
    client = await client_as("auditor")
    part = await client.htmx("GET", "/admin/state")
    assert part.text.lstrip().startswith("<section")
    assert "<html" not in part.text
    assert "统一身份认证服务" in part.text


async def test_nobody_gets_in_without_a_session(client: PageClient) -> None:
    for name in PAGES:
        answer = await client.get(f"/admin/{name}")
        assert answer.headers["Location"].startswith("/login?next=%2Fadmin%2F")


async def test_an_alarm_is_shown_with_what_to_do_and_counted_in_the_menu(
    client_as: ClientAs, fresh_alarms: Database
) -> None:
    client = await client_as("auditor")
    assert (await client.htmx("GET", "/admin/alarms/badge")).text.strip() == ""
    assert "没有告警" in (await client.get("/admin/state")).text
    lost = "ab" * 32
    found = [Finding(AlarmKind.BLOB, lost, "证书、证明丢失"), Finding(AlarmKind.CERTIFICATE, "tsa", "时间戳证书到期")]
    async with fresh_alarms.transaction(HOME) as tx:
        await settle(tx, list(AlarmKind), found)
    shown = await client.get("/admin/state")
    for words in ("文件丢失或者内容改变", lost, "从备份恢复", "yiti pki rotate", 'hx-get="/admin/alarms/badge"'):
        assert words in shown.text
    assert shown.text.index("文件丢失") < shown.text.index("90天内到期"), "what stops work comes first"
    assert ">2<" in (await client.htmx("GET", "/admin/alarms/badge")).text
    elsewhere = await client_as("auditor", county=OTHER)
    assert (await elsewhere.htmx("GET", "/admin/alarms/badge")).text.strip() == ""
    assert lost not in (await elsewhere.get("/admin/state")).text
    async with fresh_alarms.transaction(HOME) as tx:
        await settle(tx, list(AlarmKind), [])
    cleared = (await client.get("/admin/state")).text
    assert "没有告警" in cleared
    assert "最近消除的告警" in cleared


async def test_others_do_not_count_the_alarms(client_as: ClientAs) -> None:
    client = await client_as("registrar")
    assert (await client.htmx("GET", "/admin/alarms/badge")).status_code == 403
    assert "/admin/alarms/badge" not in (await client.get("/account/password")).text


@pytest.fixture
async def fresh_alarms(database: Database) -> Database:
    """Nothing is wrong at first."""
    async with database.transaction(HOME) as tx:
        await settle(tx, list(AlarmKind), [])
    return database
