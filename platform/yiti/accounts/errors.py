"""Refusals of this room."""

from kernel.errors import Conflict, Forbidden


class LoginTaken(Conflict):
    code = "accounts.login_taken"
    default_message = "该登录名已被使用"


class CreditCodeTaken(Conflict):
    code = "accounts.credit_code_taken"
    default_message = "该统一社会信用代码的单位已登记"


class NotYourself(Conflict):
    code = "accounts.not_yourself"
    default_message = "不能停用自己的账号，也不能更改自己的角色"


class StalePage(Forbidden):
    """The form's CSRF token is missing or belongs to another session."""

    code = "accounts.stale_page"
    default_message = "页面已过期，未做任何更改，请刷新页面后重试"
