"""What the register and the estate say to those who supervise presale money."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import exists, func, select

from kernel.clock import today
from kernel.db import ReadSession
from yiti.estate.models import Building, PresalePermit, PresalePermitBuilding, Project, Unit, UnitState
from yiti.estate.parameters import presale_rules
from yiti.estate.rules import applicable
from yiti.register.kinds import EntryKind
from yiti.register.models import RegisterEntry


class Registered(Struct, frozen=True, kw_only=True):
    """Homes of a project's presale permits, and how many of them have had their first registration.

    Fits `escrow.agreements.release.FirstRegistration`.
    """

    units: int
    registered: int


class Progress(Struct, frozen=True, kw_only=True):
    """How far building is, as the department has written it down."""

    buildings: int
    topped_out: int
    completed: int


async def register_of(reader: ReadSession, project_id: UUID) -> Registered:
    """Ownership was registered on a home once (首次登记), whoever has it now."""
    first = exists().where(
        RegisterEntry.tenant_id == Unit.tenant_id,
        RegisterEntry.unit_id == Unit.id,
        RegisterEntry.kind == EntryKind.OWNERSHIP,
    )
    counted = (
        select(func.count(), func.count().filter(first))
        .select_from(PresalePermit)
        .join(
            PresalePermitBuilding,
            (PresalePermitBuilding.tenant_id == PresalePermit.tenant_id)
            & (PresalePermitBuilding.permit_id == PresalePermit.id),
        )
        .join(
            Unit,
            (Unit.tenant_id == PresalePermitBuilding.tenant_id)
            & (Unit.building_id == PresalePermitBuilding.building_id),
        )
        .where(PresalePermit.project_id == project_id, Unit.state != UnitState.HISTORICAL)
    )
    units, registered = (await reader.execute(counted)).one()
    return Registered(units=units, registered=registered)


async def progress_of(reader: ReadSession, project_id: UUID) -> Progress:
    """How many of the project's buildings are topped out and completed."""
    row = (
        await reader.execute(
            select(func.count(), func.count(Building.topped_out_on), func.count(Building.completed_on)).where(
                Building.project_id == project_id
            )
        )
    ).one()
    return Progress(buildings=row[0], topped_out=row[1], completed=row[2])


async def full_supervision_required(reader: ReadSession, project: Project) -> bool:
    """Whether the presale rules that apply to the project demand full supervision (828新政, 建房规〔2026〕3号)."""
    dated = applicable(await presale_rules(reader), today(), project.planning_permit_on)
    return any(condition.code == "full_supervision" for condition in dated.rules.conditions)
