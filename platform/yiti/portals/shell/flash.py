"""A message that survives one redirect (“已保存”), in a short-lived cookie. It never holds personal data."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

from litestar import Request
from litestar.datastructures import Cookie

Tone = Literal["success", "info", "warning", "danger"]
COOKIE = "yiti-flash"
SHOWN = "flash_shown"


@dataclass(frozen=True, slots=True)
class Flash:
    """What to say, and in which tone."""

    tone: Tone
    text: str


def flash_cookie(text: str, tone: Tone) -> Cookie:
    """Carries the message to the next page."""
    value = base64.urlsafe_b64encode(json.dumps([tone, text]).encode()).decode()
    return Cookie(key=COOKIE, value=value, max_age=60, path="/", httponly=True, samesite="lax")


def forget_flash() -> Cookie:
    """Takes the message away once it was shown."""
    return Cookie(key=COOKIE, value="", max_age=0, path="/", httponly=True, samesite="lax")


def take_flash(request: Request[Any, Any, Any]) -> Flash | None:
    """The message for this page, if any; marks it as shown. The browser may have sent anything: bad values are none."""
    value = request.cookies.get(COOKIE)
    if not value:
        return None
    request.scope["state"][SHOWN] = True
    try:
        tone, text = json.loads(base64.urlsafe_b64decode(value))
    except (binascii.Error, ValueError, TypeError):
        return None
    return Flash(tone, text) if tone in get_args(Tone) and isinstance(text, str) else None
