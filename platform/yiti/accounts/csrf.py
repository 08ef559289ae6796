"""Cross-site request forgery: every unsafe request must bring a token that only our own pages know.

The secret is the session's; for visitors who are not signed in (sign-in form, signing links) it is a cookie's.
Tokens are the secret under a fresh one-time pad, so that compressed pages leak nothing of it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from contextvars import ContextVar
from typing import Any

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from kernel.errors import Unauthenticated
from kernel.settings import Settings
from yiti.accounts.cookies import VISIT, cookie_name, visit_cookie
from yiti.accounts.errors import StalePage
from yiti.accounts.middleware import SESSION_ENDED
from yiti.accounts.sessions import SessionView

HEADER, FIELD = "X-CSRF-Token", "_csrf"
EXEMPT = "exclude_from_csrf"
"""`opt={EXEMPT: True}` on routes for machines, which sign their requests and carry no cookie."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_SIZE = 32
_FORMS = frozenset({RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART})


class _Secret:
    """The secret of one request; a visitor's is made, and its cookie sent, only when a page needs it."""

    def __init__(self, known: bytes | None) -> None:
        self.known = known
        self.visit: str | None = None

    def token(self) -> str:
        if self.known is None:
            self.visit = secrets.token_urlsafe(_SIZE)
            self.known = _of_visit(self.visit)
        pad = secrets.token_bytes(_SIZE)
        return base64.urlsafe_b64encode(pad + _xor(pad, self.known)).decode()

    def matches(self, token: str | None) -> bool:
        try:
            raw = base64.urlsafe_b64decode(token or "")
        except (binascii.Error, ValueError):
            return False
        if self.known is None or len(raw) != 2 * _SIZE:
            return False
        return hmac.compare_digest(_xor(raw[:_SIZE], raw[_SIZE:]), self.known)


_current: ContextVar[_Secret | None] = ContextVar("csrf", default=None)


def csrf_token() -> str:
    """A token for the page being rendered; templates put it into forms and into `hx-headers`."""
    secret = _current.get()
    if secret is None:
        message = "csrf_token() was called outside a request"
        raise RuntimeError(message)
    return secret.token()


class CsrfMiddleware:
    """Refuses unsafe requests without a good token; stands behind `AuthenticationMiddleware`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive)
        secret = _Secret(self._secret_of(request))
        if request.method not in _SAFE and not scope["route_handler"].opt.get(EXEMPT):
            await self._check(request, secret)
        mark = _current.set(secret)
        try:
            await self.app(scope, receive, self._sending(send, secret))
        finally:
            _current.reset(mark)

    def _secret_of(self, request: Request[Any, Any, Any]) -> bytes | None:
        session = request.scope.get("auth")
        if isinstance(session, SessionView):
            return session.csrf_secret
        visit = request.cookies.get(cookie_name(VISIT, self.settings))
        return _of_visit(visit) if visit else None

    async def _check(self, request: Request[Any, Any, Any], secret: _Secret) -> None:
        token = request.headers.get(HEADER)
        if token is None and request.content_type[0] in _FORMS:
            token = (await request.form()).get(FIELD)
        if secret.matches(token if isinstance(token, str) else None):
            return
        if request.scope["state"].get(SESSION_ENDED):
            raise Unauthenticated("登录已过期，请重新登录；刚才的操作未执行")
        raise StalePage

    def _sending(self, send: Send, secret: _Secret) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and secret.visit is not None:
                headers = MutableScopeHeaders.from_message(message)
                headers.add("set-cookie", visit_cookie(secret.visit, self.settings).to_header(header=""))
            await send(message)

        return sending


def _of_visit(visit: str) -> bytes:
    return hashlib.sha256(b"visit:" + visit.encode()).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
