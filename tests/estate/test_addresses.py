"""Units are found by any part of their address, through the trigram index, in their own county alone."""

import json
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from tests.register.world import make_unit
from tests.testbed import Testbed
from yiti.estate.addresses import units_at


async def placed(tx: WriteSession, *locations: str) -> None:
    for location in locations:
        (await make_unit(tx)).location = location
    await tx.flush()


async def found(tx: WriteSession, *words: str, most: int = 20) -> list[str]:
    return [unit.location for unit in await units_at(tx, words, most, "text")]


async def test_any_part_of_an_address(tx: WriteSession) -> None:
    street = f"息夫人路{uuid4().int % 10**6}号"
    here = [f"息县谯楼街道{street}锦绣花园{number}号楼2单元1101室" for number in (1, 2, 3)]
    await placed(tx, *here, f"息县龙湖街道{street}100%_\\宅")
    assert await found(tx, f"{street}锦绣") == here, "in the order of their codes"
    assert await found(tx, f"{street}锦绣", most=2) == here[:2]
    assert await found(tx, "园2号", street, "楼") == here[1:2], "every word, the longest through the index"
    for literal in ("100%_", "_\\宅"):
        assert await found(tx, street, literal) == [f"息县龙湖街道{street}100%_\\宅"], literal
    assert await found(tx, street, "1_0") == []
    (await units_at(tx, [here[0]], 1, "text"))[0].state = "historical"
    await tx.flush()
    assert await found(tx, f"{street}锦绣") == here[1:]


@pytest.mark.parametrize("words", [[], ["息县"], ["息", "县", "路"], ["%%%%"], ["____"]])
async def test_too_little_is_no_search(tx: WriteSession, words: Sequence[str]) -> None:
    with pytest.raises(Invalid) as refused:
        await units_at(tx, words, 20, "text")
    assert refused.value.field == "text"


async def test_the_function_sees_its_own_county_and_no_other(fresh_database: Database) -> None:
    async with fresh_database.transaction("411528") as tx:
        await placed(tx, "息县一墙之隔路1号")
    ask = text("SELECT count(*) FROM units_by_address(ARRAY['一墙之隔'], 10)")
    seen = {}
    for county in ("411528", "411522"):
        async with fresh_database.transaction(county) as tx:
            seen[county] = await tx.scalar(ask)
    assert seen == {"411528": 1, "411522": 0}
    async with fresh_database.engine.begin() as connection:
        assert await connection.scalar(ask) == 0, "without a county"
    async with fresh_database.transaction("411528") as tx:
        around = await tx.scalars(
            text("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
        )
        # Those of the ledger are triggers, which nobody can call; they name the county of the row that fired them.
        triggers = {"add_slots", "book", "close_days", "close_hold", "place_hold"}
        decided = {"units_by_address", *(f"ledger_{name}" for name in triggers)}
        assert set(around) == decided, "another way around the wall needs a decision"
        grantees = "SELECT grantee FROM information_schema.routine_privileges WHERE routine_name = 'units_by_address'"
        assert set(await tx.scalars(text(grantees))) <= {"yiti_app", "yiti_owner"}
        with pytest.raises(ProgrammingError, match="must be owner"):
            async with tx.begin_nested():
                await tx.execute(text("ALTER FUNCTION units_by_address(text[], integer) SECURITY INVOKER"))


async def test_the_index_serves_chinese(tx: WriteSession, testbed: Testbed) -> None:
    assert len(await tx.scalar(text("SELECT show_trgm('息县谯楼街道')")) or []) > 4
    host = testbed.owner_dsn().partition("?host=")[2]
    owner = await asyncpg.connect(host=host, user="yiti_owner", database=testbed.database)
    try:
        # A handful of rows is read faster than any index: what counts is whether the index can be used at all.
        await owner.execute("SET enable_seqscan = off; SET enable_indexscan = off")
        query = "EXPLAIN (FORMAT JSON) SELECT id FROM units WHERE location LIKE '%谯楼街%'"
        (plan,) = json.loads(await owner.fetchval(query))
    finally:
        await owner.close()
    assert "ix_units_location" in json.dumps(plan)
