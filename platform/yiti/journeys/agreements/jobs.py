"""The outbox handlers that make the text of agreements and set their seals."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from signing.jobs import TRIES
from yiti.journeys.agreements import sealing, text
from yiti.resources import resources_of


@handles("supervision.proposed", tries=TRIES)
async def make_text(tx: WriteSession, event: Event) -> None:
    """Payload: `agreement_id`."""
    await text.make_text(tx, resources_of(event), UUID(event.payload["agreement_id"]))


@handles("supervision.seal_ordered", tries=TRIES)
async def set_seal(tx: WriteSession, event: Event) -> None:
    """Payload: `agreement_id`, `side`."""
    await sealing.set_seal(tx, event, resources_of(event))
