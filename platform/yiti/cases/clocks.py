"""Time limits, computed from the log of a case so that they can be proved. Pure: the moment is an argument.

A submitted case is accepted or not within half a working day; from acceptance the limit of the business runs. It
stands still while the applicants owe a correction, tax, fee, signature or funds, and during a public notice
(全豫通办: 挂起不计).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from msgspec import Struct

from kernel.working_time import CalendarUnknown, Suspension, WorkCalendar
from yiti.cases.lifecycle import ACTION_WORDS, ASKS, Action

Colour = Literal["green", "amber", "red"]
_OWED = ("tax", "fee", "signature", "funds")
STOPS: dict[Action, Action] = {
    Action.REQUEST_CORRECTION: Action.CORRECT,
    Action.PUBLISH: Action.END_PUBLICATION,
    **{ask: answer for which, (ask, answer, _) in ASKS.items() if which in _OWED},
}
"""What stops a clock, and what lets it go on. The housing department's check does not: it is the office's own time."""
_RESUMES = {resumes: stops for stops, resumes in STOPS.items()}
_ENDS = frozenset({Action.REJECT, Action.BOOK, Action.REFUSE, Action.WITHDRAW})
COUNTED = frozenset({Action.SUBMIT, Action.ACCEPT, *STOPS, *_RESUMES})
"""Actions after which a limit has to be computed anew."""
_AMBER_PART = 4


class Logged(Protocol):
    """A line of the log."""

    @property
    def action(self) -> str: ...
    @property
    def at(self) -> datetime: ...


class Limits(Struct, frozen=True, kw_only=True):
    """In half working days."""

    handling: int
    acceptance: int = 1


class Step(Struct, frozen=True, kw_only=True):
    """One line of the explanation: what happened and how much office time had been used by then."""

    at: datetime
    words: str
    used: timedelta
    runs: bool
    """Whether the clock runs from here on."""


class Clock(Struct, frozen=True, kw_only=True):
    """Where a time limit stands."""

    stage: Literal["acceptance", "handling"]
    limit: timedelta
    """In office time."""
    started_at: datetime
    due_at: datetime | None
    """None while it stands still."""
    used: timedelta
    left: timedelta
    """Negative when overdue."""
    stopped_since: datetime | None
    ended_at: datetime | None
    colour: Colour
    steps: tuple[Step, ...]


def clock(
    actions: Sequence[Logged], limits: Limits, at: datetime, calendar: WorkCalendar | None = None
) -> Clock | None:
    """The clock as it stands at a moment; none for a draft.

    Raises `CalendarUnknown` where the time reaches into a year whose holidays have not been published.
    """
    lines = [line for line in actions if line.at <= at]
    start = next((line for line in reversed(lines) if line.action in (Action.ACCEPT, Action.SUBMIT)), None)
    if start is None:
        return None
    calendar = calendar or WorkCalendar()
    handling = start.action == Action.ACCEPT
    limit = (limits.handling if handling else limits.acceptance) * calendar.hours.half_day
    run = _Run(calendar, start.at, limit)
    run.note(
        start.at,
        f"{ACTION_WORDS[Action(start.action)]}，{'办理' if handling else '受理'}时限{_days(limit, calendar)}开始计算",
    )
    run.follow(lines[lines.index(start) + 1 :])
    return run.clock("handling" if handling else "acceptance", at)


def due_at(
    actions: Sequence[Logged], limits: Limits, at: datetime, calendar: WorkCalendar | None = None
) -> datetime | None:
    """When the present limit ends; none while it stands still, or where the holidays of that year are not known."""
    try:
        found = clock(actions, limits, at, calendar)
    except CalendarUnknown:
        return None
    return found.due_at if found is not None else None


class _Run:
    """One clock on its way through the log."""

    def __init__(self, calendar: WorkCalendar, start: datetime, limit: timedelta) -> None:
        self.calendar, self.start, self.limit = calendar, start, limit
        self.owed: list[Action] = []
        self.since: datetime | None = None
        """Since when it has stood still without a break."""
        self.stopped: list[Suspension] = []
        self.ended_at: datetime | None = None
        self.steps: list[Step] = []

    def follow(self, lines: Iterable[Logged]) -> None:
        for line in lines:
            action = Action(line.action)
            if action in STOPS:
                self._stop(action, line.at)
            elif action in _RESUMES:
                self._resume(action, line.at)
            elif action in _ENDS:
                self.ended_at = line.at
                self.note(line.at, f"{ACTION_WORDS[action]}，时限终止")
                return

    def _stop(self, action: Action, at: datetime) -> None:
        words = "时限仍停止计算" if self.owed else "时限停止计算"
        self.owed.append(action)
        self.since = self.since or at
        self.note(at, f"{ACTION_WORDS[action]}，{words}")

    def _resume(self, action: Action, at: datetime) -> None:
        if self.since is None or _RESUMES[action] not in self.owed:
            return
        self.owed.remove(_RESUMES[action])
        if self.owed:
            waiting = "、".join(ACTION_WORDS[one] for one in self.owed)
            self.note(at, f"{ACTION_WORDS[action]}，尚有{waiting}，时限仍停止计算")
            return
        self.stopped.append(Suspension(self.since, at))
        self.since = None
        self.note(at, f"{ACTION_WORDS[action]}，时限恢复计算")

    def note(self, at: datetime, words: str) -> None:
        self.steps.append(
            Step(at=at, words=words, used=self.used(at), runs=self.since is None and self.ended_at is None)
        )

    def used(self, at: datetime) -> timedelta:
        standing = [Suspension(self.since, at)] if self.since is not None else []
        return self.calendar.elapsed(self.start, at, [*self.stopped, *standing])

    def clock(self, stage: Literal["acceptance", "handling"], at: datetime) -> Clock:
        used = self.used(self.ended_at or at)
        left = self.limit - used
        stopped = self.since if self.ended_at is None else None
        return Clock(
            stage=stage,
            limit=self.limit,
            started_at=self.start,
            due_at=self._due() if self.since is None else None,
            used=used,
            left=left,
            stopped_since=stopped,
            ended_at=self.ended_at,
            colour=_colour(left, self.limit),
            steps=tuple(self.steps),
        )

    def _due(self) -> datetime:
        """Each running stretch eats from the limit; the limit ends in the stretch that eats the rest of it."""
        rest = self.limit
        for begins, ends in self._stretches():
            if ends is None or rest <= (here := self.calendar.elapsed(begins, ends)):
                return _after(self.calendar, begins, rest)
            rest -= here
        raise AssertionError  # the last stretch has no end

    def _stretches(self) -> Iterator[tuple[datetime, datetime | None]]:
        begins = self.start
        for stop in self.stopped:
            yield begins, stop.start
            begins = stop.end
        yield begins, None


def _after(calendar: WorkCalendar, start: datetime, rest: timedelta) -> datetime:
    """Whole half days stay exact; what is left of a broken one is rounded down to the minute."""
    halves, broken = divmod(rest, calendar.hours.half_day)
    return calendar.add_working(start, half_days=halves, minutes=int(broken / timedelta(minutes=1)))


def _colour(left: timedelta, limit: timedelta) -> Colour:
    if left < timedelta():
        return "red"
    return "amber" if left <= limit / _AMBER_PART else "green"


def _days(limit: timedelta, calendar: WorkCalendar) -> str:
    halves = round(limit / calendar.hours.half_day)
    return "半个工作日" if halves == 1 else f"{halves // 2}{'.5' if halves % 2 else ''}个工作日"
