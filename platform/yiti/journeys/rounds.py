"""What follows from a signing, whatever is signed: each event of a ceremony is led to the sale or the application.

The subject of a ceremony says what it is of: `contract:<id>` or `application:<id of the round>`.
"""

from uuid import UUID

from sqlalchemy import select

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from signing import service as signing
from yiti.journeys import envelopes, presale
from yiti.journeys.models import Sale
from yiti.journeys.registration import envelope, signatures
from yiti.journeys.sale import papers, reopening
from yiti.resources import Resources


def _thing(subject: str) -> tuple[str, UUID]:
    kind, _, thing = subject.partition(":")
    return kind, UUID(thing)


async def completed(tx: WriteSession, resources: Resources, subject: str, ceremony_id: UUID) -> None:
    """With the last signature a sale is filed, decided and booked; an online application is handed in."""
    kind, thing = _thing(subject)
    if kind == envelope.SUBJECT:
        await signatures.complete(tx, resources, thing)
    else:
        await presale.complete(tx, ceremony_id)


async def ended(tx: WriteSession, subject: str, ceremony_id: UUID, how: str, signatory: str) -> None:
    """Declined, expired or cancelled: who opened it can change what is signed, or have it signed anew."""
    kind, thing = _thing(subject)
    if kind == envelope.SUBJECT:
        await signatures.ended(tx, thing, ceremony_id)
    else:
        await reopening.reopen(tx, thing, ceremony_id, how, signatory)


async def turn_begun(tx: WriteSession, subject: str, ceremony_id: UUID) -> None:
    """The people whose turn it now is get their links."""
    for key in await signing.beginners(tx, ceremony_id):
        await _invite(tx, subject, ceremony_id, key, "turn")


async def remind(tx: WriteSession, subject: str, ceremony_id: UUID, key: str, which: str) -> None:
    """The link once more to one who has not signed; a dead one is renewed in it. At most one message a day."""
    if await signing.reminder_due(tx, ceremony_id, key):
        await _invite(tx, subject, ceremony_id, key, f"{envelopes.REMINDER}-{which}")


async def send_again(tx: WriteSession, token: str) -> None:
    """Whoever holds a link that has grown too old asks for a new one, which goes to the number on file.

    Says nothing of whether there was anything to send.
    """
    found = await signing.asks_again(tx, token)
    if found is not None:
        await _invite(tx, found.subject, found.ceremony_id, found.signatory, f"{now():%Y%m%d%H%M%S}")


async def _invite(tx: WriteSession, subject: str, ceremony_id: UUID, key: str, why: str) -> None:
    kind, thing = _thing(subject)
    if kind == envelope.SUBJECT:
        await signatures.order_invitation(tx, await envelope.get(tx, thing), ceremony_id, key, why=why)
        return
    sale = await _sale(tx, ceremony_id)
    if sale is not None:
        await papers.order_invitation(tx, sale, key, why)


async def _sale(reader: ReadSession, ceremony_id: UUID) -> Sale | None:
    return await reader.scalar(select(Sale).where(Sale.ceremony_id == ceremony_id))
