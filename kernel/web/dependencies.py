"""Dependencies of route handlers: `tx`, `reader`, `actor`, `tenant`. The commit happens before the answer is sent."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from litestar.di import NamedDependency, Provide

from kernel.db import Database, ReadSession, WriteSession
from kernel.errors import NotFound, Unauthenticated
from kernel.permissions import Actor

AnyRequest = Request[Any, Any, Any]


def client_address(request: AnyRequest) -> str:
    """The client's network address, as the server in front of us tells it."""
    return request.client.host if request.client else "unknown"


def provide_actor(request: AnyRequest) -> Actor:
    """The signed-in actor."""
    actor = request.scope.get("user")
    if not isinstance(actor, Actor):
        raise Unauthenticated
    return actor


def provide_tenant(request: AnyRequest) -> str:
    """The county of this request: the signed-in actor's, or the one a public address names."""
    named = request.path_params.get("county")
    if named is not None:
        # A page that names its county is public in that county, whoever looks at it.
        if named not in request.app.state.counties:
            raise NotFound
        return str(named)
    return provide_actor(request).tenant


async def provide_tx(request: AnyRequest) -> AsyncIterator[WriteSession]:
    """A transaction around the handler. Litestar ends it before it sends the response, so a COMMIT that fails
    is answered as the failure it is (see `docs/adr/0001-transaction-boundary.md`)."""
    database: Database = request.app.state.database
    async with database.transaction(provide_tenant(request)) as tx:
        yield tx


async def provide_reader(request: AnyRequest) -> AsyncIterator[ReadSession]:
    """A read-only transaction around the handler."""
    database: Database = request.app.state.database
    async with database.read(provide_tenant(request)) as reader:
        yield reader


Tx = NamedDependency[WriteSession]
Reader = NamedDependency[ReadSession]
CurrentActor = NamedDependency[Actor]
Tenant = NamedDependency[str]

DEPENDENCIES = {
    "actor": Provide(provide_actor, sync_to_thread=False),
    "tenant": Provide(provide_tenant, sync_to_thread=False),
    "tx": Provide(provide_tx),
    "reader": Provide(provide_reader),
}
