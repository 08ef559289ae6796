"""The fund passes on with the unit: what a booking of ownership leaves behind in the fund's own record."""

from uuid import UUID

from sqlalchemy import select

from escrow.maintenance import service as fund
from kernel.db import WriteSession
from kernel.permissions import system_actor
from yiti.register.kinds import EntryKind, EntryStatus
from yiti.register.models import RegisterEntry
from yiti.register.page import entries_for


async def pass_on(tx: WriteSession, case_id: UUID) -> int:
    """Every ownership that the case has booked takes its unit's fund along; how many units had one."""
    booked = select(RegisterEntry.unit_id).where(
        RegisterEntry.case_id == case_id,
        RegisterEntry.kind == EntryKind.OWNERSHIP,
        RegisterEntry.status == EntryStatus.CURRENT,
    )
    unit_ids = list(dict.fromkeys(await tx.scalars(booked)))
    pages = await entries_for(tx, unit_ids)
    count = 0
    for unit_id in unit_ids:
        for page in pages[unit_id]:
            if page.entry.case_id != case_id or page.entry.kind != EntryKind.OWNERSHIP:
                continue
            owners = "、".join(holder.name for holder in page.holders)
            made = await fund.pass_on(
                tx,
                system_actor(tx.tenant),
                unit_id,
                page.entry.id,
                page.entry.case_number,
                owners,
                page.entry.booked_at,
            )
            count += made is not None
    return count
