"""How the papers of a case were signed: its ceremony, and the evidence report that came of it."""

from uuid import UUID

from sqlalchemy import select

from kernel.db import ReadSession
from signing.models import EvidenceFile
from signing.reporting import find_report
from yiti.cases.models import Case
from yiti.journeys.models import Sale
from yiti.journeys.registration.envelope import signed

EVIDENCE = "evidence"
"""The key of the report among the papers of a sale or case."""


async def ceremony_of(reader: ReadSession, case: Case) -> UUID | None:
    """Of the sale behind the case, or of the online application; None where people signed on paper."""
    if case.contract_id is not None:
        return await reader.scalar(select(Sale.ceremony_id).where(Sale.contract_id == case.contract_id))
    found = await signed(reader, case.id)
    return found.ceremony_id if found else None


async def report_of(reader: ReadSession, ceremony_id: UUID | None) -> EvidenceFile | None:
    """The sealed report, once it has been made."""
    return await find_report(reader, ceremony_id) if ceremony_id else None
