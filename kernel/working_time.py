"""Working time: legal time limits in working days, half days and office minutes.

Pure: nothing here asks what time it is. Working days follow the State Council's yearly arrangement of holidays
and moved workdays (``chinesecalendar``), which is published each November for the next year.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

import chinese_calendar
from chinese_calendar import constants as _known

from kernel.clock import SHANGHAI
from kernel.errors import DomainError

_FIRST_YEAR: Final = min(_known.holidays).year
_LAST_YEAR: Final = max(_known.holidays).year


class CalendarUnknown(DomainError):
    """The holidays of that year are not known; update ``chinesecalendar`` or configure the year's plan."""

    status = 503
    code = "working_time.calendar_unknown"


@dataclass(frozen=True, slots=True)
class YearPlan:
    """The holiday arrangement of one year, where a county must work before the library knows it."""

    holidays: frozenset[date] = frozenset()
    """Days off that would fall on Monday to Friday."""
    moved_workdays: frozenset[date] = frozenset()
    """Saturdays and Sundays on which people work."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """The hours of a county's service hall, in China time; the two halves of a day may differ in length."""

    morning: tuple[time, time] = (time(8, 30), time(12, 0))
    afternoon: tuple[time, time] = (time(14, 30), time(18, 0))

    def __post_init__(self) -> None:
        if not self.morning[0] < self.morning[1] <= self.afternoon[0] < self.afternoon[1]:
            message = "office hours must be two halves, one after the other"
            raise ValueError(message)

    @property
    def half_day(self) -> timedelta:
        """Half of the office time of a day."""
        day = date.min
        halves = (self.morning, self.afternoon)
        return (
            sum(
                (datetime.combine(day, b) - datetime.combine(day, a) for a, b in halves),
                timedelta(),
            )
            / 2
        )


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which a clock stands still (the applicant owes tax, a fee or a correction)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Working time of one county. All datetimes are aware; results are in China time.

    Raises ``CalendarUnknown`` for a year without a known holiday arrangement, rather than guess.
    """

    hours: OfficeHours = OfficeHours()
    plans: dict[int, YearPlan] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        """Whether the service hall is open on that day."""
        plan = self.plans.get(day.year)
        if plan is not None:
            return day in plan.moved_workdays or (day.weekday() < 5 and day not in plan.holidays)
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise CalendarUnknown(f"尚无{day.year}年的法定节假日安排，请管理员更新工作日历")
        return bool(chinese_calendar.is_workday(day))

    def add_working_days(self, start: date, days: int) -> date:
        """The last day of a limit in working days; the day it starts is not counted (民法典 art. 201)."""
        day = start
        for _ in range(days):
            day = self.next_working_day(day + timedelta(days=1))
        return day

    def next_working_day(self, day: date) -> date:
        """The day itself when the hall is open, else the next day it is."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def add_working(self, start: datetime, *, half_days: int = 0, minutes: int = 0) -> datetime:
        """When a limit that starts at ``start`` runs out.

        A half day is half of the day's office time. A start outside office hours counts from the next opening.
        """
        left = half_days * self.hours.half_day + timedelta(minutes=minutes)
        for opens, closes in self._halves(start):
            here = max(start.astimezone(SHANGHAI), opens)
            if left <= closes - here:
                return here + left
            left -= closes - here
        raise AssertionError  # the halves never end; an unknown year raises CalendarUnknown before

    def elapsed(self, start: datetime, end: datetime, suspensions: Iterable[Suspension] = ()) -> timedelta:
        """Office time between two moments, without suspensions (which may overlap each other)."""
        stopped = _merged(suspensions)
        total = timedelta()
        for opens, closes in self._halves(start):
            if opens >= end:
                break
            total += _uncovered(max(opens, start), min(closes, end), stopped)
        return total

    def _halves(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Every office half that ends after the moment, in order."""
        moment = moment.astimezone(SHANGHAI)
        day = moment.date()
        while True:
            if self.is_working_day(day):
                for opens, closes in (self.hours.morning, self.hours.afternoon):
                    half = (
                        datetime.combine(day, opens, SHANGHAI),
                        datetime.combine(day, closes, SHANGHAI),
                    )
                    if half[1] > moment:
                        yield half
            day += timedelta(days=1)


def _merged(suspensions: Iterable[Suspension]) -> list[Suspension]:
    merged: list[Suspension] = []
    for stop in sorted(suspensions, key=lambda s: s.start):
        if merged and stop.start <= merged[-1].end:
            merged[-1] = Suspension(merged[-1].start, max(merged[-1].end, stop.end))
        elif stop.start < stop.end:
            merged.append(stop)
    return merged


def _uncovered(start: datetime, end: datetime, stopped: list[Suspension]) -> timedelta:
    covered = sum(
        (max(min(end, s.end) - max(start, s.start), timedelta()) for s in stopped),
        timedelta(),
    )
    return max(end - start, timedelta()) - covered
