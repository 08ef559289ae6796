"""Bills, lines and clearings that a county has kept stand unchanged after the upgrade, and stay append-only."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.testbed import Testbed
from yiti.local.migrations import alembic
from yiti.local.servers import SUPERUSER

pytestmark = pytest.mark.soak
NOTICE = """INSERT INTO bills (tenant_id, id, notice_no, kind, contract_id, project_id, unit_id, unit_code, payer,
        amount_fen, basis, account_no, account_name, bank_code, bank_name, issued_on, state, created_at)
    VALUES ('411528', $1, 'JK4115282026000001', 'maintenance_fund', $2, $2, gen_random_uuid(), 'U', '', 500, '{}',
        '6222', '', '', '', '2026-11-01', 'issued', now())"""
LINE = """INSERT INTO collection_lines (tenant_id, id, bill_id, position, kind, title, words, exempt_fen, amount_fen,
        authority, created_at)
    VALUES ('411528', $1, $2, 1, 'deed_tax', '契税', '', 0, 500, 'tax', now())"""
CLEARING = """INSERT INTO collection_clearings (tenant_id, id, bill_id, authority, amount_fen, state, attempt, order_id,
        order_no, reason, settled_at, created_at)
    VALUES ('411528', $1, $2, 'tax', 500, 'paid', 1, gen_random_uuid(), 'FK1', '', now(), now())"""


async def test_rows_are_carried_over(testbed: Testbed) -> None:
    name = f"case_funds_{uuid4().hex}"
    await testbed.postgres.ensure_database(name)
    alembic(testbed.postgres, "upgrade", "0014", database=name)
    owner = await asyncpg.connect(host=testbed.owner_dsn(name).partition("?host=")[2], user=SUPERUSER, database=name)
    await owner.execute("SET session_replication_role = replica")  # rows without all that they would stand on
    notice, contract, bill, line, part = (uuid4() for _ in range(5))
    await owner.execute(NOTICE, notice, contract)
    await owner.execute(LINE, line, bill)
    await owner.execute(CLEARING, part, bill)
    alembic(testbed.postgres, "upgrade", "0015", database=name)
    await owner.execute("SET session_replication_role = origin")
    kept = await owner.fetchrow("SELECT contract_id, project_id, case_id, paid_from, state FROM bills")
    assert tuple(kept) == (contract, contract, None, None, "issued")
    assert await owner.fetchval("SELECT unit_id IS NULL AND basis IS NULL FROM collection_lines")
    assert await owner.fetchval("SELECT notice_id IS NULL FROM collection_clearings")
    await _moves(owner, notice, part)
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute(CLEARING, uuid4(), bill)
    await owner.close()
    await testbed.drop_database(name)


async def _moves(owner: asyncpg.Connection, notice: UUID, part: UUID) -> None:
    """What may change still does; what is new may not be given to what is there."""
    await owner.execute("UPDATE bills SET state = 'sent' WHERE id = $1", notice)
    await owner.execute("UPDATE collection_clearings SET state = 'returned' WHERE id = $1", part)
    for change in ("case_id = gen_random_uuid()", "paid_from = '1'", "contract_id = NULL"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(f"UPDATE bills SET {change} WHERE id = $1", notice)
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute("UPDATE collection_clearings SET notice_id = $2 WHERE id = $1", part, notice)
