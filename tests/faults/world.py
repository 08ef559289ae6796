"""A county at work whose every part can be taken away: its own PostgreSQL, Valkey, sandbox, web and worker."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from kernel.db import Database
from kernel.db.schema import create_all
from kernel.outbox import service as outbox
from kernel.outbox.worker import QueueWaker
from kernel.settings import Settings
from tests.faults.processes import Web, Worker
from tests.integrations.conftest import Sandbox, free_port
from tests.journeys.stage import Stage
from yiti.local import demo_county
from yiti.local.servers import OWNER_ROLE, SUPERUSER, PostgresServer, ValkeyServer
from yiti.resources import open_resources

DATABASE = "yiti_faults"
PATIENCE = 120
"""Seconds; longer than anything takes on a machine that does ten other things."""
# Here a commit must outlive the server: it has to be with the operating system before it is answered.
MORTAL = {"fsync": "off", "full_page_writes": "off"}


@dataclass
class World:
    """What the tests break. The test process plays the web pages through `stage`; nothing delivers unless started."""

    folder: Path
    settings: Settings
    postgres: PostgresServer
    valkey: ValkeyServer
    sandbox: Sandbox
    stage: Stage
    worker: Worker
    web: Web

    @property
    def database(self) -> Database:
        return self.stage.resources.database

    def mend(self) -> None:
        """Everything runs again, without faults; the worker is started by who needs it."""
        for server in (self.postgres, self.valkey):
            if not server.running:
                server.start()
        self.sandbox.heal()
        self.worker.release()

    async def working(self) -> None:
        """The worker process runs."""
        await _running(self.worker)

    async def serving(self) -> None:
        """The web process runs."""
        await _running(self.web)


async def _running(process: Worker | Web) -> None:
    if not process.alive:
        process.start()
        await asyncio.to_thread(process.ready)


@asynccontextmanager
async def built(folder: Path, settings: Settings) -> AsyncIterator[World]:
    """Build it all in an empty folder."""
    with (
        PostgresServer(folder / "postgres", options=MORTAL) as postgres,
        ValkeyServer(folder / "valkey", durable=False) as valkey,
    ):
        sandbox = Sandbox(folder, folder / "keys")
        here = _settings(settings, folder, postgres, valkey, sandbox)
        worker, web = Worker.of(here, folder), Web.of(here, folder)
        here.keys_dir.mkdir()
        sandbox.start()
        try:
            await postgres.ensure_database(DATABASE)
            await create_all(here.owner_database_url)
            await demo_county.load(here)
            async with open_resources(here, warm=False) as resources:
                yield World(folder, here, postgres, valkey, sandbox, Stage(resources, sandbox), worker, web)
        finally:
            for process in (worker, web):
                process.kill()
            sandbox.kill()


def _settings(
    settings: Settings, folder: Path, postgres: PostgresServer, valkey: ValkeyServer, sandbox: Sandbox
) -> Settings:
    port = free_port()
    return settings.model_copy(
        update={
            "database_url": postgres.dsn(DATABASE),
            "owner_database_url": postgres.dsn(DATABASE, OWNER_ROLE),
            "valkey_url": valkey.url,
            "blob_url": f"file://{folder}/blobs",
            "var_dir": folder,
            "pki_dir": folder / "pki",
            "keys_dir": folder / "keys",
            "public_url": f"http://127.0.0.1:{port}",
            "web_port": port,
            "identity_url": f"{sandbox.url}/identity",
            "supervision_bank_url": f"{sandbox.url}/bank",
            "mortgage_bank_url": f"{sandbox.url}/mortgage-bank",
            "tax_url": f"{sandbox.url}/tax",
            "sms_url": f"{sandbox.url}/sms",
            "render_processes": 1,
            "signing_processes": 1,
        }
    )


@contextmanager
def woken_by(waker: outbox.Waker) -> Iterator[None]:
    """What this process writes to the outbox wakes workers so, and afterwards as before."""
    before = list(outbox._wakers)
    outbox.wake_by(waker)
    try:
        yield
    finally:
        outbox._wakers[:] = before


@asynccontextmanager
async def waking_through_valkey(settings: Settings) -> AsyncIterator[None]:
    """As the web process does it."""
    waker = QueueWaker(settings.valkey_url)
    with woken_by(waker):
        yield
    await waker.close()


@asynccontextmanager
async def superuser(world: World) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that may do everything."""
    connection = await asyncpg.connect(host=str(world.postgres.socket_dir()), user=SUPERUSER, database=DATABASE)
    try:
        yield connection
    finally:
        await connection.close()
