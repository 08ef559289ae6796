"""Reading a surveyor's workbook (房产测绘成果 .xlsx): pure, no database.

The first worksheet has one line of headers, then one line per unit. Columns may stand in any order:

==========  ========  ==============================================================
幢号         required  1…9998, the number the building is registered under
楼栋名称      required  must be the registered name of that building
单元         optional  such as 1
层           required  12, -1, or 5-6 for a home on two floors
户号         required  1…9999, the last four digits of the unit's code
房号         required  such as 1201
坐落         required
用途         required  a word of the county's dictionary
结构         required  a word of the county's dictionary
建筑面积      required  ㎡, at most two decimals; must be 套内面积 + 分摊面积
套内面积      required
分摊面积      required
备注         optional  not kept
==========  ========  ==============================================================

A second sheet named 填写说明 is allowed. Formulas count by their stored value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec
from openpyxl.utils import get_column_letter

from yiti.estate.errors import SurveyUnreadable
from yiti.estate.survey_cells import BadCell, area, floors, number, optional_text, required_text, word
from yiti.estate.workbook import Sheet, open_sheet

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_ROWS: Final = 20_000
COLUMNS: Final = (
    "幢号", "楼栋名称", "单元", "层", "户号", "房号", "坐落", "用途", "结构", "建筑面积", "套内面积", "分摊面积",
)  # fmt: skip
"""The columns of the template, in its order."""
_MAY_LACK: Final = frozenset({"单元"})
_IGNORED: Final = frozenset({"备注"})


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong, at one cell (`C17`)."""

    cell: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One unit as surveyed."""

    line: int
    building_number: int
    building_name: str
    section: str
    floor: str
    floor_no: int
    household: int
    room: str
    location: str
    usage: str
    structure: str
    building_area: Decimal
    inner_area: Decimal
    shared_area: Decimal


@dataclass(frozen=True, slots=True)
class KnownBuilding:
    """What the platform knows of a building before the import."""

    name: str
    floors_total: int
    households: frozenset[int] = frozenset()
    """Numbers in use or used before; a unit code is never used again."""
    rooms: frozenset[tuple[str, str]] = frozenset()
    """(单元, 房号) of its living units."""


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are checked against."""

    buildings: Mapping[int, KnownBuilding]
    usages: frozenset[str]
    structures: frozenset[str]


