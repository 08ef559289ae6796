"""The registrar's clock, the evidence behind findings, and purposes: pure decisions."""

from datetime import datetime, timedelta

import pytest

from e_archive.schemas import CheckItem, CheckReport, Result
from kernel.clock import SHANGHAI
from kernel.errors import Invalid
from yiti.cases.findings import Evidence, Finding, Level
from yiti.portals.registration.archives import groups
from yiti.portals.registration.forms import RevealForm, stated_purpose
from yiti.portals.registration.rules import (
    running_clock,
    stopped_clock,
    supports,
    without_names,
    worst_first,
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of June 2026; the 1st is a Monday, the 6th a Saturday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "due", "words", "tone"),
    [
        (at(1, 9), at(1, 17), "剩余5小时30分", "info"),
        (at(1, 11), at(1, 15, 29), "剩余1小时59分", "warning"),
        (at(1, 11), at(1, 15, 30), "剩余2小时0分", "info"),
        (at(5, 17), at(8, 9), "剩余1小时30分", "warning"),
        (at(6, 10), at(8, 9), "剩余30分", "warning"),
        (at(8, 9), at(5, 17), "已超期1小时30分", "danger"),
        (at(1, 9), at(1, 9), "已超期0分", "danger"),
        (at(1, 9), None, "期限待定（工作日历尚未公布）", "neutral"),
    ],
)
def test_a_limit_is_told_in_office_time(moment: datetime, due: datetime | None, words: str, tone: str) -> None:
    clock = running_clock(moment, due)
    assert (clock.words, clock.tone) == (words, tone)


def test_a_year_without_a_calendar_still_has_a_clock() -> None:
    far = datetime(2093, 1, 5, 10, tzinfo=SHANGHAI)
    assert running_clock(far, far + timedelta(hours=1)).tone == "warning"
    assert running_clock(far, far + timedelta(hours=3)).tone == "info"


@pytest.mark.parametrize(
    ("ended", "words", "tone"),
    [
        (at(1, 9) + timedelta(seconds=2), "即时办结", "success"),
        (at(1, 15), "用时3小时30分", "success"),
        (at(1, 9, 0) + timedelta(seconds=61), "用时1分", "success"),
        (at(3, 9), "超期7小时0分办结", "danger"),
    ],
)
def test_the_clock_of_a_decided_case_stands_still(ended: datetime, words: str, tone: str) -> None:
    clock = stopped_clock(at(1, 9), ended, at(2, 9))
    assert (clock.words, clock.tone) == (words, tone)


def test_a_decision_at_night_took_no_office_time() -> None:
    assert stopped_clock(at(1, 20), at(1, 23), at(3, 9)).words == "未占用工作时间"


def finding(title: str, level: Level, source: str, *, verified: bool) -> Finding:
    evidence = Evidence(source=source, verified=verified, reference="1")
    return Finding(code=title, level=level, title=title, words="", basis="", evidence=evidence)


def test_evidence_names_all_that_rests_on_it_and_the_unverified_first() -> None:
    book = [finding(name, Level.CLEAR, "登记簿", verified=True) for name in ("查封", "预告")]
    told = finding("询问", Level.CLEAR, "口头", verified=False)
    blocked = finding("合同", Level.BLOCK, "登记簿", verified=True)
    assert [(one.source, one.titles) for one in supports([*book, told])] == [
        ("口头", ("询问",)), ("登记簿", ("查封", "预告")),
    ]  # fmt: skip
    assert [one.title for one in worst_first([*book, told, blocked])] == ["合同", "询问", "查封", "预告"]


def test_names_inside_words_are_masked_the_longest_first() -> None:
    assert without_names("身份未核验：张三、张三丰", ["张三", "张三丰", ""]) == "身份未核验：张*、张**"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (RevealForm(), "purpose"),
        (RevealForm(purpose="curiosity"), "purpose"),
        (RevealForm(purpose="inquiry"), "reference"),
        (RevealForm(purpose="inquiry", reference="字" * 61), "reference"),
        (RevealForm(purpose="review", reference="13812341234"), "reference"),
        (RevealForm(purpose="review", reference="张三99000019900101001X"), "reference"),
    ],
)
def test_a_purpose_is_complete_and_holds_no_personal_data(form: RevealForm, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        stated_purpose(form)
    assert refused.value.field == field


def test_what_was_not_checked_is_never_counted_as_passed() -> None:
    items = tuple(
        CheckItem(id=f"GD-4-{place}", name="项", result=result, reason="")
        for place, result in enumerate((Result.PASSED, Result.NOT_CHECKED, Result.NOT_CHECKED), start=1)
    )
    (only,) = groups(CheckReport(standard="DA/T 70-2018", stage="GD", items=items))
    assert (only.title, only.counted) == ("安全性", "通过 1 项，人工/未检 2 项")
