"""What the operations pages show, read page by page; nothing here holds personal data."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from kernel.audit import Head, head
from kernel.audit.models import AuditEntry
from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession
from kernel.outbox.models import DONE, PARKED, PENDING, OutboxEvent
from kernel.permissions import ActorKind
from yiti.accounts.models import Session, User

PAGE = 50
OUTBOX_STATES = {PARKED: "已搁置", PENDING: "待处理", DONE: "已完成"}
_ACTORS = {ActorKind.SYSTEM: "系统", ActorKind.MACHINE: "外部系统", ActorKind.CITIZEN: "群众"}
# A driver's message goes on with the statement and its values, which may be personal data.
_DRIVER_TAIL = re.compile(r"\s*(\n|\[SQL:|\[parameters:|DETAIL:).*", re.DOTALL)
_REASON_MAX = 300


@dataclass(frozen=True, slots=True)
class Job:
    """One event of the outbox."""

    id: UUID
    topic: str
    key: str
    state: str
    attempts: int
    reason: str
    created_at: datetime
    available_at: datetime


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry of the audit log; staff are named by their login name."""

    id: UUID
    at: datetime
    who: str
    action: str
    subject: str
    detail: str
    sealed: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """How the county's part of the installation is doing."""

    pending: int
    oldest_due: datetime | None
    parked: int
    sessions: int
    unsealed: int
    chain: Head

    @property
    def behind(self) -> bool:
        """Whether work is not being picked up: no worker, or far too few."""
        return self.oldest_due is not None and now() - self.oldest_due > timedelta(minutes=1)


async def jobs(reader: ReadSession, state: str, before: UUID | None = None) -> tuple[list[Job], UUID | None]:
    """One page of events in this state, newest first, and where the next page begins."""
    query = select(OutboxEvent).where(OutboxEvent.state == state).order_by(OutboxEvent.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(OutboxEvent.id < before)
    found = [
        Job(
            id=event.id,
            topic=event.topic,
            key=event.key,
            state=event.state,
            attempts=event.attempts,
            reason=safe_reason(event.last_error),
            created_at=event.created_at,
            available_at=event.available_at,
        )
        for event in await reader.scalars(query)
    ]
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


async def audit_lines(
    reader: ReadSession,
    *,
    since: date,
    until: date,
    action: str = "",
    subject: str = "",
    before: UUID | None = None,
) -> tuple[list[AuditLine], UUID | None]:
    """One page of the audit log between two days (both included), newest first, and where the next page begins.

    `action` matches the beginning (`contract.`), `subject` the whole.
    """
    query = (
        select(AuditEntry)
        .where(AuditEntry.created_at >= _midnight(since), AuditEntry.created_at < _midnight(until + timedelta(days=1)))
        .order_by(AuditEntry.id.desc())
        .limit(PAGE + 1)
    )
    if action:
        query = query.where(AuditEntry.action.startswith(action, autoescape=True))
    if subject:
        query = query.where(AuditEntry.subject == subject)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    entries = list(await reader.scalars(query))
    logins = await _logins(reader, {entry.actor_id for entry in entries if entry.actor_id})
    lines = [_audit_line(entry, logins) for entry in entries[:PAGE]]
    return lines, entries[PAGE - 1].id if len(entries) > PAGE else None


async def figures(reader: ReadSession) -> Figures:
    """The numbers of the state page: each from an index, none by reading whole tables."""
    # What is ordered for a later day (a reminder, the end of a signing) is no work that waits.
    waits = (OutboxEvent.state == PENDING) & or_(OutboxEvent.available_at <= now(), OutboxEvent.attempts > 0)
    pending, oldest = (
        await reader.execute(select(func.count(), func.min(OutboxEvent.available_at)).where(waits))
    ).one()
    parked = await _count(reader, select(func.count()).where(OutboxEvent.state == PARKED))
    sessions = await _count(reader, select(func.count()).where(Session.expires_at > now()))
    unsealed = await _count(reader, select(func.count()).where(AuditEntry.sealed.is_(False)))
    due = oldest if pending and oldest <= now() else None
    return Figures(pending, due, parked, sessions, unsealed, await head(reader))


def safe_reason(text: str | None) -> str:
    """The first words of an error, without statements and values that could be personal data."""
    return _DRIVER_TAIL.sub("", text or "").removeprefix("Park: ")[:_REASON_MAX]


async def _count(reader: ReadSession, query: Any) -> int:
    return int(await reader.scalar(query) or 0)


async def _logins(reader: ReadSession, ids: Iterable[UUID]) -> dict[UUID, str]:
    found = await reader.execute(select(User.id, User.login).where(User.id.in_(list(ids))))
    return {row.id: row.login for row in found}


def _audit_line(entry: AuditEntry, logins: dict[UUID, str]) -> AuditLine:
    known = logins.get(entry.actor_id) if entry.actor_id else None
    return AuditLine(
        id=entry.id,
        at=entry.created_at,
        who=known or _ACTORS.get(ActorKind(entry.actor_kind), "工作人员"),
        action=entry.action,
        subject=entry.subject,
        detail=_words(entry.detail),
        sealed=entry.sealed,
    )


def _words(detail: dict[str, Any]) -> str:
    parts = (
        f"{key}={'、'.join(map(str, value)) if isinstance(value, list) else value}" for key, value in detail.items()
    )
    return "；".join(parts)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
