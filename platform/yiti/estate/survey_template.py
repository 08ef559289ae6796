"""The workbook that surveyors fill in."""

from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from yiti.estate.survey import COLUMNS
from yiti.estate.workbook import HELP_SHEET

_HELP = (
    ("幢号", "1至9998的整数，与平台登记的幢号一致"),
    ("楼栋名称", "与平台登记的楼栋名称一致"),
    ("单元", "如1；没有单元的可不填"),
    ("层", "如12、-1；跃层填5-6（请把单元格设为文本）"),
    ("户号", "1至9999的整数，同一幢内不重复，用过的不再使用"),
    ("房号", "如1201，同一幢同一单元内不重复"),
    ("坐落", "房屋的完整地址"),
    ("用途", "按字典填写，如成套住宅、商业服务、车位"),
    ("结构", "按字典填写，如钢筋混凝土结构"),
    ("建筑面积", "平方米，最多两位小数，等于套内面积＋分摊面积"),
    ("套内面积", "平方米，最多两位小数"),
    ("分摊面积", "平方米，最多两位小数，没有分摊的填0"),
)


def survey_template() -> bytes:
    """An empty .xlsx with the headers, and a sheet that explains them."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "房屋明细"
    sheet.append(list(COLUMNS))
    sheet.freeze_panes = "A2"
    for column, name in enumerate(COLUMNS, start=1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = 36 if name == "坐落" else 12
    explained = workbook.create_sheet(HELP_SHEET)
    for line in (("列", "填写要求"), *_HELP):
        explained.append(line)
    explained.column_dimensions["B"].width = 60
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()
