"""Taking a number and freezing the content, inside booking; cancelling; finding."""

import secrets
from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor
from kernel.pii import blind_index
from kernel.settings import get_settings
from kernel.tenancy.models import County
from yiti.certificates.content import freeze_notice_proof
from yiti.certificates.models import CANCELLED, Certificate, CertificateHolder
from yiti.certificates.schemas import Issuer, NoticeFacts, ProofContent

_CODE_BYTES = 15  # 120 random bits: 20 characters nobody guesses


class CertificateNotFound(NotFound):
    code = "certificate.not_found"
    default_message = "没有找到该证书或证明"


class AlreadyCancelled(Conflict):
    code = "certificate.cancelled"
    default_message = "该证明已经注销"


async def take_number_and_freeze(tx: WriteSession, actor: Actor, facts: NoticeFacts) -> Certificate:
    """Number the proof of a booked presale notice, freeze what it says and order its issue (`certificate.issue`).

    Call it last in the booking transaction: the gap-free number keeps its series locked until the commit.
    """
    if not facts.holders:
        raise Invalid("登记证明没有权利人", field="holders")
    issuer = await _issuer(tx)
    verify_code = secrets.token_urlsafe(_CODE_BYTES)
    serial = await next_number(tx, "proof", facts.booked_on.year)
    content = freeze_notice_proof(facts, issuer, serial=serial, verify_code=verify_code, frozen_at=now())
    certificate = Certificate(
        kind="proof",
        number=content.number,
        licence_id=content.licence_id,
        verify_code=verify_code,
        unit_id=facts.unit_id,
        unit_code=facts.unit_code,
        entry_id=facts.entry_id,
        case_id=facts.case_id,
        template=content.template,
        content=msgspec.json.encode(content).decode(),
        booked_on=facts.booked_on,
    )
    tx.add(certificate)
    await tx.flush()
    tx.add_all(_holders(certificate.id, facts))
    audit(tx, actor, "certificate.numbered", f"certificate:{certificate.id}", {"number": content.number})
    await emit(
        tx, "certificate.issue", {"certificate_id": str(certificate.id)}, key=f"certificate.issue:{certificate.id}"
    )
    return certificate


async def cancel(tx: WriteSession, actor: Actor, certificate_id: UUID, reason: str) -> Certificate:
    """The entry is closed, so its proof is no longer valid; it stays verifiable as 已注销. `AlreadyCancelled` twice."""
    if not reason.strip():
        raise Invalid("请填写注销原因", field="reason")
    certificate = await locked(tx, certificate_id)
    if certificate.state == CANCELLED:
        raise AlreadyCancelled
    certificate.state, certificate.cancelled_at, certificate.cancel_reason = CANCELLED, now(), reason.strip()
    audit(tx, actor, "certificate.cancelled", f"certificate:{certificate.id}", {"number": certificate.number})
    return certificate


async def locked(tx: WriteSession, certificate_id: UUID) -> Certificate:
    """The certificate, its row locked until the transaction ends. `CertificateNotFound`."""
    wanted = select(Certificate).where(Certificate.id == certificate_id).with_for_update()
    found = await tx.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise CertificateNotFound
    return found


async def get(reader: ReadSession, certificate_id: UUID) -> Certificate:
    """One certificate of this county. `CertificateNotFound`."""
    found = await reader.scalar(select(Certificate).where(Certificate.id == certificate_id))
    if found is None:
        raise CertificateNotFound
    return found


async def of_entry(reader: ReadSession, entry_id: UUID) -> Certificate | None:
    """The valid or still unissued certificate of a register entry."""
    wanted = select(Certificate).where(Certificate.entry_id == entry_id, Certificate.state != CANCELLED)
    return await reader.scalar(wanted)


async def of_case(reader: ReadSession, case_id: UUID) -> Sequence[Certificate]:
    """All certificates that a case brought forth."""
    return (await reader.scalars(select(Certificate).where(Certificate.case_id == case_id))).all()


async def of_unit(reader: ReadSession, unit_id: UUID) -> Sequence[Certificate]:
    """All certificates ever made for a unit, newest first."""
    wanted = select(Certificate).where(Certificate.unit_id == unit_id).order_by(Certificate.id.desc())
    return (await reader.scalars(wanted)).all()


async def of_person(reader: ReadSession, id_number: str) -> Sequence[Certificate]:
    """All certificates a person or company holds or held in this county, newest first."""
    held = select(CertificateHolder.certificate_id).where(CertificateHolder.id_index == blind_index(id_number))
    wanted = select(Certificate).where(Certificate.id.in_(held)).order_by(Certificate.id.desc())
    return (await reader.scalars(wanted)).all()


def content_of(certificate: Certificate) -> ProofContent:
    """What the certificate says. Personal data: show it to its holders and to staff only."""
    return msgspec.json.decode(certificate.content, type=ProofContent)


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


def _holders(certificate_id: UUID, facts: NoticeFacts) -> list[CertificateHolder]:
    return [
        CertificateHolder(
            certificate_id=certificate_id,
            position=position,
            name=party.name,
            id_number=party.id_number,
            id_index=blind_index(party.id_number),
        )
        for position, party in enumerate(facts.holders, start=1)
    ]
