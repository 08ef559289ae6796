"""Projects, buildings and units (楼盘表), presale permits, surveys, and the county's dated parameters."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, protect, tenant_fk
from kernel.db.types import UtcDateTime
from yiti.estate.address_index import ADDRESS_DDL, EXTENSION

Area = Numeric(12, 2)


class UnitState(StrEnum):
    """建筑物状态 of the database standard: 期房, 现房, 历史."""

    PLANNED = "planned"
    BUILT = "built"
    HISTORICAL = "historical"


class Project(TenantModel):
    """A development project (项目) on one parcel."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        Index("ix_projects_organisation", "tenant_id", "organisation_id"),
        CheckConstraint("has_construction_mortgage = (mortgagee IS NOT NULL)", name="mortgage_names_its_holder"),
    )

    organisation_id: Mapped[UUID]
    """The developer."""
    name: Mapped[str] = mapped_column(String(120))
    parcel_code: Mapped[str] = mapped_column(String(19))
    location: Mapped[str] = mapped_column(String(200))
    land_use_right_no: Mapped[str] = mapped_column(String(60))
    land_term_end: Mapped[date]
    planning_permit_no: Mapped[str] = mapped_column(String(60))
    planning_permit_on: Mapped[date]
    construction_permit_no: Mapped[str] = mapped_column(String(60))
    has_construction_mortgage: Mapped[bool]
    """在建建筑物抵押; blocks a presale until the mortgagee agrees."""
    mortgagee: Mapped[str | None] = mapped_column(String(120))


class Building(TenantModel):
    """A natural building (自然幢) of a project."""

    __tablename__ = "buildings"
    __table_args__ = (
        tenant_fk("project_id", "projects"),
        UniqueConstraint("tenant_id", "parcel_code", "number"),
        UniqueConstraint("tenant_id", "project_id", "name"),
        CheckConstraint("number BETWEEN 1 AND 9998", name="number_has_four_digits"),
        CheckConstraint("floors_total > 0", name="has_floors"),
        CheckConstraint("mortgaged = (mortgagee IS NOT NULL)", name="mortgage_names_its_holder"),
    )

    project_id: Mapped[UUID]
    parcel_code: Mapped[str] = mapped_column(String(19))
    """The project's; here so that two projects on one parcel cannot use a number twice."""
    number: Mapped[int] = mapped_column(SmallInteger)
    """幢号, the four digits after F in its units' codes."""
    name: Mapped[str] = mapped_column(String(60))
    floors_total: Mapped[int] = mapped_column(SmallInteger)
    structure: Mapped[str] = mapped_column(String(30))
    has_lift: Mapped[bool]
    topped_out_on: Mapped[date | None]
    """主体结构封顶."""
    completed_on: Mapped[date | None]
    """竣工验收备案; from then on its units are built homes (现房)."""
    planned_handover: Mapped[date]
    mortgaged: Mapped[bool]
    mortgagee: Mapped[str | None] = mapped_column(String(120))


class Unit(TenantModel):
    """A real-estate unit (不动产单元). Its code is never changed, deleted or used again (GB/T 37346-2019)."""

    __tablename__ = "units"
    __table_args__ = (
        tenant_fk("building_id", "buildings"),
        UniqueConstraint("tenant_id", "code"),
        UniqueConstraint("tenant_id", "building_id", "household"),
        Index("ix_units_location", "location", postgresql_using="gin", postgresql_ops={"location": "gin_trgm_ops"}),
        Index(
            "uq_units_place",
            "tenant_id",
            "building_id",
            "section",
            "room",
            unique=True,
            postgresql_where=text("state <> 'historical'"),
        ),
        CheckConstraint("household BETWEEN 1 AND 9999", name="household_has_four_digits"),
        CheckConstraint("inner_area > 0 AND shared_area >= 0", name="areas_are_positive"),
        CheckConstraint("building_area = inner_area + shared_area", name="areas_add_up"),
        CheckConstraint("state IN ('planned', 'built', 'historical')", name="state_is_known"),
    )

    building_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(String(28))
    household: Mapped[int] = mapped_column(SmallInteger)
    """户号, the last four digits of the code."""
    section: Mapped[str] = mapped_column(String(20))
    """单元 of the building, such as ``"1"``; empty where it has none."""
    floor: Mapped[str] = mapped_column(String(20))
    floor_no: Mapped[int] = mapped_column(SmallInteger)
    """The (lowest) floor as a number, for the order of the building table."""
    room: Mapped[str] = mapped_column(String(30))
    location: Mapped[str] = mapped_column(String(200))
    usage: Mapped[str] = mapped_column(String(40))
    structure: Mapped[str] = mapped_column(String(30))
    building_area: Mapped[Decimal] = mapped_column(Area)
    inner_area: Mapped[Decimal] = mapped_column(Area)
    shared_area: Mapped[Decimal] = mapped_column(Area)
    state: Mapped[str] = mapped_column(String(12))
    survey_import_id: Mapped[UUID]
    """The survey that it came from."""


append_only(
    Unit,
    may_change=("state", "location", "usage", "structure", "building_area", "inner_area", "shared_area"),
)
event.listen(Unit.__table__, "before_create", DDL(EXTENSION))  # type: ignore[no-untyped-call]
protect(Unit, *ADDRESS_DDL)


class PresalePermit(TenantModel):
    """A presale permit (商品房预售许可证), with the rules and the evidence on which it was issued."""

    __tablename__ = "presale_permits"
    __table_args__ = (tenant_fk("project_id", "projects"), UniqueConstraint("tenant_id", "number"))

    project_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date]
    rule_version: Mapped[str] = mapped_column(String(60))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class PresalePermitBuilding(TenantModel):
    """A building that a permit covers; a building has at most one permit."""

    __tablename__ = "presale_permit_buildings"
    __table_args__ = (
        tenant_fk("permit_id", "presale_permits"),
        tenant_fk("building_id", "buildings"),
        UniqueConstraint("tenant_id", "building_id"),
        Index("ix_presale_permit_buildings_permit", "tenant_id", "permit_id"),
    )

    permit_id: Mapped[UUID]
    building_id: Mapped[UUID]


class SurveyImport(TenantModel):
    """A surveyor's file: previewed, and perhaps applied. What is applied is the stored blob that was previewed."""

    __tablename__ = "survey_imports"
    __table_args__ = (
        tenant_fk("project_id", "projects"),
        Index("ix_survey_imports_project", "tenant_id", "project_id", "created_at"),
    )

    project_id: Mapped[UUID]
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    row_count: Mapped[int] = mapped_column(Integer)
    problem_count: Mapped[int] = mapped_column(Integer)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The first of them, as shown in the preview."""
    previewed_by: Mapped[UUID | None]
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_by: Mapped[UUID | None]


class EstateParameter(TenantModel):
    """A dated legal parameter or dictionary of the county, with its source. A change is a new row."""

    __tablename__ = "estate_parameters"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "effective_from"),)

    name: Mapped[str] = mapped_column(String(40))
    effective_from: Mapped[date]
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)
    source: Mapped[str] = mapped_column(String(300))


append_only(PresalePermit)
append_only(PresalePermitBuilding)
append_only(SurveyImport, may_change=("applied_at", "applied_by"))
append_only(EstateParameter)
