"""Identifiers of people, bodies and real-estate units: normalised and validated at the edge.

Every function returns the canonical text or raises ``Invalid`` saying in Chinese exactly what is wrong.
"""

import re
import unicodedata
from datetime import date
from typing import Final

from stdnum import numdb
from stdnum.cn import ric, uscc

from kernel.clock import today
from kernel.errors import Invalid
from kernel.settings import get_settings

# No county has this code, so a person made with it can never be a real one.
TEST_REGION: Final = "990000"
# 港澳台居民居住证 carry resident numbers of these regions, which the table of counties does not list.
_SPECIAL_REGIONS: Final = frozenset({"810000", "820000", "830000"})

_UNIT_CODE = re.compile(r"\d{12}[GJZ][ABSXCDEFLNHGWY]\d{5}(?:W0{8}|[FLQ]\d{8})", re.ASCII)
_PARCEL_CODE = re.compile(r"\d{12}[GJZ][ABSXCDEFLNHGWY]\d{5}", re.ASCII)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")


def resident_id(text: str, *, field: str = "id_no") -> str:
    """An 18-digit 公民身份号码 (GB 11643-1999): form, check digit, birth date, region.

    Persons with region 990000 are test persons, refused in production.
    """
    number = _normalise(text)
    if len(number) != 18:
        raise Invalid(f"身份证号码应为18位，实际为{len(number)}位", field=field)
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        raise Invalid("身份证号码前17位应为数字，末位应为数字或X", field=field)
    if number[-1] != ric.calc_check_digit(number):
        raise Invalid("身份证号码校验位（末位）不正确，请核对全部18位", field=field)
    _birth_date(number, field)
    _check_region(number[:6], field)
    return number


def birth_date(number: str) -> date:
    """The birth date inside a valid resident number."""
    return _birth_date(_normalise(number), "id_no")


def test_resident_id(birth: date, serial: int) -> str:
    """A valid number of a person who cannot exist (region 990000), for demo data and tests.

    ``serial`` 1…999; odd numbers are men, even numbers women.
    """
    if not 1 <= serial <= 999:
        raise Invalid("测试身份证号码的顺序号应在1至999之间", field="serial")
    body = f"{TEST_REGION}{birth:%Y%m%d}{serial:03d}"
    return body + ric.calc_check_digit(body + "0")


test_resident_id.__test__ = False  # type: ignore[attr-defined]  # its name looks like a test's to pytest


def credit_code(text: str, *, field: str = "credit_code") -> str:
    """An 18-character 统一社会信用代码 (GB 32100-2015): form and check character."""
    code = _normalise(text)
    if len(code) != 18:
        raise Invalid(f"统一社会信用代码应为18位，实际为{len(code)}位", field=field)
    wrong = sorted(set(code) - _ALPHABET)
    if wrong:
        raise Invalid(
            f"统一社会信用代码含有不允许的字符“{''.join(wrong)}”（不使用I、O、S、V、Z）",
            field=field,
        )
    if not re.fullmatch(r"\d{6}", code[2:8], re.ASCII):
        raise Invalid("统一社会信用代码第3至8位（登记管理机关行政区划）应为数字", field=field)
    if code[-1] != uscc.calc_check_digit(code):
        raise Invalid("统一社会信用代码校验位（末位）不正确，请核对全部18位", field=field)
    return code


def unit_code(text: str, *, field: str = "unit_code") -> str:
    """A 28-character 不动产单元代码 (GB/T 37346-2019), strict form, without blanks. It has no check digit."""
    code = _normalise(text)
    if len(code) != 28:
        raise Invalid(f"不动产单元代码应为28位，实际为{len(code)}位", field=field)
    _check_parcel(code[:19], "不动产单元代码", field)
    if not _UNIT_CODE.fullmatch(code):
        raise Invalid("不动产单元代码后9位不正确：应为F、L、Q加8位数字，或W00000000", field=field)
    return code


def parcel_code(text: str, *, field: str = "parcel_code") -> str:
    """A 19-character 宗地代码: the first 19 characters of a unit code."""
    code = _normalise(text)
    if len(code) != 19:
        raise Invalid(f"宗地代码应为19位，实际为{len(code)}位", field=field)
    _check_parcel(code, "宗地代码", field)
    return code


def mobile(text: str, *, field: str = "phone") -> str:
    """A mainland mobile number, 11 digits, without +86, blanks and hyphens."""
    number = _normalise(text).replace("-", "").removeprefix("+86")
    if len(number) != 11:
        raise Invalid(f"手机号码应为11位，实际为{len(number)}位", field=field)
    if not _MOBILE.fullmatch(number):
        raise Invalid("手机号码格式不正确：应为1开头、第二位3至9的11位数字", field=field)
    return number


def _normalise(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def _birth_date(number: str, field: str) -> date:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Invalid("身份证号码第7至14位不是有效的出生日期", field=field) from None
    if not date(1880, 1, 1) <= born <= today():
        raise Invalid("身份证号码中的出生日期不合理", field=field)
    return born


def _check_region(region: str, field: str) -> None:
    if region == TEST_REGION:
        if get_settings().environment == "production":
            raise Invalid("该身份证号码为测试号码，不能用于正式环境", field=field)
        return
    # Only existence is checked: numbers keep the code of the time and place of issue, whatever the birth year.
    known = any("county" in properties for _, properties in numdb.get("cn/loc").info(region))
    if not known and region not in _SPECIAL_REGIONS:
        raise Invalid("身份证号码前6位不是有效的行政区划代码", field=field)


def _check_parcel(code: str, what: str, field: str) -> None:
    if not _PARCEL_CODE.fullmatch(code):
        raise Invalid(
            f"{what}前19位（宗地代码）不正确：应为12位数字、2位特征码（如GB）、5位顺序号",
            field=field,
        )
    if code[13] in "AC" and code[12] == "G":
        raise Invalid(f"{what}特征码“{code[12:14]}”不成立：A、C类宗地不能是国有土地", field=field)
    if code[14:] == "00000":
        raise Invalid(f"{what}的宗地顺序号应从00001开始", field=field)
