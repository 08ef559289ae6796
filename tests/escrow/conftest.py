"""A fresh county database with a project, its accounts and demonstration rates."""

from uuid import uuid4

import pytest

from escrow.supervision import demonstration_rates, register_account, register_maintenance_account, set_rate
from kernel.db import Database
from tests.escrow.world import ACTOR, COUNTY, World


@pytest.fixture
async def world(fresh_database: Database) -> World:
    project_id = uuid4()
    async with fresh_database.transaction(COUNTY) as tx:
        await register_account(
            tx, ACTOR, project_id, "6222 0000 0000 0001", "息县某某置业有限公司监管专户",
            "ICBC", "工商银行息县支行",
            "监管协议〔2026〕1号", "full", None,
        )  # fmt: skip
        await register_maintenance_account(
            tx, ACTOR, "6222000000009999", "息县住宅专项维修资金专户", "CCB", "建设银行息县支行"
        )
        for rate in demonstration_rates():
            await set_rate(tx, ACTOR, rate)
    return World(fresh_database, project_id)
