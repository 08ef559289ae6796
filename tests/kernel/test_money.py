"""Money: exact in, exact out, and the capitals of 《支付结算办法》附一."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from kernel.money import MAX_FEN, parse_yuan, yuan, yuan_in_words

DIGITS = "零壹贰叁肆伍陆柒捌玖"


def section_in_words(number: int) -> str:
    words, gap = "", False
    for value, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = number // value % 10
        if digit == 0:
            gap = gap or bool(words)
            continue
        words += ("零" if gap else "") + DIGITS[digit] + unit
        gap = False
    return words


def reference(fen: int) -> str:
    """The rules written a second time, section by section."""
    whole, jiao, last = fen // 100, fen // 10 % 10, fen % 10
    words, gap = "", False
    for value, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        number = whole // value % 10**4
        if number == 0:
            gap = gap or bool(words)
            continue
        words += ("零" if words and (gap or number < 1000) else "") + section_in_words(number) + unit
        gap = False
    words = f"{words}元" if words else ""
    if jiao == last == 0:
        return (words or "零元") + "整"
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif words:
        words += "零"
    return words + (f"{DIGITS[last]}分" if last else "")


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (123456, "壹仟贰佰叁拾肆元伍角陆分"),
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角"),
        (100005, "壹仟元零伍分"),
        (1050, "壹拾元伍角"),
        (56_000_000, "伍拾陆万元整"),
        (100_010_000_00, "壹亿零壹万元整"),
        (100_003_402_00, "壹亿零叁仟肆佰零贰元整"),
        (MAX_FEN, "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_words_of_known_amounts(fen: int, words: str) -> None:
    assert yuan_in_words(fen) == words


@given(st.lists(st.sampled_from("00123456789"), min_size=1, max_size=14).map(lambda digits: int("".join(digits))))
def test_words_follow_the_rules(fen: int) -> None:
    assert yuan_in_words(fen) == reference(fen)


@pytest.mark.parametrize("fen", [-1, MAX_FEN + 1])
def test_amounts_beyond_the_capitals_are_refused(fen: int) -> None:
    with pytest.raises(Invalid):
        yuan_in_words(fen)


def test_yuan_keeps_the_sign() -> None:
    assert [yuan(0), yuan(5), yuan(123456), yuan(-123456)] == ["0.00", "0.05", "1,234.56", "-1,234.56"]


@given(st.integers(min_value=0, max_value=MAX_FEN))
def test_what_is_shown_can_be_typed_again(fen: int) -> None:
    assert parse_yuan(yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,234.5", 123450),
        ("1234", 123400),
        ("0.1", 10),
        ("￥1,234.56", 123456),
        ("１２３４．５６元", 123456),
        (" 7. ", 700),
    ],
)
def test_people_type_amounts_in_many_ways(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", "abc", "-1", "1,23.45", "12,34", "1.234", "1e5", "0x10", ".5", "壹仟", "١٢٣", "9999999999999", "1 000", "NaN"],
)
def test_anything_else_is_refused_with_the_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_yuan(text, field="price")
    assert refused.value.field == "price"
