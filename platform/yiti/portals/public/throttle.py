"""How often one client address may ask, counted in the database, so that every web process counts together.

Behind a reverse proxy the address is the client's only if the proxy's `X-Forwarded-For` is trusted
(`uvicorn --forwarded-allow-ips`); otherwise all share one count.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from kernel.clock import now
from kernel.db import Database
from kernel.errors import TooManyAttempts
from yiti.accounts.models import LoginThrottle


@dataclass(frozen=True)
class Quota:
    """So many requests of one kind in a window, per county and client address."""

    scope: str
    times: int
    window: timedelta


UPLOADS = Quota("upload", 20, timedelta(minutes=10))
"""A validation costs some 100 ms a signature."""
UNKNOWN_CODES = Quota("code", 30, timedelta(minutes=10))
"""Only codes that do not exist count: whoever holds a proof never notices."""
SEARCHES = Quota("search", 20, timedelta(minutes=10))
"""Nobody reads a whole county out of the book."""
IDENTIFICATIONS = Quota("identify", 20, timedelta(minutes=10))
"""Each opens a check at the identity service, which is paid for."""
LINKS = Quota("link", 20, timedelta(minutes=10))
"""Each may send a message to the holder of an old link."""


async def admit(database: Database, county: str, quota: Quota, address: str) -> None:
    """Count one request, durably. Raises TooManyAttempts (429) when the quota is used up."""
    moment = now()
    fresh = LoginThrottle.since <= moment - quota.window
    row = {
        "id": uuid7(),
        "tenant_id": county,
        "created_at": moment,
        "scope": quota.scope,
        "key_hash": hashlib.sha256(address.encode()).digest(),
        "failures": 1,
        "since": moment,
    }
    counted = insert(LoginThrottle).values(row)
    counted = counted.on_conflict_do_update(
        index_elements=["tenant_id", "scope", "key_hash"],
        set_={
            "failures": case((fresh, 1), else_=LoginThrottle.failures + 1),
            "since": case((fresh, moment), else_=LoginThrottle.since),
        },
    )
    async with database.transaction(county) as tx:
        times, since = (await tx.execute(counted.returning(LoginThrottle.failures, LoginThrottle.since))).one()
    if times > quota.times:
        minutes = max(1, -(-int((since + quota.window - moment).total_seconds()) // 60))
        raise TooManyAttempts(f"操作过于频繁，请 {minutes} 分钟后再试")
