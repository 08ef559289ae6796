"""How a ceremony ends without all signatures: declined by one who was to sign, expired, or cancelled by its opener.

Each end is told to who follows the subject by `signing.ended`.
"""

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.sql import ColumnElement

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from signing import rules
from signing.ceremonies import lock_ceremony, open_desk, signatories_of, standing_of
from signing.errors import CeremonyClosed, IdentityExpired, NotIdentified
from signing.evidence import record
from signing.models import Ceremony, CeremonySignatory
from signing.schemas import Ended
from signing.seal_requests import withdraw_all

_REASON_LONGEST = 200
_WHY_WITHDRAWN = {"declined": "有签署人不同意签署", "expired": "签署期限已过", "cancelled": "签署已撤销"}


async def cancel(tx: WriteSession, actor: Actor, ceremony_id: UUID, reason: str) -> None:
    """End a ceremony: links stop working. One that has ended stays as it ended; a completed one cannot be cancelled
    (CeremonyClosed), only what follows from it."""
    ceremony = await lock_ceremony(tx, ceremony_id)
    if ceremony.status in rules.ENDED:
        return
    if ceremony.status != "open":
        raise CeremonyClosed
    await _end(tx, actor, ceremony, "cancelled", reason=reason)


async def decline(tx: WriteSession, token: str, reason: str) -> None:
    """The person behind the link does not sign, and nobody else has to any more.

    Only who has been identified may say so, and whoever opened the ceremony reads why. Raises Invalid (`reason`),
    NotIdentified, IdentityExpired, AlreadySigned, CeremonyClosed.
    """
    words = reason.strip()
    ceremony, signatory = await open_desk(tx, token)
    if signatory.status != "identified":
        raise NotIdentified
    if not rules.identity_holds(signatory.identified_at, now()):
        raise IdentityExpired
    if not words or len(words) > _REASON_LONGEST:
        raise Invalid(f"请写明不同意的原因（{_REASON_LONGEST}字以内），发起签署的人会看到", field="reason")
    signatory.status = "declined"
    await _end(tx, system_actor(tx.tenant), ceremony, "declined", signatory.key, words)


async def expire(tx: WriteSession, ceremony_id: UUID) -> None:
    """End a ceremony whose time is over; for a job. Nothing where it has ended or is completed, nor where everybody
    has consented in time and only the making of signatures is late."""
    ceremony = await lock_ceremony(tx, ceremony_id)
    if ceremony.status == "open" and standing_of(ceremony, await signatories_of(tx, ceremony_id)) == "expired":
        await _end(tx, system_actor(tx.tenant), ceremony, "expired")


async def _end(
    tx: WriteSession, actor: Actor, ceremony: Ceremony, how: str, signatory: str = "", reason: str = ""
) -> None:
    ceremony.status, ceremony.ended_at = how, now()
    ceremony.ended_by, ceremony.reason = signatory, reason
    for one in await signatories_of(tx, ceremony.id):
        one.handwriting = None
    await withdraw_all(tx, actor, ceremony.subject, _WHY_WITHDRAWN[how])
    said = {"reason": reason} if reason else {}
    await record(tx, ceremony, how, signatory or None, **said)
    audit(tx, actor, f"signing.{how}", subject=ceremony.subject, detail={"ceremony": str(ceremony.id)})
    payload = {"ceremony_id": str(ceremony.id), "subject": ceremony.subject, "how": how, "signatory": signatory}
    await emit(tx, "signing.ended", payload, key=f"signing.ended:{ceremony.id}")


async def ended(reader: ReadSession, ceremony_id: UUID) -> Ended | None:
    """How it ended without all signatures; None where it has not."""
    found = await _ended(reader, Ceremony.id == ceremony_id)
    return found[0] if found else None


async def ended_of(reader: ReadSession, subject: str) -> list[Ended]:
    """The ceremonies of a subject that ended without all signatures, newest first."""
    return await _ended(reader, Ceremony.subject == subject)


async def _ended(reader: ReadSession, which: ColumnElement[bool]) -> list[Ended]:
    by = (
        (CeremonySignatory.tenant_id == Ceremony.tenant_id)
        & (CeremonySignatory.ceremony_id == Ceremony.id)
        & (CeremonySignatory.key == Ceremony.ended_by)
    )
    rows = await reader.execute(
        select(Ceremony.status, Ceremony.ended_at, Ceremony.ended_by, CeremonySignatory.name, Ceremony.reason)
        .outerjoin(CeremonySignatory, by)
        .where(which, Ceremony.status.in_(rules.ENDED), Ceremony.ended_at.is_not(None))
        .order_by(Ceremony.ended_at.desc())
    )
    told = [
        {"how": how, "at": at, "signatory": key, "name": name or "", "reason": why or ""}
        for how, at, key, name, why in rows
    ]
    return msgspec.convert(told, list[Ended])
