"""Organisations and users: created, listed, disabled and given roles, every change audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kernel import identifiers
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid, NotFound
from kernel.outbox import emit
from kernel.permissions import Actor
from kernel.pii import mask_name
from yiti.accounts import rules, sessions
from yiti.accounts.errors import CreditCodeTaken, LoginTaken, NotYourself
from yiti.accounts.models import Organisation, User
from yiti.accounts.passwords import hash_password, one_time_password
from yiti.accounts.roles import ROLES, OrganisationKind

_NAME_MAX = 60


@dataclass(frozen=True, slots=True)
class UserLine:
    """A user as lists show it: the name is masked."""

    id: UUID
    login: str
    masked_name: str
    organisation: str
    roles: tuple[str, ...]
    """Titles of the roles, in Chinese."""
    disabled: bool
    must_change_password: bool
    last_login_at: datetime | None


async def create_organisation(
    tx: WriteSession,
    actor: Actor,
    *,
    kind: OrganisationKind,
    name: str,
    credit_code: str,
    address: str = "",
    phone: str = "",
    legal_representative: str = "",
    seal_key: str | None = None,
) -> Organisation:
    """Register an organisation; its credit code is unique in the county."""
    if not name.strip():
        raise Invalid("请填写单位名称", field="name")
    organisation = Organisation(
        kind=kind,
        name=name.strip(),
        credit_code=identifiers.credit_code(credit_code),
        address=address.strip(),
        phone=phone.strip(),
        legal_representative=legal_representative.strip(),
        seal_key=seal_key,
    )
    await _add(tx, organisation, CreditCodeTaken(field="credit_code"))
    audit(tx, actor, "accounts.organisation_created", f"organisation:{organisation.id}", {"kind": kind})
    if kind is OrganisationKind.DEVELOPER:
        payload = {"organisation_id": str(organisation.id)}
        await emit(tx, "developer.issue_seal", payload, key=f"developer.issue_seal:{organisation.id}")
    return organisation


async def organisations(reader: ReadSession, kind: OrganisationKind | None = None) -> list[Organisation]:
    """All organisations of the county (some dozens), or those of one kind, by name."""
    statement = select(Organisation).order_by(Organisation.name)
    found = await reader.execute(statement.where(Organisation.kind == kind) if kind else statement)
    return list(found.scalars())


async def organisation(reader: ReadSession, organisation_id: UUID) -> Organisation:
    """One organisation; NotFound (404)."""
    found = await reader.execute(select(Organisation).where(Organisation.id == organisation_id))
    one = found.scalar_one_or_none()
    if one is None:
        raise NotFound("没有找到该单位")
    return one


async def create_user(
    tx: WriteSession,
    actor: Actor,
    *,
    organisation_id: UUID,
    login: str,
    display_name: str,
    roles: Sequence[str],
    password: str | None = None,
) -> tuple[User, str]:
    """Create a user; returns it with its password. Without a given one, a one-time password is made."""
    employer = await organisation(tx, organisation_id)
    login = rules.normal_login(login)
    if not rules.LOGIN_PATTERN.fullmatch(login):
        raise Invalid("登录名须为 3 至 40 位的字母、数字、点、横线或下划线，以字母或数字开头", field="login")
    if not display_name.strip() or len(display_name.strip()) > _NAME_MAX:
        raise Invalid("请填写姓名", field="display_name")
    _check_roles(roles, employer)
    if password is not None and (problems := rules.password_problems(password, login)):
        raise Invalid("；".join(problems), field="password")
    chosen = password or one_time_password()
    user = User(
        organisation_id=employer.id,
        login=login,
        display_name=display_name.strip(),
        password_hash=await hash_password(chosen),
        must_change_password=password is None,
        roles=sorted(set(roles)),
        password_changed_at=now(),
    )
    await _add(tx, user, LoginTaken(field="login"))
    audit(tx, actor, "accounts.user_created", f"user:{user.id}", {"roles": user.roles})
    return user, chosen


async def set_roles(tx: WriteSession, actor: Actor, user_id: UUID, roles: Sequence[str]) -> None:
    """Give the user exactly these roles; takes effect with the next request."""
    user = await _locked_user(tx, actor, user_id)
    _check_roles(roles, await organisation(tx, user.organisation_id))
    audit(tx, actor, "accounts.roles_set", f"user:{user.id}", {"before": user.roles, "after": sorted(set(roles))})
    user.roles = sorted(set(roles))


async def disable_user(tx: WriteSession, actor: Actor, user_id: UUID) -> None:
    """Close the account and end its sessions; doing it twice changes nothing."""
    user = await _locked_user(tx, actor, user_id)
    if user.disabled_at is None:
        user.disabled_at = now()
        await sessions.end_all_of(tx, user.id)
        audit(tx, actor, "accounts.user_disabled", f"user:{user.id}")


async def enable_user(tx: WriteSession, actor: Actor, user_id: UUID) -> None:
    """Open a disabled account again."""
    user = await _locked_user(tx, actor, user_id)
    if user.disabled_at is not None:
        user.disabled_at = None
        audit(tx, actor, "accounts.user_enabled", f"user:{user.id}")


async def reset_password(tx: WriteSession, actor: Actor, user_id: UUID) -> str:
    """Give a one-time password and end the user's sessions; returns the password, which is shown once."""
    user = await _locked_user(tx, actor, user_id)
    password = one_time_password()
    user.password_hash = await hash_password(password)
    user.must_change_password = True
    user.password_changed_at = now()
    await sessions.end_all_of(tx, user.id)
    audit(tx, actor, "accounts.password_reset", f"user:{user.id}")
    return password


