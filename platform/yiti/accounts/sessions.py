"""Sessions on the server: opened at sign-in, found by the token's hash, ended at sign-out."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.permissions import Actor, ActorKind, Permission
from kernel.pii import blind_index
from yiti.accounts import rules
from yiti.accounts.models import Organisation, Session, User
from yiti.accounts.roles import permissions_of

STAFF, CITIZEN = "staff", "citizen"
_COOKIE = re.compile(r"([0-9]{6})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class SessionView:
    """What a request knows of its session (`request.auth`)."""

    id: UUID
    csrf_secret: bytes
    last_seen_at: datetime
    organisation_name: str | None
    must_change_password: bool
    citizen_index: bytes | None
    """Blind index of a citizen's ID number, to find what is theirs."""


@dataclass(frozen=True, slots=True)
class Citizen:
    """An identified person, in full; never shown unmasked to others."""

    name: str
    id_no: str


def split_cookie(value: str | None) -> tuple[str, str] | None:
    """County and token of a session cookie, or None when it cannot be one."""
    match = _COOKIE.fullmatch(value or "")
    return (match[1], match[2]) if match else None


async def open_staff_session(tx: WriteSession, user_id: UUID) -> str:
    """Start a session for a user; returns the cookie's value, which is not stored."""
    return await _open(tx, Session(kind=STAFF, user_id=user_id), rules.SESSION_ABSOLUTE)


async def open_citizen_session(tx: WriteSession, name: str, id_no: str) -> str:
    """Start a session for a person whom the identity service has just identified; returns the cookie's value."""
    session = Session(kind=CITIZEN, citizen_name=name, citizen_id_no=id_no, citizen_index=blind_index(id_no))
    return await _open(tx, session, rules.CITIZEN_SESSION_ABSOLUTE)


async def find(reader: ReadSession, token: str) -> tuple[Actor, SessionView] | None:
    """Who holds the token, or None: unknown, expired, idle too long, or the user was disabled meanwhile."""
    row = (
        await reader.execute(
            select(Session, User, Organisation)
            .outerjoin(User, (User.tenant_id == Session.tenant_id) & (User.id == Session.user_id))
            .outerjoin(
                Organisation,
                (Organisation.tenant_id == User.tenant_id) & (Organisation.id == User.organisation_id),
            )
            .where(Session.token_hash == _hash(token))
        )
    ).one_or_none()
    if row is None:
        return None
    session: Session = row[0]
    user: User | None = row[1]
    idle = rules.SESSION_IDLE if session.kind == STAFF else rules.CITIZEN_SESSION_IDLE
    if not rules.is_alive(expires_at=session.expires_at, last_seen_at=session.last_seen_at, idle=idle, at=now()):
        return None
    if session.kind == CITIZEN:
        return _citizen_actor(session), _view(session, None, None)
    if user is None or user.disabled_at is not None:
        return None
    return staff_actor(user), _view(session, user, row[2])


async def touch(tx: WriteSession, session_id: UUID) -> None:
    """Note that the session is in use."""
    await tx.execute(update(Session).where(Session.id == session_id).values(last_seen_at=now()))


async def end(tx: WriteSession, session_id: UUID) -> None:
    """Sign out."""
    await tx.execute(delete(Session).where(Session.id == session_id))


async def end_all_of(tx: WriteSession, user_id: UUID, keep: UUID | None = None) -> None:
    """Sign the user out everywhere, except in the session to keep."""
    statement = delete(Session).where(Session.user_id == user_id)
    await tx.execute(statement.where(Session.id != keep) if keep else statement)


async def purge_expired(tx: WriteSession) -> None:
    """Remove sessions past their absolute end; for a periodic job."""
    await tx.execute(delete(Session).where(Session.expires_at < now()))


async def citizen_of(reader: ReadSession, session_id: UUID) -> Citizen | None:
    """The person behind a citizen's session."""
    session = (await reader.execute(select(Session).where(Session.id == session_id))).scalar_one_or_none()
    if session is None or session.citizen_name is None or session.citizen_id_no is None:
        return None
    return Citizen(session.citizen_name, session.citizen_id_no)


def staff_actor(user: User) -> Actor:
    """The user as an actor; until a one-time password is changed, it may do nothing."""
    return Actor(
        kind=ActorKind.STAFF,
        name=user.display_name,
        tenant=user.tenant_id,
        id=user.id,
        organisation_id=user.organisation_id,
        permissions=frozenset() if user.must_change_password else permissions_of(user.roles),
        roles=frozenset() if user.must_change_password else frozenset(user.roles),
    )


def _citizen_actor(session: Session) -> Actor:
    index = session.citizen_index or b""
    return Actor(
        kind=ActorKind.CITIZEN,
        name=session.citizen_name or "",
        tenant=session.tenant_id,
        # The same person is the same actor in every session, and the audit log still holds no personal data.
        id=UUID(bytes=index[:16]),
        permissions=frozenset({Permission.CITIZEN_SELF}),
    )


def _view(session: Session, user: User | None, organisation: Organisation | None) -> SessionView:
    return SessionView(
        id=session.id,
        csrf_secret=session.csrf_secret,
        last_seen_at=session.last_seen_at,
        organisation_name=organisation.name if organisation else None,
        must_change_password=bool(user and user.must_change_password),
        citizen_index=session.citizen_index,
    )


async def _open(tx: WriteSession, session: Session, lifetime: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    moment = now()
    session.token_hash = _hash(token)
    session.csrf_secret = secrets.token_bytes(32)
    session.last_seen_at = moment
    session.expires_at = moment + lifetime
    tx.add(session)
    await tx.flush()
    return f"{tx.tenant}.{token}"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
