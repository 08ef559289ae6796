"""What the tests of the estate share: good facts, and surveyors' files."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any
from uuid import uuid4

from openpyxl import Workbook

from kernel.permissions import Actor, ActorKind
from yiti.estate.models import Project
from yiti.estate.schemas import NewBuilding, NewProject
from yiti.estate.survey import COLUMNS

PARCEL = "411528001001GB{:05d}"
CLERK = Actor(kind=ActorKind.STAFF, name="王办事", tenant="411528", id=uuid4())

_serial = iter(range(1, 99_999))


def new_project(**changes: Any) -> NewProject:
    serial = next(_serial)
    facts: dict[str, Any] = {
        "organisation_id": uuid4(),
        "name": f"淮河新城{serial}期",
        "parcel_code": PARCEL.format(serial),
        "location": "息县淮河路1号",
        "land_use_right_no": "豫（2024）息县不动产权第0000001号",
        "land_term_end": date(2094, 5, 31),
        "planning_permit_no": "建字第411528202400001号",
        "planning_permit_on": date(2026, 9, 1),
        "construction_permit_no": "411528202409010101",
    }
    return NewProject(**(facts | changes))


def new_building(project: Project, number: int = 1, **changes: Any) -> NewBuilding:
    facts: dict[str, Any] = {
        "project_id": project.id,
        "number": number,
        "name": f"{number}号楼",
        "floors_total": 18,
        "structure": "钢筋混凝土结构",
        "has_lift": True,
        "planned_handover": date(2028, 6, 30),
    }
    return NewBuilding(**(facts | changes))


def line(**changes: Any) -> list[Any]:
    """One good row of a survey; a change by header (in order of the template)."""
    values: dict[str, Any] = {
        "幢号": 1,
        "楼栋名称": "1号楼",
        "单元": 1,
        "层": 3,
        "户号": 1,
        "房号": 301,
        "坐落": "息县淮河路1号1号楼1单元301室",
        "用途": "成套住宅",
        "结构": "钢筋混凝土结构",
        "建筑面积": 101.83,
        "套内面积": 89.73,
        "分摊面积": 12.1,
    }
    return list((values | changes).values())


def survey_file(lines: Sequence[Sequence[Any]], headers: Sequence[Any] = COLUMNS, title: str = "房屋明细") -> bytes:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title)
    sheet.append(list(headers))
    for cells in lines:
        sheet.append(list(cells))
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def many(count: int, building: int = 1, per_floor: int = 300) -> list[list[Any]]:
    return [
        line(
            幢号=building,
            楼栋名称=f"{building}号楼",
            层=1 + index // per_floor,
            户号=index + 1,
            房号=f"{index + 1:05d}",
        )
        for index in range(count)
    ]
