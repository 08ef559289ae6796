"""The transaction boundary: nothing is answered as done that is not durable."""

import contextlib

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar, post
from litestar.datastructures import State
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from kernel.db import Database, WriteSession
from kernel.outbox import emit
from kernel.outbox.models import OutboxEvent
from kernel.settings import get_settings
from kernel.web.dependencies import DEPENDENCIES, Tx
from kernel.web.problems import problem_response

HOME, OTHER = "411528", "411522"


async def count(database: Database, tenant: str) -> int:
    async with database.read(tenant) as reader:
        return await reader.scalar(select(func.count()).select_from(OutboxEvent)) or 0


async def test_counties_never_see_each_other(fresh_database: Database) -> None:
    async with fresh_database.transaction(HOME) as tx:
        await emit(tx, "test.topic", {}, key="one")
    assert await count(fresh_database, HOME) == 1
    assert await count(fresh_database, OTHER) == 0
    assert await count(fresh_database, "") == 0


async def test_a_row_for_another_county_is_refused(fresh_database: Database) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with fresh_database.transaction(HOME) as tx:
            tx.add(OutboxEvent(tenant_id=OTHER, topic="t", key="k", payload={}))


async def test_the_application_cannot_leave_its_county_behind(
    fresh_database: Database,
) -> None:
    async with fresh_database.transaction(HOME) as tx:
        bypass = await tx.scalar(text("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user"))
    assert bypass is False


async def test_read_sessions_cannot_write(fresh_database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with fresh_database.read(HOME) as reader:
            await reader.execute(text("INSERT INTO number_series DEFAULT VALUES"))


async def test_application_code_cannot_commit(tx: WriteSession) -> None:
    with pytest.raises(RuntimeError, match=r"kernel\.db"):
        await tx.commit()


async def test_hooks_run_only_after_a_commit(fresh_database: Database) -> None:
    ran: list[str] = []
    with pytest.raises(DBAPIError):  # noqa: PT012  the error must come out of the whole block
        async with fresh_database.transaction(HOME) as tx:
            tx.after_commit(lambda: ran.append("no"))
            await tx.execute(text("SELECT 1 / 0"))
    async with fresh_database.transaction(HOME) as tx:
        tx.after_commit(lambda: ran.append("yes"))
    assert ran == ["yes"]


async def test_what_failed_before_its_end_is_not_taken_for_stored(fresh_database: Database) -> None:
    with pytest.raises(RuntimeError, match="nothing of it was stored"):  # noqa: PT012  out of the whole block
        async with fresh_database.transaction(HOME) as tx:
            await emit(tx, "test.topic", {}, key="one")
            await tx.flush()
            with contextlib.suppress(DBAPIError):
                await tx.rows("SELECT 1 / 0")
    assert await count(fresh_database, HOME) == 0


@pytest.mark.parametrize("county", ["4115", "411528'", "４１１５２８", "411528\n"])
async def test_only_the_code_of_a_county_is_let_into_a_statement(database: Database, county: str) -> None:
    with pytest.raises(ValueError, match="county"):
        async with database.read(county):
            raise AssertionError


@post("/{county:str}/late")
async def late(tx: Tx) -> dict[str, str]:
    """Breaks a rule that PostgreSQL checks only at COMMIT."""
    await emit(tx, "test.topic", {}, key="late")
    return {"answer": "done"}


async def test_a_commit_that_fails_is_not_answered_as_success(
    fresh_database: Database,
) -> None:
    await _fail_at_commit(fresh_database)
    app = Litestar(
        [late],
        dependencies=dict(DEPENDENCIES),
        exception_handlers={Exception: problem_response},
        state=State({"database": fresh_database, "counties": {HOME}}),
    )
    async with AsyncClient(transport=ASGITransport(app), base_url="http://yiti") as client:
        response = await client.post(f"/{HOME}/late")
    assert response.status_code == 409
    assert response.json()["code"] == "conflict"
    assert await count(fresh_database, HOME) == 0


async def _fail_at_commit(database: Database) -> None:
    """As the owner: a deferred trigger on the outbox that refuses at COMMIT."""
    url = make_url(get_settings().owner_database_url).set(database=database.engine.url.database)
    connection = await asyncpg.connect(
        host=url.query["host"],
        port=url.port or 5432,
        user=url.username,
        database=url.database,
    )
    await connection.execute(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'too late' USING ERRCODE = 'check_violation'; END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON outbox DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse()"""
    )
    await connection.close()
