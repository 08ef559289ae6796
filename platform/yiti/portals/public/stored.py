"""The data that were attached to a paper when it was issued, made again from its frozen content."""

from dataclasses import dataclass

from sqlalchemy import select

from kernel.db import ReadSession
from yiti.certificates.checking import Validity
from yiti.certificates.copies import verification as copies
from yiti.certificates.copies.document import copy_xml
from yiti.certificates.copies.models import AnnotatedCopy
from yiti.certificates.copies.service import annotation_of
from yiti.certificates.models import Certificate
from yiti.certificates.pages import content_attachment
from yiti.certificates.queries import content_of
from yiti.certificates.verification import known_as


@dataclass(frozen=True, slots=True)
class StoredData:
    """`number` of the paper, what the books say of it now, and its data."""

    number: str
    register: Validity
    data: bytes


async def by_digests(reader: ReadSession, digests: list[str]) -> StoredData | None:
    """Of the certificate, proof or annotated copy whose sealed file has one of these digests."""
    certificate = await reader.scalar(select(Certificate).where(Certificate.pdf_digest.in_(digests)).limit(1))
    if certificate is not None:
        return await _of_certificate(reader, certificate)
    copy = await reader.scalar(select(AnnotatedCopy).where(AnnotatedCopy.pdf_digest.in_(digests)).limit(1))
    return await _of_copy(reader, copy) if copy is not None else None


async def by_code(reader: ReadSession, code: str) -> StoredData | None:
    """Of the one with this verification code, once it was sealed."""
    certificate = await reader.scalar(
        select(Certificate).where(Certificate.verify_code == code, Certificate.pdf_digest.is_not(None))
    )
    if certificate is not None:
        return await _of_certificate(reader, certificate)
    copy = await reader.scalar(
        select(AnnotatedCopy).where(AnnotatedCopy.verify_code == code, AnnotatedCopy.pdf_digest.is_not(None))
    )
    return await _of_copy(reader, copy) if copy is not None else None


async def _of_certificate(reader: ReadSession, certificate: Certificate) -> StoredData:
    known = (await known_as(reader, [certificate]))[certificate.id]
    return StoredData(certificate.number, known.validity, content_attachment(content_of(certificate)).data)


async def _of_copy(reader: ReadSession, copy: AnnotatedCopy) -> StoredData:
    original = (await reader.scalars(select(Certificate).where(Certificate.id == copy.certificate_id))).one()
    known = await copies.known_by_code(reader, copy.verify_code)
    validity = known.validity if known else Validity.NOT_OURS
    return StoredData(copy.number, validity, copy_xml(content_of(original), annotation_of(copy, reader.tenant)))
