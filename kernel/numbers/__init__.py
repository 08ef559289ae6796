"""Gap-free numbers per county, series and year, for cases, filings and certificates."""

from uuid_utils.compat import uuid7

from kernel.clock import now
from kernel.db import WriteSession

__all__ = ["next_number", "next_numbers"]

# Plain SQL, for others wait from here to the commit.
_TAKE = """
INSERT INTO number_series AS series (tenant_id, id, created_at, series, year, last)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, series, year) DO UPDATE SET last = series.last + excluded.last
RETURNING last"""


async def next_number(tx: WriteSession, series: str, year: int) -> int:
    """The next number of the series, from 1.

    Its row stays locked until the transaction ends, so a rollback gives the number back and others wait:
    take it as late in the transaction as possible.
    """
    (number,) = await next_numbers(tx, series, year, 1)
    return number


async def next_numbers(tx: WriteSession, series: str, year: int, count: int) -> range:
    """The same for several numbers in a row."""
    (taken,) = await tx.rows(_TAKE, tx.tenant, uuid7(), now(), series, year, count)
    last: int = taken.last
    return range(last - count + 1, last + 1)
