"""Online filing: numbers, repetitions, events."""

import re
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from contracts.errors import ContractNotFound, UnitTaken, WrongStatus
from contracts.service import (
    abandon,
    begin_signing,
    end_signing,
    file,
    get,
    history_of,
    open_contracts_by_unit,
    open_draft,
)
from kernel.db import Database, WriteSession
from kernel.outbox.models import OutboxEvent
from tests.contracts.samples import changed, home, seller
from tests.contracts.steps import CLERK, COUNTY, DIGEST, SIGNED, STRANGER, SYSTEM, filed, frozen, signing


async def events(tx: WriteSession, contract_id: UUID, topic: str) -> list[dict[str, str]]:
    rows = await tx.scalars(select(OutboxEvent).where(OutboxEvent.topic == topic))
    return [dict(row.payload) for row in rows if row.payload["contract_id"] == str(contract_id)]


async def test_filing_numbers_and_tells(tx: WriteSession) -> None:
    contract = await signing(tx)
    number = await file(tx, SYSTEM, contract.id, SIGNED)
    assert re.fullmatch(rf"YS{COUNTY}20\d\d\d{{6}}", number)
    assert (contract.status, contract.filing_no, contract.signed_digest) == ("filed", number, SIGNED)
    assert contract.filed_at is not None
    assert await events(tx, contract.id, "contract.filed") == [{"contract_id": str(contract.id)}]
    held = await open_contracts_by_unit(tx, [contract.unit_id])
    assert held[contract.unit_id].filing_no == number


async def test_repeating_changes_nothing(tx: WriteSession) -> None:
    contract = await signing(tx)
    revision = contract.revision
    await begin_signing(tx, CLERK, contract.id, DIGEST)
    assert contract.revision == revision
    number = await file(tx, SYSTEM, contract.id, SIGNED)
    revision = contract.revision
    assert await file(tx, SYSTEM, contract.id, SIGNED) == number
    assert contract.revision == revision
    assert len(await events(tx, contract.id, "contract.filed")) == 1


async def test_another_document_is_never_accepted(tx: WriteSession) -> None:
    contract = await signing(tx)
    with pytest.raises(WrongStatus):
        await begin_signing(tx, CLERK, contract.id, "c" * 64)
    await file(tx, SYSTEM, contract.id, SIGNED)
    with pytest.raises(WrongStatus):
        await file(tx, SYSTEM, contract.id, "c" * 64)


async def test_a_signing_that_ends_leaves_the_contract_frozen_and_may_begin_anew(tx: WriteSession) -> None:
    contract = await signing(tx)
    content = contract.frozen_digest
    for _ in range(2):
        await end_signing(tx, SYSTEM, contract.id, how="expired")
    assert (contract.status, contract.document_digest, contract.frozen_digest) == ("frozen", None, content)
    told = [one for one in await history_of(tx, contract.id) if one.action == "signing_ended"]
    assert [one.detail for one in told] == [{"how": "expired"}]
    with pytest.raises(ContractNotFound):
        await end_signing(tx, STRANGER, contract.id)
    await begin_signing(tx, CLERK, contract.id, "c" * 64)
    await file(tx, SYSTEM, contract.id, SIGNED)
    with pytest.raises(WrongStatus, match="已备案"):
        await end_signing(tx, SYSTEM, contract.id)


async def test_only_what_is_being_signed_is_filed(tx: WriteSession) -> None:
    contract = await frozen(tx)
    with pytest.raises(WrongStatus, match="已定稿"):
        await file(tx, SYSTEM, contract.id, SIGNED)
    with pytest.raises(ContractNotFound):
        await file(tx, SYSTEM, uuid4(), SIGNED)
    with pytest.raises(ContractNotFound):
        await begin_signing(tx, STRANGER, contract.id, DIGEST)


async def test_a_filed_contract_cannot_be_given_up_and_keeps_its_unit(tx: WriteSession) -> None:
    contract = await get(tx, await filed(tx))
    with pytest.raises(WrongStatus, match="已备案"):
        await abandon(tx, CLERK, contract.id, "不想卖了")
    with pytest.raises(UnitTaken, match="已备案"):
        await open_draft(tx, CLERK, changed(home(), unit_id=contract.unit_id), seller())


async def test_numbers_have_no_gaps_even_when_a_filing_fails(fresh_database: Database) -> None:
    async def file_one(*, crash: bool = False) -> str | None:
        async with fresh_database.transaction(COUNTY) as tx:
            contract = await get(tx, await filed(tx))
            if crash:
                await tx.execute(text("SELECT 1 / 0"))
            return contract.filing_no

    first = await file_one()
    with pytest.raises(DBAPIError):
        await file_one(crash=True)
    second = await file_one()
    assert [str(number)[-6:] for number in (first, second)] == ["000001", "000002"]


async def test_each_year_begins_at_one(fresh_database: Database) -> None:
    # 16:30 UTC on 31 December is already the new year in China, and the number says so.
    with time_machine.travel("2031-12-31T16:30:00Z", tick=False):
        async with fresh_database.transaction(COUNTY) as tx:
            assert (await get(tx, await filed(tx))).filing_no == f"YS{COUNTY}2032000001"
