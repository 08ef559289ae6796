"""Reading a workbook of earlier maintenance-fund payments (此前缴存): pure, no database.

One line per payment: 不动产单元号, 缴存金额（元）, 缴存日期, 票据号码; columns in any order, 备注 is not kept.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from kernel.errors import Invalid
from kernel.identifiers import unit_code
from kernel.money import parse_yuan
from yiti.estate.errors import SurveyUnreadable
from yiti.estate.survey import Problem
from yiti.estate.survey_cells import BadCell, required_text
from yiti.estate.workbook import HELP_SHEET, Sheet, open_sheet

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_ROWS: Final = 3_000
UNIT, AMOUNT, PAID_ON, RECEIPT = "不动产单元号", "缴存金额（元）", "缴存日期", "票据号码"
COLUMNS: Final = (UNIT, AMOUNT, PAID_ON, RECEIPT)
_HELP: Final = (
    (UNIT, "28位，与楼盘表一致"),
    (AMOUNT, "大于零，最多两位小数"),
    (PAID_ON, "如 2019-06-30，不晚于今天"),
    (RECEIPT, "票据上的号码，同一户不重复"),
)
_NOISE: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class PaidLine:
    """One payment as the workbook has it."""

    line: int
    unit_code: str
    amount_fen: int
    paid_on: date
    receipt_no: str


@dataclass(slots=True)
class PaidSheet:
    """The workbook as read: good lines, and every problem found so far."""

    rows: list[PaidLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    line_count: int = 0
    columns: dict[str, int] = field(default_factory=dict)

    def problem(self, column: str, line: int, reason: str) -> None:
        """Note a problem at a cell."""
        self.problems.append(Problem(f"{get_column_letter(self.columns.get(column, 1))}{line}", column, reason))


def read_paid(data: bytes) -> PaidSheet:
    """Read a workbook; slow for big files (run it in a thread). `SurveyUnreadable` or `TooLarge` where it is none."""
    sheet = open_sheet(data, max_rows=MAX_ROWS)
    read = PaidSheet()
    for place, title in enumerate(sheet.headers, start=1):
        read.columns.setdefault("".join(str(title or "").split()), place)
    missing = [name for name in COLUMNS if name not in read.columns]
    for name in missing:
        read.problem(name, 1, f"缺少表头“{name}”，请使用模板")
    if missing:
        return read
    for line, cells in sheet.rows:
        read.line_count += 1
        _read_line(sheet, read, line, cells)
    if not read.line_count:
        raise SurveyUnreadable("文件中没有缴存记录：第一行是表头，从第二行起每行一笔")
    return read


def check_paid(
    read: PaidSheet, units: Mapping[str, object], entered: frozenset[tuple[str, str]], earliest: date, today: date
) -> list[Problem]:
    """All problems against what is registered: unknown units, impossible days, receipts twice or entered before."""
    checked = PaidSheet(problems=list(read.problems), columns=read.columns)
    seen: dict[tuple[str, str], int] = {}
    for row in read.rows:
        if row.unit_code not in units:
            checked.problem(UNIT, row.line, f"楼盘表中没有不动产单元 {row.unit_code}")
        if not earliest <= row.paid_on <= today:
            checked.problem(PAID_ON, row.line, f"缴存日期 {row.paid_on} 应在 {earliest.year} 年以后、不晚于今天")
        key = (row.unit_code, row.receipt_no)
        first = seen.setdefault(key, row.line)
        if first != row.line:
            checked.problem(RECEIPT, row.line, f"与第{first}行重复：同一户的同一张票据")
        if key in entered:
            checked.problem(RECEIPT, row.line, "该户的这张票据已经录入")
    return sorted(checked.problems, key=lambda one: (int(one.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")), one.cell))


def paid_template() -> bytes:
    """An empty .xlsx with the headers, and a sheet that explains them."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "此前缴存"
    sheet.append(list(COLUMNS))
    sheet.freeze_panes = "A2"
    for place in range(1, len(COLUMNS) + 1):
        sheet.cell(1, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = 30
    explained = workbook.create_sheet(HELP_SHEET)
    for line in (("列", "填写要求"), *_HELP):
        explained.append(line)
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def _read_line(sheet: Sheet, read: PaidSheet, line: int, cells: tuple[Any, ...]) -> None:
    values: dict[str, Any] = {}
    for name in COLUMNS:
        place = read.columns[name]
        try:
            values[name] = _READERS[name](cells[place - 1] if place <= len(cells) else None)
        except BadCell as bad:
            formula = bad.empty and sheet.is_formula(line, place)
            read.problem(name, line, "公式没有计算结果，请在表格软件中打开并保存后再上传" if formula else bad.reason)
    if len(values) == len(COLUMNS):
        read.rows.append(PaidLine(line, values[UNIT], values[AMOUNT], values[PAID_ON], values[RECEIPT]))


def _unit(value: Any) -> str:
    try:
        return unit_code(required_text(value, 40))
    except Invalid as error:
        raise BadCell(error.message) from error


def _amount(value: Any) -> int:
    if isinstance(value, float):
        # Spreadsheets keep binary fractions: 7101.6 may come as 7101.600000000001.
        exact = Decimal(repr(value))
        near = exact.quantize(Decimal("0.01"))
        value = str(near) if abs(near - exact) <= _NOISE else str(exact)
    try:
        fen = parse_yuan(required_text(value, 30))
    except Invalid as error:
        raise BadCell(error.message) from error
    if fen <= 0:
        raise BadCell("金额应大于零")
    return fen


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = unicodedata.normalize("NFKC", required_text(value, 20)).replace("/", "-").replace(".", "-")
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    except ValueError:
        raise BadCell(f"应为日期，如 2019-06-30，实际是“{text}”") from None


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    UNIT: _unit,
    AMOUNT: _amount,
    PAID_ON: _day,
    RECEIPT: lambda value: required_text(value, 60),
}
