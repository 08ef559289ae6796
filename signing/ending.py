"""How a ceremony ends without all signatures: cancelled by who opened it, or declined by one who was to sign."""

from uuid import UUID

from kernel.audit import audit
from kernel.clock import now
from kernel.db import WriteSession
from kernel.permissions import Actor, system_actor
from signing import rules
from signing.ceremonies import lock_ceremony, open_desk, signatories_of
from signing.errors import CeremonyClosed, IdentityExpired, NotIdentified
from signing.evidence import record
from signing.models import Ceremony


async def cancel(tx: WriteSession, actor: Actor, ceremony_id: UUID, reason: str) -> None:
    """End a ceremony: links stop working. A completed one cannot be cancelled, only what follows from it."""
    ceremony = await lock_ceremony(tx, ceremony_id)
    if ceremony.status == "cancelled":
        return
    if ceremony.status != "open":
        raise CeremonyClosed
    await _end(tx, actor, ceremony, reason)


async def decline(tx: WriteSession, token: str, reason: str) -> str:
    """The person behind the link does not sign, and nobody else has to any more; returns their key.

    Only who has been identified may say so. Raises NotIdentified, IdentityExpired, AlreadySigned, CeremonyClosed.
    """
    ceremony, signatory = await open_desk(tx, token)
    if signatory.status != "identified":
        raise NotIdentified
    if not rules.identity_holds(signatory.identified_at, now()):
        raise IdentityExpired
    signatory.status = "declined"
    await record(tx, ceremony, "declined", signatory.key, reason=reason)
    await _end(tx, system_actor(tx.tenant), ceremony, "declined")
    return signatory.key


async def _end(tx: WriteSession, actor: Actor, ceremony: Ceremony, reason: str) -> None:
    ceremony.status = "cancelled"
    for signatory in await signatories_of(tx, ceremony.id):
        signatory.handwriting = None
    await record(tx, ceremony, "cancelled", reason=reason)
    audit(tx, actor, "signing.cancelled", subject=ceremony.subject, detail={"ceremony": str(ceremony.id)})
