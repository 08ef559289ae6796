"""What ends by law is booked as a visible case of the platform itself: presale notices, objections, seizures (失效)."""

from datetime import date
from uuid import UUID

import structlog
from sqlalchemy import select

from kernel.clock import SHANGHAI, today
from kernel.db import Database, ReadSession, WriteSession
from kernel.errors import DomainError
from kernel.outbox import emit
from kernel.permissions import system_actor
from kernel.tenancy import as_tenant
from yiti.cases import service as cases
from yiti.cases.application import Application, Part
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus, Channel
from yiti.cases.models import Case
from yiti.journeys.registration import deciding, intake
from yiti.journeys.registration.filling import save, start
from yiti.register import lapses
from yiti.register.kinds import EntryStatus
from yiti.register.lapses import Lapse
from yiti.register.models import RegisterEntry

log = structlog.get_logger()

CAUSE = "法定期间届满，登记失效"
_A_ROUND = 50


async def chore(database: Database, tenant: str) -> None:
    """For the worker, every few seconds: book what has lapsed, order the reminders that are due today."""
    await book_due(database, tenant)
    async with database.transaction(tenant) as tx:
        await remind(tx)


async def book_due(database: Database, tenant: str, limit: int = _A_ROUND) -> list[UUID]:
    """Book what no longer holds, each in a transaction of its own; the cases.

    One that the rules or the book do not let pass stays as a case for a person; the others go on.
    """
    async with database.read(tenant) as reader:
        due = await lapses.due(reader, today(), limit)
    booked = []
    with as_tenant(tenant):
        for lapse in due:
            try:
                async with database.transaction(tenant) as tx:
                    case = await book_lapse(tx, lapse)
            except DomainError as error:
                log.warning("registration.lapse_refused", entry=str(lapse.entry_id), code=error.code)
                continue
            if case is not None:
                booked.append(case.id)
    return booked


async def book_lapse(tx: WriteSession, lapse: Lapse) -> Case | None:
    """Open, accept and decide the case of one lapse; None where somebody else is at it, or it need not be done."""
    still = select(RegisterEntry.id).where(
        RegisterEntry.id == lapse.entry_id, RegisterEntry.status == EntryStatus.CURRENT
    )
    if await tx.scalar(still.with_for_update(skip_locked=True)) is None or await _under_way(tx, lapse):
        return None
    if await lapses.is_lifted(tx, lapse.entry_id):  # by somebody who was faster than this round
        return None
    actor = system_actor(tx.tenant)
    case = await start(tx, actor, [Business.LAPSE], Channel.SYSTEM)
    part = Part(
        business=Business.LAPSE,
        unit_ids=(lapse.unit_id,),
        applicants=(),
        cause=CAUSE,
        targets=(lapse.entry_id,),
        fields={"rule": lapse.rule, "since": (await _counted_from(tx, lapse)).isoformat()},
    )
    await save(tx, actor, case.id, Application(parts=(part,)), case.version)
    await intake.submit(tx, actor, case.id)
    await intake.accept(tx, actor, case.id, lapse.words)
    await deciding.consider(tx, case)
    return case


async def _counted_from(reader: ReadSession, lapse: Lapse) -> date:
    """期间起算日: the day from which the rule counts."""
    if lapse.rule == "presale_notice_90_days":
        return [one.starts_on for one in await lapses.terms_of(reader, lapse.entry_id) if one.kind == "started"][-1]
    entry = (await reader.scalars(select(RegisterEntry).where(RegisterEntry.id == lapse.entry_id))).one()
    if lapse.rule == "objection_15_days":
        return entry.booked_at.astimezone(SHANGHAI).date()
    return entry.valid_from or lapse.since


async def _under_way(reader: ReadSession, lapse: Lapse) -> bool:
    """A case for it waits for a person already."""
    for _, case in await cases.open_cases_on(reader, [lapse.unit_id]):
        targets = {target for part in cases.application_of(case).parts for target in part.targets}
        if case.business == Business.LAPSE and lapse.entry_id in targets and case.status == CaseStatus.ACCEPTED:
            return True
    return False


async def remind(tx: WriteSession) -> int:
    """Order a message to the holders of presale notices that end soon, once for each stage; how many were new."""
    new = 0
    for one in await lapses.reminders(tx, today()):
        key = f"registration.remind:{one.entry_id}:{one.day}"
        payload = {"entry_id": str(one.entry_id), "words": one.words}
        new += await emit(tx, "registration.remind", payload, key=key) is not None
    return new
