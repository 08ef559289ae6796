"""Surveyors' workbooks: every bad row is named with its cell; a file that is no workbook is refused."""

import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from kernel.errors import DomainError, TooLarge
from tests.estate.world import line, many, survey_file
from yiti.estate.errors import SurveyUnreadable
from yiti.estate.survey import COLUMNS, Known, KnownBuilding, check_survey, read_survey
from yiti.estate.survey_template import survey_template
from yiti.estate.workbook import open_sheet

KNOWN = Known(
    buildings={
        1: KnownBuilding("1号楼", 18, frozenset({77}), frozenset({("1", "707")})),
        2: KnownBuilding("2号楼", 30),
    },
    usages=frozenset({"成套住宅", "车位"}),
    structures=frozenset({"钢筋混凝土结构"}),
)


def problems(data: bytes) -> list[tuple[str, str]]:
    return [(problem.cell, problem.reason) for problem in check_survey(read_survey(data), KNOWN)]


def test_a_good_file_is_read_exactly() -> None:
    survey = read_survey(
        survey_file([line(), line(户号="0002", 房号="302", 层="5-6", 单元=None, 分摊面积=0, 建筑面积="89.73")])
    )
    assert check_survey(survey, KNOWN) == []
    first, second = survey.rows
    assert (first.section, first.floor, first.room, first.household) == ("1", "3", "301", 1)
    assert (first.building_area, first.inner_area, first.shared_area) == (
        Decimal("101.83"), Decimal("89.73"), Decimal("12.10"),
    )  # fmt: skip
    assert (second.section, second.floor, second.floor_no, second.household) == ("", "5-6", 5, 2)


@pytest.mark.parametrize(
    ("change", "cell", "words"),
    [
        ({"幢号": None}, "A17", "不能为空"),
        ({"幢号": 3}, "A17", "没有登记3幢"),
        ({"幢号": "一"}, "A17", "应为1至9998的整数"),
        ({"幢号": 1.5}, "A17", "应为1至9998的整数"),
        ({"幢号": True}, "A17", "逻辑值"),
        ({"楼栋名称": "1栋"}, "B17", "登记的名称是“1号楼”"),
        ({"层": 0}, "D17", "不成立"),
        ({"层": 19}, "D17", "总层数18"),
        ({"层": "顶层"}, "D17", "应为层号"),
        ({"层": "6-5"}, "D17", "不成立"),
        ({"户号": 10_000}, "E17", "应为1至9999"),
        ({"户号": 77}, "E17", "已经使用"),
        ({"户号": 1}, "E17", "与第2行重复"),
        ({"房号": "  "}, "F17", "不能为空"),
        ({"房号": "301"}, "F17", "与第2行重复"),
        ({"房号": "707"}, "F17", "楼盘表中已有"),
        ({"房号": "3\n01"}, "F17", "控制字符"),
        ({"坐落": "长" * 201}, "G17", "超过200个字"),
        ({"用途": "宫殿"}, "H17", "不在字典中"),
        ({"结构": "木"}, "I17", "不在字典中"),
        ({"建筑面积": 101.84}, "J17", "不等于"),
        ({"建筑面积": "大"}, "J17", "应为数字"),
        ({"建筑面积": 0}, "J17", "不合理"),
        ({"套内面积": -1}, "K17", "不合理"),
        ({"套内面积": 89.731}, "K17", "最多保留两位小数"),
        ({"分摊面积": "NaN"}, "L17", "不合理"),
        ({"分摊面积": "#REF!"}, "L17", "公式结果错误"),
    ],
)
def test_each_mistake_is_named_at_its_cell(change: dict[str, Any], cell: str, words: str) -> None:
    lines = [line()] + [line(户号=index, 房号=f"{index}") for index in range(2, 16)]
    lines.append(line(**({"户号": 16, "房号": "16"} | change)))
    found = problems(survey_file(lines))
    assert len(found) == 1
    assert found[0][0] == cell
    assert words in found[0][1]


def test_all_mistakes_are_found_at_once_in_reading_order() -> None:
    data = survey_file([line(户号=None, 房号=None), line(), line(用途="宫殿", 建筑面积=1)])
    assert [cell for cell, _ in problems(data)] == ["E2", "F2", "E4", "F4", "H4", "J4"]


def test_a_typed_date_is_explained() -> None:

    assert problems(survey_file([line(层=date(2026, 5, 6))])) == [
        ("D2", "应为文字，实际是日期、时间或逻辑值；请把单元格格式改为文本后重填")
    ]


