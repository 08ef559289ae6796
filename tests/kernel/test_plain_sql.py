"""Plain SQL to the driver belongs to the same transaction, and fails as everything else does."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.db import Database, WriteSession, among
from kernel.web.problems import constraint_of, describe

HOME, OTHER = "411528", "411522"
TAKE = "INSERT INTO number_series (id, created_at, series, year, last) VALUES (gen_random_uuid(), now(), $1, 2026, $2)"
TAKEN = "SELECT last FROM number_series WHERE series = $1"


async def test_it_writes_and_reads_in_its_county_only(fresh_database: Database) -> None:
    async with fresh_database.transaction(HOME) as tx:
        await tx.rows(TAKE, "plain", 7)
    async with fresh_database.read(HOME) as reader:
        assert [row.last for row in await reader.rows(TAKEN, "plain")] == [7]
    async with fresh_database.read(OTHER) as reader:
        assert await reader.rows(TAKEN, "plain") == []


async def test_a_read_session_refuses_it_too(fresh_database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with fresh_database.read(HOME) as reader:
            await reader.rows(TAKE, "plain", 1)


async def test_a_savepoint_undoes_it(tx: WriteSession) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  the savepoint ends inside
        async with tx.begin_nested():
            await tx.rows(TAKE, "plain", 1)
            raise ZeroDivisionError
    assert await tx.rows(TAKEN, "plain") == []


async def test_an_error_in_a_savepoint_leaves_the_transaction_whole(tx: WriteSession) -> None:
    await tx.rows(TAKE, "plain", 1)
    with pytest.raises(IntegrityError) as refused:
        async with tx.begin_nested():
            await tx.rows(TAKE, "plain", 2)
    assert constraint_of(refused.value) == "uq_number_series_tenant_id_series_year"
    assert describe(refused.value).status == 409
    assert [row.last for row in await tx.rows(TAKEN, "plain")] == [1]


async def test_what_is_no_constraint_keeps_its_state_and_hides_its_values(tx: WriteSession) -> None:
    with pytest.raises(DBAPIError) as failed:
        await tx.rows("SELECT 1 / $1::integer, '张三' || $2", 0, "411528199001010018")
    assert getattr(failed.value.orig, "sqlstate", None) == "22012"
    assert "411528199001010018" not in str(failed.value)
    assert not failed.value.connection_invalidated


async def test_a_lost_connection_is_told_and_replaced(fresh_database: Database) -> None:
    async def ended() -> None:
        async with fresh_database.transaction(HOME) as tx:
            (own,) = await tx.rows("SELECT pg_backend_pid() AS pid")
            async with fresh_database.transaction(HOME) as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own.pid})
            await tx.rows(TAKE, "plain", 1)

    with pytest.raises(DBAPIError) as lost:
        await ended()
    assert describe(lost.value).status == 503
    async with fresh_database.read(HOME) as reader:
        assert await reader.rows(TAKEN, "plain") == []


async def test_one_or_several_ids(tx: WriteSession) -> None:
    for name, number in (("one", 1), ("two", 2)):
        await tx.rows(TAKE, name, number)
    ids = [row.id for row in await tx.rows("SELECT id FROM number_series WHERE series IN ('one', 'two')")]
    wanted = "SELECT last FROM number_series WHERE id {}"
    assert len(await tx.rows(*among(wanted, ids[:1]))) == 1
    assert {row.last for row in await tx.rows(*among(wanted, ids))} == {1, 2}
    assert await tx.rows(*among(wanted, [])) == []


async def test_a_column_that_is_not_there(tx: WriteSession) -> None:
    (row,) = await tx.rows("SELECT 1 AS one")
    with pytest.raises(AttributeError):
        _ = row.two
