"""Reading the estate: lists, the building table and the facts of a home, each in one statement."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from kernel.db import ReadSession, TenantModel
from yiti.estate.errors import (
    BuildingNotFound,
    NotPermitted,
    ProjectNotFound,
    UnitNotFound,
    UnitRetired,
)
from yiti.estate.models import (
    Building,
    PresalePermit,
    PresalePermitBuilding,
    Project,
    SurveyImport,
    Unit,
    UnitState,
)
from yiti.estate.schemas import GridFloor, GridUnit, HomeFacts


async def get_project(reader: ReadSession, project_id: UUID) -> Project:
    """The project, or `ProjectNotFound`."""
    project = await reader.scalar(select(Project).where(Project.id == project_id))
    if project is None:
        raise ProjectNotFound
    return project


async def get_building(reader: ReadSession, building_id: UUID) -> Building:
    """The building, or `BuildingNotFound`."""
    building = await reader.scalar(select(Building).where(Building.id == building_id))
    if building is None:
        raise BuildingNotFound
    return building


async def projects(reader: ReadSession, organisation_id: UUID | None = None) -> Sequence[Project]:
    """The county's projects by name, or one developer's."""
    wanted = select(Project).order_by(Project.name)
    if organisation_id is not None:
        wanted = wanted.where(Project.organisation_id == organisation_id)
    return (await reader.scalars(wanted)).all()


async def buildings_of(reader: ReadSession, project_id: UUID) -> Sequence[Building]:
    """The project's buildings by number."""
    return (
        await reader.scalars(select(Building).where(Building.project_id == project_id).order_by(Building.number))
    ).all()


async def permits_of(reader: ReadSession, project_id: UUID) -> Sequence[PresalePermit]:
    """The project's presale permits, newest first."""
    wanted = select(PresalePermit).where(PresalePermit.project_id == project_id)
    return (await reader.scalars(wanted.order_by(PresalePermit.issued_on.desc(), PresalePermit.id.desc()))).all()


async def surveys_of(reader: ReadSession, project_id: UUID) -> Sequence[SurveyImport]:
    """The project's survey imports, newest first."""
    wanted = select(SurveyImport).where(SurveyImport.project_id == project_id)
    return (await reader.scalars(wanted.order_by(SurveyImport.created_at.desc()).limit(100))).all()


async def get_unit(reader: ReadSession, unit_id: UUID) -> Unit:
    """The unit, historical or not, or `UnitNotFound`."""
    unit = await reader.scalar(select(Unit).where(Unit.id == unit_id))
    if unit is None:
        raise UnitNotFound
    return unit


async def unit_by_code(reader: ReadSession, code: str) -> Unit:
    """The unit of a 28-character code, historical or not, or `UnitNotFound`."""
    unit = await reader.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        raise UnitNotFound(f"没有找到不动产单元{code}")
    return unit


async def units_of_building(reader: ReadSession, building_id: UUID) -> list[GridUnit]:
    """The living units of a building from the top floor down, rooms in order: one statement, one index."""
    columns = [getattr(Unit, field.name) for field in fields(GridUnit)]
    wanted = select(*columns).where(Unit.building_id == building_id, Unit.state != UnitState.HISTORICAL)
    rows = await reader.execute(wanted.order_by(Unit.floor_no.desc(), Unit.section, Unit.room))
    return [GridUnit(*row) for row in rows]


def building_table(units: Sequence[GridUnit]) -> list[GridFloor]:
    """The cells of `units_of_building` as lines by floor, for the picture of the building table."""
    ordered = sorted(units, key=lambda unit: (-unit.floor_no, unit.floor, unit.section, unit.room))
    return [GridFloor(label, tuple(line)) for label, line in groupby(ordered, key=lambda unit: unit.floor)]


