"""What time makes due in the ledger: holds that end, days that are over."""

import time
from datetime import date, timedelta
from typing import Final

import structlog

from escrow.ledger.closing import close_through, closed_through
from escrow.ledger.errors import LedgerBusy, LedgerDisagrees
from escrow.ledger.holds import expire_due
from kernel.audit import audit
from kernel.clock import SHANGHAI, now
from kernel.db import Database
from kernel.permissions import system_actor

log = structlog.get_logger()

GRACE: Final = timedelta(hours=6)
"""A day is closed at six in the morning after it: what banks report in the night still gets its value date."""
EVERY_SECONDS: Final = 600


class LedgerChores:
    """One a process. `chore` is given to the worker; it thinks of closing every ten minutes, however often called."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tried: dict[str, float] = {}

    async def chore(self, tenant: str) -> None:
        """End holds past their end, close the days that are over. A ledger that disagrees is told and stays open."""
        async with self._database.transaction(tenant) as tx:
            await expire_due(tx, system_actor(tenant))
        if time.monotonic() - self._tried.get(tenant, float("-inf")) < EVERY_SECONDS:
            return
        self._tried[tenant] = time.monotonic()
        await self._close(tenant, (now() - GRACE).astimezone(SHANGHAI).date() - timedelta(days=1))

    async def _close(self, tenant: str, day: date) -> None:
        async with self._database.read(tenant) as reader:
            closed = await closed_through(reader)
        if closed is not None and closed >= day:
            return
        actor = system_actor(tenant)
        try:
            async with self._database.transaction(tenant) as tx:
                await close_through(tx, actor, day)
        except LedgerBusy:
            log.info("ledger.close_later", day=str(day))
        except LedgerDisagrees as error:
            log.exception("ledger.disagrees", day=str(day), code=error.code)
            async with self._database.transaction(tenant) as tx:
                audit(tx, actor, "ledger.close_refused", f"ledger:{day}", {"words": error.message})
