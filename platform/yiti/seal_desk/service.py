"""Bringing a file, placing the seal, ordering it under the seal's use policy."""

import re
from typing import Protocol
from uuid import UUID

from msgspec import convert, to_builtins
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.outbox import emit
from kernel.permissions import Actor
from signing.contents import Contents
from signing.models import OrganisationSeal
from signing.schemas import ValidationReport
from signing.seal_policies import policy_of
from signing.seal_requests import last_request, open_request, withdraw_all
from signing.seal_rules import UsePolicy
from yiti.seal_desk import rules
from yiti.seal_desk.errors import FileDecided, FileTooLarge, FileUnfit, UnknownFile
from yiti.seal_desk.kinds import BROUGHT
from yiti.seal_desk.models import SealedFile
from yiti.seal_desk.ordering import delay_words, use_or_ask
from yiti.seal_desk.rules import FileState
from yiti.seal_desk.schemas import PLACES, SEALED_FILE, Examined, Placement, Shape

LIMIT_BYTES = 4 * 1024 * 1024
"""Below what the public page of verification takes: sealing adds some 60 KB."""
_BAD_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


class Examining(Protocol):
    """The part of the signing pool that looks into strangers' files."""

    async def look_into(self, pdf: bytes) -> Contents: ...

    async def validate_pdf(self, pdf: bytes) -> ValidationReport: ...


class Blobs(Protocol):
    """Where files lie."""

    async def put(self, data: bytes) -> str: ...

    async def get(self, digest: str) -> bytes: ...


class DeskResources(Protocol):
    """What bringing a file needs."""

    @property
    def blobs(self) -> Blobs: ...

    @property
    def signing(self) -> Examining: ...


def subject_of(file: SealedFile) -> str:
    """As the log of the seal and requests for it name the file."""
    return f"{SEALED_FILE}:{file.id}"


def kinds_for(policy: UsePolicy) -> list[str]:
    """Which of the files that are brought the seal may be set on."""
    return [kind for kind in BROUGHT if kind in policy.kinds]


async def examined(resources: DeskResources, data: bytes) -> Examined:
    """Look into a PDF and keep it. Slow: not while a transaction is open.

    Raises FileTooLarge, FileUnfit with what is wrong, Unavailable.
    """
    if len(data) > LIMIT_BYTES:
        raise FileTooLarge(field="file")
    contents = await resources.signing.look_into(data)
    if contents.problem:
        raise FileUnfit(contents.problem, field="file")
    report = await resources.signing.validate_pdf(data)
    if problem := rules.unfit(contents, report):
        raise FileUnfit(problem, field="file")
    shapes = tuple(Shape(one.x1, one.y1, one.x2, one.y2, one.turn) for one in contents.pages)
    return Examined(await resources.blobs.put(data), shapes, contents.signed, report.outcome)


async def bring(
    tx: WriteSession, actor: Actor, seal: OrganisationSeal, kind: str, name: str, found: Examined
) -> SealedFile:
    """Take in an examined PDF of the actor's organisation. `seal`: the organisation's own.

    Raises Invalid for a kind that the seal's policy does not allow.
    """
    if kind not in kinds_for(await policy_of(tx, seal)):
        raise Invalid("印章不得用于此类文件，请核对用印规则", field="kind")
    assert actor.id is not None, "only a person brings files"
    assert seal.organisation_id is not None, "nobody brings files to the agency's seal"
    file = SealedFile(
        organisation_id=seal.organisation_id,
        seal_id=seal.id,
        kind=kind,
        title=_title(name),
        original_digest=found.digest,
        shapes=[to_builtins(one) for one in found.shapes],
        former=found.former,
        outcome_before=found.outcome,
        uploaded_by=actor.id,
        state=FileState.DRAFT,
    )
    tx.add(file)
    await tx.flush()
    audit(tx, actor, "sealed_file.brought", subject_of(file), {"kind": kind, "digest": file.original_digest})
    return file


def _title(name: str) -> str:
    bare = _BAD_NAME.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip()
    return bare.removesuffix(".pdf").removesuffix(".PDF")[-100:] or "未命名文件"


