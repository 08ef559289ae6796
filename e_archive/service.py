"""Archiving a closed case, and looking after what was archived."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from e_archive import build, rules
from e_archive.errors import ArchiveRefused, UnknownArchive, UnreadablePackage
from e_archive.facts import Facts
from e_archive.four_properties import check
from e_archive.models import Archive, ArchiveRenewal, FixityCheck
from e_archive.package import Package, from_zip, to_zip
from e_archive.pdf import PdfFacts, inspect
from e_archive.schemas import ArchiveManifest, CheckReport, Proof
from kernel.audit import audit
from kernel.blobs import BlobNotFound, BlobStore, Corrupted
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.numbers import next_number
from kernel.permissions import system_actor

Inspect = Callable[[bytes], PdfFacts]


async def archive(tx: WriteSession, blobs: BlobStore, manifest: ArchiveManifest) -> Archive:
    """Make, check and store the package of a closed case; the same subject again returns its archive.

    Raises ArchiveRefused with the report when an item of the four-property check fails: nothing is kept then, not
    even the number, and the caller parks the case for a person. BlobNotFound and Corrupted come through.
    """
    # Two jobs for one case: the second waits here, then finds the first one's archive.
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{tx.tenant}/{manifest.subject}", 0))))
    if known := await by_subject(tx, manifest.subject):
        return known
    keys = [document.key for document in manifest.documents]
    contents = await asyncio.gather(*(blobs.get(document.digest) for document in manifest.documents))
    pdfs = dict(zip(keys, contents, strict=True))
    # The slow part comes before the number, whose row makes other cases wait.
    look = await asyncio.to_thread(_inspected, list(pdfs.values()))
    series, year = f"{manifest.fonds_no}-{manifest.category}-{manifest.retention}", manifest.formed_on.year
    sequence = await next_number(tx, f"archive:{series}", year)
    number = f"{manifest.fonds_no}-{manifest.category}·{year:04d}-{manifest.retention}-{sequence:06d}"
    unique = await tx.scalar(select(Archive.id).where(Archive.archive_no == number)) is None
    continuous = await _has_predecessor(tx, series, year, sequence)
    moment, proof = now(), proof_of(map(look, pdfs.values()))
    data, report = await asyncio.to_thread(
        _make, manifest, number, moment, pdfs, look, unique=unique, continuous=continuous
    )
    row = Archive(
        id=uuid7(),
        archive_no=number,
        series=series,
        year=year,
        sequence=sequence,
        subject=manifest.subject,
        case_no=manifest.case_no,
        unit_code=manifest.unit_code,
        title=manifest.title,
        package_digest=await blobs.put(data),
        package_bytes=len(data),
        report=msgspec.to_builtins(report),
        archived_at=moment,
        provable_until=proof.until if proof else None,
        proof_algorithm=proof.algorithm if proof else "",
    )
    tx.add(row)
    await tx.flush()
    detail = {"archive_no": number, "package_digest": row.package_digest}
    audit(tx, system_actor(tx.tenant), "e_archive.archived", manifest.subject, detail)
    return row


async def verify_fixity(tx: WriteSession, blobs: BlobStore, archive_id: UUID) -> FixityCheck:
    """Verify a stored package anew and write down the outcome. Raises UnknownArchive.

    A store that does not answer raises Unavailable and writes nothing: it says nothing about the package.
    """
    row = await get(tx, archive_id)
    problem, report = None, None
    try:
        data = await blobs.get(row.package_digest)
        report = await asyncio.to_thread(_verify_stored, data, row)
    except (BlobNotFound, Corrupted, UnreadablePackage) as error:
        problem = error.message
    passed = report is not None and not report.failed
    outcome = FixityCheck(
        archive_id=row.id,
        passed=passed,
        problem=problem,
        report=msgspec.to_builtins(report) if report else None,
        checked_at=now(),
    )
    tx.add(outcome)
    await tx.flush()
    audit(tx, system_actor(tx.tenant), "e_archive.fixity_checked", f"archive:{row.id}", {"passed": passed})
    return outcome


async def get(reader: ReadSession, archive_id: UUID) -> Archive:
    """One archive. Raises UnknownArchive."""
    row = await reader.scalar(select(Archive).where(Archive.id == archive_id))
    if row is None:
        raise UnknownArchive
    return row


async def locked(tx: WriteSession, archive_id: UUID) -> Archive:
    """One archive, its row locked until the transaction ends. Raises UnknownArchive."""
    wanted = select(Archive).where(Archive.id == archive_id).with_for_update()
    row: Archive | None = await tx.scalar(wanted.execution_options(populate_existing=True))
    if row is None:
        raise UnknownArchive
    return row


async def renewals_of(reader: ReadSession, archive_id: UUID) -> Sequence[ArchiveRenewal]:
    """The renewals of a package, newest first."""
    wanted = select(ArchiveRenewal).where(ArchiveRenewal.archive_id == archive_id).order_by(ArchiveRenewal.id.desc())
    return (await reader.scalars(wanted)).all()


def proof_of(found: Iterable[PdfFacts]) -> Proof | None:
    """Until when all signed documents of a package can be proved; None where nothing is signed."""
    return rules.weakest(one.proof for one in found if one.proof is not None)


async def by_subject(reader: ReadSession, subject: str) -> Archive | None:
    """The archive of `case:<uuid>`, when it has one."""
    row: Archive | None = await reader.scalar(select(Archive).where(Archive.subject == subject))
    return row


def _inspected(contents: list[bytes]) -> Inspect:
    """An inspector that has looked at these PDFs already; known by digest, so other bytes are looked at anew."""
    known = {hashlib.sha256(data).digest(): inspect(data) for data in contents}
    return lambda data: known.get(hashlib.sha256(data).digest()) or inspect(data)


def _make(
    manifest: ArchiveManifest,
    number: str,
    moment: datetime,
    pdfs: dict[str, bytes],
    look: Inspect,
    *,
    unique: bool,
    continuous: bool,
) -> tuple[bytes, CheckReport]:
    try:
        draft: Package = build.lay_out(manifest, number, moment, pdfs, None)
    except (ValueError, msgspec.MsgspecError) as error:
        # Control characters cannot even be written as XML; a report that is no JSON cannot be kept as JSON.
        raise ArchiveRefused(f"元数据含有无法写入的内容：{error}") from error
    report = check(Facts(draft, look, unique=unique, continuous=continuous), "GD")
    if report.failed:
        words = "；".join(f"{item.id} {item.name}（{item.reason}）" for item in report.failed)
        raise ArchiveRefused(f"四性检测未通过：{words}", report)
    return to_zip(build.lay_out(manifest, number, moment, pdfs, report)), report


def _verify_stored(data: bytes, row: Archive) -> CheckReport:
    facts = Facts(from_zip(data), inspect)
    facts.catalogued = facts.text("archive_no") == row.archive_no
    return check(facts, "BC")


async def _has_predecessor(reader: ReadSession, series: str, year: int, sequence: int) -> bool:
    if sequence == 1:
        return True
    before = select(Archive.id).where(Archive.series == series, Archive.year == year, Archive.sequence == sequence - 1)
    return await reader.scalar(before) is not None
