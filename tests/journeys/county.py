"""A whole county at work: demo data, sandbox process, worker. What the tests of whole journeys play on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

from kernel.db.schema import load_modules
from kernel.outbox.worker import OutboxWorker
from kernel.settings import Settings
from tests.integrations.conftest import Sandbox
from tests.journeys.stage import Stage
from tests.testbed import Testbed
from yiti.local import demo_county
from yiti.resources import open_resources


@asynccontextmanager
async def at_work(testbed: Testbed, settings: Settings, folder: Path) -> AsyncIterator[Stage]:
    """Open a county with everything running; it costs some seconds, so share it."""
    name = f"stage_{uuid4().hex[:12]}"
    await testbed.make_database(name)
    sandbox = Sandbox(folder, settings.keys_dir)
    here = settings.model_copy(
        update={
            "database_url": testbed.dsn(name),
            "owner_database_url": testbed.owner_dsn(name),
            "identity_url": f"{sandbox.url}/identity",
            "supervision_bank_url": f"{sandbox.url}/bank",
            "mortgage_bank_url": f"{sandbox.url}/mortgage-bank",
            "tax_url": f"{sandbox.url}/tax",
            "sms_url": f"{sandbox.url}/sms",
            "render_processes": 1,
            "signing_processes": 1,
        }
    )
    settings.keys_dir.mkdir(exist_ok=True, parents=True)
    sandbox.start()
    load_modules("jobs")
    await demo_county.load(here)
    async with open_resources(here, warm=True) as resources:
        worker = OutboxWorker(resources.database, resources, here.valkey_url)
        working = asyncio.create_task(worker.run())
        yield Stage(resources, sandbox)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    sandbox.kill()
