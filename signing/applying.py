"""Applying ordered signatures: what the jobs do, in one transaction with the ceremony's row locked.

Everything is decided from the stored revision, so a job repeated after a crash either finds its work done or does it
from the same start; blobs written by the lost attempt are unreachable and harmless.
"""

import asyncio
import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import msgspec
from sqlalchemy import update
from sqlalchemy.engine import CursorResult

from kernel.clock import now
from kernel.db import WriteSession
from kernel.outbox import Park, emit
from signing.ceremonies import documents_of, lock_ceremony, signatories_of, standing_of
from signing.errors import DocumentMoved
from signing.evidence import record
from signing.models import AppliedSignature, Ceremony, CeremonyDocument, CeremonySignatory
from signing.pades import FieldPlan
from signing.pool import Signed, SigningRoom
from signing.rules import CLOSING_FIELD, LINK_LIFETIME, begun_by
from signing.schemas import PLATFORM_SEAL, Field, SignatureMade
from signing.seals import expect_in_use
from signing.worker import FieldToSign, Person

REPORT_DELAY = timedelta(seconds=3)
"""What people wait for goes first: filing, booking and proof follow the last signature at once."""


class Blobs(Protocol):
    """Where documents are kept, by SHA-256."""

    async def put(self, data: bytes) -> str: ...

    async def get(self, digest: str) -> bytes: ...


class SigningResources(Protocol):
    """What the jobs take from `event.resources`."""

    @property
    def blobs(self) -> Blobs: ...

    @property
    def signing(self) -> SigningRoom: ...


async def prepare_documents(tx: WriteSession, resources: SigningResources, ceremony_id: UUID) -> None:
    """Make the fields of every document not yet prepared, and certify it. Repeating it does nothing."""
    ceremony = await lock_ceremony(tx, ceremony_id)
    if ceremony.status == "open":
        await _ensure_prepared(tx, resources, ceremony)


async def _ensure_prepared(tx: WriteSession, resources: SigningResources, ceremony: Ceremony) -> None:
    waiting = [row for row in await documents_of(tx, ceremony.id) if row.prepared_digest is None]
    if not waiting:
        return

    async def prepared(row: CeremonyDocument) -> str:
        pdf = await resources.blobs.get(row.original_digest)
        return await resources.blobs.put(await resources.signing.prepare(pdf, _plans(row, ceremony.last_key)))

    digests = await asyncio.gather(*(prepared(row) for row in waiting))
    for row, digest in zip(waiting, digests, strict=True):
        row.prepared_digest = digest
        await _move(tx, row, digest)
    await record(tx, ceremony, "prepared", documents={row.key: row.prepared_digest for row in waiting})


def _fields(row: CeremonyDocument) -> list[Field]:
    return [msgspec.convert(field, Field) for field in row.fields]


def _plans(row: CeremonyDocument, last: str) -> list[FieldPlan]:
    """The last signatory's place locks everything. A document that they do not sign is locked by the platform."""
    plans = [FieldPlan(field.name, field.box, locks_all=field.signatory == last) for field in _fields(row)]
    return plans if any(plan.locks_all for plan in plans) else [*plans, FieldPlan(CLOSING_FIELD, None, locks_all=True)]


