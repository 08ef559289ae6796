"""What tax bureau and treasury are told of money that was cleared to them."""

from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.response import Stream

from integrations.counterparties import Counterparty
from integrations.envelope import Envelope
from integrations.http import Operation
from integrations.sandbox.state import Item
from integrations.sandbox.world import AnyRequest, Here, World, new_reference, once
from integrations.settlements import TAX_SETTLED, TREASURY_SETTLED, Settlement
from integrations.wire import Accepted
from kernel.clock import now


async def _take(
    world: World, request: AnyRequest, who: Counterparty, operation: Operation[Accepted]
) -> Response[Any] | Stream:
    def act(envelope: Envelope, told: Settlement) -> Accepted:
        def made(digest: str) -> Item:
            return Item(
                county=envelope.county,
                key=envelope.key,
                digest=digest,
                reference=new_reference("QF"),
                received_at=now(),
                data=msgspec.to_builtins(told),
            )

        inbox = world.store.state.inboxes.setdefault(operation.name, {})
        entry = once(inbox, f"{envelope.county}:{envelope.key}", envelope, made)
        return Accepted(reference=entry.reference, received_at=entry.received_at)

    return await world.take(request, who, operation, Settlement, act)


@post("/tax/settlements")
async def take_tax(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """Tax has been cleared to the tax treasury."""
    return await _take(world, request, Counterparty.TAX, TAX_SETTLED)


@post("/treasury/settlements")
async def take_fee(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A fee has been cleared to the fiscal account."""
    return await _take(world, request, Counterparty.TREASURY, TREASURY_SETTLED)


@get("/tax/settlements")
async def list_tax(world: Here) -> list[Item]:
    """What the tax bureau was told, newest first."""
    return _told(world, TAX_SETTLED)


@get("/treasury/settlements")
async def list_fees(world: Here) -> list[Item]:
    """What the treasury was told, newest first."""
    return _told(world, TREASURY_SETTLED)


def _told(world: World, operation: Operation[Accepted]) -> list[Item]:
    return list(reversed(world.store.state.inboxes.get(operation.name, {}).values()))


router = Router("/", route_handlers=[take_tax, take_fee, list_tax, list_fees])
