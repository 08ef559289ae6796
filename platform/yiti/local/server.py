"""A server that runs as a child of this process and ends with it."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

_LONGEST_SOCKET = 100  # the kernel refuses unix socket paths of 108 bytes and more


class ServerFailed(RuntimeError):
    """A local server could not be started or stopped; the message carries the end of its log."""


def die_with_parent(stop_signal: str = "TERM") -> list[str]:
    """Command prefix that has the kernel send `stop_signal` to the command when its parent dies, even by SIGKILL."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", stop_signal] if setpriv else []


class Server:
    """One child process that is ready when `is_ready` says so."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, data: Path, *, log: Path | None = None) -> None:
        self.data = data.resolve()
        self.log = log or self.data.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._log_before = 0
        self._own_socket_dir: Path | None = None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            message = f"{self.name} is not running"
            raise ServerFailed(message)
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *, seconds: float = 30) -> Self:
        """Start and wait until the server answers. Raises ServerFailed with the end of its log."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.prepare()
        with self.log.open("ab") as log:
            self._log_before = log.tell()
            # A group of its own: Ctrl-C in the terminal must reach our supervisor alone, which stops servers last.
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, process_group=0)
        self._wait(self.is_ready, seconds)
        return self

    def stop(self, *, seconds: float = 30) -> None:
        """Stop in good order; a server that does not is killed after `seconds`."""
        self._end(self.stop_signal, seconds)

    def kill(self) -> None:
        """End it as a power failure would; for crash tests."""
        self._end(signal.SIGKILL, 10)

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()
        if self._own_socket_dir:
            shutil.rmtree(self._own_socket_dir, ignore_errors=True)

    def prepare(self) -> None:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def _end(self, how: signal.Signals, seconds: float) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait(self, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.running:
                break
            if ready():
                return
            time.sleep(0.02)
        self.kill()
        tail = self.log.read_bytes()[self._log_before :].decode(errors="replace")[-2000:]
        message = f"{self.name} did not start; the end of {self.log}:\n{tail}"
        raise ServerFailed(message)

    def socket_dir(self) -> Path:
        """A private directory for the socket: beside the data, or in the temporary directory where the path is long."""
        beside = self.data.parent / f"{self.data.name}.socket"
        if len(os.fsencode(beside)) + len("/.s.PGSQL.5432") < _LONGEST_SOCKET:
            beside.mkdir(mode=0o700, exist_ok=True)
            return beside
        if self._own_socket_dir is None:
            self._own_socket_dir = Path(tempfile.mkdtemp(prefix="yiti-"))
        return self._own_socket_dir
