"""Certificates and proofs as the public verifies them: by the code in the QR, or by the file itself."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import select

from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from yiti.certificates.checking import (
    VERIFY_CODE,
    Additions,
    Known,
    PublicView,
    Validity,
    Verification,
    check_file,
    mask_location,
    mask_party,
    mask_unit_code,
    result,
)
from yiti.certificates.comparing import differences
from yiti.certificates.models import CANCELLED, ISSUED, NUMBERED, Certificate
from yiti.certificates.ports import ValidatePdf
from yiti.certificates.queries import content_of, of_entries

__all__ = [
    "Additions", "PublicView", "Validity", "Verification", "known_as", "known_by_code", "known_by_digest",
    "mask_location", "public_view", "verify_code", "verify_pdf",
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
    return (await known_as(reader, [found]))[found.id] if found else None


async def known_by_digest(reader: ReadSession, digests: list[str]) -> dict[str, Known]:
    """The certificates and proofs whose sealed files have these digests."""
    stored = list(await reader.scalars(select(Certificate).where(Certificate.pdf_digest.in_(digests))))
    known = await known_as(reader, stored)
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


async def known_as(reader: ReadSession, certificates: Sequence[Certificate]) -> dict[UUID, Known]:
    """As the books stand now: a certificate that was made anew is told apart from one whose right has ended."""
    cancelled = [one.id for one in certificates if one.state == CANCELLED]
    anew = set()
    if cancelled:
        anew = set(await reader.scalars(select(Certificate.replaces_id).where(Certificate.replaces_id.in_(cancelled))))
    current = await _current(reader, [one.entry_id for one in certificates if one.id in anew])
    return {
        one.id: Known(
            validity=Validity.REPLACED if one.id in anew else _BY_STATE[one.state],
            view=_compared(one, current.get((one.entry_id, one.holder_position)) if one.id in anew else None),
        )
        for one in certificates
    }


async def _current(reader: ReadSession, entry_ids: list[UUID]) -> dict[tuple[UUID, int], Certificate]:
    """What is valid in the places of these entries now; none where the right itself has ended since."""
    found = await of_entries(reader, entry_ids) if entry_ids else ()
    return {(one.entry_id, one.holder_position): one for one in found}


def _compared(certificate: Certificate, current: Certificate | None) -> PublicView:
    view = public_view(certificate)
    if current is None:
        return view
    return replace(view, differences=differences(content_of(certificate), content_of(current)))
