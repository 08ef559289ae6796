"""Rows of a ceremony: made, locked and read in one place."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import or_, select

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import NotFound
from signing import rules
from signing.errors import AlreadySigned, CeremonyClosed, CeremonyExpired, LinkExpired, NotYourTurn, UnknownLink
from signing.models import Ceremony, CeremonyDocument, CeremonySignatory
from signing.schemas import DocumentToSign, Signatory


def document_rows(ceremony_id: UUID, documents: Sequence[DocumentToSign]) -> list[CeremonyDocument | CeremonySignatory]:
    return [
        CeremonyDocument(
            ceremony_id=ceremony_id,
            key=document.key,
            title=document.title,
            position=position,
            pages=document.pages,
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


def hashed(token: str) -> bytes:
    """What a link is found by."""
    return hashlib.sha256(token.encode()).digest()


async def owner_of(reader: ReadSession, token: str) -> CeremonySignatory:
    """Whose link it is, or was before it grew too old. Raises UnknownLink."""
    sought = hashed(token)
    either = or_(CeremonySignatory.token_hash == sought, CeremonySignatory.lapsed_hash == sought)
    found = await reader.scalar(select(CeremonySignatory).where(either))
    if found is None:
        raise UnknownLink
    return found


def works(signatory: CeremonySignatory, token: str) -> bool:
    """Whether this link of theirs still opens the desk."""
    until = signatory.token_expires_at
    return signatory.token_hash == hashed(token) and until is not None and now() < until


async def by_link(reader: ReadSession, token: str) -> CeremonySignatory:
    """Whose link it is. Raises UnknownLink, LinkExpired."""
    found = await owner_of(reader, token)
    if not works(found, token):
        raise LinkExpired
    return found


async def term_of(reader: ReadSession, ceremony_id: UUID) -> datetime | None:
    """Until when it can be signed; None where it has no such end."""
    return await reader.scalar(select(Ceremony.expires_at).where(Ceremony.id == ceremony_id))


def standing_of(ceremony: Ceremony, people: Sequence[CeremonySignatory] = ()) -> str:
    """The ceremony's status now; `expired` also while the job that ends it is late.

    `people`: all its signatories, where it matters that the last consent was given in time.
    """
    agreed = bool(people) and rules.all_agreed(people)
    return rules.standing(ceremony.status, ceremony.expires_at, now(), agreed=agreed)


def expect_open(ceremony: Ceremony) -> None:
    """Raise CeremonyExpired or CeremonyClosed unless people may still sign."""
    match standing_of(ceremony):
        case "open":
            return
        case "expired":
            raise CeremonyExpired
    raise CeremonyClosed


async def expect_turn(reader: ReadSession, ceremony: Ceremony, signatory: CeremonySignatory) -> None:
    """Raise NotYourTurn while somebody of an earlier turn has not signed. The ceremony is locked."""
    if rules.coming_first(await signatories_of(reader, ceremony.id), signatory, ceremony.last_key):
        raise NotYourTurn


async def open_desk(tx: WriteSession, token: str) -> tuple[Ceremony, CeremonySignatory]:
    """The ceremony, locked, and who may act in it now. Raises AlreadySigned, CeremonyClosed, NotYourTurn as well.

    Lock first, then look: two requests on one link happen one after the other.
    """
    ceremony = await lock_ceremony(tx, (await by_link(tx, token)).ceremony_id)
    signatory = await by_link(tx, token)
    await tx.refresh(signatory)
    if signatory.status in rules.AGREED:
        raise AlreadySigned
    expect_open(ceremony)
    await expect_turn(tx, ceremony, signatory)
    return ceremony, signatory
