"""Domain errors: each carries its HTTP status, a stable code and words for people (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """Something the user can understand and usually mend. Subclasses set `status` and `code`."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"
    default_message: ClassVar[str] = "操作未能完成，请稍后重试"

    def __init__(
        self,
        message: str = "",
        *,
        field: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.field = field
        self.extra = dict(extra or {})
        super().__init__(self.message)


class Invalid(DomainError):
    """The input breaks a rule that the user can see and mend."""

    status = 422
    code = "invalid"
    default_message = "填写内容有误，请检查后重试"


class NotFound(DomainError):
    """No such thing in this county, or not for this person."""

    status = 404
    code = "not_found"
    default_message = "没有找到您要的内容"


class Forbidden(DomainError):
    """The actor lacks the permission."""

    status = 403
    code = "forbidden"
    default_message = "您没有权限进行此操作"


class Unauthenticated(DomainError):
    """Nobody is signed in, or the session has ended."""

    status = 401
    code = "unauthenticated"
    default_message = "请先登录；如已登录，可能是会话已过期"


class Conflict(DomainError):
    """The state of the thing does not allow this now."""

    status = 409
    code = "conflict"
    default_message = "当前状态不允许此操作，请刷新后重试"


class TooLarge(DomainError):
    """The upload is over its limit."""

    status = 413
    code = "too_large"
    default_message = "文件过大"


class TooManyAttempts(DomainError):
    """Throttled; try again later."""

    status = 429
    code = "too_many_attempts"
    default_message = "尝试次数过多，请稍后再试"


class Unavailable(DomainError):
    """A part or a counterparty we depend on does not answer; nothing was done."""

    status = 503
    code = "unavailable"
    default_message = "系统暂时繁忙，未做任何更改，请稍后重试"
