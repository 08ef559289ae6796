"""Registering projects and buildings, and issuing presale permits."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from kernel.audit import audit
from kernel.clock import today
from kernel.db import ReadSession, WriteSession
from kernel.errors import DomainError, Invalid
from kernel.identifiers import parcel_code
from kernel.outbox import emit
from kernel.permissions import Actor
from yiti.estate.errors import (
    AlreadyPermitted,
    BuildingNotFound,
    NameTaken,
    NumberTaken,
    PermitRefused,
    ProjectNotFound,
)
from yiti.estate.models import Building, PresalePermit, PresalePermitBuilding, Project, Unit, UnitState
from yiti.estate.parameters import STRUCTURES, dictionary, presale_rules
from yiti.estate.rules import BuildingFacts, PresaleFacts, applicable, assess
from yiti.estate.schemas import Assessment, NewBuilding, NewProject, PermitApplication


async def register_project(tx: WriteSession, actor: Actor, new: NewProject) -> Project:
    """Register a development project; `NameTaken` when the county has one of that name."""
    _needed(new, "name", "location", "land_use_right_no", "planning_permit_no", "construction_permit_no")
    parcel = parcel_code(new.parcel_code)
    if not parcel.startswith(tx.tenant):
        raise Invalid(f"宗地代码应以本县行政区划代码{tx.tenant}开头", field="parcel_code")
    project = Project(
        **msgspec.structs.asdict(msgspec.structs.replace(new, parcel_code=parcel)),
        has_construction_mortgage=new.mortgagee is not None,
    )
    tx.add(project)
    await _flush(tx, {"uq_projects_tenant_id_name": NameTaken(f"项目“{new.name}”已登记", field="name")})
    audit(tx, actor, "estate.project_registered", f"project:{project.id}", {"parcel_code": parcel})
    return project


async def register_building(tx: WriteSession, actor: Actor, new: NewBuilding) -> Building:
    """Register a building; `NumberTaken` when its 幢号 is used on the parcel, by whatever project."""
    _needed(new, "name")
    if not 1 <= new.number <= 9998:
        raise Invalid("幢号应为1至9998的整数", field="number")
    if not 1 <= new.floors_total <= 200:
        raise Invalid("总层数应为1至200的整数", field="floors_total")
    if new.structure not in await dictionary(tx, STRUCTURES, today()):
        raise Invalid(f"房屋结构“{new.structure}”不在字典中", field="structure")
    project = await tx.scalar(select(Project).where(Project.id == new.project_id))
    if project is None:
        raise ProjectNotFound
    building = Building(
        **msgspec.structs.asdict(new), parcel_code=project.parcel_code, mortgaged=new.mortgagee is not None
    )
    tx.add(building)
    taken = {
        "uq_buildings_tenant_id_parcel_code_number": NumberTaken(f"该宗地上已有{new.number}幢", field="number"),
        "uq_buildings_tenant_id_project_id_name": NameTaken(f"本项目已有楼幢“{new.name}”", field="name"),
    }
    await _flush(tx, taken)
    audit(tx, actor, "estate.building_registered", f"building:{building.id}", {"number": new.number})
    return building


async def record_topping_out(tx: WriteSession, actor: Actor, building_id: UUID, on: date) -> Building:
    """Record that the main structure of a building is topped out (主体结构封顶)."""
    if on > today():
        raise Invalid("封顶日期不能晚于今天", field="on")
    building = await _locked_building(tx, building_id)
    building.topped_out_on = on
    audit(tx, actor, "estate.building_topped_out", f"building:{building_id}", {"on": on})
    await _tell_advance(tx, building_id, f"topped_out:{on}")
    return building


async def complete_building(tx: WriteSession, actor: Actor, building_id: UUID, on: date) -> Building:
    """Record that a building is completed (竣工验收备案): its planned units are built homes (现房) from now on."""
    if on > today():
        raise Invalid("竣工日期不能晚于今天", field="completed_on")
    building = await _locked_building(tx, building_id)
    if building.topped_out_on is None or on < building.topped_out_on:
        raise Invalid("竣工日期不能早于主体结构封顶日期", field="completed_on")
    building.completed_on = on
    planned = (Unit.building_id == building_id, Unit.state == UnitState.PLANNED)
    await tx.execute(update(Unit).where(*planned).values(state=UnitState.BUILT))
    audit(tx, actor, "estate.building_completed", f"building:{building_id}", {"on": on})
    await _tell_advance(tx, building_id, f"completed:{on}")
    return building


async def _tell_advance(tx: WriteSession, building_id: UUID, step: str) -> None:
    """What waits for the construction (loans) goes on by itself."""
    key = f"estate.construction_advanced:{building_id}:{step}"
    await emit(tx, "estate.construction_advanced", {"building_id": str(building_id)}, key=key)


async def set_building_mortgage(tx: WriteSession, actor: Actor, building_id: UUID, mortgagee: str | None) -> Building:
    """Record who holds a 在建建筑物抵押 on a building; None when it is released."""
    building = await _locked_building(tx, building_id)
    building.mortgagee, building.mortgaged = mortgagee, mortgagee is not None
    audit(tx, actor, "estate.building_mortgage_set", f"building:{building_id}", {"mortgaged": building.mortgaged})
    return building


async def assess_permit(reader: ReadSession, application: PermitApplication, on: date) -> Assessment:
    """What stands in the way of the permit, by the rules for that day and project; changes nothing."""
    project = await reader.scalar(select(Project).where(Project.id == application.project_id))
    if project is None:
        raise ProjectNotFound
    return await _assess(reader, application, on, project)


async def issue_permit(
    tx: WriteSession, actor: Actor, application: PermitApplication, on: date | None = None
) -> PresalePermit:
    """Issue a presale permit as of `on` (today), or raise `PermitRefused` with the findings.

    A building is covered once (`AlreadyPermitted`), a number is used once (`NumberTaken`).
    """
    _needed(application, "number")
    day = on or today()
    project = await tx.scalar(select(Project).where(Project.id == application.project_id).with_for_update())
    if project is None:
        raise ProjectNotFound
    assessment = await _assess(tx, application, day, project)
    if assessment.blocking:
        words = "；".join(finding.words for finding in assessment.blocking)
        raise PermitRefused(f"不符合商品房预售条件：{words}", extra={"findings": _plain(assessment)})
    permit = PresalePermit(
        project_id=project.id,
        number=application.number,
        issued_on=day,
        rule_version=assessment.rule_version,
        evidence=msgspec.to_builtins(application.evidence, str_keys=True),
        findings=_plain(assessment),
    )
    tx.add(permit)
    taken = NumberTaken(f"预售许可证号“{application.number}”已使用", field="number")
    await _flush(tx, {"uq_presale_permits_tenant_id_number": taken})
    tx.add_all(PresalePermitBuilding(permit_id=permit.id, building_id=id_) for id_ in application.building_ids)
    covered = AlreadyPermitted("所选楼幢中已有取得预售许可的楼幢", field="building_ids")
    await _flush(tx, {"uq_presale_permit_buildings_tenant_id_building_id": covered})
    detail = {"number": permit.number, "rule_version": permit.rule_version, "buildings": application.building_ids}
    audit(tx, actor, "estate.permit_issued", f"presale_permit:{permit.id}", detail)
    return permit


async def _assess(reader: ReadSession, application: PermitApplication, on: date, project: Project) -> Assessment:
    wanted = select(Building).where(Building.project_id == project.id, Building.id.in_(application.building_ids))
    buildings = (await reader.scalars(wanted.order_by(Building.number))).all()
    if not buildings or len(buildings) != len(application.building_ids):
        raise BuildingNotFound("请选择本项目的楼幢，每幢一次", field="building_ids")
    facts = PresaleFacts(
        on=on,
        land_use_right_no=project.land_use_right_no,
        planning_permit_no=project.planning_permit_no,
        planning_permit_on=project.planning_permit_on,
        construction_permit_no=project.construction_permit_no,
        mortgagee=project.mortgagee,
        evidence=application.evidence,
        buildings=tuple(BuildingFacts(b.number, b.name, b.floors_total, b.topped_out_on) for b in buildings),
    )
    return assess(applicable(await presale_rules(reader), on, project.planning_permit_on), facts)


async def _locked_building(tx: WriteSession, building_id: UUID) -> Building:
    building = await tx.scalar(select(Building).where(Building.id == building_id).with_for_update())
    if building is None:
        raise BuildingNotFound
    return building


def _plain(assessment: Assessment) -> list[dict[str, str]]:
    return [msgspec.to_builtins(finding) for finding in assessment.findings]


def _needed(struct: msgspec.Struct, *fields: str) -> None:
    for field in fields:
        if not getattr(struct, field).strip():
            raise Invalid("此项不能为空", field=field)


async def _flush(tx: WriteSession, taken: Mapping[str, DomainError]) -> None:
    """Write now; a unique key that is taken becomes its domain error. The transaction is lost either way."""
    try:
        await tx.flush()
    except IntegrityError as error:
        for constraint, refusal in taken.items():
            if constraint in str(error.orig):
                raise refusal from error
        raise
