"""Sealing an ordered file: what the job does, in one transaction with the file's row held.

Everything is made from the file as it came, so a job repeated after a crash does it from the same start; a sealed file
of an attempt that did not commit is only an unreferenced blob.
"""

from typing import Protocol, cast
from uuid import UUID

from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import WriteSession
from kernel.permissions import system_actor
from signing.errors import BadPdf, SignerRevoked, UnknownSeal
from signing.models import OrganisationSeal
from signing.pades import SealPlace
from signing.schemas import SealRef
from signing.seal_errors import UseNotAllowed
from signing.seal_log import write_refusal
from signing.seals import expect_in_use
from yiti.seal_desk import rules
from yiti.seal_desk.models import SealedFile
from yiti.seal_desk.rules import FileState
from yiti.seal_desk.schemas import Place
from yiti.seal_desk.service import Blobs, Examining, locked, shape_of, subject_of


class Sealer(Examining, Protocol):
    """The part of the signing pool that seals."""

    async def add_seal(self, pdf: bytes, seal: SealRef, place: SealPlace) -> bytes: ...


class SealingResources(Protocol):
    """What the job takes from `event.resources`."""

    @property
    def blobs(self) -> Blobs: ...

    @property
    def signing(self) -> Sealer: ...


async def seal_file(tx: WriteSession, resources: SealingResources, file_id: UUID) -> SealedFile:
    """Seal an ordered file; one in any other state is left as it is.

    Raises what passes (keys, time or the seal out of use for a while): the job tries again. What does not pass stops
    the file, with words for who ordered it.
    """
    file = await locked(tx, file_id)
    if file.state != FileState.ORDERED:
        return file
    seal = (await tx.scalars(select(OrganisationSeal).where(OrganisationSeal.id == file.seal_id))).one()
    try:
        async with tx.begin_nested():
            await expect_in_use(tx, seal.key, {file.kind: file.original_digest}, subject_of(file))
        pdf = await resources.signing.add_seal(
            await resources.blobs.get(file.original_digest), SealRef(key=seal.key), place_of(file)
        )
    except UseNotAllowed as refused:
        write_refusal(tx, system_actor(tx.tenant), refused)
        return _stop(tx, file, refused.message)
    except (BadPdf, SignerRevoked, UnknownSeal) as fault:
        return _stop(tx, file, fault.message)
    report = await resources.signing.validate_pdf(pdf)
    if problem := rules.spoilt(file.outcome_before, file.former, report, place_of(file).name):
        return _stop(tx, file, problem)
    file.sealed_digest, file.sealed_at, file.state = await resources.blobs.put(pdf), now(), FileState.SEALED
    audit(tx, system_actor(tx.tenant), "sealed_file.sealed", subject_of(file), {"digest": file.sealed_digest})
    return file


def place_of(file: SealedFile) -> SealPlace:
    """Where the seal goes, and the name of its field, of which a file has one."""
    assert file.page is not None, "an ordered file is placed"
    shape = shape_of(file, file.page)
    box = rules.box_at(shape, file.page - 1, cast("Place", file.place))
    return SealPlace(f"seal-{file.id.hex}", box, shape.turn, file.closes)


def _stop(tx: WriteSession, file: SealedFile, words: str) -> SealedFile:
    file.state, file.reason = FileState.STOPPED, words[:200]
    audit(tx, system_actor(tx.tenant), "sealed_file.stopped", subject_of(file), {"reason": file.reason})
    return file
