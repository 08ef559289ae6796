"""Opening an uploaded .xlsx that may be anything: broken, disguised, or made to exhaust the machine."""

import zipfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from typing import Any, Final

from openpyxl import load_workbook

from kernel.errors import DomainError, TooLarge
from yiti.estate.errors import SurveyUnreadable

_MAX_UNPACKED: Final = 64 * 1024 * 1024
_MAX_PARTS: Final = 200
_MAX_COLUMNS: Final = 40
_MAX_LINES: Final = 100_000
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HELP_SHEET: Final = "填写说明"

Cells = tuple[Any, ...]


class Sheet:
    """The data sheet: its headers, and the lines below that hold anything, each with its line number."""

    def __init__(self, data: bytes, max_rows: int) -> None:
        """Raises `SurveyUnreadable`, or `TooLarge` beyond `max_rows` lines with content."""
        self._data = data
        lines = _lines(data, values=True)
        _, self.headers = next(lines, (1, ()))
        self.rows: list[tuple[int, Cells]] = []
        for line, cells in lines:
            if all(_blank(cell) for cell in cells) and line not in self._formula_lines:
                continue
            if len(self.rows) == max_rows:
                raise TooLarge(f"文件超过{max_rows}行，请按楼幢拆分后分别导入")
            self.rows.append((line, cells))

    def is_formula(self, line: int, column: int) -> bool:
        """Whether the cell holds a formula (its stored value may be missing)."""
        return (line, column) in self._formulas

    def stray_columns(self, cells: Cells) -> list[int]:
        """The columns of a line that hold something below no header."""
        return [
            column
            for column, cell in enumerate(cells, start=1)
            if not _blank(cell) and (column > len(self.headers) or _blank(self.headers[column - 1]))
        ]

    @cached_property
    def _formulas(self) -> set[tuple[int, int]]:
        # A second pass over the file, needed only where something is empty.
        return {
            (line, column)
            for line, cells in _lines(self._data, values=False)
            for column, cell in enumerate(cells, start=1)
            if cell.data_type == "f"
        }

    @cached_property
    def _formula_lines(self) -> set[int]:
        return {line for line, _ in self._formulas}


def open_sheet(data: bytes, *, max_rows: int) -> Sheet:
    """The data sheet of an uploaded workbook, checked before it is unpacked."""
    plain = _repacked(data)
    try:
        return Sheet(plain, max_rows)
    except DomainError:
        raise
    except Exception as error:
        # openpyxl raises whatever a broken part makes it trip over: KeyError, ParseError, BadZipFile …
        raise SurveyUnreadable("文件已损坏，无法读取；请在表格软件中打开并另存为 .xlsx 后重新上传") from error


def _lines(data: bytes, *, values: bool) -> Iterator[tuple[int, Cells]]:
    workbook = load_workbook(BytesIO(data), read_only=True, data_only=values)
    try:
        others = [name for name in workbook.sheetnames[1:] if name != HELP_SHEET]
        if others:
            raise SurveyUnreadable(f"文件只能有一个数据工作表，请删除或分别上传：{'、'.join(others)[:100]}")
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()
        for line, cells in enumerate(sheet.iter_rows(max_col=_MAX_COLUMNS, values_only=values), start=1):
            if line > _MAX_LINES:
                raise TooLarge(f"工作表超过{_MAX_LINES}行（含空行），请删除多余的行")
            yield line, tuple(cells)
    finally:
        workbook.close()


def _repacked(data: bytes) -> bytes:
    """The same parts, unpacked by us within the limits, in a plain archive that openpyxl can safely read.

    A part may hold far more than it declares, and `ZipFile.read` would unpack up to 1 GiB before noticing.
    """
    if data.startswith(_OLE):
        raise SurveyUnreadable("这是旧版 .xls 文件或加了密码的文件，请另存为不加密的 .xlsx 后上传")
    out = BytesIO()
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as plain:
            _check_parts(packed.infolist())
            for part in packed.infolist():
                with packed.open(part) as stream:
                    content = stream.read(part.file_size)
                if b"<!DOCTYPE" in content:
                    raise SurveyUnreadable("文件含有不允许的内容（DOCTYPE），已拒绝")
                plain.writestr(part.filename, content)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise SurveyUnreadable("文件不是 .xlsx 表格，或已损坏") from error
    return out.getvalue()


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        raise TooLarge("文件解压后过大，已拒绝")
    names = {part.filename for part in parts}
    if len(names) < len(parts):
        raise SurveyUnreadable("文件已损坏：含有重名的部件")
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise SurveyUnreadable("文件不是 .xlsx 表格（可能是改了扩展名的其他文件）")
    if "xl/vbaProject.bin" in names:
        raise SurveyUnreadable("文件含有宏，请另存为不含宏的 .xlsx 后上传")


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
