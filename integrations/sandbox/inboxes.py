"""Counterparties that only take messages: tax bureau, SMS service, lending bank."""

from typing import Any, TypeVar

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery
from litestar.response import Stream, Template

from integrations import mortgage_bank, sms, tax
from integrations.counterparties import Counterparty
from integrations.envelope import Envelope
from integrations.http import Operation
from integrations.sandbox.state import Item
from integrations.sandbox.world import AnyRequest, Here, World, new_reference, once
from integrations.wire import Accepted
from kernel.clock import now

D = TypeVar("D", bound=msgspec.Struct)


async def _keep(
    world: World, request: AnyRequest, who: Counterparty, operation: Operation[Accepted], kind: type[D], prefix: str
) -> Response[Any] | Stream:
    def act(envelope: Envelope, data: D) -> Accepted:
        def made(digest: str) -> Item:
            return Item(
                county=envelope.county,
                key=envelope.key,
                digest=digest,
                reference=new_reference(prefix),
                received_at=now(),
                data=msgspec.to_builtins(data),
            )

        inbox = world.store.state.inboxes.setdefault(who.value, {})
        entry = once(inbox, f"{envelope.county}:{envelope.key}", envelope, made)
        return Accepted(reference=entry.reference, received_at=entry.received_at)

    return await world.take(request, who, operation, kind, act)


def _items(world: World, who: Counterparty) -> list[Item]:
    return list(reversed(world.store.state.inboxes.get(who.value, {}).values()))


@post("/contracts")
async def take_contract(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A filed contract for the tax bureau."""
    return await _keep(world, request, Counterparty.TAX, tax.PUSH_CONTRACT, tax.ContractNotice, "SW")


@get("/contracts")
async def list_contracts(world: Here) -> list[Item]:
    """What the tax bureau got, newest first."""
    return _items(world, Counterparty.TAX)


@get("/")
async def tax_page(world: Here) -> Template:
    """The same for people."""
    return Template("tax.html", context={"items": _items(world, Counterparty.TAX)})


@post("/messages")
async def take_message(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A text to send."""
    return await _keep(world, request, Counterparty.SMS, sms.SEND, sms.Message, "DX")


@get("/messages")
async def list_messages(world: Here, phone: FromQuery[str | None] = None) -> list[Item]:
    """Sent texts, newest first, of one phone or of all."""
    return [item for item in _items(world, Counterparty.SMS) if phone in (None, item.data["phone"])]


@get("/")
async def sms_page(world: Here) -> Template:
    """The inbox of all phones."""
    return Template("sms.html", context={"items": _items(world, Counterparty.SMS)})


@post("/notices")
async def take_booked(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A booked presale notice for the lending bank."""
    return await _keep(
        world, request, Counterparty.MORTGAGE_BANK, mortgage_bank.PUSH_NOTICE, mortgage_bank.NoticeBooked, "DK"
    )


@get("/notices")
async def list_booked(world: Here) -> list[Item]:
    """What the lending bank got, newest first."""
    return _items(world, Counterparty.MORTGAGE_BANK)


@get("/")
async def mortgage_page(world: Here) -> Template:
    """The same for people."""
    return Template("mortgage_bank.html", context={"items": _items(world, Counterparty.MORTGAGE_BANK)})


routers = [
    Router("/tax", route_handlers=[take_contract, list_contracts, tax_page]),
    Router("/sms", route_handlers=[take_message, list_messages, sms_page]),
    Router("/mortgage-bank", route_handlers=[take_booked, list_booked, mortgage_page]),
]
