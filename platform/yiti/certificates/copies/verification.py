"""Annotated copies as the public verifies them: by the code in the QR, or by the file itself; always as of today."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from kernel.clock import today
from kernel.db import ReadSession
from yiti.certificates.checking import VALIDITY_WORDS, VERIFY_CODE, Known, PublicView, Validity
from yiti.certificates.copies import rules
from yiti.certificates.copies.models import REQUESTED, AnnotatedCopy
from yiti.certificates.models import Certificate
from yiti.certificates.verification import known_as

_TITLES = {"certificate": "不动产权证书加注件", "proof": "不动产登记证明加注件"}


async def known_by_code(reader: ReadSession, code: str) -> Known | None:
    """The copy of this code."""
    if not VERIFY_CODE.fullmatch(code):
        return None
    found = await reader.scalar(select(AnnotatedCopy).where(AnnotatedCopy.verify_code == code))
    return (await _known(reader, [found]))[found.id] if found else None


async def known_by_digest(reader: ReadSession, digests: list[str]) -> dict[str, Known]:
    """The copies whose sealed files have these digests."""
    stored = list(await reader.scalars(select(AnnotatedCopy).where(AnnotatedCopy.pdf_digest.in_(digests))))
    known = await _known(reader, stored)
    return {one.pdf_digest: known[one.id] for one in stored if one.pdf_digest}


async def _known(reader: ReadSession, copies: Sequence[AnnotatedCopy]) -> dict[UUID, Known]:
    if not copies:
        return {}
    wanted = select(Certificate).where(Certificate.id.in_({one.certificate_id for one in copies}))
    originals = {one.id: one for one in await reader.scalars(wanted)}
    known = await known_as(reader, list(originals.values()))
    return {one.id: _of(one, originals[one.certificate_id], known[one.certificate_id]) for one in copies}


def _of(copy: AnnotatedCopy, certificate: Certificate, original: Known) -> Known:
    """Live: whether the copy has run out, and whether its certificate is still current."""
    on, view = today(), original.view
    validity = rules.standing(original.validity, copy.valid_until, on)
    if copy.state == REQUESTED and validity is Validity.VALID:
        validity = Validity.PENDING
    over = rules.expired(copy.valid_until, on)
    return Known(
        validity=validity,
        view=PublicView(
            family="copy",
            number=copy.number,
            item=_TITLES[certificate.kind],
            holders=view.holders,
            obligors=view.obligors,
            location=view.location,
            unit_code=view.unit_code,
            agency=view.agency,
            booked_on=copy.requested_on.isoformat(),
            cancelled_on=view.cancelled_on,
            more=(
                ("用途", copy.purpose),
                ("使用单位", copy.recipient),
                ("有效期至", f"{copy.valid_until.isoformat()}（{'已过有效期' if over else '在有效期内'}）"),
                ("原证书（证明）", f"{certificate.number}（{VALIDITY_WORDS[original.validity]}）"),
                ("权利或者事项", view.item),
            ),
            sealed_at=copy.sealed_at,
        ),
    )
