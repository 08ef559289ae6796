"""Answers of page handlers: a page, a block of one, or a redirect after a form."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response import Template

from yiti.portals.shell.flash import Tone, flash_cookie

AnyRequest = Request[Any, Any, Any]


def page(template: str, *, status: int = 200, **context: Any) -> Template:
    """`page("admin/users.html", users=…)`; `page("admin/users.html#rows", …)` gives that block alone, for HTMX."""
    return Template(template, context=context, status_code=status, media_type=MediaType.HTML)


def redirect(
    request: AnyRequest, url: str, message: str = "", tone: Tone = "success", cookies: tuple[Cookie, ...] = ()
) -> Response[None]:
    """Redirect after a form, with a message for the next page; HTMX is told by its own header."""
    told = (*cookies, flash_cookie(message, tone)) if message else cookies
    if is_htmx(request):
        return Response(None, status_code=200, headers={"HX-Redirect": url}, cookies=told)
    return Response(None, status_code=303, headers={"Location": quote(url, safe="/?&=%#:+,;@~!*()")}, cookies=told)


def several(value: list[str] | str) -> list[str]:
    """The values of a group of checkboxes: a form with one of them ticked arrives as a plain text."""
    return [value] if isinstance(value, str) else value


def is_htmx(request: AnyRequest) -> bool:
    """Whether the page's script asks, and not the browser itself."""
    return request.headers.get("HX-Request") == "true"


def wants_page(request: AnyRequest) -> bool:
    """Whether a person's browser asks for a page (and not a script or a machine for data)."""
    return not is_htmx(request) and "text/html" in request.headers.get("Accept", "")
