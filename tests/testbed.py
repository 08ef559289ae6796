"""What the fixtures stand on: one PostgreSQL and one Valkey per test run, one database per test process.

The pytest process that the user started owns the servers; xdist's workers only get the directory in which they live,
and every address follows from it.
"""

import base64
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from yiti.local.servers import OWNER_ROLE, SUPERUSER, PostgresServer, ValkeyServer, throwaway_servers

HOME = "411528"
OTHER = "411522"
COUNTIES = (
    {
        "code": HOME,
        "name": "息县",
        "province_abbreviation": "豫",
        "agency_name": "息县自然资源局",
        "agency_code": "11411528MB1234568F",
    },
    {
        "code": OTHER,
        "name": "光山县",
        "province_abbreviation": "豫",
        "agency_name": "光山县自然资源局",
        "agency_code": "11411522MB1234560D",
    },
)

_FOR_TESTS = {"YITI_STORM_SECONDS"}
_TEMPLATE = "yiti_template"
_TEMPLATE_LOCK = 411529
_SCHEMA = """
    SELECT md5(string_agg(one, ',' ORDER BY one)) FROM (
        SELECT concat_ws(' ', 'trigger', oid, xmin) AS one FROM pg_trigger UNION ALL
        SELECT concat_ws(' ', 'policy', oid, xmin) FROM pg_policy UNION ALL
        SELECT concat_ws(' ', 'function', oid, xmin) FROM pg_proc UNION ALL
        SELECT concat_ws(' ', 'constraint', oid, xmin) FROM pg_constraint UNION ALL
        SELECT concat_ws(' ', 'column', attrelid, attnum, xmin) FROM pg_attribute UNION ALL
        SELECT concat_ws(' ', 'relation', oid, relkind, relrowsecurity, relforcerowsecurity, relacl) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
    ) AS every"""
"""Changes with every change of the schema, of what guards it and of who may do what."""
_SWEEP = """
DO $$
DECLARE one record;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;  -- tables that only grow are swept, too
    FOR one IN SELECT relname, relkind FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') AND relname <> 'counties'
    LOOP
        IF one.relkind = 'r' THEN
            EXECUTE format('DELETE FROM %I', one.relname);
        ELSE
            EXECUTE format('ALTER SEQUENCE %I RESTART', one.relname);
        END IF;
    END LOOP;
END $$"""


