"""Calls over real HTTP, with every fault the sandbox can play."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from litestar import Litestar, Response, post
from sqlalchemy import select

from integrations.breaker import BreakerState
from integrations.connectors import Connectors
from integrations.counterparties import Counterparty
from integrations.errors import CounterpartyRefused, CounterpartyUnavailable
from integrations.exchange import ExchangeLog, exchange
from integrations.http import ANSWER_LIMIT_BYTES, SANDBOX_HEADER, CounterpartyClient, Operation, Policy
from integrations.keys import KeyRing
from integrations.models import Exchange
from integrations.overview import counterparty_states
from integrations.sms import SEND, Message
from integrations.wire import Accepted
from kernel.clock import now
from kernel.db import Database

from .conftest import HOME, QUICK, Sandbox, free_port, serving

pytestmark = pytest.mark.usefixtures("home")
PHONE = "13800000000"


async def attempts(database: Database, key: str) -> list[Exchange]:
    async with database.read(HOME) as reader:
        query = select(Exchange).where(Exchange.idempotency_key == f"sms:{key}").order_by(Exchange.id)
        return list(await reader.scalars(query))


def outcomes(rows: Sequence[Exchange]) -> list[tuple[int, str, int | None]]:
    return [(row.attempt, row.outcome, row.http_status) for row in rows]


def sent(sandbox: Sandbox, text: str) -> list[dict[str, Any]]:
    return [item for item in sandbox.get(f"/sms/messages?phone={PHONE}") if item["data"]["text"] == text]


async def test_a_call_is_answered_and_written_down(
    connectors: Connectors, sandbox: Sandbox, database: Database
) -> None:
    key = uuid4().hex
    accepted = await connectors.sms.send(PHONE, key, key, subject="contract:1")
    assert [item["reference"] for item in sent(sandbox, key)] == [accepted.reference]
    (row,) = await attempts(database, key)
    assert (row.attempt, row.outcome, row.http_status, row.subject) == (1, "answered", 200, "contract:1")
    assert row.facts == {"对方回执号": accepted.reference}
    assert accepted.reference in str(row.answer_body)
    assert row.request_body.count(".") == 2


async def test_repeating_a_job_sends_one_message(connectors: Connectors, sandbox: Sandbox) -> None:
    key = uuid4().hex
    references = {(await connectors.sms.send(PHONE, key, key)).reference for _ in range(3)}
    assert len(references) == len(sent(sandbox, key)) == 1


async def test_one_key_for_two_contents_is_refused_and_not_retried(connectors: Connectors, database: Database) -> None:
    key = uuid4().hex
    await connectors.sms.send(PHONE, key, key)
    with pytest.raises(CounterpartyRefused, match="短信服务未受理：报文编号重复") as caught:
        await connectors.sms.send(PHONE, "另一条", key)
    assert caught.value.status == 422
    assert outcomes(await attempts(database, key)) == [(1, "answered", 200), (1, "refused", 409)]
    assert connectors.breakers[Counterparty.SMS].state is BreakerState.CLOSED


async def test_a_short_outage_is_ridden_out(connectors: Connectors, sandbox: Sandbox, database: Database) -> None:
    sandbox.fault("sms", down=True, requests=2)
    key = uuid4().hex
    await connectors.sms.send(PHONE, key, key)
    assert outcomes(await attempts(database, key)) == [
        (1, "unreachable", 503),
        (2, "unreachable", 503),
        (3, "answered", 200),
    ]


@pytest.mark.parametrize(
    ("fault", "outcome", "status"),
    [
        ({"down": True}, "unreachable", 503),
        ({"garbage": True}, "bad_answer", 200),
        ({"lost_answer": True}, "unreachable", None),
    ],
)
async def test_a_lasting_fault_ends_in_words(
    connectors: Connectors,
    sandbox: Sandbox,
    database: Database,
    fault: dict[str, Any],
    outcome: str,
    status: int | None,
) -> None:
    sandbox.fault("sms", **fault)
    key = uuid4().hex
    with pytest.raises(CounterpartyUnavailable, match="短信服务暂时无法连接") as caught:
        await connectors.sms.send(PHONE, key, key)
    assert caught.value.status == 503
    assert outcomes(await attempts(database, key)) == [(n, outcome, status) for n in (1, 2, 3)]


async def test_patience_ends(connectors: Connectors, sandbox: Sandbox, database: Database) -> None:
    sandbox.fault("sms", slow_seconds=30)
    client = _client(connectors, f"{sandbox.url}/sms", policy=replace(QUICK, timeout_seconds=0.4))
    key = uuid4().hex
    with pytest.raises(CounterpartyUnavailable):
        await client.call(SEND, Message(phone=PHONE, text=key), key=f"sms:{key}")
    rows = await attempts(database, key)
    assert [(row.outcome, row.error) for row in rows] == [("unreachable", "TimeoutError")] * 3
    assert all(400 <= row.duration_ms < 10_000 for row in rows)


@pytest.mark.parametrize("fault", ["garbage", "lost_answer"])
async def test_what_was_done_behind_a_broken_answer_is_not_done_again(
    connectors: Connectors, sandbox: Sandbox, fault: str
) -> None:
    sandbox.fault("sms", requests=1, **{fault: True})
    key = uuid4().hex
    await connectors.sms.send(PHONE, key, key)
    assert len(sent(sandbox, key)) == 1


async def test_nobody_listening(connectors: Connectors, database: Database) -> None:
    client = _client(connectors, f"http://127.0.0.1:{free_port()}")
    key = uuid4().hex
    with pytest.raises(CounterpartyUnavailable):
        await client.call(SEND, Message(phone=PHONE, text="x"), key=f"sms:{key}")
    rows = await attempts(database, key)
    assert [row.error for row in rows] == ["ConnectError"] * 3


async def test_what_is_not_idempotent_is_tried_once(
    connectors: Connectors, sandbox: Sandbox, database: Database
) -> None:
    sandbox.fault("sms", down=True, requests=1)
    once_only = Operation(SEND.name, SEND.title, SEND.path, SEND.answer, idempotent=False)
    client = _client(connectors, f"{sandbox.url}/sms")
    key = uuid4().hex
    with pytest.raises(CounterpartyUnavailable):
        await client.call(once_only, Message(phone=PHONE, text=key), key=f"sms:{key}")
    assert len(await attempts(database, key)) == 1


async def test_the_breaker_opens_is_reported_and_recovers(
    connectors: Connectors, sandbox: Sandbox, database: Database
) -> None:
    sandbox.fault("sms", down=True)
    keys = [uuid4().hex for _ in range(4)]
    for key in keys[:3]:
        with pytest.raises(CounterpartyUnavailable):
            await connectors.sms.send(PHONE, key, key)
    # Five failures open it: three of the first call, two of the second; the rest is not even sent.
    assert [row[1] for row in outcomes(await attempts(database, keys[1]))] == ["unreachable", "unreachable", "not_sent"]
    assert outcomes(await attempts(database, keys[2])) == [(0, "not_sent", None)]
    async with database.read(HOME) as reader:
        states = {state.counterparty: state for state in await counterparty_states(reader, connectors.breakers)}
    assert (states["sms"].breaker, states["sms"].last_failure) == (BreakerState.OPEN, "HTTP 503")
    assert states["tax"].breaker is BreakerState.CLOSED

    sandbox.fault("sms")
    await _sandbox_still_refused(connectors, keys[3])
    # Less than the sandbox's time window, so that its own clock, which does not travel, accepts the signature.
    with time_machine.travel(now() + timedelta(seconds=31)):
        await connectors.sms.send(PHONE, keys[3], keys[3])
        assert connectors.breakers[Counterparty.SMS].state is BreakerState.CLOSED


async def _sandbox_still_refused(connectors: Connectors, key: str) -> None:
    with pytest.raises(CounterpartyUnavailable):
        await connectors.sms.send(PHONE, key, key)


async def test_a_failed_call_leaves_its_trace_when_the_caller_is_undone(
    connectors: Connectors, sandbox: Sandbox, database: Database
) -> None:
    sandbox.fault("sms", down=True)
    key = uuid4().hex
    with pytest.raises(CounterpartyUnavailable):
        async with database.transaction(HOME):
            await connectors.sms.send(PHONE, key, key)
    assert len(await attempts(database, key)) == 3


async def test_without_a_county_nothing_is_sent(connectors: Connectors, sandbox: Sandbox) -> None:
    from kernel.tenancy import _tenant

    token = _tenant.set(None)
    try:
        with pytest.raises(RuntimeError, match="county"):
            await connectors.sms.send(PHONE, "no county", "k")
    finally:
        _tenant.reset(token)
    assert not sent(sandbox, "no county")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Response(b"x" * (ANSWER_LIMIT_BYTES + 1), status_code=200), "unreachable"),
        (Response({"reference": "R", "received_at": "2026-11-01T00:00:00Z"}, status_code=201), "bad_answer"),
        (Response(b"", status_code=302, headers={"location": "/elsewhere"}), "bad_answer"),
        (Response({"reference": "R", "received_at": "2026-11-01T00:00:00"}, status_code=200), "bad_answer"),
        (Response({"received_at": "2026-11-01T00:00:00Z"}, status_code=200), "bad_answer"),
        (Response(b"\xff\xfe\x00", status_code=200), "bad_answer"),
        (Response(b"<html>", status_code=404), "bad_answer"),
        (Response({"code": "busy", "message": "稍后"}, status_code=429), "unreachable"),
    ],
)
async def test_odd_answers(connectors: Connectors, database: Database, answer: Response[Any], outcome: str) -> None:
    key = uuid4().hex
    with pytest.raises(CounterpartyUnavailable):
        await _ask(connectors, answer, key)
    assert {row.outcome for row in await attempts(database, key)} == {outcome}


async def test_production_refuses_the_answer_of_a_sandbox(connectors: Connectors, database: Database) -> None:
    content = {"reference": "R", "received_at": "2026-11-01T00:00:00Z"}
    real = Response(content, status_code=200)
    assert (await _ask(connectors, real, uuid4().hex, refuse_sandbox=True)).reference == "R"
    key = uuid4().hex
    played = Response(content, status_code=200, headers={SANDBOX_HEADER: "1"})
    with pytest.raises(CounterpartyUnavailable):
        await _ask(connectors, played, key, refuse_sandbox=True)
    assert (await attempts(database, key))[0].error == "a sandbox answered in production"


async def test_bodies_can_be_read_again(connectors: Connectors, database: Database) -> None:
    key = uuid4().hex
    await connectors.sms.send(PHONE, "正文", key)
    (row,) = await attempts(database, key)
    async with database.read(HOME) as reader:
        assert (await exchange(reader, row.id)).request_body == row.request_body


async def _ask(connectors: Connectors, answer: Response[Any], key: str, *, refuse_sandbox: bool = False) -> Accepted:
    @post("/messages")
    async def handler() -> Response[Any]:
        return answer

    port = free_port()
    async with serving(Litestar([handler], openapi_config=None, logging_config=None), port):
        client = _client(connectors, f"http://127.0.0.1:{port}", refuse_sandbox=refuse_sandbox)
        return await client.call(SEND, Message(phone=PHONE, text="x"), key=f"sms:{key}")


def _client(
    connectors: Connectors, url: str, *, refuse_sandbox: bool = False, policy: Policy = QUICK
) -> CounterpartyClient:
    known = connectors.sms._client
    keys: KeyRing = known._keys
    log: ExchangeLog = known._log
    http: httpx.AsyncClient = connectors.http
    return CounterpartyClient(
        Counterparty.SMS, url, http=http, keys=keys, log=log, policy=policy, refuse_sandbox=refuse_sandbox
    )
