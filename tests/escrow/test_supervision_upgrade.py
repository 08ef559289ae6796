"""Accounts that were supervised before nodes were kept get the county's own."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from escrow.agreements.plans import COMPLETED, REGISTERED, TOPPED_OUT, UNDERGROUND, in_force, install_plans
from escrow.agreements.rules import as_nodes
from kernel.db import Database
from tests.escrow.people import COUNTY, SYSTEM
from tests.testbed import Testbed
from yiti.local.migrations import alembic

pytestmark = pytest.mark.soak


async def test_accounts_of_before_get_the_countys_nodes(testbed: Testbed) -> None:
    name = f"supervision_{uuid4().hex}"
    await testbed.postgres.ensure_database(name)
    alembic(testbed.postgres, "upgrade", "0010", database=name)
    owner = await asyncpg.connect(host=testbed.owner_dsn(name).partition("?host=")[2], user="yiti_owner", database=name)
    await owner.execute("INSERT INTO counties VALUES ($1, '息县', '豫', '登记中心', '')", COUNTY)
    full, quota = await account(owner, "full", None), await account(owner, "quota", 500_00)
    await owner.close()
    alembic(testbed.postgres, "upgrade", "head", database=name)
    async with Database(testbed.dsn(name)) as database, database.transaction(COUNTY) as tx:
        assert await install_plans(tx, SYSTEM) == 0
        held = await in_force(tx, quota)
        assert held is not None
        assert (held.quota_fen, held.origin) == (500_00, "county")
        assert as_nodes(held.nodes) == (UNDERGROUND, TOPPED_OUT, COMPLETED, REGISTERED)
        held = await in_force(tx, full)
        assert held is not None
        assert as_nodes(held.nodes) == (TOPPED_OUT, COMPLETED, REGISTERED)
    await testbed.drop_database(name)


async def account(owner: "asyncpg.Connection[asyncpg.Record]", mode: str, quota_fen: int | None) -> UUID:
    project: UUID = await owner.fetchval(
        """INSERT INTO supervision_accounts (tenant_id, id, purpose, project_id, account_no, account_name, bank_code,
            bank_name, agreement_no, mode, quota_fen, created_at)
        VALUES ($1, gen_random_uuid(), 'presale', gen_random_uuid(), $2::varchar, '户', 'B', '行', '协议1', $2, $3,
            now())
        RETURNING project_id""",
        COUNTY, mode, quota_fen,
    )  # fmt: skip
    return project
