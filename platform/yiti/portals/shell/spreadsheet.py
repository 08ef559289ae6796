"""Lists as Excel files (.xlsx), for people who go on working with them."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

from litestar import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from kernel.clock import SHANGHAI
from kernel.errors import Invalid
from yiti.portals.shell.files import file_response

MAX_ROWS = 50_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MONEY = "#,##0.00"
_WIDTH = 22
_LONGEST_CELL = 32_000
Cell = str | int | Decimal | date | datetime | None


class TooManyRows(Invalid):
    """More than a person could read, and than a request may make."""

    code = "spreadsheet.too_many_rows"
    default_message = f"导出超过 {MAX_ROWS} 行，请缩小查询的日期范围"


async def spreadsheet(
    filename: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, money: Iterable[int] = ()
) -> Response[bytes]:
    """One sheet with a heading; the columns of `money` (counted from 0) are 分 and shown in yuan. TooManyRows."""
    lines = list(rows)
    if len(lines) > MAX_ROWS:
        raise TooManyRows
    data = await asyncio.to_thread(_write, columns, lines, frozenset(money))
    return file_response(data, filename, _XLSX)


def _write(columns: Sequence[str], rows: Sequence[Sequence[Cell]], money: frozenset[int]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.freeze_panes = "A2"
    for place in range(len(columns)):
        sheet.column_dimensions[get_column_letter(place + 1)].width = _WIDTH
    heading = [_text(sheet, title) for title in columns]
    for cell in heading:
        cell.font = Font(bold=True)
    sheet.append(heading)
    for row in rows:
        sheet.append([_cell(sheet, value, is_money=place in money) for place, value in enumerate(row)])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: WriteOnlyWorksheet, value: Cell, *, is_money: bool) -> SheetCell:
    if isinstance(value, str):
        return _text(sheet, value)
    cell: SheetCell = WriteOnlyCell(sheet)
    if isinstance(value, datetime):
        cell.value = value.astimezone(SHANGHAI).replace(tzinfo=None)
    elif is_money and isinstance(value, int):
        cell.value, cell.number_format = Decimal(value) / 100, _MONEY
    else:
        cell.value = value
    return cell


def _text(sheet: WriteOnlyWorksheet, words: str) -> SheetCell:
    """Words stay words: what begins with = would else be a formula that somebody outside has written."""
    cell: SheetCell = WriteOnlyCell(
        sheet, "".join(sign for sign in words if sign.isprintable() or sign == "\n")[:_LONGEST_CELL]
    )
    cell.data_type = "s"
    return cell
