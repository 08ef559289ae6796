"""Pure decisions about passwords, throttling, session lifetimes and return addresses."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from yiti.accounts.roles import APART, ROLES, OrganisationKind, permissions_of

SESSION_ABSOLUTE = timedelta(hours=12)
"""One working day and its evening; after that one signs in again."""
SESSION_IDLE = timedelta(minutes=60)
CITIZEN_SESSION_ABSOLUTE = timedelta(hours=2)
CITIZEN_SESSION_IDLE = timedelta(minutes=30)
TOUCH_AFTER = timedelta(minutes=1)
"""`last_seen_at` is written at most this often, so that reading a page is rarely a write."""

LOGIN_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
PASSWORD_MIN, PASSWORD_MAX = 10, 128
_PASSWORD_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
_PASSWORD_CLASSES_NEEDED = 3


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures inside the window close the door for the pause."""

    failures: int
    window: timedelta
    pause: timedelta


ACCOUNT_LIMIT = Limit(failures=5, window=timedelta(minutes=15), pause=timedelta(minutes=15))
ADDRESS_LIMIT = Limit(failures=30, window=timedelta(minutes=15), pause=timedelta(minutes=15))
"""Wider than the account's: a whole office may come from one address."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Failures counted so far for one account or one address."""

    failures: int
    since: datetime
    blocked_until: datetime | None


def after_failure(tally: Tally | None, limit: Limit, at: datetime) -> Tally:
    """The tally after one more failure; a window that has passed starts anew."""
    if tally is None or at - tally.since >= limit.window:
        tally = Tally(failures=0, since=at, blocked_until=None)
    failures = tally.failures + 1
    blocked_until = at + limit.pause if failures >= limit.failures else None
    return Tally(failures=failures, since=tally.since, blocked_until=blocked_until)


def waiting(tally: Tally | None, at: datetime) -> timedelta | None:
    """How long the door stays closed, or None when it is open."""
    if tally is None or tally.blocked_until is None or tally.blocked_until <= at:
        return None
    return tally.blocked_until - at


def normal_login(login: str) -> str:
    """Login names are compared without case and outer blanks."""
    return login.strip().lower()


def password_problems(password: str, login: str) -> list[str]:
    """Why the password may not be used, in words for its owner; empty when it may."""
    problems = []
    if len(password) < PASSWORD_MIN:
        problems.append(f"密码至少 {PASSWORD_MIN} 位")
    if len(password) > PASSWORD_MAX:
        problems.append(f"密码最多 {PASSWORD_MAX} 位")
    kinds = sum(bool(re.search(pattern, password)) for pattern in _PASSWORD_CLASSES)
    if kinds < _PASSWORD_CLASSES_NEEDED:
        problems.append("密码须包含大写字母、小写字母、数字、符号中的至少三种")
    if login and login in password.lower():
        problems.append("密码不能包含登录名")
    return problems


def role_problem(roles: Collection[str], kind: OrganisationKind) -> str | None:
    """Why an organisation of this kind may not give the roles, or None when it may."""
    if not roles:
        return "请至少选择一个角色"
    for code in roles:
        role = ROLES.get(code)
        if role is None:
            return "所选角色不存在"
        if role.kind is not kind:
            return f"该单位的用户不能担任“{role.title}”"
    given = permissions_of(roles)
    if any(given & one and given & other for one, other in APART):
        return "印章管理员不能同时是用印人，请由两人分别担任"
    return None


def is_alive(*, expires_at: datetime, last_seen_at: datetime, idle: timedelta, at: datetime) -> bool:
    """Whether a session still counts: neither past its absolute end nor left alone too long."""
    return at < expires_at and at - last_seen_at < idle


def safe_return(address: str | None) -> str:
    """The address to return to after signing in: a path on this site, or `/` for anything else."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    if any(character in address for character in "\\\r\n\t") or not address.isprintable():
        return "/"
    parts = urlsplit(address)
    return "/" if parts.scheme or parts.netloc or parts.path in {"/login", "/logout"} else address
