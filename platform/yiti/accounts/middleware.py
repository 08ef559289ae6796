"""Who is asking: turns the session's cookie into `request.user` (an `Actor`) and `request.auth` (a `SessionView`)."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from kernel.clock import now
from kernel.db import Database
from kernel.permissions import Actor
from kernel.settings import Settings
from kernel.tenancy import as_tenant
from yiti.accounts import rules, sessions
from yiti.accounts.cookies import SESSION, cookie_name

NO_SESSION = "exclude_from_auth"
"""`opt={NO_SESSION: True}` on routes that never need to know who asks (static files, machines)."""
SESSION_ENDED = "session_ended"
"""Set in the request's state when a cookie came whose session is over."""


class AuthenticationMiddleware:
    """Finds the session; a missing or dead one leaves `user` empty, and the route's guard decides what that means."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.cookie = cookie_name(SESSION, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        scope["user"] = scope["auth"] = None
        if not scope["route_handler"].opt.get(NO_SESSION):
            await self._identify(scope)
        actor = scope["user"]
        if not isinstance(actor, Actor):
            await self.app(scope, receive, send)
            return
        with as_tenant(actor.tenant):
            await self.app(scope, receive, send)

    async def _identify(self, scope: Scope) -> None:
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        cookie = sessions.split_cookie(connection.cookies.get(self.cookie))
        if cookie is None:
            return
        county, token = cookie
        state = scope["litestar_app"].state
        database: Database = state.database
        found = None
        if county in state.counties:
            async with database.read(county) as reader:
                found = await sessions.find(reader, token)
        if found is None:
            scope["state"][SESSION_ENDED] = True
            return
        scope["user"], scope["auth"] = found
        _, session = found
        if now() - session.last_seen_at >= rules.TOUCH_AFTER:
            async with database.transaction(county) as tx:
                await sessions.touch(tx, session.id)
