"""Gap-free numbers per county, series and year, for cases, filings and certificates."""

from sqlalchemy.dialects.postgresql import insert

from kernel.db import WriteSession
from kernel.numbers.models import NumberSeries

__all__ = ["next_number"]


async def next_number(tx: WriteSession, series: str, year: int) -> int:
    """The next number of the series, from 1.

    Its row stays locked until the transaction ends, so a rollback gives the number back and others wait:
    take it as late in the transaction as possible.
    """
    taken = (
        insert(NumberSeries)
        .values(tenant_id=tx.tenant, series=series, year=year, last=1)
        .on_conflict_do_update(
            index_elements=["tenant_id", "series", "year"],
            set_={"last": NumberSeries.last + 1},
        )
        .returning(NumberSeries.last)
    )
    return (await tx.execute(taken)).scalar_one()
