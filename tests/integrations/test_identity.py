"""Real name and face, walked as a browser would."""

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import msgspec
import pytest
import time_machine
from joserfc import jws

from integrations.connectors import Connectors
from integrations.counterparties import Counterparty
from integrations.envelope import sign
from integrations.errors import (
    BadSignature,
    CounterpartyRefused,
    CounterpartyUnavailable,
    ForeignIdentity,
    IdentityUsed,
    MalformedMessage,
)
from integrations.identity import FINISH, CodeGrant, Granted, IdentityStarted
from integrations.keys import KeyRing
from kernel.clock import now
from kernel.tenancy import as_tenant

from .conftest import PLAIN, Sandbox

pytestmark = pytest.mark.usefixtures("home")
NAME, ID_NO = "王小明", "990000199001010010"


async def start(connectors: Connectors, state: str = "state-1") -> IdentityStarted:
    return await connectors.identity.start(NAME, ID_NO, "http://127.0.0.1/s/411528/t?step=2", state)


async def face(url: str, **decision: str) -> dict[str, str]:
    """Press a button; the query that the browser brings back."""
    async with httpx.AsyncClient(**PLAIN) as browser:
        answer = await browser.post(url, json={"decision": "pass"} | decision)
    assert answer.status_code == 303
    back = urlsplit(answer.headers["location"])
    assert back.path == "/s/411528/t"
    return {name: values[0] for name, values in parse_qs(back.query).items()}


async def test_a_person_passes(connectors: Connectors) -> None:
    started = await start(connectors)
    back = await face(started.url)
    assert (back["step"], back["state"]) == ("2", "state-1")
    assertion = await connectors.identity.finish(started.reference, back["code"], state=back["state"])
    assert (assertion.name, assertion.id_no, assertion.level) == (NAME, ID_NO, "advanced")
    assert assertion.reference == started.reference
    assert assertion.digest == hashlib.sha256(assertion.signed.encode()).hexdigest()
    assert assertion.evidence_id.startswith("RZ")


