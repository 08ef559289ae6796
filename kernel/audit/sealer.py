"""Chaining the audit log, apart from writing it, so that writers never queue for the chain's head."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, exists, func, insert, select, update

from kernel.audit.models import AuditEntry, AuditLink
from kernel.db import ReadSession, WriteSession

_GENESIS: Final = bytes(32)
_PAGE: Final = 1000
_SAID = (
    AuditEntry.id,
    AuditEntry.created_at,
    AuditEntry.actor_kind,
    AuditEntry.actor_id,
    AuditEntry.organisation_id,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.detail,
)


@dataclass(frozen=True, slots=True)
class Head:
    """The last link. Kept elsewhere (printed, sent to the province), it proves that the tail was not cut off."""

    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of reading the whole chain again; ``problems`` are words for the administrator."""

    checked: int
    unsealed: int
    head: Head
    problems: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found amiss."""
        return not self.problems


async def seal_batch(tx: WriteSession, limit: int = 500) -> int:
    """Link up to ``limit`` committed entries; returns how many. Several sealers may run: they take turns."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"audit-chain:{tx.tenant}", 0))))
    unsealed = (
        select(*_SAID).where(_here(AuditEntry), AuditEntry.sealed.is_(False)).order_by(AuditEntry.id).limit(limit)
    )
    entries = (await tx.execute(unsealed)).all()
    if not entries:
        return 0
    current, links = await head(tx), []
    for entry in entries:
        link = Head(current.seq + 1, _digest(current, entry))
        links.append(
            {
                "seq": link.seq,
                "entry_id": entry.id,
                "previous": current.digest,
                "digest": link.digest,
            }
        )
        current = link
    await tx.execute(insert(AuditLink), [{"tenant_id": tx.tenant, **link} for link in links])
    sealed = update(AuditEntry).where(AuditEntry.id.in_([entry.id for entry in entries])).values(sealed=True)
    await tx.execute(sealed.execution_options(synchronize_session=False))
    return len(entries)


async def head(reader: ReadSession) -> Head:
    """The last link of this county's chain; seq 0 and zeros while there is none."""
    last = select(AuditLink.seq, AuditLink.digest).where(_here(AuditLink)).order_by(AuditLink.seq.desc()).limit(1)
    row = (await reader.execute(last)).first()
    return Head(row.seq, bytes(row.digest)) if row else Head(0, _GENESIS)


async def verify_chain(reader: ReadSession, expected: Head | None = None) -> Verification:
    """Recompute every link; finds changed, removed, inserted and reordered entries.

    Removing the newest entries together with their links shows only against an ``expected`` head kept elsewhere.
    """
    problems: list[str] = []
    current, checked = Head(0, _GENESIS), 0
    met = expected is None or expected.seq == 0
    while page := await _page(reader, current.seq):
        for row in page:
            problems += _check(row, current)
            current = Head(row.seq, bytes(row.digest))
            met = met or current == expected
            checked += 1
    if not met:
        problems.append("审计链与留存的链头不符：末尾记录可能被删除，或整条链被重写")
    linked = exists().where(AuditLink.tenant_id == AuditEntry.tenant_id, AuditLink.entry_id == AuditEntry.id)
    if skipped := await _count(reader, AuditEntry.sealed.is_(True), ~linked):
        problems.append(f"有{skipped}条审计记录标记为已入链，但链上没有")
    return Verification(
        checked,
        await _count(reader, AuditEntry.sealed.is_(False)),
        current,
        tuple(problems),
    )


async def _page(reader: ReadSession, after: int) -> Sequence[Row[Any]]:
    links = (
        select(
            AuditLink.seq,
            AuditLink.entry_id,
            AuditLink.previous,
            AuditLink.digest,
            *_SAID,
        )
        .outerjoin(
            AuditEntry,
            (AuditEntry.tenant_id == AuditLink.tenant_id) & (AuditEntry.id == AuditLink.entry_id),
        )
        .where(_here(AuditLink), AuditLink.seq > after)
        .order_by(AuditLink.seq)
        .limit(_PAGE)
    )
    return (await reader.execute(links)).all()


def _check(row: Row[Any], before: Head) -> list[str]:
    problems = []
    if row.seq != before.seq + 1:
        problems.append(f"审计链第{before.seq + 1}环至第{row.seq - 1}环缺失")
    if bytes(row.previous) != before.digest:
        problems.append(f"审计链第{row.seq}环与上一环不相接")
    if row.id is None:
        problems.append(f"审计链第{row.seq}环所指的审计记录已被删除：{row.entry_id}")
    elif bytes(row.digest) != _digest(Head(row.seq - 1, bytes(row.previous)), row):
        problems.append(f"审计链第{row.seq}环的审计记录被改动：{row.entry_id}")
    return problems


def _digest(before: Head, entry: Row[Any]) -> bytes:
    """SHA-256 over the previous digest, the number of the link and the entry as canonical JSON."""
    said = {column.key: getattr(entry, column.key) for column in _SAID}
    said["created_at"] = entry.created_at.isoformat()
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(before.digest + str(before.seq + 1).encode() + b"\n" + text.encode()).digest()


async def _count(reader: ReadSession, *conditions: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(AuditEntry).where(_here(AuditEntry), *conditions)
    return (await reader.execute(counted)).scalar_one()


def _here(model: type[AuditEntry] | type[AuditLink]) -> ColumnElement[bool]:
    # The owner role is not held by row-level security, and a chain belongs to one county.
    return model.tenant_id == func.current_setting("yiti.tenant")
