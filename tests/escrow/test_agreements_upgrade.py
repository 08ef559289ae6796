"""What a county has when seals come: agreements in force stay, proposals are sealed; bookings put right step aside."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import select

from escrow import ledger
from escrow.agreements.models import SupervisionAgreement
from escrow.agreements.service import standing, text_key
from escrow.banking.models import BankMovement
from escrow.ledger.models import AccountKind
from escrow.models import BankConfirmation
from kernel.db import Database
from kernel.outbox.models import OutboxEvent
from tests.escrow.people import COUNTY
from tests.testbed import Testbed
from yiti.local.migrations import alembic

pytestmark = pytest.mark.soak
MOVED = """INSERT INTO bank_movements (id, account_no, bank_serial, signed_fen, value_date, transfer_id, subject,
        agreed_by, created_at)
    VALUES ($1, '1', $2, $3, '2026-11-20', $4, 'test:1', $1, now())"""
TOLD = """INSERT INTO bank_confirmations (id, event_id, notice_no, amount_fen, paid_at, bank_serial, account_no,
        evidence_digest, transfer_id, created_at)
    VALUES ($1, 'E', '1', 5, now(), 'X', '1', $2, $3, now())"""


async def test_what_a_county_had_is_carried_over(testbed: Testbed) -> None:
    name = f"seals_{uuid4().hex}"
    await testbed.postgres.ensure_database(name)
    alembic(testbed.postgres, "upgrade", "0015", database=name)
    owner = await asyncpg.connect(host=testbed.owner_dsn(name).partition("?host=")[2], user="yiti_owner", database=name)
    await owner.execute("INSERT INTO counties VALUES ($1, '息县', '豫', '登记中心', '')", COUNTY)
    await owner.execute("SELECT set_config('yiti.tenant', $1, false)", COUNTY)
    held, waiting = await agreement(owner, "in_force"), await agreement(owner, "proposed")
    await owner.close()
    async with Database(testbed.dsn(name)) as database:
        async with database.transaction(COUNTY) as tx:
            bank = await ledger.open_account(tx, AccountKind.BANK, "1")
            fund = await ledger.open_account(tx, AccountKind.SUSPENSE, "1")
            moves = [ledger.Move(bank, -5), ledger.Move(fund, 5)]
            first = await ledger.post(tx, "receipt:1:X", "notice:1", moves, words="不明入账")
            back = await ledger.reverse(tx, "correction:1", first, words="对账冲正")
            for serial, fen, transfer in (("X", 5, first), ("X-冲正", -5, back)):
                await tx.rows(MOVED, uuid4(), serial, fen, transfer)
            await tx.rows(TOLD, uuid4(), "a" * 64, first)
        alembic(testbed.postgres, "upgrade", "0016", database=name)
        async with database.read(COUNTY) as reader:
            rows = {one.id: one for one in await reader.scalars(select(SupervisionAgreement))}
            assert (rows[held].origin, rows[held].state) == ("online", "in_force")
            assert rows[held].developer_agreed_at is not None
            assert (rows[waiting].origin, standing(rows[waiting]).agreed) == ("sealed", frozenset())
            ordered = select(OutboxEvent.state).where(OutboxEvent.key == text_key(waiting))
            assert await reader.scalar(ordered) == "pending"
            movements = (await reader.scalars(select(BankMovement.reversed_by))).all()
            assert movements == [back, back]
            assert await reader.scalar(select(BankConfirmation.reversed_by)) == back
    await testbed.drop_database(name)


async def agreement(owner: Any, state: str) -> UUID:
    found: UUID = await owner.fetchval(
        """INSERT INTO supervision_agreements (tenant_id, id, project_id, version, origin, agreement_no, account_no,
            account_name, bank_code, bank_name, developer_id, bank_organisation_id, mode, quota_basis, nodes, source,
            state, developer_agreed_at, developer_agreed_by, bank_agreed_at, bank_agreed_by, in_force_at, created_at)
        VALUES ($1, gen_random_uuid(), gen_random_uuid(), 1, 'online', '监管协议1', '622200', '户', 'B', '行',
            gen_random_uuid(), gen_random_uuid(), 'full', '', '[{"code": "x"}]', '', $2::varchar, now(),
            gen_random_uuid(), now(), gen_random_uuid(), CASE WHEN $2::varchar = 'in_force' THEN now() END, now())
        RETURNING id""",
        COUNTY, state,
    )  # fmt: skip
    return found
