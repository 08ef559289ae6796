"""Certificates and proofs as the public verifies them: by the code in the QR, or by the file itself."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import select

from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from kernel.pii import mask_name
from yiti.certificates.checking import (
    VERIFY_CODE,
    Additions,
    Known,
    PublicView,
    Validity,
    Verification,
    check_file,
    mask_location,
    mask_unit_code,
    result,
)
from yiti.certificates.models import CANCELLED, ISSUED, NUMBERED, Certificate
from yiti.certificates.ports import ValidatePdf
from yiti.certificates.queries import content_of

__all__ = [
    "Additions", "PublicView", "Validity", "Verification", "known_by_code", "known_by_digest", "mask_location",
    "public_view", "verify_code", "verify_pdf",
]  # fmt: skip
_BY_STATE = {ISSUED: Validity.VALID, CANCELLED: Validity.CANCELLED, NUMBERED: Validity.PENDING}


async def verify_code(reader: ReadSession, code: str) -> Verification:
    """By the code of the QR address; an unknown or malformed code is `NOT_OURS`, never an error."""
    return result(await known_by_code(reader, code))


async def verify_pdf(reader: ReadSession, pdf: bytes, validate: ValidatePdf) -> Verification:
    """By the uploaded file, see `checking.check_file`."""
    return await check_file(pdf, partial(known_by_digest, reader), validate)


async def known_by_code(reader: ReadSession, code: str) -> Known | None:
    """The certificate or proof of this code."""
    if not VERIFY_CODE.fullmatch(code):
        return None
    found = await reader.scalar(select(Certificate).where(Certificate.verify_code == code))
    return (await _known(reader, [found]))[found.id] if found else None


async def known_by_digest(reader: ReadSession, digests: list[str]) -> dict[str, Known]:
    """The certificates and proofs whose sealed files have these digests."""
    stored = list(await reader.scalars(select(Certificate).where(Certificate.pdf_digest.in_(digests))))
    known = await _known(reader, stored)
    return {one.pdf_digest: known[one.id] for one in stored if one.pdf_digest}


def public_view(certificate: Certificate) -> PublicView:
    """Masked for the public: surnames, the building but not the flat, the county part of the unit code."""
    content, cancelled = content_of(certificate), certificate.cancelled_at
    return PublicView(
        family="certificate" if certificate.kind == "certificate" else "proof",
        number=certificate.number,
        item=content.item,
        holders=tuple(mask_party(party.name, party.id_kind) for party in content.holders),
        obligors=tuple(mask_party(party.name, party.id_kind) for party in content.obligors),
        location=mask_location(content.location),
        unit_code=mask_unit_code(certificate.unit_code),
        agency=content.agency_name,
        booked_on=content.booked_on.isoformat(),
        cancelled_on=cancelled.astimezone(SHANGHAI).date().isoformat() if cancelled else None,
        sealed_at=certificate.sealed_at,
    )


def mask_party(name: str, id_kind: str) -> str:
    """A company's name is no secret."""
    return name if id_kind == "credit_code" else mask_name(name)


async def _known(reader: ReadSession, certificates: Sequence[Certificate]) -> dict[UUID, Known]:
    """As the books stand now: a certificate that was made anew is told apart from one whose right has ended."""
    cancelled = [one.id for one in certificates if one.state == CANCELLED]
    anew = set()
    if cancelled:
        anew = set(await reader.scalars(select(Certificate.replaces_id).where(Certificate.replaces_id.in_(cancelled))))
    return {
        one.id: Known(
            validity=Validity.REPLACED if one.id in anew else _BY_STATE[one.state],
            view=public_view(one),
        )
        for one in certificates
    }
