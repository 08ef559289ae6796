"""What a county's banks did before movements were written down is written down by the upgrade."""

from uuid import uuid4

import asyncpg
import pytest

from tests.testbed import Testbed
from yiti.local.migrations import alembic
from yiti.local.servers import SUPERUSER

pytestmark = pytest.mark.slow
CONFIRMED = """INSERT INTO bank_confirmations (tenant_id, id, event_id, notice_no, amount_fen, paid_at,
        bank_serial, account_no, evidence_digest, transfer_id, created_at)
    VALUES ('411528', $1, 'e1', 'JK1', 500, '2026-11-01 17:00+00', 'LS1', '6222', repeat('a', 64), $2, now())"""
TRANSFER = """INSERT INTO ledger_transfers (tenant_id, id, key, subject, words, value_date, accounts, amounts,
        created_at)
    VALUES ('411528', $1, $2, 'refund:1', '', '2026-11-03', ARRAY[gen_random_uuid(), gen_random_uuid()],
        '{-300,300}', now())"""
REFUNDED = """INSERT INTO refunds (tenant_id, id, refund_no, bill_id, contract_id, payee, amount_fen, account_no,
        reason, state, bank_serial, confirmed_at, created_at)
    VALUES ('411528', $1, $2, gen_random_uuid(), gen_random_uuid(), '', 300, '6222', '', $3, 'LS2', now(), now())"""
MOVEMENTS = """SELECT bank_serial, signed_fen, value_date::text, transfer_id, subject, agreed_by
    FROM bank_movements ORDER BY 1"""


async def test_receipts_and_refunds_become_movements(testbed: Testbed) -> None:
    name = f"movements_{uuid4().hex}"
    await testbed.postgres.ensure_database(name)
    alembic(testbed.postgres, "upgrade", "0011", database=name)
    owner = await asyncpg.connect(host=testbed.owner_dsn(name).partition("?host=")[2], user=SUPERUSER, database=name)
    await owner.execute("SET session_replication_role = replica")  # rows without all that they would stand on
    receipt, refund, unpaid, in_, out = (uuid4() for _ in range(5))
    await owner.execute(TRANSFER, in_, "receipt:6222:LS1")
    await owner.execute(CONFIRMED, receipt, in_)
    await owner.execute(TRANSFER, out, f"refund_paid:{refund}")
    await owner.execute(REFUNDED, refund, "TK1", "confirmed")
    await owner.execute(REFUNDED, unpaid, "TK2", "ordered")
    await owner.execute(
        """INSERT INTO suspense_receipts (tenant_id, id, confirmation_id, reason, words, created_at)
        VALUES ('411528', gen_random_uuid(), $1, 'unknown_notice', '没有通知书', now())""",
        receipt,
    )
    alembic(testbed.postgres, "upgrade", "0012", database=name)
    rows = await owner.fetch(MOVEMENTS)
    assert [tuple(row) for row in rows] == [
        ("LS1", 500, "2026-11-02", in_, f"bank_confirmation:{receipt}", None),
        ("LS2", -300, "2026-11-03", out, f"refund:{refund}", None),
    ]
    assert await owner.fetchval("SELECT state FROM suspense_receipts") == "waiting"
    await owner.close()
    await testbed.drop_database(name)
