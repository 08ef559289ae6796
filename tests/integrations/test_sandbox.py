"""The sandbox as a process: its pages, its memory, its manners."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from integrations.connectors import Connectors, connect
from integrations.http import SANDBOX_HEADER
from integrations.sandbox.state import KEEP, Callback, State, Store
from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import Database
from kernel.settings import Settings
from kernel.tenancy import as_tenant

from .conftest import HOME, PLAIN, QUICK, Platform, Sandbox, receiving, until
from .test_gateway import callback, notice, pay, pushed, settled

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
async def own_sandbox(tmp_path: Path, keys_dir: Path) -> AsyncIterator[Sandbox]:
    """One that a test may kill."""
    own = Sandbox(tmp_path, keys_dir)
    own.start()
    yield own
    own.kill()


async def test_callbacks_owed_survive_a_kill(
    own_sandbox: Sandbox,
    integration_settings: Settings,
    platform: Platform,
    database: Database,
    blobs: BlobStore,
) -> None:
    address = {"supervision_bank_url": f"{own_sandbox.url}/bank"}
    made = connect(integration_settings.model_copy(update=address), database, blobs, QUICK)
    own_sandbox.fault("supervision_bank", late_seconds=1.5)
    due = await pushed(made)
    paid = await pay(own_sandbox, due)
    own_sandbox.kill()
    own_sandbox.start()
    assert own_sandbox.get(f"/bank/notices/{due.notice_no}")["bank_serial"] == paid["bank_serial"]
    assert platform.received == []
    await until(lambda: platform.received)
    assert platform.received[0].event.event_id == paid["event_id"]
    await until(lambda: "acknowledged" in (own_sandbox.directory / "sandbox.json").read_text())
    own_sandbox.kill()
    own_sandbox.start()
    # What was acknowledged stays so, and is not sent again after a start.
    assert callback(own_sandbox, paid["event_id"])["status"] == "acknowledged"
    await made.aclose()


async def test_a_platform_that_is_down_gets_its_callback_later(
    connectors: Connectors, sandbox: Sandbox, database: Database, platform_port: int
) -> None:
    paid = await pay(sandbox, await pushed(connectors))
    await until(lambda: callback(sandbox, paid["event_id"])["attempts"] >= 2)
    owed = callback(sandbox, paid["event_id"])
    assert (owed["status"], owed["last_answer"]) == ("owed", "无应答")
    async with receiving(connectors, database, platform_port) as platform:
        await settled(sandbox, paid["event_id"])
        assert len(platform.new()) == 1


async def test_every_page_opens(connectors: Connectors, sandbox: Sandbox, platform: Platform) -> None:
    due = await pushed(connectors)
    await connectors.sms.send("13900000001", "您的登记证明已生成 <b>https://example/p</b>", due.notice_no)
    async with httpx.AsyncClient(base_url=sandbox.url, **PLAIN, headers={"accept": "text/html"}) as browser:
        for path in ("/", "/bank", "/sms", "/tax", "/mortgage-bank", "/faults"):
            page = await browser.get(path)
            assert page.status_code == 200, path
            assert page.headers["content-type"].startswith("text/html"), path
            assert page.headers[SANDBOX_HEADER] == "1"
            assert '<html lang="zh-CN">' in page.text
        assert due.notice_no in (await browser.get("/bank")).text
        assert "<b>https" not in (await browser.get("/sms")).text
        paid = await browser.post("/bank/pay", data={"notice_no": due.notice_no, "county": HOME})
        assert (paid.status_code, paid.headers["location"]) == (303, "/bank")
    await until(platform.new)


async def test_faults_by_page(sandbox: Sandbox) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, **PLAIN) as browser:
        saved = await browser.post("/faults/tax", data={"down": "1", "slow_seconds": "2.5", "late_seconds": ""})
        assert saved.status_code == 303
        assert sandbox.get("/faults")["tax"] == sandbox.get("/faults")["sms"] | {"down": True, "slow_seconds": 2.5}
        for path, form in (("tax", {"slow_seconds": "soon"}), ("tax", {"slow_seconds": "-1"}), ("nobody", {})):
            refused = await browser.post(f"/faults/{path}", data=form)
            assert refused.status_code in {404, 422}, form
        assert (await browser.put("/faults/tax", json={"dwon": True})).status_code == 400


async def test_unsigned_requests_are_refused(sandbox: Sandbox) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, **PLAIN) as client:
        for path in ("/sms/messages", "/bank/notices", "/bank/refunds", "/tax/contracts", "/identity/token"):
            assert (await client.post(path, content=b"{}")).status_code == 401, path


async def test_two_counties_may_use_the_same_notice_number(connectors: Connectors, sandbox: Sandbox) -> None:
    same = notice()
    await connectors.supervision_bank.push_notice(same)
    with as_tenant("411522"):
        await connectors.supervision_bank.push_notice(same)
    assert sandbox.post(f"/bank/notices/{same.notice_no}/pay").status_code == 409
    assert sandbox.get(f"/bank/notices/{same.notice_no}?county=411522")["county"] == "411522"


async def test_the_file_is_private_and_broken_ones_are_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    store = Store(path)
    await asyncio.gather(*(store.save() for _ in range(20)))
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("{half")
    assert Store(path).state == State()
    assert (tmp_path / "sandbox.unreadable.json").read_text() == "{half"


async def test_old_things_are_forgotten_but_never_what_is_owed(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.json")
    for number in range(KEEP * 2 + 10):
        owed = number < 5
        store.state.callbacks[str(number)] = Callback(
            event_id=str(number),
            county=HOME,
            counterparty="supervision_bank",
            url="",
            op="",
            data={},
            due_at=now(),
            status="owed" if owed else "acknowledged",
        )
    await store.save()
    kept = Store(tmp_path / "sandbox.json").state.callbacks
    assert len(kept) == KEEP + 5
    assert {str(number) for number in range(5)} <= set(kept)
    assert str(KEEP * 2 + 9) in kept
