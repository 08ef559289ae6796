"""Render, seal, store: a written letter becomes an issued one. A job after the writing's commit."""

import hashlib
from uuid import UUID

from kernel.clock import now
from kernel.db import WriteSession
from kernel.outbox import Park
from kernel.permissions import system_actor
from kernel.rendering import MissingGlyph, Rendered
from signing.errors import UnknownSeal
from signing.schemas import agency_seal
from signing.seals import authorise_key
from yiti.certificates.ports import IssuingResources
from yiti.letters.document import letter_attachment, letter_html
from yiti.letters.models import ISSUED, NUMBERED, Letter
from yiti.letters.schemas import SEALED_BY_HOUSING, FrozenLetter, housing_seal
from yiti.letters.service import content_of, locked

SEAL_FIELD = "sign-agency"


async def issue(tx: WriteSession, resources: IssuingResources, letter_id: UUID) -> Letter:
    """Seal a written letter; an issued one is left as it is, so repeating is safe.

    `Park` when a name cannot be printed: a person has to add the glyph.
    """
    letter = await locked(tx, letter_id)
    if letter.state != NUMBERED:
        return letter
    rendered = await render(resources, content_of(letter))
    seal, digest = _seal_of(letter), hashlib.sha256(rendered.pdf).hexdigest()
    # The seals' use policies name every kind of letter (`schemas.SEALED_BY_AGENCY`, `SEALED_BY_HOUSING`).
    try:
        await authorise_key(tx, system_actor(tx.tenant), seal, letter.kind, digest, f"letter:{letter.id}")
    except UnknownSeal as error:
        raise Park(f"尚未制发电子印章 {seal}，制发后重新办理即可") from error
    pdf = await resources.seal_pdf(rendered.pdf, seal=seal, field=SEAL_FIELD, box=rendered.boxes[SEAL_FIELD])
    letter.pdf_digest = await resources.blobs.put(pdf)
    letter.sealed_at = now()
    letter.state = ISSUED
    return letter


def _seal_of(letter: Letter) -> str:
    return housing_seal(letter.tenant_id) if letter.kind in SEALED_BY_HOUSING else agency_seal(letter.tenant_id)


async def render(resources: IssuingResources, letter: FrozenLetter) -> Rendered:
    """The letter as PDF/A-3u with its data attached, not yet sealed."""
    try:
        return await resources.renderer.pdf(letter_html(letter), attachments=[letter_attachment(letter)])
    except MissingGlyph as error:
        raise Park(error.message) from error
