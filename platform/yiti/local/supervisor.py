"""Keeps the platform's processes running: starts, watches, restarts with back-off, stops in good order."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from yiti.local.server import die_with_parent

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0  # a process that ran this long has recovered: its next failure starts from the first pause
GRACE = 30.0  # longer than the worker and uvicorn take to finish what is on its way
_LOG_LIMIT = 20_000_000


class Child:
    """One process of the platform."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = [*die_with_parent(), *command]
        self._environment = dict(environment)
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def keep_running(self, say: Callable[[str], None]) -> None:
        """Run until `stop`; a process that ends by itself is started again, each time after a longer pause."""
        pause = FIRST_PAUSE
        while not self._stopping:
            started = time.monotonic()
            code = await self._run_once()
            if self._stopping:
                return
            if time.monotonic() - started > STEADY_AFTER:
                pause = FIRST_PAUSE
            say(f"{self.name} 意外退出（{code}），{pause:.0f} 秒后重新启动；详见 {self.log}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def stop(self) -> None:
        """Ask it to end; kill it when it does not within the grace period."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), GRACE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _run_once(self) -> int:
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.rename(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # Ctrl-C in the terminal must reach only us, so that things stop in order
            )
        return await self._process.wait()


class Supervisor:
    """All children together."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self._say = say
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start every child."""
        self._tasks = [asyncio.create_task(child.keep_running(self._say)) for child in self.children]

    async def stop(self) -> None:
        """Stop all children at once, in good order, and wait until they are gone."""
        await asyncio.gather(*(child.stop() for child in self.children))
        for task in self._tasks:
            task.cancel()  # one that waits for its next start
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome


def say(text: str) -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
