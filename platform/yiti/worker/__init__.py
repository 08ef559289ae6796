"""The worker process: delivers the outbox, seals the audit log."""

import asyncio
import signal
from contextlib import suppress
from functools import partial

import structlog

from e_archive import renewing
from escrow.chores import resume_refunds
from escrow.collection.chores import expire_bills
from escrow.ledger import LedgerChores
from kernel.audit.sealer import seal_batch
from kernel.db import Database
from kernel.db.schema import load_modules
from kernel.outbox.registry import registrations
from kernel.outbox.worker import OutboxWorker
from kernel.settings import Settings, get_settings
from yiti.accounts import sessions
from yiti.alarms.watch import Watch, listening
from yiti.journeys.maintenance.chores import look_again
from yiti.journeys.registration import lapses
from yiti.logs import configure_logs
from yiti.resources import open_resources

log = structlog.get_logger()

AUDIT_BATCH = 1000


async def work(settings: Settings) -> None:
    """Run until told to stop; then finish what is on its way."""
    load_modules("jobs")
    async with open_resources(settings, warm=True) as resources:
        watch = Watch(resources)
        registrations.update(listening(registrations, watch))
        worker = OutboxWorker(
            resources.database,
            resources,
            settings.valkey_url,
            concurrency=settings.worker_concurrency,
            chores=(
                partial(_seal_audit, resources.database),
                partial(_purge_sessions, resources.database),
                partial(lapses.chore, resources.database),
                watch.chore,
                partial(renewing.chore, resources.database),
                LedgerChores(resources.database).chore,
                partial(resume_refunds, resources.database),
                partial(expire_bills, resources.database),
                partial(look_again, resources),
            ),
        )
        log.info("worker.ready")
        await worker.run()


async def _seal_audit(database: Database, tenant: str) -> None:
    async with database.transaction(tenant) as tx:
        await seal_batch(tx, AUDIT_BATCH)


async def _purge_sessions(database: Database, tenant: str) -> None:
    async with database.transaction(tenant) as tx:
        await sessions.purge_expired(tx)


async def main() -> None:
    """The whole life of the process."""
    settings = get_settings()
    configure_logs(settings)
    working = asyncio.create_task(work(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, working.cancel)
    with suppress(asyncio.CancelledError):
        await working
    log.info("worker.stopped")