@dataclass(slots=True)
class Survey:
    """The workbook as read: good rows, and every problem found so far."""

    rows: list[SurveyRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    line_count: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    """Column number by header."""

    def problem(self, column: str, line: int, reason: str) -> None:
        """Note a problem at a cell."""
        letter = get_column_letter(self.columns.get(column, 1))
        self.problems.append(Problem(f"{letter}{line}", column, reason))


def read_survey(data: bytes) -> Survey:
    """Read a workbook; slow for big files (run it in a thread).

    Raises `SurveyUnreadable` or `TooLarge` where there is nothing to preview; every other mistake is a problem.
    """
    sheet = open_sheet(data, max_rows=MAX_ROWS)
    survey = Survey()
    _read_headers(sheet, survey)
    if survey.problems:
        return survey
    for line, cells in sheet.rows:
        survey.line_count += 1
        if row := _read_row(sheet, survey, line, cells):
            survey.rows.append(row)
    if not survey.line_count:
        raise SurveyUnreadable("文件中没有房屋数据：第一行是表头，从第二行起每行一户")
    return survey


def check_survey(survey: Survey, known: Known) -> list[Problem]:
    """All problems of the survey against what is registered, in the order of the cells."""
    checked = Survey(problems=list(survey.problems), columns=survey.columns)
    codes: dict[tuple[int, int], int] = {}
    places: dict[tuple[int, str, str], int] = {}
    for row in survey.rows:
        _check_words(checked, row, known)
        _check_building(checked, row, known)
        first = codes.setdefault((row.building_number, row.household), row.line)
        if first != row.line:
            checked.problem("户号", row.line, f"与第{first}行重复：{row.building_number}幢{row.household}户")
        first = places.setdefault((row.building_number, row.section, row.room), row.line)
        if first != row.line:
            checked.problem("房号", row.line, f"与第{first}行重复：同一幢、同一单元已有{row.room}")
    return sorted(checked.problems, key=lambda problem: _order(problem.cell))


def _read_headers(sheet: Sheet, survey: Survey) -> None:
    for column, title in enumerate(sheet.headers, start=1):
        name = "".join(str(title or "").split())
        if not name:
            continue
        if name in survey.columns:
            survey.problems.append(Problem(f"{get_column_letter(column)}1", name, f"表头“{name}”重复"))
        elif name not in COLUMNS and name not in _IGNORED:
            reason = f"不认识的表头“{name[:20]}”，请使用模板"
            survey.problems.append(Problem(f"{get_column_letter(column)}1", name[:20], reason))
        survey.columns.setdefault(name, column)
    for name in COLUMNS:
        if name not in survey.columns and name not in _MAY_LACK:
            survey.problems.append(Problem("A1", name, f"缺少表头“{name}”，请使用模板"))


def _read_row(sheet: Sheet, survey: Survey, line: int, cells: tuple[Any, ...]) -> SurveyRow | None:
    before = len(survey.problems)
    values: dict[str, Any] = {}
    for name in COLUMNS:
        column = survey.columns.get(name)
        try:
            values[name] = _READERS[name](cells[column - 1] if column else None)
        except BadCell as bad:
            formula = bad.empty and sheet.is_formula(line, column or 1)
            survey.problem(name, line, "公式没有计算结果，请在表格软件中打开并保存后再上传" if formula else bad.reason)
    for column in sheet.stray_columns(cells):
        cell = f"{get_column_letter(column)}{line}"
        survey.problems.append(Problem(cell, "", "该列没有表头，却填有内容"))
    if len(survey.problems) > before:
        return None
    floor, floor_no = values["层"]
    row = SurveyRow(
        line=line,
        building_number=values["幢号"],
        building_name=values["楼栋名称"],
        section=values["单元"],
        floor=floor,
        floor_no=floor_no,
        household=values["户号"],
        room=values["房号"],
        location=values["坐落"],
        usage=values["用途"],
        structure=values["结构"],
        building_area=values["建筑面积"],
        inner_area=values["套内面积"],
        shared_area=values["分摊面积"],
    )
    if row.inner_area + row.shared_area != row.building_area:
        total = row.inner_area + row.shared_area
        survey.problem("建筑面积", line, f"建筑面积{row.building_area}不等于套内面积＋分摊面积（{total}）")
    return row


def _check_words(checked: Survey, row: SurveyRow, known: Known) -> None:
    if row.usage not in known.usages:
        checked.problem("用途", row.line, f"用途“{row.usage}”不在字典中")
    if row.structure not in known.structures:
        checked.problem("结构", row.line, f"结构“{row.structure}”不在字典中")


def _check_building(checked: Survey, row: SurveyRow, known: Known) -> None:
    building = known.buildings.get(row.building_number)
    if building is None:
        checked.problem("幢号", row.line, f"本项目没有登记{row.building_number}幢")
        return
    if row.building_name != building.name:
        checked.problem("楼栋名称", row.line, f"{row.building_number}幢登记的名称是“{building.name}”")
    if row.floor_no > building.floors_total:
        checked.problem("层", row.line, f"超过登记的总层数{building.floors_total}")
    if row.household in building.households:
        checked.problem("户号", row.line, f"{row.building_number}幢{row.household}户的单元代码已经使用，不能再用")
    if (row.section, row.room) in building.rooms:
        checked.problem("房号", row.line, f"楼盘表中已有{row.building_name}{row.room}")


def _order(cell: str) -> tuple[int, int, str]:
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :]), len(letters), letters


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "幢号": lambda value: number(value, 1, 9998),
    "楼栋名称": lambda value: required_text(value, 60),
    "单元": lambda value: optional_text(value, 20),
    "层": floors,
    "户号": lambda value: number(value, 1, 9999),
    "房号": lambda value: required_text(value, 30),
    "坐落": lambda value: required_text(value, 200),
    "用途": word,
    "结构": word,
    "建筑面积": lambda value: area(value, zero=False),
    "套内面积": lambda value: area(value, zero=False),
    "分摊面积": lambda value: area(value, zero=True),
}
