"""Looking after what was archived: examine a package, and renew its proof before it ends (长期保存延续)."""

import asyncio
import hashlib
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import CompoundSelect, select, union_all

from e_archive import renewal, rules
from e_archive.errors import UnreadablePackage
from e_archive.facts import Facts
from e_archive.four_properties import check
from e_archive.models import Archive, ArchiveRenewal
from e_archive.package import Package, from_zip, to_zip
from e_archive.pdf import inspect
from e_archive.ports import Stamps
from e_archive.renewal import Event, Renewed
from e_archive.rules import REASON_WORDS
from e_archive.schemas import CheckReport, Proof, SignatureReport
from e_archive.service import locked, proof_of
from kernel.audit import audit
from kernel.blobs import BlobNotFound, BlobStore, Corrupted
from kernel.clock import now, today
from kernel.db import Database, WriteSession
from kernel.outbox import Park, emit
from kernel.permissions import system_actor

A_ROUND: Final = 20
"""Packages that one run orders; the next run goes on."""


async def chore(database: Database, tenant: str) -> None:
    """For the worker, every few seconds: order what has never been looked at, and what ends soon."""
    async with database.transaction(tenant) as tx:
        await order_due(tx)


async def order_due(tx: WriteSession, limit: int = A_ROUND) -> int:
    """Order the next packages, the most urgent first; how many. One that is ordered is not ordered again."""
    due = list(await tx.scalars(_due(limit)))
    if not due:
        return 0
    wanted = select(Archive).where(Archive.renewal_ordered_at.is_(None), Archive.id.in_(due))
    wanted = wanted.order_by(Archive.provable_until.nulls_last(), Archive.id).limit(limit)
    found = list(await tx.scalars(wanted.with_for_update(skip_locked=True)))
    for row in found:
        row.renewal_ordered_at = now()
        key = f"archive.look_after:{row.id}:{row.renewal_ordered_at.isoformat()}"
        await emit(tx, "archive.look_after", {"archive_id": str(row.id)}, key=key)
    return len(found)


def _due(limit: int) -> CompoundSelect[UUID]:
    """Each condition by its own index: this is asked every few seconds, of all that a county has archived."""
    policy = rules.policy_on(today())
    waiting = select(Archive.id).where(Archive.renewal_ordered_at.is_(None))
    ending = waiting.where(Archive.provable_until < now() + policy.lead).order_by(Archive.provable_until)
    weak = waiting.where(Archive.proof_algorithm.in_(policy.weakening))
    unknown = waiting.where(Archive.proof_algorithm.is_(None))
    return union_all(*(select(one.limit(limit).subquery().c.id) for one in (ending, weak, unknown)))


async def look_after(tx: WriteSession, blobs: BlobStore, stamps: Stamps, archive_id: UUID) -> ArchiveRenewal | None:
    """Write down until when a package is provable, and renew it where that is due.

    Row, renewal and audit commit together, so repeating is safe: what an attempt that did not commit has stored is
    only an unreferenced blob. `Park` where a person must look: the package is damaged, or does not validate any more.
    """
    row = await locked(tx, archive_id)
    old = await _opened(blobs, row)
    facts = await asyncio.to_thread(_examined, old)
    proof = proof_of(facts.pdfs.values())
    _note(row, proof)
    policy = rules.policy_on(today())
    reason = rules.due(proof, policy, now())
    if proof is None or reason is None:
        return None
    _refuse(row, await asyncio.to_thread(check, facts, "BC"), "延续前")
    renewed = [await _renewed(row, stamps, facts, path) for path, found in facts.pdfs.items() if found.signatures]
    event = Event(at=now(), reason=REASON_WORDS[reason], previous_package=row.package_digest)
    made = await asyncio.to_thread(_rebuilt, old, renewed, event)
    _refuse(row, made.report, "延续后")
    if made.proof is None or rules.due(made.proof, policy, now()) is not None:
        raise Park(f"{row.archive_no}：新的存档时间戳也即将到期或者算法正在弱化，请先更换时间戳服务")
    outcome = ArchiveRenewal(
        archive_id=row.id,
        reason=reason,
        policy=policy.version,
        old_package_digest=row.package_digest,
        new_package_digest=await _stored(blobs, made.data),
        documents=[{"key": one.report.document, "old": one.old_digest, "new": one.report.digest} for one in renewed],
        report=msgspec.to_builtins(made.report),
        was_provable_until=proof.until,
        provable_until=made.proof.until,
        renewed_at=event.at,
    )
    tx.add(outcome)
    await tx.flush()
    row.package_digest, row.package_bytes = outcome.new_package_digest, len(made.data)
    _note(row, made.proof)
    await tx.flush()
    detail = {"archive_no": row.archive_no, "reason": reason, "package_digest": row.package_digest}
    audit(tx, system_actor(tx.tenant), "e_archive.renewed", f"archive:{row.id}", detail)
    return outcome


class _Made(msgspec.Struct, frozen=True):
    data: bytes
    report: CheckReport
    proof: Proof | None


async def _opened(blobs: BlobStore, row: Archive) -> Package:
    try:
        return await asyncio.to_thread(from_zip, await blobs.get(row.package_digest))
    except (BlobNotFound, Corrupted, UnreadablePackage) as error:
        raise Park(f"{row.archive_no}：档案包不能读取，未延续（{error.message}）") from error


def _examined(package: Package) -> Facts:
    """The facts of a package, its PDFs looked at already."""
    facts = Facts(package, inspect)
    _ = facts.pdfs
    return facts


def _note(row: Archive, proof: Proof | None) -> None:
    row.provable_until, row.proof_algorithm = (proof.until, proof.algorithm) if proof else (None, "")
    row.renewal_ordered_at = None


def _refuse(row: Archive, report: CheckReport, when: str) -> None:
    """A package that does not pass is for a person; a new timestamp would only paper over it."""
    if report.failed:
        words = "；".join(f"{item.id} {item.name}（{item.reason}）" for item in report.failed)
        raise Park(f"{row.archive_no}：{when}四性检测未通过：{words}")


async def _renewed(row: Archive, stamps: Stamps, facts: Facts, path: str) -> Renewed:
    """One document with a further timestamp, valid before and after."""
    old = facts.payload[path]
    if not (await stamps.validate_pdf(old)).valid:
        raise Park(f"{row.archive_no}：{path} 的签名已不能通过验证，未延续")
    pdf = await stamps.archive_timestamp(old)
    report = await stamps.validate_pdf(pdf)
    if not report.valid:
        raise Park(f"{row.archive_no}：{path} 加盖新的存档时间戳后不能通过验证，未延续")
    kept = SignatureReport(
        document=facts.key_of(path),
        digest=hashlib.sha256(pdf).hexdigest(),
        valid=True,
        report=msgspec.json.encode(report),
    )
    return Renewed(path=path, pdf=pdf, report=kept, old_digest=hashlib.sha256(old).hexdigest())


def _rebuilt(old: Package, renewed: list[Renewed], event: Event) -> _Made:
    """The new package as a file, and what the four-property check says of it."""
    facts = _examined(renewal.rebuild(old, renewed, event, None))
    report = check(facts, "BC")
    return _Made(to_zip(renewal.rebuild(old, renewed, event, report)), report, proof_of(facts.pdfs.values()))


async def _stored(blobs: BlobStore, data: bytes) -> str:
    """Put away, and read back before anything points at it."""
    digest = await blobs.put(data)
    await blobs.get(digest)
    return digest
