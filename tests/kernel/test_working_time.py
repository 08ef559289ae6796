"""Working time around real holidays: National Day 2026 (10-01…10-07 off, 9-20 and 10-10 worked)."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import SHANGHAI
from kernel.working_time import CalendarUnknown, OfficeHours, Suspension, WorkCalendar, YearPlan

CALENDAR = WorkCalendar()


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def test_moved_workdays_and_holidays() -> None:
    assert not CALENDAR.is_working_day(date(2026, 10, 1))
    assert CALENDAR.is_working_day(date(2026, 10, 10))  # a Saturday worked for the holiday
    assert not CALENDAR.is_working_day(date(2026, 10, 11))


def test_limits_in_days_do_not_count_the_first() -> None:
    assert CALENDAR.add_working_days(date(2026, 9, 30), 3) == date(2026, 10, 10)


@pytest.mark.parametrize(
    ("start", "half_days", "minutes", "end"),
    [
        (at(11, 17, 9, 0), 1, 0, at(11, 17, 15, 0)),
        (at(11, 17, 8, 30), 1, 0, at(11, 17, 12, 0)),
        (at(11, 17, 7, 0), 2, 0, at(11, 17, 18, 0)),
        (at(11, 17, 17, 30), 0, 60, at(11, 18, 9, 0)),
        (at(11, 20, 18, 0), 0, 60, at(11, 23, 9, 30)),  # Friday at closing → Monday
        (at(9, 30, 17, 0), 0, 120, at(10, 8, 9, 30)),  # over the holiday
        (at(11, 17, 13, 0), 0, 0, at(11, 17, 14, 30)),
    ],
)
def test_limits_in_office_time(start: datetime, half_days: int, minutes: int, end: datetime) -> None:
    assert CALENDAR.add_working(start, half_days=half_days, minutes=minutes) == end


def test_moments_in_utc_are_understood() -> None:
    start = at(11, 17, 9, 0).astimezone(tz=None)
    assert CALENDAR.add_working(start, minutes=30) == at(11, 17, 9, 30)


def test_elapsed_leaves_out_nights_weekends_and_overlapping_suspensions() -> None:
    start, end = at(11, 20, 17, 0), at(11, 23, 10, 0)
    assert CALENDAR.elapsed(start, end) == timedelta(hours=2, minutes=30)
    stops = [
        Suspension(at(11, 23, 9, 0), at(11, 23, 9, 40)),
        Suspension(at(11, 23, 9, 20), at(11, 23, 9, 50)),
        Suspension(at(11, 21, 0, 0), at(11, 22, 0, 0)),
    ]
    assert CALENDAR.elapsed(start, end, stops) == timedelta(hours=1, minutes=40)


def test_nothing_elapses_backwards() -> None:
    stop = Suspension(at(11, 17, 9, 0), at(11, 17, 17, 0))
    assert CALENDAR.elapsed(at(11, 17, 16, 0), at(11, 17, 9, 0), [stop]) == timedelta()


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 1)).map(lambda moment: moment.replace(tzinfo=SHANGHAI))  # noqa: DTZ001


@given(moments, st.integers(0, 5000))
def test_adding_and_measuring_agree(start: datetime, minutes: int) -> None:
    end = CALENDAR.add_working(start, minutes=minutes)
    assert CALENDAR.elapsed(start, end) == timedelta(minutes=minutes)


def test_an_unknown_year_is_an_error_not_a_guess() -> None:
    with pytest.raises(CalendarUnknown, match="2099"):
        CALENDAR.is_working_day(date(2099, 3, 2))
    with pytest.raises(CalendarUnknown):
        CALENDAR.add_working_days(date(2026, 12, 30), 300)


def test_a_county_may_enter_the_plan_itself() -> None:
    plan = YearPlan(holidays=frozenset({date(2099, 1, 1)}), moved_workdays=frozenset({date(2099, 1, 4)}))
    calendar = WorkCalendar(plans={2099: plan})
    assert calendar.add_working_days(date(2098 + 1, 1, 1), 2) == date(2099, 1, 4)


def test_office_hours_are_configuration() -> None:
    short = WorkCalendar(OfficeHours((time(9), time(11)), (time(14), time(16))))
    assert short.add_working(at(11, 17, 9, 0), half_days=3) == at(11, 18, 11, 0)
    with pytest.raises(ValueError, match="two halves"):
        OfficeHours((time(9), time(15)), (time(14), time(16)))
