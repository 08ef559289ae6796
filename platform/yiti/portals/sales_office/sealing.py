"""The developer's seal on one sale: the one next step of the person who looks."""

from dataclasses import replace

from kernel.db import ReadSession
from kernel.permissions import Actor
from signing import seal_requests
from signing.errors import UnknownSeal
from yiti.journeys.sale.papers import SELLER, SUBJECT
from yiti.portals.sales_office.desk import Desk
from yiti.portals.sales_office.live import Live
from yiti.portals.sales_office.rules import Stage
from yiti.portals.seals.step import SealDesk, seal_step


def with_desk(panel: Live, desk: SealDesk | None) -> Live:
    """The live part with the seal's own step: it is news when that changes."""
    if desk is None:
        return panel
    return replace(panel, sealing=desk, seen=f"{panel.seen}-{desk.step}-{desk.place}")


async def seal_desk(reader: ReadSession, actor: Actor, on: Desk) -> SealDesk | None:
    """None where nothing is to be sealed now."""
    if on.stage is not Stage.SEALING or on.sale.ceremony_id is None:
        return None
    credit_code, documents = await seal_requests.to_be_sealed(reader, on.sale.ceremony_id, SELLER)
    try:
        seal = await seal_requests.seal_of(reader, credit_code)
    except UnknownSeal as none:
        return SealDesk("blocked", none.message)
    return await seal_step(reader, actor, seal, documents, f"{SUBJECT}:{on.contract.id}")
