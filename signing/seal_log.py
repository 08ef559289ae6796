"""The log of a seal (用印记录): every use and every refusal, and how many uses a day has had."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from uuid import UUID

from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from kernel.audit import audit
from kernel.clock import SHANGHAI, today
from kernel.db import ReadSession, WriteSession
from kernel.permissions import Actor
from signing.models import OrganisationSeal, SealUse
from signing.seal_errors import SealRefused

USED, REFUSED = "used", "refused"


def write_use(
    tx: WriteSession,
    actor: Actor,
    seal: OrganisationSeal,
    documents: Mapping[str, str],
    subject: str,
    approved_by: UUID | None = None,
) -> None:
    """One use, a row for each document. `documents`: kind to digest."""
    _write(tx, actor, seal.id, documents, subject, outcome=USED, approved_by=approved_by)
    audit(tx, actor, "seal.used", subject=subject, detail={"seal": seal.key, "kinds": sorted(documents)})


def write_refusal(tx: WriteSession, actor: Actor, refused: SealRefused) -> None:
    """Who wanted what, and why not: in a transaction that lives on, for the refused one is undone."""
    use = refused.use
    _write(tx, actor, use.seal_id, use.documents, use.subject, outcome=REFUSED, reason=use.reason.value)
    detail = {"seal": str(use.seal_id), "kinds": sorted(use.documents), "reason": use.reason.value}
    audit(tx, actor, "seal.refused", subject=use.subject, detail=detail)


def _write(
    tx: WriteSession,
    actor: Actor,
    seal_id: UUID,
    documents: Mapping[str, str],
    subject: str,
    *,
    outcome: str,
    reason: str = "",
    approved_by: UUID | None = None,
) -> None:
    use_id = uuid7()
    tx.add_all(
        SealUse(
            seal_id=seal_id,
            use_id=use_id,
            document_kind=kind,
            document_digest=digest,
            subject=subject,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            outcome=outcome,
            reason=reason,
            approved_by=approved_by,
        )
        for kind, digest in documents.items()
    )


async def used_today(reader: ReadSession, seal_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Uses since midnight in Shanghai, by seal; under the seal's lock the figure is exact."""
    midnight = datetime.combine(today(), time(), SHANGHAI)
    found = await reader.execute(
        select(SealUse.seal_id, func.count(SealUse.use_id.distinct()))
        .where(SealUse.seal_id.in_(seal_ids), SealUse.created_at >= midnight, SealUse.outcome == USED)
        .group_by(SealUse.seal_id)
    )
    counted = {seal_id: int(count) for seal_id, count in found}
    return {seal_id: counted.get(seal_id, 0) for seal_id in seal_ids}


async def log_page(
    reader: ReadSession, seal_id: UUID, limit: int, before: UUID | None = None
) -> tuple[list[SealUse], UUID | None]:
    """One page of the log, newest first, and where the next page begins."""
    chosen = select(SealUse).where(SealUse.seal_id == seal_id).order_by(SealUse.id.desc()).limit(limit + 1)
    if before is not None:
        chosen = chosen.where(SealUse.id < before)
    rows = list(await reader.scalars(chosen))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


async def seal_uses(reader: ReadSession, key: str) -> list[SealUse]:
    """What a seal was set on, newest first; refusals are not among them."""
    chosen = select(SealUse).join(
        OrganisationSeal, (OrganisationSeal.tenant_id == SealUse.tenant_id) & (OrganisationSeal.id == SealUse.seal_id)
    )
    mine = chosen.where(OrganisationSeal.key == key, SealUse.outcome == USED)
    return list(await reader.scalars(mine.order_by(SealUse.id.desc())))
