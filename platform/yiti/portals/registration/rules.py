"""What a registrar must see at a glance: how a case's time limit stands, and what its findings rest on. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kernel.pii import mask_name
from kernel.working_time import CalendarUnknown, WorkCalendar
from yiti.cases.findings import Finding, Level

AMBER_MINUTES = 120
"""Working minutes before the limit runs out at which a case turns amber."""
CALENDAR = WorkCalendar()
Tone = Literal["neutral", "info", "success", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class Clock:
    """The time limit in a few words; office time only."""

    words: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Support:
    """One piece of evidence, and the findings that rest on it."""

    source: str
    verified: bool
    reference: str
    titles: tuple[str, ...]


def amber_until(at: datetime) -> datetime:
    """A case whose limit runs out before this moment is amber (or red, when it has run out)."""
    try:
        return CALENDAR.add_working(at, minutes=AMBER_MINUTES)
    except CalendarUnknown:
        # Next year's holidays are not published yet: hours on the wall are the careful guess.
        return at + timedelta(minutes=AMBER_MINUTES)


def running_clock(at: datetime, due: datetime | None) -> Clock:
    """The limit of a case that waits for a decision."""
    if due is None:
        return Clock("期限待定（工作日历尚未公布）", "neutral")
    if due <= at:
        return Clock(f"已超期{_spent(due, at)}", "danger")
    return Clock(f"剩余{_spent(at, due)}", "warning" if due < amber_until(at) else "info")


def stopped_clock(opened: datetime, ended: datetime, due: datetime | None) -> Clock:
    """The limit of a case that has been decided."""
    if due is not None and ended > due:
        return Clock(f"超期{_spent(due, ended)}办结", "danger")
    if ended - opened < timedelta(minutes=1):
        return Clock("即时办结", "success")
    minutes = _minutes(opened, ended)
    return Clock("未占用工作时间" if minutes == 0 else f"用时{_words(minutes)}", "success")


def _spent(start: datetime, end: datetime) -> str:
    return _words(_minutes(start, end))


def _minutes(start: datetime, end: datetime) -> int | None:
    """Office minutes; None in a year whose holidays are not published."""
    try:
        return int(CALENDAR.elapsed(start, end).total_seconds()) // 60
    except CalendarUnknown:
        return None


def _words(minutes: int | None) -> str:
    if minutes is None:
        return "（工作日历尚未公布，无法计算）"
    hours, rest = divmod(minutes, 60)
    return f"{hours}小时{rest}分" if hours else f"{rest}分"


def minutes_words(span: timedelta) -> str:
    """Office time in words: `7小时30分`."""
    return _words(int(span.total_seconds()) // 60)


def supports(findings: Sequence[Finding]) -> list[Support]:
    """Which findings rest on which evidence; what no machine has verified comes first."""
    found: dict[tuple[str, bool, str], list[str]] = {}
    for one in findings:
        key = (one.evidence.source, one.evidence.verified, one.evidence.reference)
        found.setdefault(key, []).append(one.title)
    listed = [Support(*key, tuple(titles)) for key, titles in found.items()]
    return sorted(listed, key=lambda one: one.verified)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """What blocks, then what warns, then what nobody has verified, then what is clear."""
    return sorted(findings, key=lambda one: (_ORDER[one.level], one.evidence.verified))


_ORDER = {Level.BLOCK: 0, Level.WARN: 1, Level.CLEAR: 2}


def without_names(text: str, names: Iterable[str]) -> str:
    """The text with these people's names masked: findings name the persons they speak of."""
    for name in sorted(set(names), key=len, reverse=True):
        if name:
            text = text.replace(name, mask_name(name))
    return text
