"""Earlier payments from a workbook: preview, confirm, then a job enters the same file, all or nothing.

preview → order → [maintenance.import] → run: applied, or failed with the reason and confirmed again
"""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from escrow.maintenance.models import MaintenanceImport, MaintenanceOpening
from escrow.maintenance.schemas import EarlierPayment
from escrow.maintenance.service import EARLIEST, enter_all
from escrow.supervision import maintenance_account
from kernel.audit import audit
from kernel.blobs import BlobStore
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, DomainError, NotFound, TooLarge, Unavailable
from kernel.outbox import emit
from kernel.outbox.delivery import given_up
from kernel.permissions import Actor, system_actor
from yiti.estate.models import Unit
from yiti.estate.survey import Problem
from yiti.journeys.maintenance.sheet import MAX_BYTES, PaidSheet, check_paid, read_paid

TOPIC: Final = "maintenance.import"
_SHOWN: Final = 200


class ImportState(StrEnum):
    """Where an import stands."""

    PREVIEWED = "previewed"
    WORKING = "working"
    FAILED = "failed"
    APPLIED = "applied"


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


async def order(tx: WriteSession, actor: Actor, import_id: UUID, digest: str) -> MaintenanceImport:
    """Confirm a previewed file, or one that failed: a job enters it. `digest` is the one that the person saw.

    Raises ImportRefused where it is entered, under way, another file, or has problems.
    """
    found = await _locked(tx, import_id)
    match await state_of(tx, found):
        case ImportState.APPLIED:
            raise ImportRefused("该文件已经导入，不能重复导入")
        case ImportState.WORKING:
            raise ImportRefused("该文件正在导入，请稍候")
    if found.digest != digest:
        raise ImportRefused("文件与预览时不同，请重新上传")
    if found.problem_count:
        raise ImportRefused(f"文件有{found.problem_count}处问题，请修改后重新上传")
    found.orders += 1
    found.ordered_at, found.ordered_by, found.ordered_by_id = now(), actor.name, actor.id
    found.failed_because = None
    await tx.flush()
    await emit(tx, TOPIC, {"import_id": str(found.id), "order": found.orders}, key=_key(found))
    audit(tx, actor, "maintenance.import_ordered", f"maintenance_import:{found.id}", {"order": found.orders})
    return found


async def run(tx: WriteSession, blobs: BlobStore, import_id: UUID, order_no: int) -> None:
    """Enter every payment of a confirmed file, or none and say why. Repeating it does nothing."""
    found = await _locked(tx, import_id)
    if found.orders != order_no or found.applied_at is not None or found.failed_because is not None:
        return
    actor = system_actor(tx.tenant)
    try:
        async with tx.begin_nested():
            count = await _enter(tx, actor, blobs, found)
    except Unavailable:
        raise  # tried again
    except DomainError as refused:
        found.failed_because = f"{refused.message}。未导入任何记录"
        await tx.flush()
        audit(tx, actor, "maintenance.import_failed", f"maintenance_import:{found.id}", {"order": order_no})
        return
    found.applied_at, found.applied_by = now(), found.ordered_by_id
    await tx.flush()
    audit(tx, actor, "maintenance.imported", f"maintenance_import:{found.id}", {"rows": count})


async def _enter(tx: WriteSession, actor: Actor, blobs: BlobStore, found: MaintenanceImport) -> int:
    read = await asyncio.to_thread(read_paid, await blobs.get(found.digest))
    problems, units = await _checked(tx, read)
    if problems:
        first = "；".join(f"{one.cell} {one.reason}" for one in problems[:3])
        raise ImportRefused(f"预览以后文件出现{len(problems)}处问题：{first}")
    payments = [
        EarlierPayment(
            unit_id=units[row.unit_code], unit_code=row.unit_code, amount_fen=row.amount_fen, paid_on=row.paid_on,
            receipt_no=row.receipt_no,
        )
        for row in read.rows
    ]  # fmt: skip
    return len(await enter_all(tx, actor, payments, found.ordered_by or actor.name, found.id))


async def state_of(reader: ReadSession, found: MaintenanceImport) -> ImportState:
    """Where an import stands; a job that the system has given up counts as failed."""
    if found.applied_at is not None:
        return ImportState.APPLIED
    if not found.orders:
        return ImportState.PREVIEWED
    if found.failed_because is not None or await given_up(reader, _key(found)):
        return ImportState.FAILED
    return ImportState.WORKING


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


async def _locked(tx: WriteSession, import_id: UUID) -> MaintenanceImport:
    wanted = select(MaintenanceImport).where(MaintenanceImport.id == import_id)
    found = await tx.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise ImportNotFound
    return found


def _key(found: MaintenanceImport) -> str:
    return f"{TOPIC}:{found.id}:{found.orders}"


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
