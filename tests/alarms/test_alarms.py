"""Alarms are raised once, refreshed, cleared, and raised anew."""

import asyncio

import pytest
from structlog.testing import capture_logs

from kernel.db import Database
from tests.testbed import HOME, OTHER
from yiti.alarms.service import Finding, open_alarms, open_count, report, resolved_alarms, settle
from yiti.alarms.words import ADVICE, AlarmKind

DISK = Finding(AlarmKind.DISK, "文件", "可用0.5 GB")
KEYS = Finding(AlarmKind.KEYS)


async def told(database: Database, *findings: Finding, kinds: tuple[AlarmKind, ...] = ()) -> None:
    async with database.transaction(HOME) as tx:
        await settle(tx, kinds or (AlarmKind.DISK, AlarmKind.KEYS), findings)


async def now_open(database: Database, county: str = HOME) -> list[tuple[str, str, str]]:
    async with database.read(county) as reader:
        return sorted((one.kind, one.subject, one.detail) for one in await open_alarms(reader))


def test_every_kind_says_what_to_do() -> None:
    assert set(ADVICE) == set(AlarmKind)
    assert all(advice.title and advice.todo for advice in ADVICE.values())
    assert all(len(kind.value) <= 20 for kind in AlarmKind)


async def test_an_alarm_is_raised_once_refreshed_and_cleared(fresh_database: Database) -> None:
    with capture_logs() as logs:
        await told(fresh_database, DISK, KEYS)
        await told(fresh_database, Finding(AlarmKind.DISK, "文件", "可用0.4 GB"), KEYS)
    assert [line["kind"] for line in logs if line["event"] == "alarm.raised"] == ["disk", "keys"]
    assert all(line["log_level"] == "error" for line in logs)
    assert await now_open(fresh_database) == [("disk", "文件", "可用0.4 GB"), ("keys", "", "")]
    assert await now_open(fresh_database, OTHER) == []
    await told(fresh_database, KEYS)
    assert await now_open(fresh_database) == [("keys", "", "")]
    await told(fresh_database, DISK)
    async with fresh_database.read(HOME) as reader:
        assert await open_count(reader) == 1
        assert {one.kind for one in await resolved_alarms(reader)} == {"disk", "keys"}


async def test_what_was_not_looked_at_is_left_alone(fresh_database: Database) -> None:
    await told(fresh_database, DISK)
    await told(fresh_database, kinds=(AlarmKind.KEYS,))
    assert await now_open(fresh_database) == [("disk", "文件", "可用0.5 GB")]


async def test_two_who_meet_the_same_fault_at_once_raise_one_alarm(fresh_database: Database) -> None:
    async def meet() -> None:
        async with fresh_database.transaction(HOME) as tx:
            await report(tx, KEYS)
            await asyncio.sleep(0.02)

    with capture_logs() as logs:
        await asyncio.gather(*(meet() for _ in range(6)))
    assert await now_open(fresh_database) == [("keys", "", "")]
    assert len([line for line in logs if line["event"] == "alarm.raised"]) == 1


async def test_an_alarm_that_is_not_stored_is_not_told(fresh_database: Database) -> None:
    async def undone() -> None:
        async with fresh_database.transaction(HOME) as tx:
            await report(tx, KEYS)
            raise RuntimeError("lost")

    with capture_logs() as logs, pytest.raises(RuntimeError, match="lost"):
        await undone()
    assert logs == []
