"""Reading what the sales office's pages show: a fixed number of statements for each page, whatever its length."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, true

from contracts.models import Contract, ContractBuyer, ContractCancellation
from escrow import rules as escrow_rules
from escrow.models import Bill, BillKind, BillState
from kernel.clock import SHANGHAI, today
from kernel.db import ReadSession
from signing.models import CeremonySignatory
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.estate.errors import BuildingNotFound, ProjectNotFound
from yiti.estate.models import Building, Project, Unit
from yiti.estate.queries import get_building, get_project, get_unit
from yiti.journeys.models import Sale
from yiti.portals.sales_office.rules import Position

PAGE = 20


def _seal(*statuses: str) -> ColumnElement[bool]:
    """Whether the developer's own signature is in one of these states."""
    return exists().where(
        CeremonySignatory.tenant_id == Sale.tenant_id,
        CeremonySignatory.ceremony_id == Sale.ceremony_id,
        CeremonySignatory.kind == "organisation",
        CeremonySignatory.status.in_(statuses),
    )


_BUYER_UNSIGNED = exists().where(
    CeremonySignatory.tenant_id == Sale.tenant_id,
    CeremonySignatory.ceremony_id == Sale.ceremony_id,
    CeremonySignatory.kind == "person",
    CeremonySignatory.status != "signed",
)
_SEALING = and_(Contract.status == "signing", not_(_BUYER_UNSIGNED), _seal("waiting"))
_SUBMITTED = or_(Contract.status == "signing", and_(Contract.status == "frozen", Sale.submitted_at.is_not(None)))

FILTERS: dict[str, tuple[str, ColumnElement[bool]]] = {
    "open": ("进行中", Contract.status.in_(("draft", "frozen", "signing"))),
    "draft": ("拟定中", Contract.status == "draft"),
    "paying": ("待缴款", and_(Contract.status == "frozen", Sale.submitted_at.is_(None))),
    "signing": ("签署中", and_(_SUBMITTED, not_(_SEALING))),
    "sealing": ("待盖章", _SEALING),
    "filed": ("已备案", Contract.status == "filed"),
    "ended": ("已结束", Contract.status.in_(("cancelled", "abandoned"))),
    "all": ("全部", true()),
}
_SAME = (Contract.tenant_id == Sale.tenant_id) & (Contract.id == Sale.contract_id)


@dataclass(frozen=True, slots=True)
class Counts:
    """The tiles of the work list."""

    draft: int
    paying: int
    signing: int
    sealing: int
    filed: int
    """Filed since the first day of the month."""


async def counts(reader: ReadSession, organisation_id: UUID) -> Counts:
    """How many contracts are where."""
    filed = and_(Contract.filed_at >= _month_start(today()))
    conditions = [*(FILTERS[key][1] for key in ("draft", "paying", "signing", "sealing")), filed]
    still = or_(Contract.status.in_(("draft", "frozen", "signing")), filed)
    row = await reader.execute(
        select(*(func.count().filter(condition) for condition in conditions))
        .select_from(Sale)
        .join(Contract, _SAME)
        .where(Sale.organisation_id == organisation_id, still)
    )
    return Counts(*(int(figure) for figure in row.one()))


