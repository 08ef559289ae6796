"""The wall between counties, read from PostgreSQL's own catalogue: no table can be forgotten."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from kernel.db import Base, Database, TenantModel, WriteSession
from kernel.db.schema import whole_metadata

# The only tables without a county; neither holds anything about a person or a home.
COMMON_TABLES = {"counties"}


def tenant_tables() -> set[str]:
    whole_metadata()
    return {
        str(mapper.class_.__tablename__) for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantModel)
    }


async def names(tx: WriteSession, query: str) -> set[str]:
    return set((await tx.scalars(text(query))).all())


async def test_every_table_belongs_to_a_county(tx: WriteSession) -> None:
    tables = await names(tx, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert tables - tenant_tables() == COMMON_TABLES


async def test_every_table_is_walled(tx: WriteSession) -> None:
    walled = await names(
        tx,
        """
        SELECT relname FROM pg_class JOIN pg_policies ON tablename = relname
        WHERE relrowsecurity AND permissive = 'PERMISSIVE' AND cmd = 'ALL'
          AND qual LIKE '%tenant_id%current_setting%' AND with_check LIKE '%tenant_id%current_setting%'
        """,
    )
    assert tenant_tables() - walled == set()


async def test_no_policy_opens_the_wall_again(tx: WriteSession) -> None:
    """Permissive policies add up: a second one could let everything through."""
    doubled = await names(tx, "SELECT tablename FROM pg_policies GROUP BY tablename HAVING count(*) > 1")
    assert doubled == set()


async def test_every_unique_index_leads_with_the_county(tx: WriteSession) -> None:
    """Otherwise one county's number could block another's, and the tables could not be spread by county."""
    wrong = await names(
        tx,
        """
        SELECT i.indexrelid::regclass::text FROM pg_index i
        JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
        JOIN pg_attribute first ON first.attrelid = t.oid AND first.attnum = i.indkey[0]
        WHERE n.nspname = 'public' AND i.indisunique AND first.attname <> 'tenant_id'
          AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'tenant_id')
        """,
    )
    assert wrong == set()


async def test_every_foreign_key_stays_in_the_county(tx: WriteSession) -> None:
    crossing = await names(
        tx,
        """
        SELECT c.conname FROM pg_constraint c
        WHERE c.contype = 'f' AND c.confrelid <> 'counties'::regclass AND NOT EXISTS (
          SELECT FROM pg_attribute a
          WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) AND a.attname = 'tenant_id')
        """,
    )
    assert crossing == set()


async def test_the_app_role_owns_nothing_and_cannot_step_around(tx: WriteSession) -> None:
    owned = await names(tx, "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'yiti_app'")
    assert owned == set()
    query = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'yiti_app'"
    assert tuple((await tx.execute(text(query))).one()) == (False, False, False)
    member_of = await names(tx, "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'yiti_app'::regrole")
    assert member_of == set()


@pytest.mark.parametrize(
    "attempt",
    ["SET ROLE yiti_owner", "ALTER TABLE outbox DISABLE ROW LEVEL SECURITY", "DROP POLICY county ON outbox"],
)
async def test_the_app_role_cannot_take_the_wall_down(tx: WriteSession, attempt: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        await tx.execute(text(attempt))


async def test_without_a_county_nothing_is_seen_or_written(database: Database) -> None:
    async with database.engine.begin() as connection:
        found: Sequence[int] = (await connection.scalars(text("SELECT count(*) FROM outbox"))).all()
        assert found == [0]
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO outbox (tenant_id, id, topic, key, payload, state, available_at, attempts, created_at)"
                    " VALUES ('411528', gen_random_uuid(), 't', 'k', '{}', 'pending', now(), 0, now())"
                )
            )
