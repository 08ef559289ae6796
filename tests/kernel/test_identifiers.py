"""Identifiers: worked examples of the standards, and messages that say what is wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from kernel.identifiers import birth_date, credit_code, mobile, parcel_code, resident_id, test_resident_id, unit_code

PERSON = "11010519491231002X"
COMPANY = "91350100M000100Y43"
UNIT = "411528001001GB00001F00010001"


def refusal(check: object, text: str) -> str:
    assert callable(check)
    with pytest.raises(Invalid) as refused:
        check(text, field="here")
    assert refused.value.field == "here"
    return refused.value.message


def test_the_standards_own_examples() -> None:
    assert resident_id(PERSON) == PERSON
    assert birth_date(PERSON) == date(1949, 12, 31)
    assert credit_code(COMPANY) == COMPANY
    assert credit_code("11100000MB03271699") == "11100000MB03271699"
    assert unit_code(UNIT) == UNIT
    assert parcel_code(UNIT[:19]) == UNIT[:19]


def test_what_people_paste_is_normalised() -> None:
    assert resident_id(" 110105 19491231 002x ") == PERSON
    assert credit_code("９１３５０１００M000100y43") == COMPANY
    assert unit_code("411528 001001 GB00001 F00010001") == UNIT
    assert mobile("+86 138-1234-5678") == "13812345678"


@pytest.mark.parametrize("place", range(17))
def test_one_wrong_digit_is_found(place: int) -> None:
    wrong = PERSON[:place] + str((int(PERSON[place]) + 1) % 10) + PERSON[place + 1 :]
    assert "校验位" in refusal(resident_id, wrong)


def test_each_mistake_in_a_resident_number_has_its_words() -> None:
    assert "18位，实际为17位" in refusal(resident_id, PERSON[:-1])
    assert "数字" in refusal(resident_id, "1101O519491231002X")
    assert "出生日期" in refusal(resident_id, "110105194913310021")
    assert "行政区划" in refusal(resident_id, "123456199001010003")
    assert "不合理" in refusal(resident_id, test_resident_id(date(2999, 1, 1), 1))


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(1, 999))
def test_test_persons_are_valid(birth: date, serial: int) -> None:
    number = test_resident_id(birth, serial)
    assert resident_id(number) == number
    assert number.startswith("990000")
    assert birth_date(number) == birth


def test_test_persons_are_refused_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.identifiers.get_settings", lambda: type("S", (), {"environment": "production"}))
    assert "测试号码" in refusal(resident_id, test_resident_id(date(1990, 1, 1), 1))
    assert resident_id(PERSON) == PERSON


def test_each_mistake_in_a_credit_code_has_its_words() -> None:
    assert "18位，实际为3位" in refusal(credit_code, "913")
    assert "不允许的字符“O”" in refusal(credit_code, "91350100MOOO100Y43")
    assert "第3至8位" in refusal(credit_code, "9135A100M000100Y43")
    assert "校验位" in refusal(credit_code, "91350100M000100Y44")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (UNIT[:-1], "28位，实际为27位"),
        ("411528001001XB00001F00010001", "宗地代码"),
        ("411528001001GB00001W00010001", "后9位"),
        ("411528001001GB00001F0001A001", "后9位"),
        ("411528001001GC00001F00010001", "A、C类"),
        ("411528001001GB00000F00010001", "00001"),
    ],
)
def test_unit_codes_are_strict(code: str, words: str) -> None:
    assert words in refusal(unit_code, code)


@pytest.mark.parametrize("code", ["411528001001GB00001W00000000", "411528001001JC00001F00010000"])
def test_land_and_homestead_codes_are_codes_too(code: str) -> None:
    assert unit_code(code) == code


def test_mobile_numbers() -> None:
    assert "11位，实际为10位" in refusal(mobile, "1381234567")
    assert "格式" in refusal(mobile, "12812345678")
