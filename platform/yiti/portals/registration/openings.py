"""Whether a person has opened a paper, by the audit log: its pages' pictures are given to nobody else."""

from datetime import timedelta

from sqlalchemy import select

from kernel.audit.models import AuditEntry
from kernel.clock import now
from kernel.db import ReadSession
from kernel.permissions import Actor

_OPEN_FOR = timedelta(hours=12)


async def opened(reader: ReadSession, actor: Actor, subject: str, action: str, paper: str) -> bool:
    """Whether this person has opened it within the last hours."""
    wanted = select(AuditEntry.id).where(
        AuditEntry.subject == subject,
        AuditEntry.created_at > now() - _OPEN_FOR,
        AuditEntry.actor_id == actor.id,
        AuditEntry.action == action,
        AuditEntry.detail["paper"].astext == paper,
    )
    return await reader.scalar(wanted.limit(1)) is not None
