"""Powers of attorney (授权委托书) of buyers who are represented: brought in at the sales office, as a scan."""

from datetime import datetime, timedelta
from uuid import UUID

import contracts.service as contracts
from contracts.schemas import Buyer, Power
from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from kernel.errors import Invalid
from yiti.journeys.registration import uploads
from yiti.journeys.registration.scans import as_pdfa
from yiti.resources import Resources

ACCEPTS = ("application/pdf", "image/jpeg", "image/png")
TITLE = "授权委托书"
_MOST_PAGES = 30


async def kept(resources: Resources, file_name: str, data: bytes) -> tuple[str, str, str]:
    """Look into an uploaded copy and keep it: its name, its digest, and the digest of its PDF/A copy.

    Slow (pages are drawn): not while a transaction is open. Raises what `uploads.inspected` raises.
    """
    found = await uploads.inspected(file_name, data, ACCEPTS)
    if found.media_type == "application/pdf" and await resources.renderer.page_count(data) > _MOST_PAGES:
        raise Invalid(f"授权委托书不超过{_MOST_PAGES}页，请核对文件", field="file")
    copy = await as_pdfa(resources, TITLE, found.media_type, data)
    return found.file_name, await resources.blobs.put(data), await resources.blobs.put(copy)


async def first_end(reader: ReadSession, contract_id: UUID) -> datetime | None:
    """When the first of the powers ends; None where everybody signs themselves.

    The notice is applied for with the last signature: by then every agent's power must still hold.
    """
    days = [power.valid_until for power in (await contracts.powers_of(reader, contract_id)).values()]
    if not days:
        return None
    following = min(days) + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=SHANGHAI)


async def of_sale(reader: ReadSession, contract_id: UUID) -> list[tuple[int, Buyer, Power | None]]:
    """The buyers who have an agent: place (from 1), buyer, and the power if it was brought."""
    buyers = await contracts.buyers_of(reader, contract_id)
    if not any(one.by_power for one in buyers):
        return []
    powers = await contracts.powers_of(reader, contract_id)
    return [(place, one, powers.get(place)) for place, one in enumerate(buyers, start=1) if one.by_power]
