"""Tests build the schema from the models, users from the migrations: both must be the same, walls and triggers too."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from tests.testbed import Testbed
from yiti.local.migrations import alembic
from yiti.local.servers import SUPERUSER

# What `alembic check` does not look at, and what protects the data.
FINGERPRINTS = {
    "columns": """
        SELECT table_name || '.' || column_name,
               concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default)
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) || ' ' || condeferrable || condeferred
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "walls": """
        SELECT relname, relrowsecurity::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'""",
    "policies": """
        SELECT tablename || '.' || policyname, concat_ws(' ', permissive, roles, cmd, qual, with_check)
        FROM pg_policies""",
    "triggers": """
        SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal""",
    "functions": "SELECT oid::regprocedure::text, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "rights": """
        SELECT grantee || ' ' || table_name, string_agg(privilege_type, ',' ORDER BY privilege_type)
        FROM information_schema.table_privileges WHERE table_schema = 'public' GROUP BY 1""",
}


@pytest.fixture
async def migrated(testbed: Testbed) -> AsyncIterator[str]:
    """An empty database that only the migrations have touched."""
    name = f"migrated_{uuid4().hex}"
    await testbed.postgres.ensure_database(name)
    alembic(testbed.postgres, "upgrade", "head", database=name)
    yield name
    await testbed.drop_database(name)


async def fingerprint(testbed: Testbed, database: str, query: str) -> dict[str, str]:
    host = testbed.owner_dsn(database).partition("?host=")[2]
    connection = await asyncpg.connect(host=host, user="yiti_owner", database=database)
    try:
        rows = await connection.fetch(query)
    finally:
        await connection.close()
    return {
        str(row[0]): str(row[1])
        for row in rows
        if not str(row[0]).startswith(("alembic_version", "yiti_owner alembic"))
    }


@pytest.mark.usefixtures("database")
async def test_migrations_build_what_the_models_say(testbed: Testbed, migrated: str) -> None:
    for subject, query in FINGERPRINTS.items():
        modelled = await fingerprint(testbed, testbed.database, query)
        assert modelled, subject
        built = await fingerprint(testbed, migrated, query)
        assert built == modelled, subject


async def test_what_a_county_has_kept_survives_the_upgrade(testbed: Testbed) -> None:
    name = f"upgraded_{uuid4().hex}"
    await testbed.postgres.ensure_database(name)
    alembic(testbed.postgres, "upgrade", "0001", database=name)
    host = testbed.owner_dsn(name).partition("?host=")[2]
    connection = await asyncpg.connect(host=host, user=SUPERUSER, database=name)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        """INSERT INTO entry_terms (tenant_id, id, entry_id, kind, starts_on, event, created_at)
        VALUES ('411528', gen_random_uuid(), gen_random_uuid(), 'started', '2026-01-01', '首次登记', now())"""
    )
    await connection.execute(
        """INSERT INTO cases (tenant_id, id, number, business, businesses, channel, status, flags, version,
            review_level, review_levels, reviewers, unit_code, location, applicants, outside, opened_at, created_at)
        VALUES ('411528', gen_random_uuid(), '1', 'x', '[]', 'window', 'draft', '[]', 1, 0, 1, '[]', '', '', '', '{}',
            now(), now())"""
    )
    alembic(testbed.postgres, "upgrade", "head", database=name)
    terms = await connection.fetch("SELECT event, court_case, proof_digest FROM entry_terms")
    assert [tuple(row) for row in terms] == [("首次登记", "", None)]
    cases = await connection.fetch("SELECT number, laid_by, laid_from, laid_to FROM cases")
    assert [tuple(row) for row in cases] == [("1", None, 0, 0)]
    await connection.close()
    await testbed.drop_database(name)
