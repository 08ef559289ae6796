"""What follows a payment into the fund, and a booking of ownership."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from yiti.journeys.maintenance import importing, passing, receipts
from yiti.resources import resources_of


@handles("escrow.maintenance_paid")
async def write_receipt(tx: WriteSession, event: Event) -> None:
    """The receipt is written; `letter.issue` seals it. Payload: `bill_id`."""
    await receipts.write_receipt(tx, UUID(event.payload["bill_id"]))


@handles("maintenance.import", tries=5)
async def enter_import(tx: WriteSession, event: Event) -> None:
    """Somebody has confirmed a workbook. Payload: `import_id`, `order`."""
    await importing.run(tx, resources_of(event).blobs, UUID(event.payload["import_id"]), event.payload["order"])


@handles("maintenance.pass_on")
async def pass_on(tx: WriteSession, event: Event) -> None:
    """An ownership was booked. Payload: `case_id`."""
    await passing.pass_on(tx, UUID(event.payload["case_id"]))
