"""Asking for annotated copies, and finding them again."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor
from kernel.rendering.fonts import check_glyphs
from kernel.settings import get_settings
from kernel.tenancy.models import County
from yiti.certificates import queries as certificates
from yiti.certificates.copies import rules
from yiti.certificates.copies.errors import CertificateNotCurrent, CopyNotFound, TooManyCopies
from yiti.certificates.copies.models import AnnotatedCopy
from yiti.certificates.copies.schemas import Annotation, Wish
from yiti.certificates.models import ISSUED

_CODE_BYTES: Final = 15  # 120 random bits: 20 characters nobody guesses
_SHOWN: Final = 50


async def request(tx: WriteSession, actor: Actor, certificate_id: UUID, applicant: str, wish: Wish) -> AnnotatedCopy:
    """Number a copy and order it (`annotated_copy.issue`); sealed some seconds later.

    `applicant`: the right holder's name. Call it last in the transaction, for the gap-free number. Raises Invalid or
    MissingGlyph with the field, CertificateNotCurrent, TooManyCopies, CertificateNotFound.
    """
    wanted, on = rules.checked(wish, today()), today()
    printed = {"purpose": wanted.purpose, "recipient": wanted.recipient}
    await asyncio.to_thread(check_glyphs, printed, get_settings().assets_dir)
    # The certificate stays locked: requests at once are counted one after the other.
    if (await certificates.locked(tx, certificate_id)).state != ISSUED:
        raise CertificateNotCurrent
    if await _of_today(tx, certificate_id) >= rules.A_DAY:
        raise TooManyCopies
    county = (await tx.scalars(select(County).where(County.code == tx.tenant))).one()
    copy = AnnotatedCopy(
        number=rules.number(county.name, on.year, await next_number(tx, "annotated_copy", on.year)),
        verify_code=secrets.token_urlsafe(_CODE_BYTES),
        certificate_id=certificate_id,
        applicant=applicant,
        purpose=wanted.purpose,
        recipient=wanted.recipient,
        valid_until=wanted.valid_until,
        requested_on=on,
        requested_at=now(),
        actor_kind=actor.kind.value,
        actor_id=actor.id,
    )
    tx.add(copy)
    await tx.flush()
    detail = {"number": copy.number, "certificate": str(certificate_id), "valid_until": copy.valid_until.isoformat()}
    audit(tx, actor, "annotated_copy.requested", f"annotated_copy:{copy.id}", detail)
    await emit(tx, "annotated_copy.issue", {"copy_id": str(copy.id)}, key=f"annotated_copy.issue:{copy.id}")
    return copy


def annotation_of(copy: AnnotatedCopy, county: str) -> Annotation:
    """What the copy says beyond its certificate."""
    return Annotation(
        number=copy.number,
        wish=Wish(purpose=copy.purpose, recipient=copy.recipient, valid_until=copy.valid_until),
        requested_on=copy.requested_on,
        requested_at=copy.requested_at,
        verify_url=f"{get_settings().public_url.rstrip('/')}/verify/{county}/{copy.verify_code}",
    )


async def get(reader: ReadSession, copy_id: UUID) -> AnnotatedCopy:
    """One copy of this county. `CopyNotFound`."""
    return _found(await reader.scalar(select(AnnotatedCopy).where(AnnotatedCopy.id == copy_id)))


async def locked(tx: WriteSession, copy_id: UUID) -> AnnotatedCopy:
    """The copy, its row locked until the transaction ends. `CopyNotFound`."""
    wanted = select(AnnotatedCopy).where(AnnotatedCopy.id == copy_id).with_for_update()
    return _found(await tx.scalar(wanted.execution_options(populate_existing=True)))


async def of_certificate(reader: ReadSession, certificate_id: UUID) -> Sequence[AnnotatedCopy]:
    """The copies of a certificate, newest first; the last fifty."""
    wanted = select(AnnotatedCopy).where(AnnotatedCopy.certificate_id == certificate_id)
    return (await reader.scalars(wanted.order_by(AnnotatedCopy.id.desc()).limit(_SHOWN))).all()


async def _of_today(reader: ReadSession, certificate_id: UUID) -> int:
    wanted = select(func.count()).select_from(AnnotatedCopy)
    wanted = wanted.where(AnnotatedCopy.certificate_id == certificate_id, AnnotatedCopy.requested_on == today())
    return (await reader.scalars(wanted)).one()


def _found(copy: AnnotatedCopy | None) -> AnnotatedCopy:
    if copy is None:
        raise CopyNotFound
    return copy
