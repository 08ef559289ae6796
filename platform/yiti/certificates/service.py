"""Taking numbers and freezing contents, inside booking; replacing; cancelling. Finding is in `queries`."""

import secrets
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from uuid_utils.compat import uuid7

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.numbers import next_number, next_numbers
from kernel.outbox import emit
from kernel.permissions import Actor
from kernel.pii import blind_index
from kernel.settings import get_settings
from kernel.tenancy.models import County
from yiti.certificates.content import freeze_notice_proof
from yiti.certificates.errors import AlreadyCancelled, CertificateNotFound, NoSeparateCertificates, NothingToIssue
from yiti.certificates.freezing import freeze, freeze_again, is_certificate
from yiti.certificates.models import CANCELLED, Certificate, CertificateHolder
from yiti.certificates.queries import (
    by_number,
    content_of,
    get,
    locked,
    of_case,
    of_entries,
    of_entry,
    of_person,
    of_unit,
)
from yiti.certificates.schemas import Content, EntryCertificate, Issuer, NoticeFacts, Replacement
from yiti.register.details import DETAILS, OwnershipDetails
from yiti.register.kinds import ISSUES_CERTIFICATE, ISSUES_PROOF, Sharing

__all__ = [
    "AlreadyCancelled", "CertificateNotFound", "NoSeparateCertificates", "NothingToIssue",
    "by_number", "cancel", "cancel_of_entries", "content_of", "get", "locked", "number_certificates",
    "of_case", "of_entries", "of_entry", "of_person", "of_unit", "replace", "take_number_and_freeze",
]  # fmt: skip

_CODE_BYTES: Final = 15  # 120 random bits: 20 characters nobody guesses
_REASONS: Final = {"renewal": "换发新证", "loss": "遗失补发"}


async def number_certificates(tx: WriteSession, actor: Actor, facts: tuple[EntryCertificate, ...]) -> list[Certificate]:
    """Number the certificate or proof of each booked entry, freeze what it says and order its issue.

    One certificate an entry, or one a holder where `details.held_separately`; in the order of `facts`. Call it last in
    the booking transaction: the gap-free numbers keep their series locked until the commit. `NothingToIssue` for an
    entry of a kind without paper (seizure, cancellation, common parts); `NoSeparateCertificates` without shares.
    """
    for one in facts:
        _check(one)
    wanted = [(one, holder) for one in facts for holder in _papers(one)]
    issuer = await _issuer(tx)
    # All certificates before all proofs: bookings that need both series lock them in the same order.
    serials: dict[int, int] = {}
    for kind in (True, False):
        places = [place for place, (one, _) in enumerate(wanted) if is_certificate(one.kind) is kind]
        if places:
            year = wanted[places[0]][0].booked_on.year
            serials |= zip(places, await next_numbers(tx, _series(kind), year, len(places)), strict=True)
    made: list[tuple[Certificate, Content]] = []
    for place, (one, holder) in enumerate(wanted):
        code = secrets.token_urlsafe(_CODE_BYTES)
        content = freeze(one, issuer, serial=serials[place], verify_code=code, frozen_at=now(), holder=holder)
        row = _row(content, code, entry_id=one.entry_id, unit_id=one.unit_id, case_id=one.case_id)
        row.holder_position = holder
        made.append((row, content))
    return await _keep(tx, actor, made)


async def take_number_and_freeze(tx: WriteSession, actor: Actor, facts: NoticeFacts) -> Certificate:
    """The same for the proof of a presale notice that a sale brought forth."""
    if not facts.holders:
        raise Invalid("登记证明没有权利人", field="holders")
    code = secrets.token_urlsafe(_CODE_BYTES)
    issuer = await _issuer(tx)
    serial = await next_number(tx, _series(False), facts.booked_on.year)
    content = freeze_notice_proof(facts, issuer, serial=serial, verify_code=code, frozen_at=now())
    row = _row(content, code, entry_id=facts.entry_id, unit_id=facts.unit_id, case_id=facts.case_id)
    (certificate,) = await _keep(tx, actor, [(row, content)])
    return certificate


async def replace(tx: WriteSession, actor: Actor, certificate_id: UUID, why: Replacement) -> Certificate:
    """Make a worn (换发) or lost (补发) certificate anew under a new number; the old one is cancelled.

    Call it last in the transaction, as `number_certificates`. `AlreadyCancelled`, `CertificateNotFound`.
    """
    old = await cancel(tx, actor, certificate_id, _REASONS[why.cause])
    await tx.flush()
    issuer, code = await _issuer(tx), secrets.token_urlsafe(_CODE_BYTES)
    serial = await next_number(tx, _series(old.kind == "certificate"), why.booked_on.year)
    content = freeze_again(content_of(old), issuer, why, serial=serial, code=code, at=now())
    row = _row(content, code, entry_id=old.entry_id, unit_id=old.unit_id, case_id=why.case_id)
    row.holder_position, row.replaces_id = old.holder_position, old.id
    (certificate,) = await _keep(tx, actor, [(row, content)])
    return certificate


