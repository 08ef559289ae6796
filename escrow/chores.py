"""What nobody has to think of: refunds that wait for money go on when it is there."""

import structlog

from escrow import refund_queue
from escrow.ledger import LedgerBusy
from kernel.db import Database
from kernel.permissions import system_actor

log = structlog.get_logger()


async def resume_refunds(database: Database, tenant: str) -> None:
    """Look again at every project on whose account refunds wait; one transaction each."""
    async with database.read(tenant) as reader:
        waiting = await refund_queue.waiting_projects(reader)
    for project_id in waiting:
        try:
            async with database.transaction(tenant) as tx:
                await refund_queue.resume(tx, system_actor(tenant), project_id)
        except LedgerBusy:
            log.info("refunds.resume_later", project=str(project_id))
