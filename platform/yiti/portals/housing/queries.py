"""Reading what these pages show: a fixed number of statements for each page, whatever its length."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from contracts.models import Contract, ContractBuyer
from escrow.ledger.models import AccountKind, LedgerAccount
from escrow.models import SupervisionAccount
from kernel.db import ReadSession, TenantModel
from kernel.errors import NotFound
from yiti.accounts.models import Organisation
from yiti.estate.models import (
    Building,
    EstateParameter,
    PresalePermit,
    PresalePermitBuilding,
    Project,
    SurveyImport,
    Unit,
    UnitState,
)
from yiti.estate.parameters import PRESALE
from yiti.journeys.models import Sale
from yiti.portals.housing.rules import Standing

PAGE = 20
UNITS_PAGE = 50
FILED = ("filed", "cancelled")


@dataclass(frozen=True, slots=True)
class Totals:
    """The tiles of the work list."""

    projects: int
    units: int
    """Imported so far."""
    sold: int
    supervised_fen: int


async def totals(reader: ReadSession) -> Totals:
    """The county in four figures."""
    counted = (
        select(func.count()).select_from(Project),
        # Every row of an applied survey made one unit; counting the units themselves takes too long in a big county.
        select(func.coalesce(func.sum(SurveyImport.row_count), 0)).where(SurveyImport.applied_at.is_not(None)),
        select(func.count()).select_from(Contract).where(Contract.status == "filed"),
        select(func.coalesce(func.sum(LedgerAccount.balance_fen), 0)).where(
            LedgerAccount.kind == AccountKind.PROJECT_FUND
        ),
    )
    row = (await reader.execute(select(*(one.scalar_subquery() for one in counted)))).one()
    return Totals(*(int(figure) for figure in row))


async def projects(
    reader: ReadSession, *, search: str = "", developer: UUID | None = None, before: UUID | None = None
) -> tuple[list[tuple[Project, str]], UUID | None]:
    """One page of projects with their developers' names, newest first, and where the next page begins."""
    wanted = (
        select(Project, Organisation.name)
        .outerjoin(Organisation, _same(Organisation, Project) & (Organisation.id == Project.organisation_id))
        .order_by(Project.id.desc())
        .limit(PAGE + 1)
    )
    if search:
        wanted = wanted.where(Project.name.contains(search, autoescape=True))
    if developer is not None:
        wanted = wanted.where(Project.organisation_id == developer)
    if before is not None:
        wanted = wanted.where(Project.id < before)
    found = [(project, name or "") for project, name in await reader.execute(wanted)]
    return found[:PAGE], found[PAGE - 1][0].id if len(found) > PAGE else None


async def project_counts(reader: ReadSession) -> dict[UUID, int]:
    """How many projects each developer has."""
    rows = await reader.execute(select(Project.organisation_id, func.count()).group_by(Project.organisation_id))
    return dict(rows.all())


async def standings(reader: ReadSession, found: Sequence[Project]) -> dict[UUID, Standing]:
    """How far each of these projects is: three statements for all of them."""
    ids = [project.id for project in found]
    accounts = set(
        await reader.scalars(select(SupervisionAccount.project_id).where(SupervisionAccount.project_id.in_(ids)))
    )
    sold = await _sold(reader, found)
    built = await _built(reader, ids)
    return {id_: Standing(*built.get(id_, (0, 0, 0, 0)), sold=sold.get(id_, 0), account=id_ in accounts) for id_ in ids}


async def _sold(reader: ReadSession, found: Sequence[Project]) -> dict[UUID, int]:
    rows = await reader.execute(
        select(Contract.project_id, func.count())
        .where(
            # By developer first: that is what the contracts are indexed by.
            Contract.organisation_id.in_({project.organisation_id for project in found}),
            Contract.status == "filed",
            Contract.project_id.in_([project.id for project in found]),
        )
        .group_by(Contract.project_id)
    )
    return dict(rows.all())


async def _built(reader: ReadSession, project_ids: list[UUID]) -> dict[UUID, tuple[int, int, int, int]]:
    """Buildings, those without units, those without permit, and units, by project."""
    counted = (
        select(Unit.building_id, func.count().label("units"))
        .join(Building, _same(Building, Unit) & (Building.id == Unit.building_id))
        .where(Building.project_id.in_(project_ids), Unit.state != UnitState.HISTORICAL)
        .group_by(Unit.building_id)
        .subquery()
    )
    rows = await reader.execute(
        select(
            Building.project_id,
            func.count(),
            func.count().filter(counted.c.units.is_(None)),
            func.count().filter(PresalePermitBuilding.id.is_(None)),
            func.coalesce(func.sum(counted.c.units), 0),
        )
        .outerjoin(counted, counted.c.building_id == Building.id)
        .outerjoin(
            PresalePermitBuilding,
            _same(PresalePermitBuilding, Building) & (PresalePermitBuilding.building_id == Building.id),
        )
        .where(Building.project_id.in_(project_ids))
        .group_by(Building.project_id)
    )
    return {project: (count, bare, unpermitted, int(units)) for project, count, bare, unpermitted, units in rows}


