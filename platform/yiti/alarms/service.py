"""Raising, refreshing and clearing alarms: one open row a kind and subject."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy import and_, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from yiti.alarms.models import Alarm
from yiti.alarms.words import AlarmKind

log = structlog.get_logger()
_DETAIL_MAX, _SUBJECT_MAX = 300, 120


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. No personal data: operators and logs see it."""

    kind: AlarmKind
    subject: str = ""
    detail: str = ""


async def report(tx: WriteSession, finding: Finding) -> None:
    """Raise the alarm, or refresh the open one. A new one is told to the log once it is stored."""
    at = now()
    row = {
        "id": uuid7(),
        "kind": finding.kind.value,
        "subject": finding.subject[:_SUBJECT_MAX],
        "detail": finding.detail[:_DETAIL_MAX],
        "since": at,
        "last_seen_at": at,
        "created_at": at,
    }
    raised = await tx.scalar(
        insert(Alarm)
        .values(row)
        .on_conflict_do_update(
            index_elements=["tenant_id", "kind", "subject"],
            index_where=Alarm.resolved_at.is_(None),
            set_={"detail": row["detail"], "last_seen_at": at},
        )
        .returning(literal_column("xmax = 0"))
    )
    if raised:
        told = {"kind": row["kind"], "subject": row["subject"], "detail": row["detail"], "county": tx.tenant}
        tx.after_commit(lambda: log.error("alarm.raised", **told))


async def settle(tx: WriteSession, looked_at: Collection[AlarmKind], findings: Iterable[Finding]) -> None:
    """What a round of checks found: report it, and clear whatever else is open of the kinds that were looked at."""
    found = list(findings)
    for finding in found:
        await report(tx, finding)
    still = [and_(Alarm.kind == one.kind.value, Alarm.subject == one.subject[:_SUBJECT_MAX]) for one in found]
    gone = (
        update(Alarm)
        .where(Alarm.resolved_at.is_(None), Alarm.kind.in_([kind.value for kind in looked_at]))
        .values(resolved_at=now())
    )
    cleared = await tx.execute((gone.where(~or_(*still)) if still else gone).returning(Alarm.kind, Alarm.subject))
    for kind, subject in cleared.all():
        log.info("alarm.cleared", kind=kind, subject=subject, county=tx.tenant)


async def open_alarms(reader: ReadSession, kind: AlarmKind | None = None, limit: int = 200) -> list[Alarm]:
    """What is wrong now, newest first."""
    chosen = select(Alarm).where(Alarm.resolved_at.is_(None)).order_by(Alarm.since.desc(), Alarm.id).limit(limit)
    return list(await reader.scalars(chosen.where(Alarm.kind == kind.value) if kind else chosen))


async def resolved_alarms(reader: ReadSession, limit: int = 20) -> list[Alarm]:
    """What was wrong lately, the latest first."""
    chosen = select(Alarm).where(Alarm.resolved_at.is_not(None)).order_by(Alarm.resolved_at.desc()).limit(limit)
    return list(await reader.scalars(chosen))


async def open_count(reader: ReadSession) -> int:
    """For the badge of the menu."""
    return int(await reader.scalar(select(func.count()).where(Alarm.resolved_at.is_(None))) or 0)
