"""Registrars at their desks: the registration centre's pages on the stage's own resources."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from sqlalchemy import select

from contracts.schemas import Buyer
from kernel.audit.models import AuditEntry
from tests.journeys.stage import HOME, Stage
from tests.portals.pages import HOST, PageClient, sign_in_as
from tests.portals.platforms import pages_of
from yiti.portals import registration

MORTGAGED = 3
"""The demo building under a construction mortgage: its cases always go to a person."""


def make_platform(stage: Stage) -> Litestar:
    """The registration centre's pages."""
    return pages_of(stage, registration)


async def desk(app: Litestar, stage: Stage, role: str = "registrar", county: str = HOME) -> PageClient:
    """A browser in which a new member of staff with this role has signed in."""
    transport = ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    http = AsyncClient(transport=transport, base_url=f"http://{HOST}")
    return await sign_in_as(stage.resources.database, http, role, county)


async def waiting_case(stage: Stage, buyers: Sequence[Buyer], ownership: str = "sole") -> UUID:
    """A sale whose case waits for a registrar; returns the case."""
    contract_id = await stage.drafted(buyers, ownership, building=MORTGAGED)
    await stage.billed(contract_id)
    await stage.paid(contract_id)
    await stage.submitted(contract_id)
    await stage.signed_by_buyers(contract_id)
    await stage.sealed(contract_id)
    sale = await stage.until(lambda: stage.sale(contract_id), lambda one: one.case_id is not None)
    assert sale.case_id is not None
    return sale.case_id


async def audited(stage: Stage, subject: str, action: str) -> list[dict[str, Any]]:
    """Details of what the audit log holds on this subject, oldest first."""
    async with stage.resources.database.read(HOME) as reader:
        wanted = select(AuditEntry.detail).where(AuditEntry.subject == subject, AuditEntry.action == action)
        return list(await reader.scalars(wanted.order_by(AuditEntry.id)))