async def cancel(tx: WriteSession, actor: Actor, certificate_id: UUID, reason: str) -> Certificate:
    """It is no longer valid, and stays verifiable as 已注销. `AlreadyCancelled` twice."""
    certificate = await locked(tx, certificate_id)
    if certificate.state == CANCELLED:
        raise AlreadyCancelled
    _cancel(tx, actor, certificate, reason)
    return certificate


async def cancel_of_entries(
    tx: WriteSession, actor: Actor, entry_ids: Collection[UUID], reason: str
) -> list[Certificate]:
    """The entries are closed, so all their certificates and proofs are cancelled; none is no error."""
    wanted = select(Certificate).where(Certificate.entry_id.in_(entry_ids), Certificate.state != CANCELLED)
    wanted = wanted.order_by(Certificate.id).with_for_update().execution_options(populate_existing=True)
    found = list(await tx.scalars(wanted))
    for certificate in found:
        _cancel(tx, actor, certificate, reason)
    return found


def _cancel(tx: WriteSession, actor: Actor, certificate: Certificate, reason: str) -> None:
    if not reason.strip():
        raise Invalid("请填写注销原因", field="reason")
    certificate.state, certificate.cancelled_at, certificate.cancel_reason = CANCELLED, now(), reason.strip()
    audit(tx, actor, "certificate.cancelled", f"certificate:{certificate.id}", {"number": certificate.number})


def _check(facts: EntryCertificate) -> None:
    if facts.kind not in ISSUES_CERTIFICATE | ISSUES_PROOF:
        raise NothingToIssue
    if not isinstance(facts.details, DETAILS[facts.kind]):
        raise Invalid("登记内容与登记种类不符", field="details")
    if not facts.holders:
        raise Invalid("登记证明没有权利人", field="holders")
    if _separate(facts) and (
        facts.sharing is not Sharing.FRACTIONAL or any(party.share is None for party in facts.holders)
    ):
        raise NoSeparateCertificates


def _separate(facts: EntryCertificate) -> bool:
    return isinstance(facts.details, OwnershipDetails) and facts.details.held_separately


def _papers(facts: EntryCertificate) -> Sequence[int]:
    """Whose certificates there are: 0 for one that names all."""
    return range(1, len(facts.holders) + 1) if _separate(facts) else (0,)


def _series(certificate: bool) -> str:
    return "certificate" if certificate else "proof"


def _row(content: Content, code: str, *, entry_id: UUID, unit_id: UUID, case_id: UUID) -> Certificate:
    return Certificate(
        id=uuid7(),
        kind=_series(content.template == "certificate/1"),
        number=content.number,
        licence_id=content.licence_id,
        verify_code=code,
        unit_id=unit_id,
        unit_code=content.unit_code,
        entry_id=entry_id,
        case_id=case_id,
        template=content.template,
        content=msgspec.json.encode(content).decode(),
        booked_on=content.booked_on,
    )


async def _keep(tx: WriteSession, actor: Actor, made: list[tuple[Certificate, Content]]) -> list[Certificate]:
    """Store, audit, order the issue (`certificate.issue`)."""
    rows = [row for row, _ in made]
    tx.add_all(rows)
    await tx.flush()
    for row, content in made:
        tx.add_all(_holders(row.id, content))
        audit(tx, actor, "certificate.numbered", f"certificate:{row.id}", {"number": row.number})
        await emit(tx, "certificate.issue", {"certificate_id": str(row.id)}, key=f"certificate.issue:{row.id}")
    return rows


def _holders(certificate_id: UUID, content: Content) -> list[CertificateHolder]:
    return [
        CertificateHolder(
            certificate_id=certificate_id,
            position=position,
            name=party.name,
            id_number=party.id_number,
            id_index=blind_index(party.id_number),
        )
        for position, party in enumerate(content.holders, start=1)
    ]


async def _issuer(reader: ReadSession) -> Issuer:
    county = (await reader.execute(select(County).where(County.code == reader.tenant))).scalar_one()
    return Issuer(
        county_code=county.code,
        county_name=county.name,
        province=county.province_abbreviation,
        agency_name=county.agency_name,
        agency_code=county.agency_code,
        public_url=get_settings().public_url,
    )
