"""The one place that asks what time it is, so that tests can freeze it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present date of law: the calendar day in China."""
    return datetime.now(SHANGHAI).date()
