"""What all counties share: keys gone, a dead timestamp service, wrong clocks, full disks, certificates that end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from kernel.clock import now
from kernel.settings import Settings
from signing import timestamps
from signing.errors import KeysUnavailable
from signing.founding import create_pki
from signing.keys import Credential, SoftwareKeys
from signing.pki import Pki
from signing.tokens import Token, TokenKey
from tests.alarms.conftest import GIGABYTE, Desk, Parts
from tests.testbed import HOME
from yiti.alarms import installation, rules
from yiti.alarms.errors import ClockWrong
from yiti.alarms.installation import Round
from yiti.alarms.service import open_alarms
from yiti.alarms.watch import Watch
from yiti.resources import open_resources

T0 = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


async def look(parts: Parts, **settings: Any) -> Round:
    return await installation.look(parts.settings.model_copy(update=settings), parts.database, parts.signing)


async def kinds(parts: Parts, **settings: Any) -> list[str]:
    return [one.kind.value for one in (await look(parts, **settings)).findings]


@dataclass
class Away:
    """A signing pool that does not sign."""

    error: Exception | None

    async def answer_timestamp(self, request: bytes) -> bytes:
        if self.error is None:
            await asyncio.sleep(60)
            return request
        raise self.error


@asynccontextmanager
async def timestamp_service(pki: Pki) -> AsyncIterator[str]:
    """An RFC 3161 service on this machine."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        body = timestamps.answer_request(pki, await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_nothing_is_wrong_with_a_sound_installation(parts: Parts) -> None:
    Path(parts.settings.blob_url.removeprefix("file://")).mkdir(exist_ok=True)
    assert await look(parts) == Round((), timedelta(0))


async def test_a_token_whose_module_is_gone(parts: Parts, pki: Pki) -> None:
    gone = Token(Path("/nowhere/libsofthsm2.so"), "yiti", "1234")
    lost = Credential(TokenKey(gone, "tsa-1", pki.tsa.key.public_key()), pki.tsa.certificate)
    parts.signing = Desk(replace(pki, generations=[replace(pki.generations[0], tsa=lost)]))
    found = (await look(parts)).findings
    assert [one.kind.value for one in found] == ["keys"]
    assert found[0].detail == KeysUnavailable.default_message


@pytest.mark.parametrize("error", [KeysUnavailable(), OSError("gone"), KeyError("x"), None])
async def test_keys_that_fail_in_any_way_or_do_not_answer(
    parts: Parts, error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "_TIMEOUT", 0.1)
    parts.signing = Away(error)
    assert await kinds(parts) == ["keys"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "no address"])
async def test_a_dead_timestamp_service(parts: Parts, url: str) -> None:
    assert await kinds(parts, timestamp_url=url) == ["timestamp"]


@pytest.mark.parametrize(("off", "wrong"), [(0, None), (10, False), (-10, False), (45, True), (-45, True)])
async def test_the_clock_of_the_timestamp_service(
    parts: Parts, pki: Pki, off: int, wrong: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timestamps, "now", lambda: now() + timedelta(seconds=off))
    async with timestamp_service(pki) as url:
        found = await look(parts, timestamp_url=url)
    assert [one.kind.value for one in found.findings] == ([] if wrong is None else ["clock"])
    assert rules.clock_wrong(found.skew) is bool(wrong)


@pytest.mark.parametrize(("off", "wrong"), [(1, None), (5, False), (40, True), (-40, True)])
async def test_our_clock_against_the_database(
    parts: Parts, off: int, wrong: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "now", lambda: now() + timedelta(seconds=off))
    monkeypatch.setattr(timestamps, "now", lambda: now() + timedelta(seconds=off))
    watch = Watch(parts)
    watch.found = await look(parts)
    assert [one.kind.value for one in watch.found.findings] == ([] if wrong is None else ["clock"])
    if wrong:
        with pytest.raises(ClockWrong):
            watch.expect_true_time()
    else:
        watch.expect_true_time()


@pytest.mark.parametrize(
    ("theirs", "apart"), [(0.0, 0.0), (0.9, 0.0), (-1.0, 0.0), (-2.0, 1.0), (3.5, 2.5), (-31.0, 30.0)]
)
def test_a_clock_is_no_further_off_than_it_must_be(theirs: float, apart: float) -> None:
    """Asked at T0, answered a second later; their answer is cut to whole seconds."""
    second = timedelta(seconds=1)
    found = rules.skew(T0 + timedelta(seconds=theirs), T0, T0 + second, second)
    assert found == timedelta(seconds=apart)


@pytest.mark.parametrize(
    ("free", "total", "short"),
    [(50, 100, False), (9, 100, True), (10, 100, False), (100, 2000, True), (0, 1, True)],
)
async def test_a_disk_that_fills(
    parts: Parts, disk: Callable[[int, int], None], free: int, total: int, short: bool
) -> None:
    disk(free * GIGABYTE, total * GIGABYTE)
    assert await kinds(parts) == (["disk", "disk"] if short else [])


async def test_a_folder_that_is_gone(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(rules, "disk_short", lambda *_: False)
    assert await kinds(parts, blob_url="file:///nowhere/blobs") == ["disk"]


async def test_certificates_of_the_authority_that_end_or_are_lost(
    parts: Parts, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = pki.responder.certificate.not_valid_after_utc
    monkeypatch.setattr(installation, "_database_clock", _true_clock)
    with time_machine.travel(ends - timedelta(days=91), tick=False):
        assert await kinds(parts) == []
    with time_machine.travel(ends - timedelta(days=89), tick=False):
        assert {one.subject for one in (await look(parts)).findings} == {"tsa", "responder"}
    assert await kinds(parts, pki_dir=Path("/nowhere")) == ["certificate"] * 4


async def test_a_root_wants_its_successor_three_years_before_its_end(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "_database_clock", _true_clock)
    own = create_pki(tmp_path / "own", SoftwareKeys(b"x"), "http://127.0.0.1:9/pki/ocsp")
    ends = own.root.certificate.not_valid_after_utc
    for before, told in ((3 * 365 + 1, False), (3 * 365 - 1, True)):
        with time_machine.travel(ends - timedelta(days=before), tick=False):
            assert ("root" in await kinds(parts, pki_dir=own.directory)) is told
    with time_machine.travel(ends - timedelta(days=365), tick=False):
        own.rotate_root()
        assert await kinds(parts, pki_dir=own.directory) == []


async def _true_clock(_database: object) -> timedelta:
    return timedelta(0)


@pytest.mark.soak
@pytest.mark.usefixtures("database")
async def test_a_running_platform_is_looked_at_through_its_own_parts(settings: Settings) -> None:
    """The pool's own processes sign; with a module that cannot be loaded they say so."""
    async with open_resources(settings, warm=False) as resources:
        await resources.signing.start()
        await Watch(resources).chore(HOME)
        async with resources.database.read(HOME) as reader:
            wrong = {alarm.kind for alarm in await open_alarms(reader)}
        assert not wrong & {kind.value for kind in installation.LOOKED_AT}
    lost = settings.model_copy(update={"pkcs11_module": Path("/nowhere/libsofthsm2.so"), "signing_processes": 1})
    async with open_resources(lost, warm=False) as resources:
        found = await installation.look(lost, resources.database, resources.signing)
    assert [one.kind.value for one in found.findings] == ["keys"]
