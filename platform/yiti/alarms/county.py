"""What belongs to one county: its stored files, its jobs, its seals."""

import asyncio
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select

from contracts.models import ContractPower
from escrow import ledger
from escrow.reconciliation.overview import missing_statements
from kernel.blobs import BlobNotFound, Corrupted
from kernel.clock import now, today
from kernel.db import ReadSession
from kernel.errors import Unavailable
from kernel.outbox.models import DONE, PARKED, PENDING, OutboxEvent
from signing.errors import OutsideCaUnavailable
from signing.issued import register_in
from signing.models import CeremonyDocument, EvidenceFile, OrganisationSeal
from signing.schemas import agency_seal
from signing.seal_log import used_today
from signing.seal_policies import policies_of
from signing.seal_rules import SealStatus, near_limit
from yiti.alarms import rules
from yiti.alarms.service import Finding, open_alarms
from yiti.alarms.words import AlarmKind
from yiti.certificates.models import Certificate
from yiti.letters.models import Letter
from yiti.seal_desk.models import SealedFile

LOOKED_AT = frozenset(
    {
        AlarmKind.BLOB,
        AlarmKind.STORAGE,
        AlarmKind.PARKED,
        AlarmKind.LATE,
        AlarmKind.SEAL_LIMIT,
        AlarmKind.SEAL_FULL,
        AlarmKind.SEAL_STOPPED,
        AlarmKind.AUTHORITY,
        AlarmKind.LEDGER,
        AlarmKind.STATEMENT,
    }
)
JOB = "job:"
"""An alarm about a job's lost file is known by the job until that is done."""
_EACH = 2
_AWAY = OutsideCaUnavailable.__name__
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SOURCES: tuple[tuple[str, type[Any], Any], ...] = (
    ("签署文件", CeremonyDocument, CeremonyDocument.current_digest),
    ("签署证据报告", EvidenceFile, EvidenceFile.pdf_digest),
    ("证书、证明", Certificate, Certificate.pdf_digest),
    ("函件", Letter, Letter.pdf_digest),
    ("授权委托书", ContractPower, ContractPower.digest),
    ("用印文件", SealedFile, SealedFile.original_digest),
    ("已盖章文件", SealedFile, SealedFile.sealed_digest),
)


class Blobs(Protocol):
    """Where files lie."""

    async def get(self, digest: str) -> bytes: ...