async def work(
    reader: ReadSession, organisation_id: UUID, show: str, before: UUID | None
) -> tuple[list[tuple[Sale, Contract]], UUID | None]:
    """One page of the organisation's sales, newest first, and where the next page begins."""
    wanted = (
        select(Sale, Contract)
        .join(Contract, _SAME)
        .where(Sale.organisation_id == organisation_id, FILTERS[show][1])
        .order_by(Sale.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(Sale.id < before)
    found = [(sale, contract) for sale, contract in await reader.execute(wanted)]
    return found[:PAGE], found[PAGE - 1][0].id if len(found) > PAGE else None


async def positions(reader: ReadSession, sales: Sequence[tuple[Sale, Contract]]) -> dict[UUID, Position]:
    """Where each of these sales stands, by contract."""
    ids = [sale.contract_id for sale, _ in sales]
    bills = await _bills(reader, [sale.contract_id for sale, contract in sales if contract.status == "frozen"])
    signatories = await _signatories(reader, [sale.ceremony_id for sale, _ in sales if sale.ceremony_id])
    cases = await _cases(reader, [sale.case_id for sale, _ in sales if sale.case_id])
    cancelling = await _cancelling(reader, ids)
    return {
        sale.contract_id: _position(
            sale,
            contract,
            bills.get(sale.contract_id, []),
            signatories.get(sale.ceremony_id, []) if sale.ceremony_id else [],
            cases.get(sale.case_id) if sale.case_id else None,
            cancelling=sale.contract_id in cancelling,
        )
        for sale, contract in sales
    }


def _position(
    sale: Sale,
    contract: Contract,
    bills: list[escrow_rules.BillFacts],
    signatories: list[tuple[str, str]],
    case: CaseStatus | None,
    *,
    cancelling: bool,
) -> Position:
    people = [status for kind, status in signatories if kind == "person"]
    return Position(
        status=contract.status,
        submitted=sale.submitted_at is not None,
        missing=len(escrow_rules.missing_money(bills)),
        ceremony=sale.ceremony_id is not None,
        signers=len(people),
        signed=people.count("signed"),
        seal=next((status for kind, status in signatories if kind == "organisation"), "waiting"),
        case=case,
        cancelling=cancelling,
    )


async def buyer_names(reader: ReadSession, contract_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The buyers' full names by contract, in their order; mask them before they are shown."""
    rows = await reader.execute(
        select(ContractBuyer.contract_id, ContractBuyer.name)
        .where(ContractBuyer.contract_id.in_(list(contract_ids)))
        .order_by(ContractBuyer.contract_id, ContractBuyer.position)
    )
    return {contract: [name for _, name in lines] for contract, lines in groupby(rows, key=lambda row: row.contract_id)}


async def own_project(reader: ReadSession, project_id: UUID, organisation_id: UUID | None) -> Project:
    """A project of this developer; another's does not exist for it (`ProjectNotFound`)."""
    project = await get_project(reader, project_id)
    if project.organisation_id != organisation_id:
        raise ProjectNotFound
    return project


async def own_building(
    reader: ReadSession, building_id: UUID, organisation_id: UUID | None
) -> tuple[Project, Building]:
    """A building of this developer with its project; else `BuildingNotFound`."""
    building = await get_building(reader, building_id)
    try:
        return await own_project(reader, building.project_id, organisation_id), building
    except ProjectNotFound:
        raise BuildingNotFound from None


async def own_unit(reader: ReadSession, unit_id: UUID, organisation_id: UUID | None) -> tuple[Project, Building, Unit]:
    """A unit of this developer with its building and project; else `BuildingNotFound` or `UnitNotFound`."""
    unit = await get_unit(reader, unit_id)
    project, building = await own_building(reader, unit.building_id, organisation_id)
    return project, building, unit


def _month_start(day: date) -> datetime:
    return datetime.combine(day.replace(day=1), time(), SHANGHAI)


async def _bills(reader: ReadSession, contract_ids: list[UUID]) -> dict[UUID | None, list[escrow_rules.BillFacts]]:
    # Columns, not rows: who pays is encrypted, and this page does not need it.
    columns = (Bill.contract_id, Bill.notice_no, Bill.kind, Bill.state, Bill.amount_fen, Bill.account_no)
    found: dict[UUID | None, list[escrow_rules.BillFacts]] = {}
    for contract_id, notice_no, kind, state, amount_fen, account_no in await reader.execute(
        select(*columns).where(Bill.contract_id.in_(contract_ids)).order_by(Bill.id)
    ):
        facts = escrow_rules.BillFacts(
            notice_no=notice_no, kind=BillKind(kind), state=BillState(state), amount_fen=amount_fen,
            account_no=account_no,
        )  # fmt: skip
        found.setdefault(contract_id, []).append(facts)
    return found


async def _signatories(reader: ReadSession, ceremony_ids: list[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    columns = (CeremonySignatory.ceremony_id, CeremonySignatory.kind, CeremonySignatory.status)
    found: dict[UUID, list[tuple[str, str]]] = {}
    for ceremony_id, kind, status in await reader.execute(
        select(*columns).where(CeremonySignatory.ceremony_id.in_(ceremony_ids))
    ):
        found.setdefault(ceremony_id, []).append((kind, status))
    return found


async def _cases(reader: ReadSession, case_ids: list[UUID]) -> dict[UUID, CaseStatus]:
    rows = await reader.execute(select(Case.id, Case.status).where(Case.id.in_(case_ids)))
    return {case_id: CaseStatus(status) for case_id, status in rows}


async def _cancelling(reader: ReadSession, contract_ids: list[UUID]) -> set[UUID]:
    wanted = select(ContractCancellation.contract_id).where(
        ContractCancellation.contract_id.in_(contract_ids), ContractCancellation.outcome.is_(None)
    )
    return set(await reader.scalars(wanted))