class Testbed:
    """The servers of this run as seen by one test process."""

    __test__ = False  # pytest collects classes by their name

    def __init__(self, root: Path, worker: str, *, owner: bool) -> None:
        self.root = root
        self.worker = worker
        self.postgres = PostgresServer(root / "postgres")
        self.valkey = ValkeyServer(root / "valkey")
        self._owner = owner
        self._running = ExitStack()
        self._started = False
        self._spare: tuple[str, str] | None = None
        """A database as good as new, and its schema's fingerprint."""

    def start(self) -> None:
        """Start the servers, once, if this process owns them."""
        if self._owner and not self._started:
            self._started = True
            self._running.enter_context(throwaway_servers(self.root))

    def stop(self) -> None:
        self._running.close()
        if self._owner:
            shutil.rmtree(self.root, ignore_errors=True)

    @property
    def database(self) -> str:
        return f"yiti_{self.worker}"

    def dsn(self, database: str | None = None) -> str:
        """The application role's address."""
        return self.postgres.dsn(database or self.database)

    def owner_dsn(self, database: str | None = None) -> str:
        return self.postgres.dsn(database or self.database, OWNER_ROLE)

    def valkey_url(self) -> str:
        number = int(self.worker.removeprefix("gw")) if self.worker.startswith("gw") else 0
        return f"{self.valkey.url}?db={number % 16}"

    def environment(self) -> dict[str, str]:
        """Settings of the tests and of every process that they start."""
        own = self.root / self.worker
        own.mkdir(exist_ok=True)
        return {
            "YITI_ENVIRONMENT": "test",
            "YITI_DATABASE_URL": self.dsn(),
            "YITI_OWNER_DATABASE_URL": self.owner_dsn(),
            "YITI_VALKEY_URL": self.valkey_url(),
            "YITI_BLOB_URL": f"file://{own}/blobs",
            "YITI_VAR_DIR": str(own),
            "YITI_PKI_DIR": str(own / "pki"),
            "YITI_KEYS_DIR": str(own / "keys"),
            "YITI_PKI_PASSPHRASE": secrets.token_urlsafe(16),
            "YITI_PII_KEYS": f"test:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "YITI_PII_INDEX_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }

    async def make_database(self, name: str) -> None:
        """A database with the whole schema and two counties, copied from the run's template."""
        async with self._superuser() as connection:
            await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
            if not await _exists(connection, _TEMPLATE):
                await self._build_template(connection)
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {_TEMPLATE} OWNER {OWNER_ROLE}')

    async def drop_database(self, name: str) -> None:
        async with self._superuser() as connection:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    @asynccontextmanager
    async def lend_database(self) -> AsyncIterator[str]:
        """A database like a new one, to be swept and lent again: to copy the template takes ten times as long."""
        if self._spare is None:
            name = f"fresh_{uuid4().hex}"
            await self.make_database(name)
            async with self._superuser(name) as connection:
                self._spare = name, await connection.fetchval(_SCHEMA)
        (name, schema), self._spare = self._spare, None
        yield name
        async with self._superuser(name) as connection:
            await connection.execute(_SWEEP)
            unchanged = await connection.fetchval(_SCHEMA) == schema and await _counties(connection) == COUNTIES
        if unchanged and self._spare is None:
            self._spare = name, schema
        else:
            await self.drop_database(name)

    async def _build_template(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        # Imported late: only tests that touch the database need every room's models to import.
        from kernel.db.schema import create_all

        building = "yiti_building"
        await connection.execute(f"DROP DATABASE IF EXISTS {building} WITH (FORCE)")
        await self.postgres.ensure_database(building)
        await create_all(self.owner_dsn(building))
        await self._add_counties(building)
        await connection.execute(f"ALTER DATABASE {building} RENAME TO {_TEMPLATE}")

    async def _add_counties(self, database: str) -> None:
        async with self._superuser(database) as connection:
            for county in COUNTIES:
                names = ", ".join(county)
                places = ", ".join(f"${place}" for place in range(1, len(county) + 1))
                await connection.execute(f"INSERT INTO counties ({names}) VALUES ({places})", *county.values())

    @asynccontextmanager
    async def _superuser(self, database: str = "postgres") -> AsyncIterator[Any]:
        host = self.dsn().partition("?host=")[2]
        connection = await asyncpg.connect(host=host, user=SUPERUSER, database=database)
        try:
            yield connection
        finally:
            await connection.close()


async def _counties(connection: Any) -> tuple[dict[str, str], ...]:
    rows = await connection.fetch(f"SELECT {', '.join(COUNTIES[0])} FROM counties ORDER BY code DESC")
    return tuple(dict(row) for row in rows)


async def _exists(connection: Any, database: str) -> bool:
    return bool(await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database))


def build(config: pytest.Config) -> Testbed:
    """The testbed of this process: its own, or inside the run's directory when xdist started us."""
    worker_input: dict[str, str] | None = getattr(config, "workerinput", None)
    if worker_input is None:
        return Testbed(Path(tempfile.mkdtemp(prefix="yiti-test-")), "main", owner=True)
    return Testbed(Path(worker_input["testbed"]), worker_input["workerid"], owner=False)


def loopback_only() -> None:
    """Refuse every connection and look-up that would leave this machine."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(host: object) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if name in {None, "", "localhost", "testserver.local"}:
            return
        try:
            allowed = ip_address(str(name)).is_loopback or str(name) in {"0.0.0.0", "::"}  # noqa: S104
        except ValueError:
            allowed = False
        if not allowed:
            message = f"a test tried to reach {name}; tests may use loopback only"
            raise PermissionError(message)

    def checked(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            check(address[0])

    def guarded_connect(self: socket.socket, address: Any) -> None:
        checked(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        checked(self, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        check(host)
        return getaddrinfo(host, *arguments, **named)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign,assignment]
    socket.socket.connect_ex = guarded_connect_ex  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = guarded_getaddrinfo


def apply_environment(testbed: Testbed) -> None:
    """Before anything reads the settings; inherited by the processes that tests start."""
    for name in [name for name in os.environ if name.startswith("YITI_") and name not in _FOR_TESTS]:
        del os.environ[name]
    os.environ.update(testbed.environment())
