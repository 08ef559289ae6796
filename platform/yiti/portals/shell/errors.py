"""Errors as people see them: a page with the same words that machines get, or the way back to the sign-in page."""

from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.enums import MediaType

from kernel.errors import Forbidden
from kernel.web.problems import Problem, describe, problem_response
from yiti.accounts.middleware import SESSION_ENDED
from yiti.accounts.rules import safe_return
from yiti.accounts.sessions import SessionView
from yiti.portals.shell.views import AnyRequest, is_htmx, page, wants_page

SIGN_IN = "sign_in"
"""`opt={SIGN_IN: "/address"}`: where a route sends people who are not signed in, when not to `/login`."""
PASSWORD_PAGE = "/account/password"  # noqa: S105 - an address
_TITLES = {
    401: "请先登录",
    403: "没有权限",
    404: "没有找到页面",
    409: "未能办理",
    410: "已失效",
    413: "文件过大",
    422: "填写有误",
    429: "请稍后再试",
    500: "系统出现问题",
    503: "系统暂时繁忙",
}


def show_error(request: AnyRequest, error: Exception) -> Response[Any]:
    """The exception handler of the whole application."""
    problem = describe(error)
    if problem.status == 401 and (wants_page(request) or is_htmx(request)):
        return _to_sign_in(request)
    session = request.scope.get("auth")
    if problem.code == Forbidden.code and isinstance(session, SessionView) and session.must_change_password:
        return _go(request, PASSWORD_PAGE)
    if wants_page(request):
        return _error_page(problem)
    return problem_response(request, error)


def _error_page(problem: Problem) -> Response[Any]:
    title = _TITLES.get(problem.status, "未能完成")
    return page("error.html", status=problem.status, title=title, problem=problem)


def _to_sign_in(request: AnyRequest) -> Response[Any]:
    # An address without a route has no handler either.
    handler: Any = request.scope.get("route_handler")
    door = handler.opt.get(SIGN_IN, "/login") if handler else "/login"
    ended = "expired=1&" if request.scope.get("state", {}).get(SESSION_ENDED) else ""
    return _go(request, f"{door}?{ended}next={quote(_came_from(request), safe='')}")


def _came_from(request: AnyRequest) -> str:
    """The page to return to: the one asked for, or for a form the page it stood on."""
    if request.method == "GET" and not is_htmx(request):
        return safe_return(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    shown = urlsplit(str(request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")))
    return safe_return(shown.path + (f"?{shown.query}" if shown.query else ""))


def _go(request: AnyRequest, url: str) -> Response[Any]:
    if is_htmx(request):
        return Response(None, status_code=401, headers={"HX-Redirect": url}, media_type=MediaType.HTML)
    return Response(None, status_code=303, headers={"Location": url}, media_type=MediaType.HTML)