async def _move(tx: WriteSession, row: CeremonyDocument, digest: str) -> None:
    """Compare-and-set: the row lock orders us, this catches whoever does not take it."""
    await tx.flush()
    moved = await tx.execute(
        update(CeremonyDocument)
        .where(
            CeremonyDocument.id == row.id,
            CeremonyDocument.revision == row.revision,
            CeremonyDocument.current_digest == row.current_digest,
        )
        .values(revision=row.revision + 1, current_digest=digest)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(moved, CursorResult)
    if moved.rowcount != 1:
        raise DocumentMoved
    await tx.refresh(row)


async def apply_signatures(
    tx: WriteSession, resources: SigningResources, ceremony_id: UUID, signatory_key: str
) -> None:
    """Sign all documents of one signatory.

    With the last signature of a turn the next one begins (`signing.turn_begun`), with the last of all the ceremony is
    closed (`signing.completed`).
    """
    ceremony = await lock_ceremony(tx, ceremony_id)
    everybody = await signatories_of(tx, ceremony_id)
    signatory = next((row for row in everybody if row.key == signatory_key), None)
    if signatory is None:
        raise Park(f"签署人 {signatory_key} 不在本次签署中")
    # The consent was given in time: what counts is its moment, not the worker's. Only a ceremony that has ended stops.
    if signatory.status == "signed" or ceremony.status != "open":
        return
    if signatory.status != "consented":
        raise Park(f"签署人 {signatory_key} 尚未同意签署")
    await _ensure_prepared(tx, resources, ceremony)
    documents = await documents_of(tx, ceremony_id)
    await _sign(tx, resources, ceremony, documents, signatory)
    signatory.status, signatory.signed_at, signatory.handwriting = "signed", now(), None
    if all(row.status == "signed" for row in everybody):
        await _complete(tx, resources, ceremony, documents)
    else:
        await _begin_turn(tx, ceremony, everybody, signatory)


async def _begin_turn(
    tx: WriteSession, ceremony: Ceremony, everybody: Sequence[CeremonySignatory], signatory: CeremonySignatory
) -> None:
    turn = begun_by(everybody, signatory, ceremony.last_key)
    if turn is None or standing_of(ceremony, everybody) != "open":
        return
    for one in everybody:
        # A link that went out earlier gets its full time from the moment when it can be used.
        if one.turn == turn and one.token_expires_at is not None and now() < one.token_expires_at:
            one.token_expires_at = now() + LINK_LIFETIME
    await tx.flush()
    payload = {"ceremony_id": str(ceremony.id), "subject": ceremony.subject, "turn": turn}
    await emit(tx, "signing.turn_begun", payload, key=f"signing.turn_begun:{ceremony.id}:{turn}")


async def _sign(
    tx: WriteSession,
    resources: SigningResources,
    ceremony: Ceremony,
    documents: Sequence[CeremonyDocument],
    signatory: CeremonySignatory,
) -> None:
    places = [(row, field.name) for row in documents for field in _fields(row) if field.signatory == signatory.key]
    if signatory.seal_key is not None:
        digests = {row.key: row.current_digest for row, _ in places}
        await expect_in_use(tx, signatory.seal_key, digests, ceremony.subject)
    for batch in _rounds(places):
        pdfs = await asyncio.gather(*(resources.blobs.get(row.current_digest) for row, _ in batch))
        todo = [FieldToSign(pdf=pdf, field=name) for pdf, (_, name) in zip(pdfs, batch, strict=True)]
        if signatory.seal_key is not None:
            signed = await resources.signing.sign_seal(signatory.seal_key, todo)
        else:
            signed = await resources.signing.sign_person(_person(signatory), todo)
        await _store(tx, resources, ceremony, [row for row, _ in batch], signed, signatory)


def _rounds(places: list[tuple[CeremonyDocument, str]]) -> list[list[tuple[CeremonyDocument, str]]]:
    """Each document once a round: a second place in the same document is signed on top of the first."""
    rounds: list[list[tuple[CeremonyDocument, str]]] = []
    for row, name in places:
        free = next((batch for batch in rounds if all(row.id != other.id for other, _ in batch)), None)
        if free is None:
            rounds.append([(row, name)])
        else:
            free.append((row, name))
    return rounds


def _person(signatory: CeremonySignatory) -> Person:
    if signatory.handwriting is None or signatory.identity_reference is None:
        raise Park(f"签署人 {signatory.key} 缺少手写签名或实名认证")
    return Person(
        name=signatory.name,
        organisation=signatory.organisation,
        assertion=signatory.identity_reference,
        handwriting=base64.b64decode(signatory.handwriting),
    )


async def _store(
    tx: WriteSession,
    resources: SigningResources,
    ceremony: Ceremony,
    documents: Sequence[CeremonyDocument],
    signed: Signed,
    signatory: CeremonySignatory | None,
) -> None:
    digests = await asyncio.gather(*(resources.blobs.put(pdf) for pdf, _ in signed))
    for row, digest, (_, made) in zip(documents, digests, signed, strict=True):
        before = row.current_digest
        await _move(tx, row, digest)
        tx.add(_signature(row, signatory, made))
        await record(
            tx,
            ceremony,
            "signed",
            signatory.key if signatory else "platform",
            document=row.key,
            field=made.field,
            before=before,
            after=digest,
            certificate={"serial": made.serial, "digest": made.certificate_digest},
        )


def _signature(row: CeremonyDocument, signatory: CeremonySignatory | None, made: SignatureMade) -> AppliedSignature:
    return AppliedSignature(
        document_id=row.id,
        signatory_id=signatory.id if signatory else None,
        field=made.field,
        revision=row.revision,
        serial=made.serial,
        subject=made.subject,
        certificate_digest=made.certificate_digest,
        document_digest=row.current_digest,
        signed_at=made.signed_at,
    )


async def _complete(
    tx: WriteSession, resources: SigningResources, ceremony: Ceremony, documents: Sequence[CeremonyDocument]
) -> None:
    unlocked = [row for row in documents if all(field.signatory != ceremony.last_key for field in _fields(row))]
    if unlocked:
        pdfs = await asyncio.gather(*(resources.blobs.get(row.current_digest) for row in unlocked))
        todo = [FieldToSign(pdf=pdf, field=CLOSING_FIELD) for pdf in pdfs]
        signed = await resources.signing.sign_seal(PLATFORM_SEAL, todo)
        await _store(tx, resources, ceremony, unlocked, signed, None)
    ceremony.status, ceremony.completed_at = "completed", now()
    await record(tx, ceremony, "completed", documents={row.key: row.current_digest for row in documents})
    payload = {"ceremony_id": str(ceremony.id), "subject": ceremony.subject}
    await emit(tx, "signing.completed", payload, key=f"signing.completed:{ceremony.id}")
    report = {"ceremony_id": str(ceremony.id)}
    await emit(tx, "signing.report", report, key=f"signing.report:{ceremony.id}", delay=REPORT_DELAY)