def test_a_formula_without_a_stored_value_is_explained_even_alone_in_its_row() -> None:
    found = problems(survey_file([line(建筑面积="=K2+L2"), ["=A2"]]))
    assert found[0] == ("J2", "公式没有计算结果，请在表格软件中打开并保存后再上传")
    assert ("A3", "公式没有计算结果，请在表格软件中打开并保存后再上传") in found


def test_empty_lines_are_passed_over_and_do_not_shift_the_cells() -> None:
    assert problems(survey_file([line(), [], ["", " "], line(户号=2, 房号=302, 用途="宫殿")])) == [
        ("H5", "用途“宫殿”不在字典中")
    ]


def test_headers_are_checked() -> None:
    headers = [*COLUMNS[:-1], "公摊"]
    missing, unknown = ("A1", "缺少表头“分摊面积”，请使用模板"), ("L1", "不认识的表头“公摊”，请使用模板")
    assert problems(survey_file([line()], headers)) == [missing, unknown]
    assert problems(survey_file([[*line(), "x"]], [*COLUMNS, "幢号"])) == [("M1", "表头“幢号”重复")]
    assert problems(survey_file([[*line(), "x"]])) == [("M2", "该列没有表头，却填有内容")]
    assert problems(survey_file([[*line(), "x"]], [*COLUMNS, "备注"])) == []


def test_columns_may_stand_in_another_order() -> None:
    survey = read_survey(survey_file([line()[::-1]], COLUMNS[::-1]))
    assert survey.rows[0].household == 1
    assert check_survey(survey, KNOWN) == []


def packed(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def two_sheets() -> bytes:
    workbook = Workbook()
    workbook.create_sheet("第二页")
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def with_part(name: str, change: Callable[[bytes], bytes]) -> bytes:
    parts = parts_of(survey_file([line()]))
    parts[name] = change(parts.get(name, b""))
    return packed(parts)


GOOD = survey_file([line()])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "不是 .xlsx"),
        (b"%PDF-1.7 something", "不是 .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 .xls"),
        (GOOD[: len(GOOD) // 2], "不是 .xlsx"),
        (packed({"word/document.xml": b"<x/>", "[Content_Types].xml": b"<x/>"}), "改了扩展名"),
        (with_part("xl/vbaProject.bin", lambda _: b"x"), "宏"),
        (with_part("xl/worksheets/sheet1.xml", lambda data: data[: len(data) // 2]), "已损坏"),
        (with_part("xl/workbook.xml", lambda _: b"<nonsense/>"), "已损坏"),
        (with_part("xl/worksheets/sheet1.xml", lambda data: b"<!DOCTYPE a>" + data), "DOCTYPE"),
        (two_sheets(), "第二页"),
        (survey_file([]), "没有房屋数据"),
    ],
)
def test_files_that_cannot_be_read(data: bytes, words: str) -> None:
    with pytest.raises(SurveyUnreadable, match=words):
        read_survey(data)


def test_every_truncation_and_flipped_byte_is_refused_or_read_but_never_crashes() -> None:
    for place in range(0, len(GOOD), 37):
        for data in (GOOD[:place], GOOD[:place] + bytes([GOOD[place] ^ 0xFF]) + GOOD[place + 1 :]):
            try:
                read_survey(data)
            except DomainError:
                continue


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    with pytest.raises(TooLarge, match="解压"):
        read_survey(with_part("xl/media/zero", lambda _: bytes(65 * 1024 * 1024)))


def test_a_part_that_lies_about_its_size_is_cut_off_or_refused() -> None:
    honest = with_part("xl/media/zero", lambda _: bytes(50_000_000))
    lying = honest.replace((50_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != honest
    tracemalloc.start()
    with pytest.raises(SurveyUnreadable):
        read_survey(lying)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_too_many_rows_are_refused() -> None:
    data = survey_file(many(51))
    assert len(open_sheet(data, max_rows=51).rows) == 51
    with pytest.raises(TooLarge, match="超过50行"):
        open_sheet(data, max_rows=50)


def test_the_template_is_what_the_reader_wants() -> None:
    workbook = load_workbook(BytesIO(survey_template()))
    sheet = workbook.worksheets[0]
    sheet.append(line())
    out = BytesIO()
    workbook.save(out)
    assert problems(out.getvalue()) == []
