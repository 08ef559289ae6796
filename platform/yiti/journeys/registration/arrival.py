"""The arrival rule (查封扣押冻结规定): a seizure stops every case accepted and not yet booked.

What is booked already stays booked. What waits goes on by itself once no seizure, in effect or still to be booked,
stands on any of its units.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import system_actor
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.lifecycle import CaseStatus, Flag
from yiti.cases.models import Case
from yiti.register.kinds import EntryKind, EntryStatus
from yiti.register.models import RegisterEntry

_WAITING = (CaseStatus.ACCEPTED, CaseStatus.APPROVED)
_ARRIVES = frozenset({Business.SEIZURE, Business.SEIZURE_RENEWAL})


def is_seizure(case: Case) -> bool:
    """Whether the case comes from a court or another authority that restricts."""
    return any(CATALOGUE[Business(one)].group == "seizure" for one in case.businesses)


def may_free(case: Case) -> bool:
    """Whether the end of the case may let others go on: it came with a seizure, or took one away (also by lapse)."""
    return is_seizure(case) or Business.LAPSE in case.businesses


async def freeze_others(tx: WriteSession, case: Case) -> list[Case]:
    """A seizure is accepted: all other cases on its units stand still from now. Call it before units are locked.

    Cases are locked one after the other by id; seizures do not freeze each other, they queue in the book.
    """
    if not {Business(one) for one in case.businesses} & _ARRIVES:
        return []
    units = cases.application_of(case).unit_ids
    others = {one.id: one for _, one in await cases.open_cases_on(tx, units) if one.id != case.id}
    frozen = []
    for other_id in sorted(others):
        if is_seizure(others[other_id]):
            continue
        other = await cases.locked(tx, other_id)
        if other.status in _WAITING and Flag.FROZEN_BY_SEIZURE not in other.flags:
            reason = f"不动产单元被查封（业务号{case.number}），暂停办理"
            await cases.freeze(tx, system_actor(tx.tenant), other, reason, case.number)
            await emit(tx, "registration.tell", {"case_id": str(other.id), "what": "frozen"},
                       key=f"registration.tell:frozen:{other.id}:{other.version}")  # fmt: skip
            frozen.append(other)
    return frozen


async def order_thaw(tx: WriteSession, case: Case) -> None:
    """A seizure case has ended, or lifted one: what it held is looked at after the commit (`thaw`)."""
    if may_free(case):
        units = [str(one) for one in cases.application_of(case).unit_ids]
        await emit(
            tx,
            "registration.thaw",
            {"unit_ids": units},
            key=f"registration.thaw:{case.id}:{case.status}:{case.version}",
        )


async def thaw(tx: WriteSession, unit_ids: Collection[UUID]) -> list[Case]:
    """Let the frozen cases on these units go on that nothing holds any more; returned locked."""
    found = {one.id for _, one in await cases.open_cases_on(tx, list(unit_ids)) if Flag.FROZEN_BY_SEIZURE in one.flags}
    thawed = []
    for case_id in sorted(found):
        case = await cases.locked(tx, case_id)
        if Flag.FROZEN_BY_SEIZURE in case.flags and not await _held(tx, case):
            await cases.unfreeze(tx, system_actor(tx.tenant), case, "查封已解除或失效，恢复办理")
            thawed.append(case)
    return thawed


async def _held(reader: ReadSession, case: Case) -> bool:
    units = cases.application_of(case).unit_ids
    effective = select(func.count()).where(
        RegisterEntry.unit_id.in_(units),
        RegisterEntry.kind == EntryKind.SEIZURE,
        RegisterEntry.status == EntryStatus.CURRENT,
    )
    if await reader.scalar(effective):
        return True
    coming = await cases.open_cases_on(reader, units)
    return any({Business(code) for code in one.businesses} & _ARRIVES for _, one in coming)
