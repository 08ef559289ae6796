"""What lets loans go on: a filed contract, a booking, the construction."""

from uuid import UUID

from kernel.db import WriteSession
from kernel.outbox import Event, handles
from yiti.journeys.loans import lending


@handles("loan.open")
async def open_loan(tx: WriteSession, event: Event) -> None:
    """The contract is filed. Payload: `contract_id`."""
    await lending.open_for_sale(tx, UUID(event.payload["contract_id"]))


@handles("estate.construction_advanced")
async def construction_advanced(tx: WriteSession, event: Event) -> None:
    """A building is topped out or completed. Payload: `building_id`."""
    await lending.reconsider_building(tx, UUID(event.payload["building_id"]))


@handles("escrow.loan_rule_begins")
async def rule_begins(tx: WriteSession, event: Event) -> None:
    """The county's own conditions hold from now on. Payload: `rule_id`; `after`: the last loan looked at before."""
    after = event.payload.get("after")
    await lending.reconsider_all(tx, UUID(event.payload["rule_id"]), UUID(after) if after else None)


@handles("loan.reconsider")
async def reconsider(tx: WriteSession, event: Event) -> None:
    """A case was booked. Payload: `case_id`."""
    await lending.reconsider(tx, UUID(event.payload["case_id"]))
