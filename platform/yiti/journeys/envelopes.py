"""What everything that is signed has in common: its papers are rendered and stored, its signers get their links."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from integrations.sms import SmsGateway
from kernel.clock import SHANGHAI
from kernel.db import WriteSession
from kernel.outbox import Park
from kernel.rendering import MissingGlyph, Rendered
from signing import service as signing
from signing.errors import LinkExpired
from signing.schemas import DocumentToSign, Field
from yiti.resources import Resources

Page = tuple[str, str, str]
"""Key, title and HTML of a paper; its places for signatures are `sign-<key of the signatory>`."""
SIGNING_TERM = timedelta(days=15)
"""From the opened ceremony to its end; what is signed is held for as long."""
REMINDER = "remind"
"""How the reason begins for which a link is sent, where it is sent as a reminder."""


async def stored(resources: Resources, pages: Sequence[Page]) -> list[DocumentToSign]:
    """Render the papers and keep them. `Park` names a character that cannot be printed."""
    try:
        rendered = await asyncio.gather(*(resources.renderer.pdf(html) for _, _, html in pages))
    except MissingGlyph as error:
        raise Park(error.message) from error
    digests = await asyncio.gather(*(resources.blobs.put(one.pdf) for one in rendered))
    return [
        DocumentToSign(key=key, title=title, digest=digest, pages=one.pages, fields=_fields(one))
        for (key, title, _), one, digest in zip(pages, rendered, digests, strict=True)
    ]


def _fields(rendered: Rendered) -> tuple[Field, ...]:
    return tuple(
        Field(name=name, signatory=name.removeprefix("sign-"), box=box) for name, box in sorted(rendered.boxes.items())
    )


async def invite(
    tx: WriteSession, sms: SmsGateway, public_url: str, ceremony_id: UUID, key: str, what: str, *, once: str,
    subject: str, reminder: bool = False,
) -> None:  # fmt: skip
    """Send a person their link by SMS, once for each `once`; nothing where there is no more to sign.

    `what` is to be signed, in words.
    """
    person = next(one for one in await signing.signatories_of(tx, ceremony_id) if one.key == key)
    if person.phone is None or person.token is None or person.status in ("consented", "signed"):
        return
    try:
        desk = await signing.by_token(tx, person.token)
    except LinkExpired as error:
        raise Park(error.message) from error
    if desk.step == "closed":
        return
    link = f"{public_url}/s/{tx.tenant}/{person.token}"
    words = _reminder(what, desk.expires_at) if reminder else f"{what}已可签署，请在72小时内打开链接实名核验并签署："
    await sms.send(person.phone, f"【一体不动产】{words}{link}", once, subject=subject)


def _reminder(what: str, until: datetime | None) -> str:
    term = f"签署期限至{until.astimezone(SHANGHAI):%-m月%-d日%-H:%M}，" if until else ""
    return f"{what}还没有签署，{term}请打开链接实名核验并签署："