async def unit_counts(reader: ReadSession, project_id: UUID) -> dict[UUID, int]:
    """How many living units each building of a project has."""
    counted = (
        select(Unit.building_id, func.count().label("units"))
        .join(Building, (Building.tenant_id == Unit.tenant_id) & (Building.id == Unit.building_id))
        .where(Building.project_id == project_id, Unit.state != UnitState.HISTORICAL)
        .group_by(Unit.building_id)
    )
    return {row.building_id: row.units for row in await reader.execute(counted)}


async def permitted(reader: ReadSession, unit_id: UUID) -> PresalePermit | None:
    """The presale permit that covers the unit's building, if any."""
    return await reader.scalar(
        select(PresalePermit)
        .join(
            PresalePermitBuilding,
            _same(PresalePermit, PresalePermitBuilding) & (PresalePermitBuilding.permit_id == PresalePermit.id),
        )
        .join(Unit, _same(Unit, PresalePermitBuilding) & (Unit.building_id == PresalePermitBuilding.building_id))
        .where(Unit.id == unit_id)
    )


async def home_facts(reader: ReadSession, unit_id: UUID) -> HomeFacts:
    """What a contract must say; `NotPermitted`, `UnitRetired` or `UnitNotFound` for a unit that cannot be sold."""
    found = (
        await reader.execute(
            select(Unit, Building, Project, PresalePermit)
            .join(Building, _same(Unit, Building) & (Building.id == Unit.building_id))
            .join(Project, _same(Project, Building) & (Project.id == Building.project_id))
            .outerjoin(
                PresalePermitBuilding,
                _same(PresalePermitBuilding, Building) & (PresalePermitBuilding.building_id == Building.id),
            )
            .outerjoin(
                PresalePermit,
                _same(PresalePermit, PresalePermitBuilding) & (PresalePermit.id == PresalePermitBuilding.permit_id),
            )
            .where(Unit.id == unit_id)
        )
    ).first()
    if found is None:
        raise UnitNotFound
    unit, building, project, permit = found
    if unit.state == UnitState.HISTORICAL:
        raise UnitRetired
    if permit is None:
        raise NotPermitted
    return _home(unit, building, project, permit)


def _home(unit: Unit, building: Building, project: Project, permit: PresalePermit) -> HomeFacts:
    return HomeFacts(
        unit_id=unit.id,
        unit_code=unit.code,
        project_id=project.id,
        organisation_id=project.organisation_id,
        project_name=project.name,
        building_name=building.name,
        floor=unit.floor,
        room=unit.room,
        location=unit.location,
        usage=unit.usage,
        structure=unit.structure,
        floors_total=building.floors_total,
        building_area=unit.building_area,
        inner_area=unit.inner_area,
        shared_area=unit.shared_area,
        land_use_right_no=project.land_use_right_no,
        land_term=_until(project.land_term_end),
        planning_permit_no=project.planning_permit_no,
        construction_permit_no=project.construction_permit_no,
        presale_permit_no=permit.number,
        presale_permit_date=permit.issued_on,
        mortgaged=building.mortgaged or project.has_construction_mortgage,
        has_lift=building.has_lift,
        planned_handover=building.planned_handover,
    )


def _until(day: date) -> str:
    return f"至{day.year}年{day.month}月{day.day}日止"


def _same(left: type[TenantModel], right: type[TenantModel]) -> ColumnElement[bool]:
    return left.tenant_id == right.tenant_id


async def construction_mortgagee(reader: ReadSession, unit_id: UUID) -> str | None:
    """Who holds a construction mortgage (在建建筑物抵押) over the unit's building or its whole project, if anyone."""
    found = await reader.execute(
        select(Building.mortgagee, Project.mortgagee)
        .join(Unit, _same(Unit, Building) & (Unit.building_id == Building.id))
        .join(Project, _same(Project, Building) & (Project.id == Building.project_id))
        .where(Unit.id == unit_id)
    )
    of_building, of_project = found.one()
    return of_building or of_project
