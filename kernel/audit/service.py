"""Writing to the audit log."""

from collections.abc import Mapping
from typing import Any

from kernel.audit.models import AuditEntry
from kernel.db import WriteSession
from kernel.permissions import Actor


def audit(
    tx: WriteSession,
    actor: Actor,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down an action in the caller's transaction: it is logged exactly when it happened.

    ``action`` is ``"room.verb"``, ``subject`` is ``"kind:id"``; ``detail`` is JSON without personal data
    (ids, codes, digests, amounts). The actor is kept by id, never by name.
    """
    tx.add(
        AuditEntry(
            actor_kind=str(actor.kind),
            actor_id=actor.id,
            organisation_id=actor.organisation_id,
            action=action,
            subject=subject,
            detail=dict(detail or {}),
        )
    )
