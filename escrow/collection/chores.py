"""What nobody has to think of: bills whose time is over are marked so."""

from escrow.collection.bills import expire_due
from kernel.db import Database
from kernel.permissions import system_actor


async def expire_bills(database: Database, tenant: str) -> None:
    """For the worker, every few seconds: a round of expired bills."""
    async with database.transaction(tenant) as tx:
        await expire_due(tx, system_actor(tenant))
