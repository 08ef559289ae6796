"""Numbers: no gap, no double, whatever happens to the transactions that took them."""

import asyncio

import pytest

from kernel.db import Database, WriteSession
from kernel.numbers import next_number


async def test_series_and_years_are_apart(tx: WriteSession) -> None:
    assert [await next_number(tx, "apart", 2026) for _ in range(3)] == [1, 2, 3]
    assert await next_number(tx, "apart", 2027) == 1
    assert await next_number(tx, "other", 2026) == 1


async def test_counties_are_apart(database: Database) -> None:
    async with database.transaction("411528") as tx:
        assert await next_number(tx, "counties", 2026) == 1
    async with database.transaction("411522") as tx:
        assert await next_number(tx, "counties", 2026) == 1


async def test_concurrent_transactions_some_of_which_fail_leave_no_gap(database: Database) -> None:
    taken: list[int] = []

    async def work(index: int) -> None:
        async with database.transaction("411528") as tx:
            number = await next_number(tx, "busy", 2026)
            await asyncio.sleep(0.002)
            if index % 3 == 0:
                raise RuntimeError
        taken.append(number)

    results = await asyncio.gather(*(work(index) for index in range(30)), return_exceptions=True)
    assert sum(isinstance(result, RuntimeError) for result in results) == 10
    assert sorted(taken) == list(range(1, 21))


async def test_a_rollback_gives_the_number_back(database: Database) -> None:
    taken: list[int] = []

    async def take(*, fail: bool) -> None:
        async with database.transaction("411528") as tx:
            taken.append(await next_number(tx, "back", 2026))
            if fail:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        await take(fail=True)
    await take(fail=False)
    assert taken == [1, 1]
