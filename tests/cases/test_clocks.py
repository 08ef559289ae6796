"""Clocks, computed from the log: tables of stories, and a slow reference that counts every half hour."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.clock import SHANGHAI
from kernel.working_time import CalendarUnknown, OfficeHours, WorkCalendar
from yiti.cases.clocks import STOPS, Limits, clock, due_at
from yiti.cases.lifecycle import Action

A = Action
CALENDAR = WorkCalendar()
DAY = timedelta(hours=7)
LIMITS = Limits(handling=2)


class Line(NamedTuple):
    action: str
    at: datetime


def at(text: str) -> datetime:
    """Day and time of November 2026: the 16th is a Monday."""
    day, _, hour = text.partition(" ")
    return datetime.strptime(f"2026-11-{day} {hour}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


def log(*lines: tuple[Action, str]) -> list[Line]:
    return [Line(action, at(moment)) for action, moment in lines]


def test_a_draft_has_no_clock() -> None:
    assert clock(log((A.SAVE, "16 09:00")), LIMITS, at("16 10:00")) is None
    assert due_at([], LIMITS, at("16 10:00")) is None


def test_half_a_working_day_to_accept() -> None:
    found = clock(log((A.SUBMIT, "16 09:00")), LIMITS, at("16 10:00"))
    assert found is not None
    assert (found.stage, found.due_at, found.colour) == ("acceptance", at("16 15:00"), "green")
    assert found.steps[0].words == "提交，受理时限半个工作日开始计算"


def test_a_working_day_from_acceptance_over_the_weekend() -> None:
    found = clock(log((A.SUBMIT, "20 09:00"), (A.ACCEPT, "20 16:00")), LIMITS, at("20 17:00"))
    assert found is not None
    assert (found.stage, found.due_at, found.used, found.left) == (
        "handling", at("23 16:00"), timedelta(hours=1), timedelta(hours=6),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "colour"),
    [("16 08:30", "green"), ("16 16:14", "green"), ("16 16:15", "amber"), ("16 18:00", "amber"), ("17 08:31", "red")],
)
def test_amber_in_the_last_quarter_and_red_when_overdue(moment: str, colour: str) -> None:
    found = clock(log((A.ACCEPT, "16 08:30")), LIMITS, at(moment))
    assert found is not None
    assert found.colour == colour
    assert found.used + found.left == found.limit == DAY


STOPPED = log((A.ACCEPT, "16 08:30"), (A.ASK_TAX, "16 09:30"))


def test_it_stands_still_while_tax_is_owed() -> None:
    found = clock(STOPPED, LIMITS, at("19 12:00"))
    assert found is not None
    assert (found.due_at, found.stopped_since, found.used) == (None, at("16 09:30"), timedelta(hours=1))
    assert due_at(STOPPED, LIMITS, at("19 12:00")) is None


def test_and_goes_on_afterwards() -> None:
    found = clock([*STOPPED, *log((A.ANSWER_TAX, "19 15:30"))], LIMITS, at("19 16:30"))
    assert found is not None
    assert (found.due_at, found.stopped_since, found.used) == (at("20 12:00"), None, timedelta(hours=2))
    assert [(one.words, one.runs) for one in found.steps] == [
        ("受理，办理时限1个工作日开始计算", True),
        ("提请税务核税，时限停止计算", False),
        ("税务反馈，时限恢复计算", True),
    ]


def test_two_reasons_at_once_end_with_the_last() -> None:
    story = log(
        (A.ACCEPT, "16 08:30"), (A.ASK_TAX, "16 09:30"), (A.PUBLISH, "16 10:30"), (A.ANSWER_TAX, "16 11:30"),
        (A.END_PUBLICATION, "17 08:30"),
    )  # fmt: skip
    found = clock(story, LIMITS, at("17 09:30"))
    assert found is not None
    assert found.used == timedelta(hours=2)
    assert found.due_at == at("17 17:00")
    waiting = clock(story[:4], LIMITS, at("16 16:00"))
    assert waiting is not None
    assert waiting.stopped_since == at("16 09:30")
    assert waiting.steps[-1].words == "税务反馈，尚有公告，时限仍停止计算"


def test_the_housing_department_is_no_excuse() -> None:
    found = clock(log((A.ACCEPT, "16 08:30"), (A.ASK_HOUSING, "16 09:30")), LIMITS, at("16 10:30"))
    assert found is not None
    assert found.stopped_since is None
    assert found.used == timedelta(hours=2)


def test_it_ends_with_the_booking() -> None:
    found = clock(log((A.ACCEPT, "16 08:30"), (A.BOOK, "16 10:30"), (A.CLOSE, "18 10:00")), LIMITS, at("27 10:00"))
    assert found is not None
    assert (found.ended_at, found.used, found.colour) == (at("16 10:30"), timedelta(hours=2), "green")
    assert found.steps[-1].words == "登簿，时限终止"


def test_a_withdrawal_in_between_ends_a_clock_that_stands_still() -> None:
    found = clock([*STOPPED, *log((A.WITHDRAW, "18 09:00"))], LIMITS, at("30 09:00"))
    assert found is not None
    assert (found.used, found.stopped_since, found.ended_at) == (timedelta(hours=1), None, at("18 09:00"))


def test_the_past_does_not_know_the_future() -> None:
    story = [*STOPPED, *log((A.ANSWER_TAX, "19 15:30"), (A.BOOK, "20 09:00"))]
    assert clock(story, LIMITS, at("18 09:00")) == clock(STOPPED, LIMITS, at("18 09:00"))


def test_a_year_without_known_holidays_leaves_the_limit_open() -> None:
    late = [Line(A.ACCEPT, datetime(2099, 1, 5, 9, tzinfo=SHANGHAI))]
    assert due_at(late, LIMITS, late[0].at) is None
    with pytest.raises(CalendarUnknown):
        clock(late, LIMITS, late[0].at)


@pytest.mark.parametrize(
    ("halves", "words"), [(1, "半个工作日"), (2, "1个工作日"), (5, "2.5个工作日"), (60, "30个工作日")]
)
def test_the_limit_in_words(halves: int, words: str) -> None:
    found = clock(log((A.ACCEPT, "16 08:30")), Limits(handling=halves), at("16 09:00"))
    assert found is not None
    assert words in found.steps[0].words


# --- against a reference that walks through every half hour -----------------------------------------------------------

SLOT = timedelta(minutes=30)
START = at("02 08:30")


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Line], datetime]:
    """A log in which every stop and resume comes at a full half hour, in legal order."""
    moment = START
    open_: set[Action] = set()
    lines = [Line(A.ACCEPT, moment)]
    for gap in draw(st.lists(st.integers(1, 60), max_size=8)):
        moment += gap * SLOT
        choices = [one for one in STOPS if one not in open_] + [STOPS[one] for one in open_]
        action = draw(st.sampled_from(sorted(choices)))
        lines.append(Line(action, moment))
        if action in STOPS:
            open_.add(action)
        else:
            open_.discard(next(stop for stop, resume in STOPS.items() if resume is action))
    return lines, moment + draw(st.integers(0, 200)) * SLOT


def running(lines: list[Line], moment: datetime) -> bool:
    open_: set[Action] = set()
    for line in lines:
        if line.at <= moment and line.action in STOPS:
            open_.add(Action(line.action))
        elif line.at <= moment:
            open_ -= {stop for stop, resume in STOPS.items() if resume == line.action}
    return not open_


def counted(lines: list[Line], until: datetime) -> timedelta:
    """Office half hours from the start in which nothing was owed."""
    total, moment = timedelta(), START
    while moment < until:
        if CALENDAR.is_working_day(moment.date()) and _open(moment) and running(lines, moment):
            total += SLOT
        moment += SLOT
    return total


def _open(moment: datetime) -> bool:
    hours = OfficeHours()
    return any(opens <= moment.time() < closes for opens, closes in (hours.morning, hours.afternoon))


@settings(max_examples=50, deadline=None)
@given(stories(), st.integers(1, 8))
def test_every_half_hour_counts_once(story: tuple[list[Line], datetime], halves: int) -> None:
    lines, moment = story
    limits = Limits(handling=halves)
    found = clock(lines, limits, moment)
    assert found is not None
    assert found.used == counted(lines, moment)
    assert found.used + found.left == found.limit
    assert (found.stopped_since is not None) is (not running(lines, moment))
    assert (found.due_at is None) is (found.stopped_since is not None)
    assert len(found.steps) == len(lines)
    if found.due_at is not None:
        assert counted(lines, found.due_at - timedelta(minutes=15)) <= found.limit
        later = clock(lines, limits, max(moment, found.due_at) + timedelta(minutes=31))
        assert later is not None
        assert (found.due_at <= moment) <= (found.left <= timedelta(minutes=1))
        assert later.left <= timedelta()


@settings(max_examples=30, deadline=None)
@given(stories(), st.integers(1, 8))
def test_when_it_is_due_does_not_depend_on_when_one_asks(story: tuple[list[Line], datetime], halves: int) -> None:
    lines, moment = story
    first, second = (
        due_at(lines, Limits(handling=halves), moment + later) for later in (timedelta(), timedelta(days=2))
    )
    assert first == second
