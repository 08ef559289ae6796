"""When something counts as wrong. Pure."""

from datetime import datetime, timedelta

CLOCK_WARN = timedelta(seconds=2)
CLOCK_STOP = timedelta(seconds=30)
"""A signature that is dated so wrongly is worse than one that comes later."""
CERTIFICATE_WARN = timedelta(days=90)
ROOT_WARN = timedelta(days=3 * 365)
"""Nothing may outlive the root, and verifiers need time to take up its successor."""
LATE = timedelta(minutes=10)
CLOSED_BY = timedelta(days=2)
"""A day of the ledger is closed on the morning after it."""
LEAST_FREE_BYTES = 1024**3
LEAST_FREE_PERCENT = 10


def skew(theirs: datetime, before: datetime, after: datetime, grain: timedelta = timedelta(0)) -> timedelta:
    """How far another clock is from ours, at the least. Ours was looked at before the question and after the answer;
    theirs tells no more than its `grain` (a timestamp: whole seconds)."""
    if theirs + grain < before:
        return before - (theirs + grain)
    return max(theirs - after, timedelta(0))


def clock_wrong(found: timedelta) -> bool:
    """Whether sealing has to wait."""
    return found > CLOCK_STOP


def disk_short(free_bytes: int, total_bytes: int) -> bool:
    """A tenth of a small disk, a gigabyte of a large one."""
    return free_bytes < LEAST_FREE_BYTES or free_bytes * 100 < total_bytes * LEAST_FREE_PERCENT


def ends_soon(not_after: datetime, at: datetime) -> bool:
    """Whether a certificate has to be renewed."""
    return not_after - at < CERTIFICATE_WARN


def root_ends_soon(not_after: datetime, at: datetime) -> bool:
    """Whether the root needs a successor."""
    return not_after - at < ROOT_WARN
