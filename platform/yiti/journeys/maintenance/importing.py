"""Earlier payments from a workbook: preview first, then the same file, all or nothing."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from escrow.maintenance.models import MaintenanceImport, MaintenanceOpening
from escrow.maintenance.schemas import EarlierPayment
from escrow.maintenance.service import EARLIEST, enter_earlier
from escrow.supervision import maintenance_account
from kernel.audit import audit
from kernel.blobs import BlobStore
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, NotFound, TooLarge
from kernel.permissions import Actor
from yiti.estate.models import Unit
from yiti.estate.survey import Problem
from yiti.journeys.maintenance.sheet import MAX_BYTES, PaidSheet, check_paid, read_paid

_SHOWN: Final = 200


class ImportNotFound(NotFound):
    code = "maintenance.import_not_found"
    default_message = "没有找到该次导入"


class ImportRefused(Conflict):
    """Applied before, another file than was previewed, or problems: nothing was entered."""

    code = "maintenance.import_refused"


async def preview(tx: WriteSession, actor: Actor, blobs: BlobStore, file_name: str, data: bytes) -> MaintenanceImport:
    """Read the file and say what is wrong with it; nothing is entered. Raises NoAccount, TooLarge, SurveyUnreadable."""
    await maintenance_account(tx)
    if len(data) > MAX_BYTES:
        raise TooLarge(f"文件超过{MAX_BYTES // 1024 // 1024} MB，请按小区拆分后分别上传")
    read = await asyncio.to_thread(read_paid, data)
    problems, _ = await _checked(tx, read)
    found = MaintenanceImport(
        file_name=file_name[-200:],
        digest=await blobs.put(data),
        row_count=read.line_count,
        total_fen=sum(row.amount_fen for row in read.rows),
        problem_count=len(problems),
        problems=[msgspec.to_builtins(one) for one in problems[:_SHOWN]],
        previewed_by=actor.id,
    )
    tx.add(found)
    await tx.flush()
    detail = {"digest": found.digest, "rows": found.row_count, "problems": found.problem_count}
    audit(tx, actor, "maintenance.import_previewed", f"maintenance_import:{found.id}", detail)
    return found


async def apply(tx: WriteSession, actor: Actor, blobs: BlobStore, import_id: UUID, digest: str) -> int:
    """Enter every payment of a previewed file; how many. `digest` is the one that the person saw.

    The stored file is checked again: any problem (`ImportRefused`, naming the first cells) means that none is entered.
    """
    wanted = select(MaintenanceImport).where(MaintenanceImport.id == import_id)
    found = await tx.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise ImportNotFound
    if found.applied_at is not None:
        raise ImportRefused("该文件已经导入，不能重复导入")
    if found.digest != digest:
        raise ImportRefused("文件与预览时不同，请重新上传")
    read = await asyncio.to_thread(read_paid, await blobs.get(digest))
    problems, units = await _checked(tx, read)
    if problems:
        first = "；".join(f"{one.cell} {one.reason}" for one in problems[:3])
        raise ImportRefused(f"文件有{len(problems)}处问题，未导入任何记录：{first}")
    for row in read.rows:
        payment = EarlierPayment(
            unit_id=units[row.unit_code], unit_code=row.unit_code, amount_fen=row.amount_fen, paid_on=row.paid_on,
            receipt_no=row.receipt_no,
        )  # fmt: skip
        await enter_earlier(tx, actor, payment, found.id)
    found.applied_at, found.applied_by = now(), actor.id
    await tx.flush()
    audit(tx, actor, "maintenance.imported", f"maintenance_import:{found.id}", {"rows": len(read.rows)})
    return len(read.rows)


async def get(reader: ReadSession, import_id: UUID) -> MaintenanceImport:
    """One import. `ImportNotFound`."""
    found = await reader.scalar(select(MaintenanceImport).where(MaintenanceImport.id == import_id))
    if found is None:
        raise ImportNotFound
    return found


async def latest(reader: ReadSession, limit: int = 10) -> Sequence[MaintenanceImport]:
    """The last imports, newest first."""
    wanted = select(MaintenanceImport).order_by(MaintenanceImport.id.desc()).limit(limit)
    return (await reader.scalars(wanted)).all()


async def _checked(reader: ReadSession, read: PaidSheet) -> tuple[list[Problem], dict[str, UUID]]:
    codes = {row.unit_code for row in read.rows}
    units = dict((await reader.execute(select(Unit.code, Unit.id).where(Unit.code.in_(codes)))).all())
    entered = await reader.execute(
        select(MaintenanceOpening.unit_code, MaintenanceOpening.receipt_no).where(
            MaintenanceOpening.unit_id.in_(units.values()), MaintenanceOpening.reversal_id.is_(None)
        )
    )
    known = frozenset((code, receipt) for code, receipt in entered)
    return await asyncio.to_thread(check_paid, read, units, known, EARLIEST, today()), units
