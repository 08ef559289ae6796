"""Who the citizen at this browser is, and what is theirs."""

from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Unauthenticated
from kernel.permissions import Actor, ActorKind, Permission, system_actor
from kernel.pii import blind_index
from kernel.settings import Settings
from yiti.accounts import rules, sessions
from yiti.accounts.cookies import session_cookie
from yiti.accounts.sessions import Citizen
from yiti.portals.shell.views import AnyRequest


def citizen_here(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A route guard: an identified citizen, in the county that the address names."""
    actor = connection.scope.get("user")
    if not isinstance(actor, Actor) or actor.tenant != connection.path_params.get("county"):
        raise Unauthenticated("请先登录本县的“我要办”")
    if not actor.may(Permission.CITIZEN_SELF):
        raise Unauthenticated("“我要办”供群众本人办事，请通过实名认证登录")


def person_index(request: AnyRequest, county: str) -> bytes | None:
    """Blind index of the ID number of the citizen signed in on this browser in this county."""
    actor = request.scope.get("user")
    if not isinstance(actor, Actor) or actor.kind is not ActorKind.CITIZEN or actor.tenant != county:
        return None
    index: bytes | None = request.scope["auth"].citizen_index
    return index


async def open_session(
    request: AnyRequest, tx: WriteSession, settings: Settings, name: str, id_no: str, address: str
) -> Cookie:
    """Sign the identified person in on this browser; whoever was signed in here before is signed out.

    A couple may share one phone: the second to be identified replaces the first.
    """
    before, session = request.scope.get("user"), request.scope.get("auth")
    if isinstance(before, Actor) and before.tenant == tx.tenant and session is not None:
        await sessions.end(tx, session.id)
    value = await sessions.open_citizen_session(tx, name, id_no)
    person = UUID(bytes=blind_index(id_no)[:16])
    audit(tx, system_actor(tx.tenant), "accounts.citizen_identified", f"citizen:{person}", {"address": address})
    return session_cookie(value, settings, rules.CITIZEN_SESSION_ABSOLUTE)


async def citizen(request: AnyRequest, reader: ReadSession) -> Citizen:
    """The citizen signed in; only behind `citizen_here`."""
    found = await sessions.citizen_of(reader, request.scope["auth"].id)
    if found is None:
        raise Unauthenticated
    return found
