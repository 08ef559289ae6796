"""Finding certificates and proofs, and reading what they say."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.db import ReadSession, WriteSession
from kernel.pii import blind_index
from yiti.certificates.content import PRESALE_NOTICE_TEMPLATE
from yiti.certificates.errors import CertificateNotFound
from yiti.certificates.freezing import CERTIFICATE_TEMPLATE, PROOF_TEMPLATE
from yiti.certificates.models import CANCELLED, Certificate, CertificateHolder
from yiti.certificates.schemas import CertificateContent, Content, EntryProofContent, ProofContent

_TYPES: Final[dict[str, type[Content]]] = {
    PRESALE_NOTICE_TEMPLATE: ProofContent,
    PROOF_TEMPLATE: EntryProofContent,
    CERTIFICATE_TEMPLATE: CertificateContent,
}
_NUMBER: Final = re.compile(r"(\w)[(（\[〔](\d{4})[)）\]〕](\w+?)(不动产权|不动产证明)第?(\d{1,7})号?")


def content_of(certificate: Certificate) -> Content:
    """What the certificate says. Personal data: show it to its holders and to staff only."""
    return msgspec.json.decode(certificate.content, type=_TYPES[certificate.template])


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
    """The valid or still unissued certificate of a register entry; of several (分别持证) the first holder's."""
    return next(iter(await of_entries(reader, [entry_id])), None)


async def of_entries(reader: ReadSession, entry_ids: Collection[UUID]) -> Sequence[Certificate]:
    """The valid or still unissued certificates of these entries, by entry and holder."""
    wanted = select(Certificate).where(Certificate.entry_id.in_(entry_ids), Certificate.state != CANCELLED)
    return (await reader.scalars(wanted.order_by(Certificate.entry_id, Certificate.holder_position))).all()


async def of_case(reader: ReadSession, case_id: UUID) -> Sequence[Certificate]:
    """All certificates that a case brought forth."""
    wanted = select(Certificate).where(Certificate.case_id == case_id).order_by(Certificate.id)
    return (await reader.scalars(wanted)).all()


async def of_unit(reader: ReadSession, unit_id: UUID) -> Sequence[Certificate]:
    """All certificates ever made for a unit, newest first."""
    wanted = select(Certificate).where(Certificate.unit_id == unit_id).order_by(Certificate.id.desc())
    return (await reader.scalars(wanted)).all()


async def of_person(reader: ReadSession, id_number: str) -> Sequence[Certificate]:
    """All certificates a person or company holds or held in this county, newest first."""
    held = select(CertificateHolder.certificate_id).where(CertificateHolder.id_index == blind_index(id_number))
    wanted = select(Certificate).where(Certificate.id.in_(held)).order_by(Certificate.id.desc())
    return (await reader.scalars(wanted)).all()


async def by_number(reader: ReadSession, number: str) -> Certificate | None:
    """The certificate of that number as people type it; none where no such number was given out."""
    return await reader.scalar(select(Certificate).where(Certificate.number == normal_number(number)))


def normal_number(text: str) -> str:
    """豫(2026) 息县不动产权第1号 → 豫（2026）息县不动产权第0000001号; other texts only without their blanks."""
    plain = "".join(text.split())
    match = _NUMBER.fullmatch("".join(unicodedata.normalize("NFKC", sign) for sign in plain))
    if match is None:
        return plain
    province, year, county, kind, serial = match.groups()
    return f"{province}（{year}）{county}{kind}第{int(serial):07d}号"
