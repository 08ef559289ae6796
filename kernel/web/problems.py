"""Every error as RFC 9457 problem details: a stable code, Chinese words for people, the field at fault."""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct, to_builtins
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kernel.errors import Conflict, DomainError, Unavailable

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"

WORDS_BY_STATUS = {
    400: "请求格式有误",
    401: "请先登录；如已登录，可能是会话已过期",
    403: "您没有权限进行此操作",
    404: "没有找到您要的页面",
    405: "不支持这种操作方式",
    413: "上传的内容过大",
    415: "不支持的内容类型",
    429: "操作过于频繁，请稍后再试",
}


_AWAY = frozenset({"08", "53", "57"})
"""Classes of SQLSTATE: no connection; no room for another one; starting up, shutting down or ended by an operator."""


class Problem(Struct, frozen=True, kw_only=True):
    """Problem details as sent to machines and shown on pages."""

    type: str
    title: str
    status: int
    code: str
    field: str | None = None
    errors: list[dict[str, str]] = []
    extra: dict[str, Any] = {}


def describe(error: Exception) -> Problem:
    """Turn any exception into words; what is not ours to explain becomes a plain apology, and goes to the log."""
    if isinstance(error, DomainError):
        return _problem(
            error.status,
            error.code,
            error.message,
            field=error.field,
            extra=error.extra,
        )
    if isinstance(error, ValidationException):
        return _problem(422, "invalid", "填写内容有误，请检查后重试", errors=_field_errors(error))
    if isinstance(error, HTTPException):
        words = WORDS_BY_STATUS.get(error.status_code, "请求未能完成")
        return _problem(error.status_code, f"http.{error.status_code}", words)
    if isinstance(error, IntegrityError):
        log.warning("database.refused", constraint=constraint_of(error))
        return describe(Conflict("数据状态已变化，未做任何更改，请刷新后重试"))
    if isinstance(error, OperationalError | PoolTimeout | OSError) or _connection_lost(error):
        log.error("database.away", error=type(error).__name__)
        return describe(Unavailable())
    log.error("unexpected", exc_info=error)
    return _problem(500, "unexpected", "系统出现意外问题，未做任何更改；我们已记录，请稍后重试")


def constraint_of(error: DBAPIError) -> str | None:
    """The name of the constraint or trigger that refused, where PostgreSQL tells it."""
    told = getattr(error.orig, "__cause__", None) or error.orig
    return getattr(told, "constraint_name", None)


def _connection_lost(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", ""))[:2] in _AWAY


def _problem(status: int, code: str, title: str, **more: Any) -> Problem:
    return Problem(type=f"urn:yiti:problem:{code}", title=title, status=status, code=code, **more)


def _field_errors(error: ValidationException) -> list[dict[str, str]]:
    found = error.extra if isinstance(error.extra, list) else []
    return [
        {"field": str(item.get("key", "")), "message": str(item.get("message", ""))}
        for item in found
        if isinstance(item, dict)
    ]


def problem_response(_request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The exception handler for machines."""
    problem = describe(error)
    return Response(to_builtins(problem), status_code=problem.status, media_type=PROBLEM_JSON)