async def file_in(reader: ReadSession, organisation_id: UUID | None, file_id: UUID) -> SealedFile:
    """One file of the organisation. Raises UnknownFile for those of others."""
    file = await reader.scalar(select(SealedFile).where(SealedFile.id == file_id))
    if file is None or organisation_id is None or file.organisation_id != organisation_id:
        raise UnknownFile
    return file


async def files_of(
    reader: ReadSession, organisation_id: UUID, limit: int, before: UUID | None = None
) -> tuple[list[SealedFile], UUID | None]:
    """One page of the organisation's files, newest first, and where the next page begins."""
    chosen = select(SealedFile).where(SealedFile.organisation_id == organisation_id)
    if before is not None:
        chosen = chosen.where(SealedFile.id < before)
    rows = list(await reader.scalars(chosen.order_by(SealedFile.id.desc()).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


async def locked(tx: WriteSession, file_id: UUID) -> SealedFile:
    """The file with its row held. Raises UnknownFile."""
    wanted = select(SealedFile).where(SealedFile.id == file_id).with_for_update()
    file = await tx.scalar(wanted.execution_options(populate_existing=True))
    if file is None:
        raise UnknownFile
    return file


def shape_of(file: SealedFile, page: int) -> Shape:
    """`page` from 1. Raises Invalid."""
    if not 1 <= page <= len(file.shapes):
        raise Invalid(f"请填写1至{len(file.shapes)}之间的页码", field="sheet")
    return convert(file.shapes[page - 1], Shape)


async def submit(tx: WriteSession, actor: Actor, file_id: UUID, placement: Placement | None = None) -> SealedFile:
    """Seal the file: ordered at once, or, for a kind under four eyes, asked for first and ordered when approved.

    `placement` None: as it stands; what waits for an approval or has one keeps its placement. Raises UnknownFile,
    FileDecided, Invalid, and SealRefused where the policy says no.
    """
    await file_in(tx, actor.organisation_id, file_id)
    file = await locked(tx, file_id)
    if file.state not in rules.OPEN:
        raise FileDecided
    seal = (await tx.scalars(select(OrganisationSeal).where(OrganisationSeal.id == file.seal_id))).one()
    request = await open_request(tx, seal.id, subject_of(file))
    if request is None:
        _place(file, placement)
    if not await use_or_ask(tx, actor, seal, {file.kind: file.original_digest}, subject_of(file)):
        file.state = FileState.ASKED
        return file
    file.state, file.ordered_by, file.ordered_at = FileState.ORDERED, actor.id, now()
    await tx.flush()
    await emit(tx, "sealed_file.issue", {"file_id": str(file.id)}, key=_order_key(file.id))
    return file


def _place(file: SealedFile, placement: Placement | None) -> None:
    if placement is None:
        if file.page is None:
            raise Invalid("请先选择盖章的页码和位置", field="sheet")
        return
    if placement.place not in PLACES:
        raise Invalid("请选择盖章的位置", field="place")
    shape_of(file, placement.page)
    file.page, file.place, file.closes = placement.page, placement.place, placement.closes


def _order_key(file_id: UUID) -> str:
    return f"sealed_file.issue:{file_id}"


async def discard(tx: WriteSession, actor: Actor, file_id: UUID) -> SealedFile:
    """Throw a file away before it is sealed; nobody is asked about it any more. Raises UnknownFile, FileDecided."""
    await file_in(tx, actor.organisation_id, file_id)
    file = await locked(tx, file_id)
    if file.state not in rules.OPEN:
        raise FileDecided
    await withdraw_all(tx, actor, subject_of(file), "文件已作废")
    file.state = FileState.DISCARDED
    audit(tx, actor, "sealed_file.discarded", subject_of(file), {"digest": file.original_digest})
    return file


async def turned_down(reader: ReadSession, file: SealedFile) -> str:
    """Why the last request about the file was not approved; empty where it was or waits."""
    request = await last_request(reader, file.seal_id, subject_of(file))
    return request.reason if request is not None and request.status == "refused" else ""


async def delayed_by(reader: ReadSession, file: SealedFile) -> str:
    """Why an ordered seal is not there yet, in words: which service is away, or that a person has to look."""
    if file.state != FileState.ORDERED:
        return ""
    return await delay_words(reader, _order_key(file.id))
