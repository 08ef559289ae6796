"""Lists as Excel files."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from yiti.portals.shell.spreadsheet import MAX_ROWS, TooManyRows, spreadsheet


async def test_what_is_read_back_is_what_was_listed() -> None:
    moment = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    rows = [["寿楼", 123_456, date(2026, 11, 22), moment, None], ["=1+1", -1, date(2026, 1, 1), moment, 7]]
    answer = await spreadsheet("收款.xlsx", ["姓名", "金额", "日期", "时间", "数"], rows, money=[1])
    sheet = load_workbook(BytesIO(answer.content)).active
    read = [[str(cell.value) if cell.is_date else cell.value for cell in row] for row in sheet.iter_rows()]
    assert read[0] == ["姓名", "金额", "日期", "时间", "数"]
    assert read[1] == ["寿楼", 1234.56, "2026-11-22 00:00:00", "2026-11-23 00:30:00", None]
    assert read[2][:2] == ["=1+1", -0.01]
    assert sheet["A3"].data_type == "s"
    assert sheet["B2"].number_format == "#,##0.00"
    assert "attachment" in answer.headers["Content-Disposition"]


async def test_a_list_that_nobody_could_read_is_refused() -> None:
    with pytest.raises(TooManyRows):
        await spreadsheet("a.xlsx", ["a"], ([n] for n in range(MAX_ROWS + 1)))
