"""What nobody has to think of: a fund that was paid otherwise while a case's bill for it was open."""

from uuid import UUID

import structlog
from sqlalchemy import select

from escrow.maintenance import rules
from escrow.maintenance import service as fund
from kernel.db import ReadSession
from kernel.errors import DomainError
from kernel.tenancy import as_tenant
from yiti.cases.models import CaseUnit
from yiti.journeys.maintenance import own_answer
from yiti.journeys.maintenance.units import fund_units
from yiti.journeys.registration.models import CaseRequest
from yiti.resources import Resources

log = structlog.get_logger()


async def look_again(resources: Resources, tenant: str) -> None:
    """For the worker, every few seconds: the book answers anew where it says otherwise by now (a paper receipt was
    entered, a sale's notice was paid); the bill is made anew by it. One transaction each."""
    async with resources.database.read(tenant) as reader:
        changed = await _changed(reader)
    with as_tenant(tenant):
        for request_id in changed:
            try:
                async with resources.database.transaction(tenant) as tx:
                    await own_answer.answered(tx, resources, request_id)
            except DomainError as error:
                # Its bill has just been paid: `answers.settle_paid` looks at what is owed by itself.
                log.info("maintenance.look_again_later", request=str(request_id), code=error.code)


async def _changed(reader: ReadSession) -> list[UUID]:
    """Open questions of cases about the fund whose amount is not what is owed now; five statements for all."""
    rows = await reader.execute(
        select(CaseRequest.id, CaseRequest.amount_fen, CaseUnit.unit_id)
        .join(CaseUnit, (CaseUnit.tenant_id == CaseRequest.tenant_id) & (CaseUnit.case_id == CaseRequest.case_id))
        .where(CaseRequest.which == "housing", CaseRequest.state == "assessed")
    )
    asked: dict[tuple[UUID, int], list[UUID]] = {}
    for request_id, amount_fen, unit_id in rows:
        asked.setdefault((request_id, amount_fen), []).append(unit_id)
    if not asked:
        return []
    units = await fund_units(reader, [one for those in asked.values() for one in those])
    known = await fund.verdicts(reader, units)
    return [
        request_id
        for (request_id, amount_fen), those in asked.items()
        if sum(one.amount_fen for one in rules.dues(known[unit] for unit in those if unit in known)) != amount_fen
    ]
