"""Signing in with a name and a password, throttled per account and per client address.

A refusal is a value, not an error: its count must be committed although the answer is no.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from kernel.audit import audit
from kernel.clock import now
from kernel.db import WriteSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Actor, system_actor
from yiti.accounts import rules, sessions
from yiti.accounts.models import LoginThrottle, User
from yiti.accounts.passwords import hash_password, needs_rehash, verify_password

ACCOUNT, ADDRESS = "account", "address"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The cookie's value, and whether a one-time password has to be changed before anything else."""

    cookie: str
    must_change_password: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, in words that do not tell which part was wrong; `wait` when throttled."""

    message: str
    wait: timedelta | None = None


async def sign_in(tx: WriteSession, login: str, password: str, address: str) -> SignedIn | Refused:
    """Check name and password and open a new session. The caller commits in either case."""
    login = rules.normal_login(login)
    moment = now()
    # Locked before the password is tried: guesses sent at the same moment are counted one after another.
    account = await _locked(tx, ACCOUNT, login, moment)
    wait = rules.waiting(_tally(account), moment) or rules.waiting(await _seen(tx, ADDRESS, address), moment)
    if wait is not None:
        return Refused(_wait_words(wait), wait)
    user = (await tx.execute(select(User).where(User.login == login))).scalar_one_or_none()
    right = await verify_password(user.password_hash if user else None, password[: rules.PASSWORD_MAX])
    if user is None or not right or user.disabled_at is not None:
        _count(account, rules.ACCOUNT_LIMIT, moment)
        _count(await _locked(tx, ADDRESS, address, moment), rules.ADDRESS_LIMIT, moment)
        subject = f"user:{user.id}" if user else "user:unknown"
        audit(tx, system_actor(tx.tenant), "accounts.login_refused", subject, {"address": address})
        return Refused("登录名或密码不正确")
    # Not deleted: others may be waiting for this very row.
    account.failures, account.since, account.blocked_until = 0, moment, None
    return await _welcome(tx, user, password, address, moment)


async def change_password(tx: WriteSession, actor: Actor, session_id: UUID, old: str, new: str) -> str:
    """Change one's own password; ends all sessions of the user and returns the cookie of a new one."""
    user = (await tx.execute(select(User).where(User.id == actor.id).with_for_update())).scalar_one_or_none()
    if user is None:
        raise NotFound
    if not await verify_password(user.password_hash, old[: rules.PASSWORD_MAX]):
        raise Invalid("原密码不正确", field="old_password")
    problems = rules.password_problems(new, user.login)
    if problems:
        raise Invalid("；".join(problems), field="new_password")
    if old == new:
        raise Invalid("新密码不能与原密码相同", field="new_password")
    user.password_hash = await hash_password(new)
    user.must_change_password = False
    user.password_changed_at = now()
    await sessions.end_all_of(tx, user.id)
    audit(tx, actor, "accounts.password_changed", f"user:{user.id}", {"session": str(session_id)})
    return await sessions.open_staff_session(tx, user.id)


async def _welcome(tx: WriteSession, user: User, password: str, address: str, moment: datetime) -> SignedIn:
    if needs_rehash(user.password_hash):
        user.password_hash = await hash_password(password)
    user.last_login_at = moment
    cookie = await sessions.open_staff_session(tx, user.id)
    audit(tx, sessions.staff_actor(user), "accounts.signed_in", f"user:{user.id}", {"address": address})
    return SignedIn(cookie, user.must_change_password)


async def _locked(tx: WriteSession, scope: str, key: str, moment: datetime) -> LoginThrottle:
    key_hash = hashlib.sha256(key.encode()).digest()
    row = {"id": uuid7(), "tenant_id": tx.tenant, "scope": scope, "key_hash": key_hash, "failures": 0,
           "since": moment, "created_at": moment}  # fmt: skip
    await tx.execute(
        insert(LoginThrottle).values(row).on_conflict_do_nothing(index_elements=["tenant_id", "scope", "key_hash"])
    )
    found = await tx.execute(
        select(LoginThrottle).where(LoginThrottle.scope == scope, LoginThrottle.key_hash == key_hash).with_for_update()
    )
    return found.scalar_one()


async def _seen(tx: WriteSession, scope: str, key: str) -> rules.Tally | None:
    key_hash = hashlib.sha256(key.encode()).digest()
    found = await tx.execute(
        select(LoginThrottle).where(LoginThrottle.scope == scope, LoginThrottle.key_hash == key_hash)
    )
    throttle = found.scalar_one_or_none()
    # Forgotten by the session, so that the locked read after a failure sees what others counted meanwhile.
    if throttle is not None:
        tx.expunge(throttle)
    return _tally(throttle) if throttle else None


def _tally(throttle: LoginThrottle) -> rules.Tally:
    return rules.Tally(throttle.failures, throttle.since, throttle.blocked_until)


def _count(throttle: LoginThrottle, limit: rules.Limit, moment: datetime) -> None:
    tally = rules.after_failure(_tally(throttle), limit, moment)
    throttle.failures, throttle.since, throttle.blocked_until = tally.failures, tally.since, tally.blocked_until


def _wait_words(wait: timedelta) -> str:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return f"登录尝试次数过多，请 {minutes} 分钟后再试"
