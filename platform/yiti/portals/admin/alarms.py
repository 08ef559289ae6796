"""Alarms as operators see them: what is wrong, since when, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from yiti.alarms.models import Alarm
from yiti.alarms.words import ADVICE, AlarmKind


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm."""

    title: str
    tone: str
    detail: str
    subject: str
    todo: str
    since: datetime
    last_seen_at: datetime
    resolved_at: datetime | None


def lines(alarms: Iterable[Alarm]) -> list[AlarmLine]:
    """The alarms in words, those that stop work first."""
    found = [_line(alarm) for alarm in alarms]
    return sorted(found, key=lambda line: line.tone != "danger")


def _line(alarm: Alarm) -> AlarmLine:
    advice = ADVICE[AlarmKind(alarm.kind)]
    return AlarmLine(
        title=advice.title,
        tone="danger" if advice.grave else "warning",
        detail=alarm.detail,
        subject=alarm.subject if alarm.kind == AlarmKind.BLOB else "",
        todo=advice.todo,
        since=alarm.since,
        last_seen_at=alarm.last_seen_at,
        resolved_at=alarm.resolved_at,
    )
