"""Rows of a ceremony: made, locked and read in one place."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.db import ReadSession, WriteSession
from kernel.errors import NotFound
from signing.models import Ceremony, CeremonyDocument, CeremonySignatory
from signing.schemas import DocumentToSign, Signatory


def document_rows(ceremony_id: UUID, documents: Sequence[DocumentToSign]) -> list[CeremonyDocument | CeremonySignatory]:
    return [
        CeremonyDocument(
            ceremony_id=ceremony_id,
            key=document.key,
            title=document.title,
            position=position,
            fields=[msgspec.to_builtins(field) for field in document.fields],
            original_digest=document.digest,
            current_digest=document.digest,
            revision=0,
        )
        for position, document in enumerate(documents)
    ]


def signatory_rows(ceremony_id: UUID, signatories: Sequence[Signatory]) -> list[CeremonyDocument | CeremonySignatory]:
    return [
        CeremonySignatory(
            ceremony_id=ceremony_id, position=position, status="waiting", **msgspec.structs.asdict(signatory)
        )
        for position, signatory in enumerate(signatories)
    ]


async def lock_ceremony(tx: WriteSession, ceremony_id: UUID) -> Ceremony:
    """The ceremony, its row locked until the end of the transaction."""
    found = await tx.scalar(
        select(Ceremony).where(Ceremony.id == ceremony_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def documents_of(reader: ReadSession, ceremony_id: UUID) -> list[CeremonyDocument]:
    chosen = select(CeremonyDocument).where(CeremonyDocument.ceremony_id == ceremony_id)
    ordered = chosen.order_by(CeremonyDocument.position).execution_options(populate_existing=True)
    return list(await reader.scalars(ordered))


async def signatories_of(reader: ReadSession, ceremony_id: UUID) -> list[CeremonySignatory]:
    chosen = select(CeremonySignatory).where(CeremonySignatory.ceremony_id == ceremony_id)
    ordered = chosen.order_by(CeremonySignatory.position).execution_options(populate_existing=True)
    return list(await reader.scalars(ordered))


async def signatory_of(tx: WriteSession, ceremony_id: UUID, key: str) -> CeremonySignatory:
    for row in await signatories_of(tx, ceremony_id):
        if row.key == key:
            return row
    raise NotFound


def theirs(documents: Sequence[CeremonyDocument], key: str) -> list[CeremonyDocument]:
    return [document for document in documents if any(field["signatory"] == key for field in document.fields)]
