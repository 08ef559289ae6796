"""Loans and notices of before combined loans are the contract's only one; imports of before stay applied."""

from uuid import uuid4

import asyncpg
import pytest

from tests.testbed import Testbed
from yiti.local.migrations import alembic
from yiti.local.servers import SUPERUSER

pytestmark = pytest.mark.soak
BILL = """INSERT INTO bills (tenant_id, id, notice_no, kind, contract_id, project_id, unit_id, unit_code, payer,
        amount_fen, basis, account_no, account_name, bank_code, bank_name, issued_on, state, created_at)
    VALUES ('411528', gen_random_uuid(), $1, $2, $3, gen_random_uuid(), gen_random_uuid(), '', '', 5, '{}', '', '', '',
        '', '2026-11-01', 'sent', now())
    RETURNING id"""
LOAN = """INSERT INTO loans (tenant_id, id, contract_id, project_id, unit_id, unit_code, location, filing_no, borrowers,
        amount_fen, lender_words, lender_id, lender_kind, lender_name, bill_id, released_by, return_account_name,
        return_bank_code, return_bank_name, created_at)
    VALUES ('411528', gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), '', '', '', '', 5, '某行',
        gen_random_uuid(), 'fund_centre', '某中心', $2, '', '', '', '', now())"""
IMPORTED = """INSERT INTO maintenance_imports (tenant_id, id, file_name, digest, row_count, total_fen, problem_count,
        problems, applied_at, applied_by, created_at)
    VALUES ('411528', gen_random_uuid(), '1.xlsx', repeat('a', 64), 1, 1, 0, '[]', now(), gen_random_uuid(), now())"""


async def test_what_was_lent_before_is_the_only_loan(testbed: Testbed) -> None:
    name = f"loans_{uuid4().hex}"
    await testbed.postgres.ensure_database(name)
    alembic(testbed.postgres, "upgrade", "0014", database=name)
    owner = await asyncpg.connect(host=testbed.owner_dsn(name).partition("?host=")[2], user=SUPERUSER, database=name)
    await owner.execute("INSERT INTO counties VALUES ('411528', '息县', '豫', '登记中心', '')")
    contract = uuid4()
    await owner.execute("SET session_replication_role = replica")
    await owner.fetchval(BILL, "JK1", "down_payment", contract)
    lent = await owner.fetchval(BILL, "JK2", "mortgage_loan", contract)
    await owner.execute(LOAN, contract, lent)
    await owner.execute(IMPORTED)
    alembic(testbed.postgres, "upgrade", "head", database=name)
    rows = await owner.fetch("SELECT notice_no, loan_part, amount_fen FROM bills ORDER BY 1")
    assert [tuple(row) for row in rows] == [("JK1", "", 5), ("JK2", "only", 5)]
    loans = await owner.fetch("SELECT part, lender_kind, bill_id FROM loans")
    assert [tuple(row) for row in loans] == [("only", "fund_centre", lent)]
    imports = await owner.fetch("SELECT orders, ordered_at, failed_because FROM maintenance_imports")
    assert [tuple(row) for row in imports] == [(0, None, None)]
    await owner.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute("UPDATE bills SET loan_part = 'commercial' WHERE kind = 'mortgage_loan'")
    await owner.close()
    await testbed.drop_database(name)
