"""Processes that die are started again; processes that are told to stop, stop."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from yiti.local import supervisor
from yiti.local.supervisor import Child, Supervisor

SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def child(tmp_path: Path, command: list[str]) -> Child:
    return Child("web", command, os.environ, tmp_path / "web.log")


async def up(process: Child, times: int = 1) -> int:
    """Wait until the program has said `up` so often; give its process id."""
    async with asyncio.timeout(20):
        while not process.log.exists() or process.log.read_text().count("up") < times or process.pid is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return process.pid


async def test_a_process_that_dies_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    said: list[str] = []
    web = child(tmp_path, SLEEPS)
    running = Supervisor([web], said.append)
    running.start()
    first = await up(web)
    os.kill(first, signal.SIGKILL)
    second = await up(web, times=2)
    await running.stop()
    assert first != second
    assert web.pid is None
    assert len(said) == 1
    assert "web 意外退出（-9）" in said[0]


async def test_pauses_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.04)
    pauses: list[float] = []
    wait = asyncio.sleep

    async def recorded(seconds: float) -> None:
        if seconds in {0.01, 0.02, 0.04}:  # other tasks of this process sleep, too
            pauses.append(seconds)
        await wait(0)

    monkeypatch.setattr("yiti.local.supervisor.asyncio.sleep", recorded)
    web = child(tmp_path, ["false"])
    running = Supervisor([web], lambda _text: None)
    running.start()
    async with asyncio.timeout(20):
        while len(pauses) < 4:
            await wait(0.01)
    await running.stop()
    assert pauses[:4] == [0.01, 0.02, 0.04, 0.04]


async def test_a_process_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "GRACE", 0.2)
    web = child(tmp_path, STUBBORN)
    running = Supervisor([web], lambda _text: None)
    running.start()
    pid = await up(web)
    await running.stop()
    assert not Path(f"/proc/{pid}").exists()


async def test_stopping_while_one_waits_for_its_next_start(tmp_path: Path) -> None:
    web = child(tmp_path, ["false"])
    said = asyncio.Event()
    running = Supervisor([web], lambda _text: said.set())
    running.start()
    await asyncio.wait_for(said.wait(), 20)
    async with asyncio.timeout(5):
        await running.stop()


async def test_a_program_that_is_not_there_is_an_error_not_a_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "die_with_parent", list)
    running = Supervisor([child(tmp_path, ["/no/such/program"])], lambda _text: None)
    running.start()
    await asyncio.sleep(0.2)
    with pytest.raises(FileNotFoundError):
        await running.stop()