async def user_lines(reader: ReadSession, *, after: str = "", search: str = "", limit: int = 50) -> list[UserLine]:
    """Users by login name, after the given one; `search` matches the beginning of the login name."""
    statement = (
        select(User, Organisation.name)
        .join(Organisation, (Organisation.tenant_id == User.tenant_id) & (Organisation.id == User.organisation_id))
        .where(User.login > after)
        .order_by(User.login)
        .limit(limit)
    )
    if search:
        statement = statement.where(User.login.startswith(rules.normal_login(search), autoescape=True))
    return [_line(user, employer) for user, employer in (await reader.execute(statement)).all()]


async def user(reader: ReadSession, user_id: UUID) -> tuple[UserLine, User, Organisation]:
    """One user with its organisation; NotFound (404)."""
    row = (
        await reader.execute(
            select(User, Organisation)
            .join(Organisation, (Organisation.tenant_id == User.tenant_id) & (Organisation.id == User.organisation_id))
            .where(User.id == user_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("没有找到该用户")
    found, employer = row
    return _line(found, employer.name), found, employer


def _line(user: User, employer: str) -> UserLine:
    return UserLine(
        id=user.id,
        login=user.login,
        masked_name=mask_name(user.display_name),
        organisation=employer,
        roles=tuple(ROLES[code].title for code in user.roles if code in ROLES),
        disabled=user.disabled_at is not None,
        must_change_password=user.must_change_password,
        last_login_at=user.last_login_at,
    )


def _check_roles(roles: Sequence[str], employer: Organisation) -> None:
    problem = rules.role_problem(roles, OrganisationKind(employer.kind))
    if problem:
        raise Invalid(problem, field="roles")


async def _locked_user(tx: WriteSession, actor: Actor, user_id: UUID) -> User:
    # Nobody administers their own account: a second pair of eyes, and no one locks themselves out.
    if actor.id == user_id:
        raise NotYourself
    found = (await tx.execute(select(User).where(User.id == user_id).with_for_update())).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到该用户")
    return found


async def _add(tx: WriteSession, row: Organisation | User, taken: LoginTaken | CreditCodeTaken) -> None:
    try:
        async with tx.begin_nested():
            tx.add(row)
            await tx.flush()
    except IntegrityError as error:
        raise taken from error
