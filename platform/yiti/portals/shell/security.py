"""Headers that every answer carries, also those that no route made."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from kernel.settings import Settings
from yiti.portals.shell.flash import SHOWN, forget_flash

BeforeSend = Callable[[Message, Scope], Awaitable[None]]


def content_security_policy(settings: Settings) -> str:
    """No script but our own files. `style` attributes are allowed: charts and the building table place by them."""
    identity = urlsplit(settings.identity_url)
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self' blob:",
            "frame-ancestors 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            # The form that starts an identification is answered by a redirect to the identity service.
            f"form-action 'self' {identity.scheme}://{identity.netloc}",
        )
    )


def security_headers(settings: Settings) -> BeforeSend:
    """For `Litestar(before_send=[…])`."""
    fixed = {
        "Content-Security-Policy": content_security_policy(settings),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        # Addresses may hold a signing link's token: no other site learns them.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def before_send(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        for name, value in fixed.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        if scope.get("state", {}).get(SHOWN):
            headers.add("set-cookie", forget_flash().to_header(header=""))

    return before_send
