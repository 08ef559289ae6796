"""The audit log: chained under concurrency, and tampering by the schema's owner is found."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.audit import Head, audit, head, seal_batch, verify_chain
from kernel.db import Database
from kernel.permissions import Actor, ActorKind
from tests.testbed import HOME, OTHER
from tests.testbed import Testbed as Bed

FORGERY = """INSERT INTO audit_entries
SELECT tenant_id, gen_random_uuid(), actor_kind, actor_id, organisation_id, action, subject, detail, true, created_at
FROM audit_entries WHERE subject = 'thing:5'"""
CLERK = Actor(kind=ActorKind.STAFF, name="王办事", tenant=HOME, id=uuid4())


async def write(database: Database, count: int, tenant: str = HOME) -> None:
    async with database.transaction(tenant) as tx:
        for index in range(count):
            audit(tx, CLERK, "test.done", f"thing:{index}", {"index": index, "words": "中文", "half": 0.5})


async def seal_all(database: Database, tenant: str = HOME, limit: int = 7) -> int:
    total = 0
    while True:
        async with database.transaction(tenant) as tx:
            sealed = await seal_batch(tx, limit)
        if not sealed:
            return total
        total += sealed


async def problems(database: Database, expected: Head | None = None) -> str:
    async with database.read(HOME) as reader:
        return " ".join((await verify_chain(reader, expected)).problems)


async def as_owner(testbed: Bed, database: Database, *statements: str) -> None:
    """What someone with the owner's password could do: switch the triggers off and write."""
    name = str(database.engine.url.database)
    host = testbed.owner_dsn(name).partition("?host=")[2]
    connection = await asyncpg.connect(host=host, user="yiti_owner", database=name)
    try:
        for table in ("audit_entries", "audit_links"):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            assert not (await connection.execute(statement)).endswith(" 0")
    finally:
        await connection.close()


async def test_a_whole_log_verifies(fresh_database: Database) -> None:
    await write(fresh_database, 20)
    await write(fresh_database, 3, OTHER)
    assert await seal_all(fresh_database) == 20
    await write(fresh_database, 2)
    async with fresh_database.read(HOME) as reader:
        result = await verify_chain(reader)
        assert (result.intact, result.checked, result.unsealed) == (True, 20, 2)
        assert result.head == await head(reader)


async def test_sealers_take_turns_while_writers_write(fresh_database: Database) -> None:
    async def writer() -> None:
        for _ in range(10):
            await write(fresh_database, 3)

    await asyncio.gather(*(writer() for _ in range(3)), *(seal_all(fresh_database) for _ in range(4)))
    await seal_all(fresh_database)
    async with fresh_database.read(HOME) as reader:
        result = await verify_chain(reader)
    assert (result.intact, result.checked, result.unsealed) == (True, 90, 0)


@pytest.mark.parametrize(
    ("tampering", "words"),
    [
        ("UPDATE audit_entries SET action = 'x' WHERE subject = 'thing:5'", "第6环的审计记录被改动"),
        ("UPDATE audit_entries SET detail = '{}' WHERE subject = 'thing:5'", "第6环的审计记录被改动"),
        (
            "UPDATE audit_entries SET created_at = created_at + interval '1 microsecond' WHERE subject = 'thing:5'",
            "改动",
        ),
        ("UPDATE audit_entries SET actor_id = NULL WHERE subject = 'thing:5'", "改动"),
        ("DELETE FROM audit_links WHERE seq = 6", "第6环至第6环缺失"),
        ("UPDATE audit_links SET digest = sha256('x') WHERE seq = 6", "第7环与上一环不相接"),
        (FORGERY, "链上没有"),
    ],
)
async def test_tampering_is_found(fresh_database: Database, testbed: Bed, tampering: str, words: str) -> None:
    await write(fresh_database, 10)
    await seal_all(fresh_database)
    assert await problems(fresh_database) == ""
    await as_owner(testbed, fresh_database, tampering)
    assert words in await problems(fresh_database)


async def test_a_tail_cut_off_shows_against_a_kept_head(fresh_database: Database, testbed: Bed) -> None:
    await write(fresh_database, 10)
    await seal_all(fresh_database)
    async with fresh_database.read(HOME) as reader:
        kept = await head(reader)
    await write(fresh_database, 1)
    await seal_all(fresh_database)
    assert await problems(fresh_database, kept) == ""
    await as_owner(
        testbed,
        fresh_database,
        "DELETE FROM audit_links WHERE seq > 8",
        "DELETE FROM audit_entries WHERE id NOT IN (SELECT entry_id FROM audit_links)",
    )
    assert await problems(fresh_database) == ""
    assert "链头不符" in await problems(fresh_database, kept)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'x'",
        "DELETE FROM audit_entries",
        "UPDATE audit_links SET seq = 9",
        "DELETE FROM audit_links",
    ],
)
async def test_the_application_cannot_change_the_log(database: Database, statement: str) -> None:
    await write(database, 1)
    await seal_all(database)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction(HOME) as tx:
            await tx.execute(text(statement))
