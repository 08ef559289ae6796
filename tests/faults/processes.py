"""The platform's processes, started, killed and watched by tests."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO

import httpx

from kernel.settings import Settings
from tests import programs
from tests.faults.mortal_worker import DOOM
from tests.integrations.conftest import PLAIN

READY_SECONDS = 100


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment of a process that has these settings."""
    every = {name: getattr(settings, name) for name in Settings.model_fields}
    values = {name: value for name, value in every.items() if value is not None}
    secret = {name: value.get_secret_value() for name, value in values.items() if hasattr(value, "get_secret_value")}
    return {**os.environ, **{f"YITI_{name.upper()}": str(value) for name, value in (values | secret).items()}}


@dataclass
class Process:
    """One process; its output goes to `log`."""

    module: str
    arguments: list[str]
    environment: Mapping[str, str]
    log: Path
    _running: "ForkServerProcess | None" = field(default=None, repr=False)
    _read: "IO[str] | None" = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        assert self._running is not None
        assert self._running.pid is not None
        return self._running.pid

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.is_alive()

    def start(self) -> None:
        self.kill()
        self.log.touch()
        self._read = self.log.open()
        self._read.seek(0, os.SEEK_END)
        self._running = programs.start(self.module, self.arguments, self.environment, self.log)

    def wait_for(self, words: str) -> None:
        """Wait until the log says so."""
        assert self._read is not None
        said, deadline = "", time.monotonic() + READY_SECONDS
        while words not in (said := said + self._read.read()):
            assert self.alive, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)

    def ended(self, seconds: float = READY_SECONDS) -> int:
        """Wait for its end; the signal that ended it is negative."""
        assert self._running is not None
        self._running.join(seconds)
        assert self._running.exitcode is not None, self.said()
        return self._running.exitcode

    def kill(self) -> None:
        """As a power failure would."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
        if self._running is not None:
            self.ended()
        if self._read is not None:
            self._read.close()
            self._read = None

    def said(self) -> str:
        """Everything it has written since the beginning of time."""
        return self.log.read_text(errors="replace")


class Worker(Process):
    """`tests.faults.mortal_worker`."""

    @classmethod
    def of(cls, settings: Settings, folder: Path) -> "Worker":
        environment = {**environment_of(settings), DOOM: str(folder / "doom")}
        return cls("tests.faults.mortal_worker", [], environment, folder / "worker.log")

    def ready(self) -> None:
        """Wait until it works."""
        self.wait_for("worker.ready")

    def doom(self, key: str, moment: str, fate: str = "die") -> None:
        """Let it die, or be held, at this moment of the delivery of an event with such a key."""
        unfinished = self._doom.with_suffix(".new")
        unfinished.write_text(f"{key} {moment} {fate}")
        unfinished.rename(self._doom)

    def dies(self, where: str) -> None:
        """Wait until it has met its doom."""
        assert self.ended() == -signal.SIGKILL, f"{where}: {self.said()}"
        assert not self._doom.exists()

    def held(self) -> None:
        """Wait until it stands still."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._doom.with_suffix(".held").exists():
            assert self.alive, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def release(self) -> None:
        """It goes on; also forgets a doom that it has not met."""
        for file in (self._doom, self._doom.with_suffix(".held")):
            file.unlink(missing_ok=True)

    @property
    def _doom(self) -> Path:
        return Path(self.environment[DOOM])


class Web(Process):
    """uvicorn with the whole application."""

    url: str

    @classmethod
    def of(cls, settings: Settings, folder: Path) -> "Web":
        address = ["--host", settings.web_host, "--port", str(settings.web_port)]
        arguments = ["--factory", "yiti.app:create_app", "--no-access-log", *address]
        web = cls("uvicorn", arguments, environment_of(settings), folder / "web.log")
        web.url = f"http://{settings.web_host}:{settings.web_port}"
        return web

    def ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + READY_SECONDS
        with httpx.Client(base_url=self.url, **PLAIN) as client:
            while time.monotonic() < deadline:
                assert self.alive, self.said()
                try:
                    client.get("/health").raise_for_status()
                except httpx.TransportError:
                    time.sleep(0.05)
                else:
                    return
        raise AssertionError(self.said())