async def permits_by_building(reader: ReadSession, project_id: UUID) -> dict[UUID, PresalePermit]:
    """The permit that covers each building of a project; buildings without one are left out."""
    rows = await reader.execute(
        select(PresalePermitBuilding.building_id, PresalePermit)
        .join(
            PresalePermit,
            _same(PresalePermit, PresalePermitBuilding) & (PresalePermit.id == PresalePermitBuilding.permit_id),
        )
        .where(PresalePermit.project_id == project_id)
    )
    return dict(rows.all())


async def permit(reader: ReadSession, permit_id: UUID) -> tuple[PresalePermit, Sequence[Building]]:
    """A permit with the buildings that it covers; NotFound."""
    found = await reader.scalar(select(PresalePermit).where(PresalePermit.id == permit_id))
    if found is None:
        raise NotFound("没有找到该预售许可证")
    covered = (
        select(Building)
        .join(
            PresalePermitBuilding,
            _same(PresalePermitBuilding, Building) & (PresalePermitBuilding.building_id == Building.id),
        )
        .where(PresalePermitBuilding.permit_id == permit_id)
        .order_by(Building.number)
    )
    return found, (await reader.scalars(covered)).all()


async def presale_sources(reader: ReadSession) -> dict[date, str]:
    """The legal source of each version of the presale conditions, by its date."""
    rows = await reader.execute(
        select(EstateParameter.effective_from, EstateParameter.source).where(EstateParameter.name == PRESALE)
    )
    return dict(rows.all())


async def imported_units(reader: ReadSession, project_id: UUID, survey_id: UUID) -> list[tuple[Building, int]]:
    """How many units a survey made, by building."""
    rows = await reader.execute(
        select(Building, func.count())
        .join(Unit, _same(Unit, Building) & (Unit.building_id == Building.id))
        .where(Building.project_id == project_id, Unit.survey_import_id == survey_id)
        .group_by(Building.tenant_id, Building.id)
        .order_by(Building.number)
    )
    return [(building, count) for building, count in rows]


async def units(reader: ReadSession, building_id: UUID, after: int) -> tuple[Sequence[Unit], int | None]:
    """One page of a building's units by 户号, historical ones too, and where the next page begins."""
    wanted = select(Unit).where(Unit.building_id == building_id, Unit.household > after)
    found = (await reader.scalars(wanted.order_by(Unit.household).limit(UNITS_PAGE + 1))).all()
    return found[:UNITS_PAGE], found[UNITS_PAGE - 1].household if len(found) > UNITS_PAGE else None


@dataclass(frozen=True, slots=True)
class Filing:
    """A filed contract; the buyers' names are in full, so mask them before they are shown."""

    location: str
    filing_no: str | None
    status: str
    price_fen: int | None
    filed_at: datetime | None
    buyers: tuple[str, ...]


async def filings(reader: ReadSession, project: Project, before: UUID | None) -> tuple[list[Filing], UUID | None]:
    """One page of a project's filed contracts, newest first, and where the next page begins."""
    columns = (Sale.id, Sale.location, Contract.id, Contract.filing_no, Contract.status, Contract.price_fen)
    wanted = (
        select(*columns, Contract.filed_at)
        .join(Contract, _same(Contract, Sale) & (Contract.id == Sale.contract_id))
        .where(
            Sale.organisation_id == project.organisation_id,
            Contract.organisation_id == project.organisation_id,
            Contract.project_id == project.id,
            Contract.status.in_(FILED),
        )
        .order_by(Sale.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(Sale.id < before)
    rows = (await reader.execute(wanted)).all()
    names = await _buyers(reader, [row[2] for row in rows[:PAGE]])
    page = [
        Filing(location, number, status, price, filed_at, tuple(names.get(contract_id, ())))
        for _, location, contract_id, number, status, price, filed_at in rows[:PAGE]
    ]
    return page, rows[PAGE - 1][0] if len(rows) > PAGE else None


async def _buyers(reader: ReadSession, contract_ids: list[UUID]) -> dict[UUID, list[str]]:
    rows = await reader.execute(
        select(ContractBuyer.contract_id, ContractBuyer.name)
        .where(ContractBuyer.contract_id.in_(contract_ids))
        .order_by(ContractBuyer.contract_id, ContractBuyer.position)
    )
    found: dict[UUID, list[str]] = {}
    for contract_id, name in rows:
        found.setdefault(contract_id, []).append(name)
    return found


def _same(left: type[TenantModel], right: type[TenantModel]) -> ColumnElement[bool]:
    return left.tenant_id == right.tenant_id