async def test_the_page_shows_masked_data_and_two_buttons(connectors: Connectors) -> None:
    started = await start(connectors)
    async with httpx.AsyncClient(**PLAIN) as browser:
        page = await browser.get(started.url, headers={"accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        assert "人脸核验（模拟）" in page.text
        assert page.text.count("<button") == 2
        assert NAME not in page.text
        assert ID_NO not in page.text
        form = await browser.post(started.url, data={"decision": "pass"})
        assert form.status_code == 303
        wrong = await browser.post(started.url, data={"decision": "perhaps"})
        assert wrong.status_code == 422


async def test_a_failed_face_brings_no_code(connectors: Connectors) -> None:
    started = await start(connectors)
    back = await face(started.url, decision="fail")
    assert back["error"] == "access_denied"
    assert "code" not in back
    with pytest.raises(CounterpartyRefused, match="授权码无效"):
        await connectors.identity.finish(started.reference, "guess")


async def test_a_result_counts_once(connectors: Connectors) -> None:
    started = await start(connectors)
    back = await face(started.url)
    await connectors.identity.finish(started.reference, back["code"])
    with pytest.raises(IdentityUsed):
        await connectors.identity.finish(started.reference, back["code"])


async def test_a_code_of_another_check_is_refused(connectors: Connectors) -> None:
    mine, theirs = await start(connectors), await start(connectors)
    code = (await face(theirs.url))["code"]
    await face(mine.url)
    with pytest.raises(CounterpartyRefused):
        await connectors.identity.finish(mine.reference, code)


async def test_a_foreign_state_is_refused(connectors: Connectors) -> None:
    started = await start(connectors)
    back = await face(started.url)
    with pytest.raises(ForeignIdentity):
        await connectors.identity.finish(started.reference, back["code"], state="someone else's")
    await connectors.identity.finish(started.reference, back["code"], state="state-1")


async def test_a_reference_that_we_did_not_ask_for_is_refused(connectors: Connectors) -> None:
    started = await start(connectors)
    code = (await face(started.url))["code"]
    with pytest.raises(ForeignIdentity):
        await connectors.identity.finish(uuid4().hex, code)
    with as_tenant("411522"), pytest.raises(ForeignIdentity):
        await connectors.identity.finish(started.reference, code)


@pytest.mark.parametrize(
    ("claim", "value", "error"),
    [
        ("nonce", "0" * 32, ForeignIdentity),
        ("reference", "0" * 32, ForeignIdentity),
        ("level", "basic", ForeignIdentity),
        ("face", "failed", ForeignIdentity),
        ("aud", "someone else", BadSignature),
        ("iss", "tax", BadSignature),
        ("level", "imaginary", MalformedMessage),
        ("name", None, MalformedMessage),
    ],
)
async def test_a_well_signed_assertion_of_something_else_is_refused(
    connectors: Connectors, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, claim: str, value: object, error: type
) -> None:
    """A provider (or someone with its old answers) that tells of another check, another receiver, a failed face."""
    started = await start(connectors)
    code = (await face(started.url))["code"]
    granted = await connectors.identity._client.call(*_grant(started.reference, code), key=uuid4().hex)
    claims = msgspec.json.decode(jws.extract_compact(granted.assertion.encode()).payload) | {claim: value}
    forged = sign(KeyRing.load(sandbox.keys_dir, Counterparty.IDENTITY).own, msgspec.json.encode(claims))

    async def answer(*_: Any, **__: Any) -> Granted:
        return Granted(assertion=forged)

    monkeypatch.setattr(connectors.identity._client, "call", answer)
    with pytest.raises(error):
        await connectors.identity.finish(started.reference, code)
    monkeypatch.undo()


async def test_a_forged_assertion_is_refused_and_not_used_up(connectors: Connectors, sandbox: Sandbox) -> None:
    sandbox.fault("identity", forged_signature=True)
    started = await start(connectors)
    code = (await face(started.url))["code"]
    with pytest.raises(BadSignature):
        await connectors.identity.finish(started.reference, code)


async def test_another_person_before_the_camera_is_named(connectors: Connectors) -> None:
    started = await start(connectors)
    back = await face(started.url, name="李四", id_no="990000199202020022")
    assertion = await connectors.identity.finish(started.reference, back["code"])
    assert (assertion.name, assertion.id_no) == ("李四", "990000199202020022")


async def test_an_answer_lost_on_the_way_is_asked_for_again(connectors: Connectors, sandbox: Sandbox) -> None:
    started = await start(connectors)
    back = await face(started.url)
    sandbox.fault("identity", lost_answer=True, requests=1)
    assert (await connectors.identity.finish(started.reference, back["code"])).name == NAME


async def test_an_outage_between_page_and_result_can_be_survived(connectors: Connectors, sandbox: Sandbox) -> None:
    started = await start(connectors)
    back = await face(started.url)
    sandbox.fault("identity", down=True)
    with pytest.raises(CounterpartyUnavailable, match="统一身份认证服务"):
        await connectors.identity.finish(started.reference, back["code"])
    sandbox.fault("identity")
    assert (await connectors.identity.finish(started.reference, back["code"])).name == NAME


async def test_an_old_assertion_is_refused(connectors: Connectors, monkeypatch: pytest.MonkeyPatch) -> None:
    started = await start(connectors)
    back = await face(started.url)
    granted = await connectors.identity._client.call(*_grant(started.reference, back["code"]), key=uuid4().hex)

    async def recorded(*_: Any, **__: Any) -> Any:
        return granted

    monkeypatch.setattr(connectors.identity._client, "call", recorded)
    with time_machine.travel(now() + timedelta(minutes=6)), pytest.raises(ForeignIdentity):
        await connectors.identity.finish(started.reference, back["code"])


def _grant(reference: str, code: str) -> tuple[Any, Any]:
    return FINISH, CodeGrant(reference=reference, code=code)
