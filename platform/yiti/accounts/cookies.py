"""The cookies of the platform. Under https their names carry `__Host-`, so that no other host can plant them."""

from datetime import timedelta

from litestar.datastructures import Cookie

from kernel.settings import Settings
from yiti.accounts import rules

SESSION, VISIT = "yiti-session", "yiti-visit"


def cookie_name(name: str, settings: Settings) -> str:
    """The name as sent to the browser."""
    return f"__Host-{name}" if settings.secure else name


def session_cookie(value: str, settings: Settings, lifetime: timedelta = rules.SESSION_ABSOLUTE) -> Cookie:
    """The cookie that holds a session's token."""
    return _cookie(SESSION, value, settings, int(lifetime.total_seconds()))


def forget_session(settings: Settings) -> Cookie:
    """Takes the session's cookie away."""
    return _cookie(SESSION, "", settings, 0)


def visit_cookie(value: str, settings: Settings) -> Cookie:
    """Ties the forms of a visitor who is not signed in to this browser."""
    return _cookie(VISIT, value, settings, None)


def _cookie(name: str, value: str, settings: Settings, max_age: int | None) -> Cookie:
    return Cookie(
        key=cookie_name(name, settings),
        value=value,
        max_age=max_age,
        path="/",
        secure=settings.secure,
        httponly=True,
        # Lax, not Strict: a buyer comes back from the identity service by a link and must still be known.
        samesite="lax",
    )