class Walk:
    """Goes through the stored files of all counties a few at a time and begins anew at the end; where it starts in a
    process is left to chance, so that a worker that is often restarted does not read the same ones only."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], UUID] = {}

    async def next(self, reader: ReadSession) -> list[tuple[str, str]]:
        """What it is and its digest, of the next few of each sort."""
        found: list[tuple[str, str]] = []
        for title, model, column in _SOURCES:
            place = (reader.tenant, title)
            after = self._places.get(place) or await _somewhere(reader, model)
            chosen = select(model.id, column).where(column.is_not(None)).order_by(model.id).limit(_EACH)
            rows = (await reader.execute(chosen.where(model.id > after) if after else chosen)).all()
            rows = rows or (await reader.execute(chosen)).all()
            if rows:
                self._places[place] = rows[-1][0]
            found += [(title, digest) for _, digest in rows]
        return found


async def _somewhere(reader: ReadSession, model: type[Any]) -> UUID | None:
    """A point between the first and the last row: an id begins with its time."""
    first = await reader.scalar(select(model.id).order_by(model.id).limit(1))
    last = await reader.scalar(select(model.id).order_by(model.id.desc()).limit(1))
    if first is None or last is None:
        return None
    return UUID(int=first.int + secrets.randbelow(last.int - first.int + 1))


async def doubted(reader: ReadSession) -> tuple[list[tuple[str, str]], list[Finding]]:
    """What is under alarm already: files to be read again, and jobs that still wait for a lost one."""
    alarms = await open_alarms(reader, AlarmKind.BLOB)
    files = [("文件", one.subject) for one in alarms if _DIGEST.fullmatch(one.subject)]
    jobs = {one.subject.removeprefix(JOB): one for one in alarms if one.subject.startswith(JOB)}
    done = await reader.scalars(
        select(OutboxEvent.id).where(OutboxEvent.id.in_([UUID(job) for job in jobs]), OutboxEvent.state == DONE)
    )
    over = {str(job) for job in done}
    return files, [Finding(AlarmKind.BLOB, one.subject, one.detail) for job, one in jobs.items() if job not in over]


async def read_files(blobs: Blobs, files: Sequence[tuple[str, str]]) -> list[Finding]:
    """Each file once, its bytes against its digest."""
    found: dict[str, Finding] = {}
    for title, digest in dict.fromkeys(files):
        try:
            await blobs.get(digest)
        except BlobNotFound:
            found.setdefault(digest, Finding(AlarmKind.BLOB, digest, f"{title}丢失"))
        except Corrupted:
            found.setdefault(digest, Finding(AlarmKind.BLOB, digest, f"{title}内容已改变"))
        except Unavailable as away:
            return [*found.values(), Finding(AlarmKind.STORAGE, detail=away.message)]
    return list(found.values())


async def jobs(reader: ReadSession) -> list[Finding]:
    """What was given up, and what should have been done long ago."""
    parked = await reader.scalar(select(func.count()).where(OutboxEvent.state == PARKED))
    oldest: datetime | None = await reader.scalar(
        select(func.min(OutboxEvent.available_at)).where(OutboxEvent.state == PENDING)
    )
    found = [Finding(AlarmKind.PARKED, detail=f"{parked}项任务被搁置")] if parked else []
    if oldest is not None and now() - oldest > rules.LATE:
        minutes = int((now() - oldest).total_seconds() // 60)
        found.append(Finding(AlarmKind.LATE, detail=f"最早的任务已等待{minutes}分钟"))
    waiting = OutboxEvent.state.in_((PENDING, PARKED)) & OutboxEvent.last_error.startswith(_AWAY)
    if count := await reader.scalar(select(func.count()).where(waiting)):
        found.append(Finding(AlarmKind.AUTHORITY, detail=f"{count}项任务在等待"))
    return found


async def seals(reader: ReadSession, pki_dir: Path) -> list[Finding]:
    """Limits that are nearly used up, the agency's seal out of use, certificates that end."""
    rows = list(await reader.scalars(select(OrganisationSeal).order_by(OrganisationSeal.id)))
    policies, used = await policies_of(reader, rows), await used_today(reader, [row.id for row in rows])
    found = []
    for row in rows:
        limit = policies[row.id].daily_limit
        if near_limit(used[row.id], limit):
            words = f"{row.organisation}的印章今日已用{used[row.id]}次，上限{limit}次"
            found.append(Finding(AlarmKind.SEAL_LIMIT, row.key, words))
        agency = row.key == agency_seal(reader.tenant)  # the one that jobs wait for
        if agency and limit is not None and used[row.id] >= limit:
            found.append(Finding(AlarmKind.SEAL_FULL, row.key, f"{row.organisation}的印章今日{limit}次已用完"))
        if agency and row.status != SealStatus.ACTIVE:
            found.append(Finding(AlarmKind.SEAL_STOPPED, row.key, f"{row.organisation}的印章已停用或者吊销"))
    return found + await asyncio.to_thread(_seal_endings, pki_dir, rows)


async def accounts(reader: ReadSession) -> list[Finding]:
    """Why days that are long over are not closed; what is closed has been checked."""
    closed = await ledger.closed_through(reader)
    if closed is not None and closed >= today() - rules.CLOSED_BY:
        return []
    return [Finding(AlarmKind.LEDGER, detail=one.words) for one in (await ledger.faults(reader))[:1]]


async def statements(reader: ReadSession) -> list[Finding]:
    """Bank accounts whose statement should have come."""
    missing = await missing_statements(reader)
    return [
        Finding(AlarmKind.STATEMENT, account_no, f"账号{account_no}缺{day}及以后的对账单")
        for account_no, day in sorted(missing.items())
    ]


def _seal_endings(pki_dir: Path, rows: Sequence[OrganisationSeal]) -> list[Finding]:
    working = {int(row.serial, 16): row for row in rows if row.status == SealStatus.ACTIVE}
    return [
        Finding(AlarmKind.CERTIFICATE, working[one.serial].key, _ends(working[one.serial], one.not_after))
        for one in register_in(pki_dir).find_all(working)
        if rules.ends_soon(one.not_after, now())
    ]


def _ends(seal: OrganisationSeal, at: datetime) -> str:
    return f"{seal.organisation}的印章证书{at:%Y-%m-%d}到期"
