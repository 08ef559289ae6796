"""Links: how people come to the signing desk, when they are reminded, and how a link that has grown old is replaced.

Messages are sent by who opened the ceremony; here is decided what goes into them and whether it is time.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor
from signing import rules
from signing.ceremonies import (
    expect_open,
    hashed,
    lock_ceremony,
    owner_of,
    signatories_of,
    signatory_of,
    standing_of,
    works,
)
from signing.errors import AlreadySigned, CeremonyClosed, UnknownLink
from signing.evidence import record
from signing.models import Ceremony, CeremonySignatory
from signing.schemas import Invitee


async def link_token(
    tx: WriteSession, actor: Actor, ceremony_id: UUID, signatory_key: str, *, renew: bool = False
) -> str:
    """The opaque link of a person, valid 72 hours; asking again gives the same one until it has expired.

    With `renew` there is a new one and the old one is dead. Found by its hash; the token itself is stored encrypted
    only.
    """
    ceremony = await lock_ceremony(tx, ceremony_id)
    signatory = await signatory_of(tx, ceremony_id, signatory_key)
    if signatory.kind != "person":
        raise CeremonyClosed
    expect_open(ceremony)
    if signatory.status in rules.AGREED:
        raise AlreadySigned
    holds = signatory.token_expires_at is not None and now() < signatory.token_expires_at
    if signatory.token is not None and holds and not renew:
        return signatory.token
    token = secrets.token_urlsafe(32)
    signatory.lapsed_hash = None if holds else signatory.token_hash
    signatory.token, signatory.token_hash = token, hashed(token)
    signatory.token_expires_at = now() + rules.LINK_LIFETIME
    await record(tx, ceremony, "link_issued", signatory_key)
    audit(tx, actor, "signing.link_issued", subject=ceremony.subject, detail={"signatory": signatory_key})
    return token


async def invite(tx: WriteSession, actor: Actor, ceremony_id: UUID, signatory_key: str, *, renew: bool = False) -> str:
    """The link for a message that is being ordered; with the first one the reminders are ordered (`signing.remind`).

    They come 24 hours after it and 24 hours before the ceremony's end; for who has to wait for others, only the message
    at the beginning of their turn counts as the first. Raises as `link_token`.
    """
    token = await link_token(tx, actor, ceremony_id, signatory_key, renew=renew)
    ceremony = await lock_ceremony(tx, ceremony_id)
    signatory = await signatory_of(tx, ceremony_id, signatory_key)
    signatory.invited_at = now()
    await tx.flush()
    if signatory_key not in await _to_invite(tx, ceremony):
        return token
    await _order_reminder(tx, ceremony, signatory, "day", rules.REMIND_AFTER)
    if ceremony.expires_at is not None:
        await _order_reminder(tx, ceremony, signatory, "end", ceremony.expires_at - rules.REMIND_AFTER - now())
    return token


async def _order_reminder(
    tx: WriteSession, ceremony: Ceremony, signatory: CeremonySignatory, which: str, delay: timedelta
) -> None:
    if delay <= timedelta():
        return
    payload = {
        "ceremony_id": str(ceremony.id), "subject": ceremony.subject, "signatory_key": signatory.key, "which": which,
    }  # fmt: skip
    await emit(tx, "signing.remind", payload, key=f"signing.remind:{ceremony.id}:{signatory.key}:{which}", delay=delay)


async def _to_invite(reader: ReadSession, ceremony: Ceremony) -> list[str]:
    """The keys of the people whose turn it is and who have not agreed yet."""
    people = await signatories_of(reader, ceremony.id)
    return [one.key for one in people if one.kind == "person" and _may_sign(ceremony, people, one)]


def _may_sign(ceremony: Ceremony, people: list[CeremonySignatory], one: CeremonySignatory) -> bool:
    first = rules.coming_first(people, one, ceremony.last_key)
    return standing_of(ceremony) == "open" and one.status not in rules.AGREED and not first


async def beginners(tx: WriteSession, ceremony_id: UUID) -> list[str]:
    """The same by the ceremony's id; nobody where it has ended."""
    return await _to_invite(tx, await lock_ceremony(tx, ceremony_id))


async def reminder_due(tx: WriteSession, ceremony_id: UUID, signatory_key: str) -> bool:
    """Whether a person is to be reminded now: it is their turn, they have not agreed, and no message with the link was
    ordered for a day. A job that is repeated finds the reminder that it ordered."""
    ceremony = await lock_ceremony(tx, ceremony_id)
    if signatory_key not in await _to_invite(tx, ceremony):
        return False
    signatory = await signatory_of(tx, ceremony_id, signatory_key)
    quiet = signatory.invited_at is None or now() - signatory.invited_at >= rules.REMIND_AFTER
    return quiet and signatory.phone is not None


async def asks_again(tx: WriteSession, token: str) -> Invitee | None:
    """Who is to be sent a new link, at the wish of whoever holds one that has grown too old.

    None, whatever the reason: no such link, it still works, there is nothing to sign, just sent (once a minute), no
    telephone. Whoever asks must not learn which.
    """
    try:
        ceremony = await lock_ceremony(tx, (await owner_of(tx, token)).ceremony_id)
        signatory = await owner_of(tx, token)
    except UnknownLink:
        return None
    await tx.refresh(signatory)
    just = signatory.invited_at is not None and now() < signatory.invited_at + rules.ASK_AGAIN_AFTER
    if just or signatory.phone is None or works(signatory, token):
        return None
    if signatory.key not in await _to_invite(tx, ceremony):
        return None
    return Invitee(ceremony_id=ceremony.id, subject=ceremony.subject, signatory=signatory.key)
