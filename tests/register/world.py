"""A unit to book on, and the smallest booking that names it."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from kernel.db import WriteSession
from yiti.estate.models import Building, Project, Unit
from yiti.register.book import book
from yiti.register.kinds import EntryKind, RegistrationType, Sharing
from yiti.register.models import RegisterEntry
from yiti.register.schemas import Append, Booking, Person, UnitLink

_serial = count(1)


async def make_unit(tx: WriteSession) -> Unit:
    """A project, a building and one unit in it, in the session's county."""
    number = next(_serial)
    parcel = f"{tx.tenant}009009GB{number:05d}"
    project = Project(
        organisation_id=uuid4(),
        name=f"登记簿测试项目{uuid4().hex[:8]}",
        parcel_code=parcel,
        location="息县测试路1号",
        land_use_right_no="豫（2026）息县不动产权第0000001号",
        land_term_end=date(2096, 1, 1),
        planning_permit_no="建字1",
        planning_permit_on=date(2026, 1, 1),
        construction_permit_no="施字1",
        has_construction_mortgage=False,
    )
    tx.add(project)
    await tx.flush()
    building = Building(
        project_id=project.id, parcel_code=parcel, number=1, name="1号楼", floors_total=18, structure="钢筋混凝土",
        has_lift=True, planned_handover=date(2028, 1, 1), mortgaged=False,
    )  # fmt: skip
    tx.add(building)
    await tx.flush()
    unit = Unit(
        building_id=building.id, code=f"{parcel}F00010001", household=1, section="1", floor="1", floor_no=1, room="101",
        location="息县测试路1号1号楼101", usage="住宅", structure="钢筋混凝土", building_area=Decimal("100.00"),
        inner_area=Decimal("80.00"), shared_area=Decimal("20.00"), state="planned", survey_import_id=uuid4(),
    )  # fmt: skip
    tx.add(unit)
    await tx.flush()
    return unit


def person(name: str = "张三", share: Fraction | None = None, id_number: str | None = None) -> Person:
    return Person(name=name, id_kind="resident_id", id_number=id_number or uuid4().hex[:18], share=share)


USUAL: dict[EntryKind, dict[str, Any]] = {
    EntryKind.OWNERSHIP: {
        "registration_type": RegistrationType.FIRST,
        "details": {"usage": "成套住宅", "building_area": "100.00"},
    },
    EntryKind.COMMON_PARTS: {"details": {"name": "门卫室"}, "sharing": None, "holders": ()},
    EntryKind.OBJECTION: {"details": {"matter": "权属有误"}, "registration_type": RegistrationType.OBJECTION},
    EntryKind.EASEMENT: {"details": {"dominant_unit_code": "1" * 28, "purpose": "通行"}},
    EntryKind.PRESALE_NOTICE: {"registration_type": RegistrationType.NOTICE},
    EntryKind.PRESALE_MORTGAGE_NOTICE: {"registration_type": RegistrationType.NOTICE, "amount_fen": 100},
    EntryKind.SALE_NOTICE: {"registration_type": RegistrationType.NOTICE},
    EntryKind.MORTGAGE_NOTICE: {"registration_type": RegistrationType.NOTICE, "amount_fen": 100},
    EntryKind.MORTGAGE: {"amount_fen": 100},
    EntryKind.CONSTRUCTION_MORTGAGE: {"amount_fen": 100},
}


def entry(unit: Unit, kind: EntryKind = EntryKind.PRESALE_NOTICE, **more: Any) -> Append:
    facts: dict[str, Any] = {
        "holders": (person(),), "sharing": Sharing.SOLE, "cause": "测试", "registration_type": RegistrationType.FIRST,
    }  # fmt: skip
    return Append(unit_id=unit.id, kind=kind, **(facts | USUAL.get(kind, {}) | more))


def transfer(unit: Unit, closes: UUID, **more: Any) -> Append:
    more = {"registration_type": RegistrationType.TRANSFER, "closes_id": closes} | more
    return entry(unit, EntryKind.OWNERSHIP, **more)


async def booked(tx: WriteSession, *operations: Append, links: tuple[UnitLink, ...] = ()) -> list[RegisterEntry]:
    booking = Booking(case_id=uuid4(), case_number="1", booked_by="测试", operations=operations, links=links)
    return await book(tx, booking)


def seizure(unit: Unit, closes: UUID | None = None, *, fields: dict[str, Any] | None = None, **more: Any) -> Append:
    details = {"authority": "息县人民法院", "order_document": "执行裁定书", "order_number": "（2026）豫1528执1号"}
    return Append(
        unit_id=unit.id, kind=EntryKind.SEIZURE, registration_type=RegistrationType.SEIZURE, cause="司法查封",
        closes_id=closes, details=details | (fields or {}), **more,
    )  # fmt: skip


def cancellation(unit: Unit, closes: UUID) -> Append:
    return Append(
        unit_id=unit.id, kind=EntryKind.CANCELLATION, registration_type=RegistrationType.CANCELLATION, cause="注销",
        closes_id=closes, details={"closes": "1"},
    )  # fmt: skip
