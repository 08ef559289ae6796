"""What the database refuses, attacked by raw SQL with the application's own role."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.service import request_cancellation
from kernel.db import Database, WriteSession
from kernel.web.problems import constraint_of
from tests.contracts.samples import person, shared
from tests.contracts.steps import CLERK, COUNTY, drafted, filed, frozen, signing

Step = Callable[[WriteSession], Awaitable[UUID]]


async def a_draft(tx: WriteSession) -> UUID:
    return (await drafted(tx)).id


async def a_frozen(tx: WriteSession) -> UUID:
    return (await frozen(tx)).id


async def a_signing(tx: WriteSession) -> UUID:
    return (await signing(tx)).id


@contextmanager
def refused_by(*guards: str) -> Iterator[None]:
    """The database itself refuses the block, by one of these constraints or triggers."""
    with pytest.raises(DBAPIError) as refusal:
        yield
    assert refusal.value.orig is not None
    assert constraint_of(refusal.value) in guards, refusal.value.orig


async def attack(tx: WriteSession, contract_id: UUID, statement: str) -> None:
    await tx.flush()
    done = await tx.execute(text(statement), {"id": contract_id} if ":id" in statement else {})
    assert done.rowcount, "an attack that hits nothing proves nothing"  # type: ignore[attr-defined]


UPDATE = "UPDATE contracts SET {} WHERE id = :id"


@pytest.mark.parametrize(
    ("step", "change", "guard"),
    [
        (a_draft, "status = 'filed'", "contracts_life"),
        (a_draft, "status = 'signing'", "contracts_life"),
        (a_draft, "status = 'nonsense'", "contracts_life"),
        (a_draft, "unit_id = gen_random_uuid()", "contracts_life"),
        (a_draft, "organisation_id = gen_random_uuid()", "contracts_life"),
        (a_draft, "template_version = 'v1'", "contracts_life"),
        (a_draft, "price_fen = price_fen + 1", "contracts_life"),
        (a_draft, "price_fen = 0, revision = revision + 1", "ck_contracts_price"),
        (a_draft, "revision = revision - 1", "contracts_life"),
        (a_draft, "status = 'frozen'", "ck_contracts_frozen"),
        (a_draft, "status = 'abandoned'", "ck_contracts_closed"),
        (a_draft, "filing_no = 'YS4115282026000001'", "ck_contracts_filed"),
        (a_frozen, "status = 'filed'", "contracts_life"),
        (a_frozen, "status = 'signing'", "ck_contracts_document"),
        (a_frozen, "status = 'draft'", "ck_contracts_frozen"),
        (a_frozen, "price_fen = 1, revision = revision + 1", "contracts_life"),
        (a_frozen, "blanks = '\\x00', revision = revision + 1", "contracts_life"),
        (a_frozen, "frozen = '\\x00'", "contracts_life"),
        (a_frozen, "frozen_digest = repeat('0', 64)", "contracts_life"),
        (a_signing, "status = 'draft', frozen = NULL, frozen_digest = NULL, frozen_at = NULL", "contracts_life"),
        (a_signing, "document_digest = repeat('0', 64)", "contracts_life"),
        (a_signing, "document_digest = NULL", "contracts_life"),
        (a_signing, "status = 'frozen', document_digest = repeat('0', 64)", "contracts_life"),
        (filed, "status = 'frozen', document_digest = NULL", "contracts_life"),
        (filed, "document_digest = NULL", "contracts_life"),
        (a_signing, "status = 'filed'", "ck_contracts_filed"),
        (
            a_signing,
            "status = 'filed', filed_at = now(), signed_digest = repeat('0', 64), filing_no = 'YS4115222026000001'",
            "ck_contracts_filing_no",
        ),
        (filed, "status = 'signing'", "contracts_life"),
        (filed, "status = 'abandoned', closed_at = now(), reason = '\\x00'", "contracts_life"),
        (filed, "filing_no = 'YS4115282026999999'", "contracts_life"),
        (filed, "filed_at = now() + interval '1 day'", "contracts_life"),
        (filed, "signed_digest = repeat('0', 64)", "contracts_life"),
        (filed, "status = 'cancelled'", "ck_contracts_closed"),
    ],
)
async def test_a_contract_cannot_be_bent(tx: WriteSession, step: Step, change: str, guard: str) -> None:
    contract_id = await step(tx)
    with refused_by(guard):
        await attack(tx, contract_id, UPDATE.format(change))


@pytest.mark.parametrize("step", [a_draft, filed])
async def test_a_contract_is_never_deleted(tx: WriteSession, step: Step) -> None:
    contract_id = await step(tx)
    with refused_by("contracts_life"):
        await attack(tx, contract_id, "DELETE FROM contracts WHERE id = :id")


@pytest.mark.parametrize("table", ["contract_events", "contract_consents", "contract_cancellations"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET created_at = now() + interval '1 day'"])
async def test_history_and_consents_stand(tx: WriteSession, table: str, statement: str) -> None:
    contract_id = await filed(tx)
    await request_cancellation(tx, CLERK, contract_id, "seller", "x")
    with refused_by(f"{table}_append_only"):
        await attack(tx, contract_id, statement.format(table))


INSERT_COPY = """INSERT INTO contract_buyers SELECT (jsonb_populate_record(b, jsonb_build_object(
'id', gen_random_uuid(), 'position', 9))).* FROM contract_buyers b WHERE contract_id = :id LIMIT 1"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contract_buyers SET position = 5 WHERE contract_id = :id",
        "UPDATE contract_buyers SET id_no = '\\x00' WHERE contract_id = :id",
        "DELETE FROM contract_buyers WHERE contract_id = :id",
        INSERT_COPY,
    ],
)
@pytest.mark.parametrize("step", [a_frozen, a_signing, filed])
async def test_buyers_stand_once_frozen(tx: WriteSession, step: Step, statement: str) -> None:
    contract_id = await step(tx)
    with refused_by("contract_buyers_of_drafts"):
        await attack(tx, contract_id, statement)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("position = 0", "ck_contract_buyers_position"),
        ("position = 11", "ck_contract_buyers_position"),
        ("kind = 'cat'", "ck_contract_buyers_kind"),
        ("share_numerator = 1", "ck_contract_buyers_share"),
        ("share_numerator = 2, share_denominator = 1", "ck_contract_buyers_share"),
        ("share_numerator = 0, share_denominator = 1", "ck_contract_buyers_share"),
        ("share_numerator = 1, share_denominator = -1", "ck_contract_buyers_share"),
        ("contract_id = gen_random_uuid()", "contract_buyers_of_drafts"),
    ],
)
async def test_rows_of_buyers_make_sense(tx: WriteSession, change: str, guard: str) -> None:
    contract_id = await a_draft(tx)
    with refused_by(guard):
        await attack(tx, contract_id, f"UPDATE contract_buyers SET {change} WHERE contract_id = :id")


UNSHARE = "UPDATE contract_buyers SET share_numerator = NULL, share_denominator = NULL"
FREEZE = UPDATE.format("status = 'frozen', frozen = '\\x00', frozen_digest = repeat('0', 64), frozen_at = now()")


@pytest.mark.parametrize(
    ("spoil", "guard"),
    [
        ("DELETE FROM contract_buyers WHERE contract_id = :id AND position = 3", "contracts_shares"),
        ("DELETE FROM contract_buyers WHERE contract_id = :id AND position = 1", "contracts_buyers"),
        ("DELETE FROM contract_buyers WHERE contract_id = :id", "contracts_buyers"),
        ("UPDATE contract_buyers SET id_no_index = '\\x00' WHERE contract_id = :id", "contracts_buyers"),
        (
            "UPDATE contract_buyers SET share_numerator = 333333, share_denominator = 1000000 WHERE contract_id = :id",
            "contracts_shares",
        ),
        (f"{UNSHARE} WHERE contract_id = :id AND position = 2", "contracts_shares"),
        (UPDATE.format("ownership = 'joint', revision = revision + 1"), "contracts_shares"),
        (UPDATE.format("ownership = 'sole', revision = revision + 1"), "contracts_shares"),
        (UPDATE.format("price_fen = price_fen + 1, revision = revision + 1"), "contracts_plan"),
        (UPDATE.format("instalments = '[]', revision = revision + 1"), "contracts_plan"),
    ],
)
async def test_nothing_that_is_not_whole_gets_frozen(database: Database, spoil: str, guard: str) -> None:
    with refused_by(guard):
        async with database.transaction(COUNTY) as tx:
            contract_id = (await drafted(tx, shared(3), "fractional")).id
            await attack(tx, contract_id, spoil)
            await attack(tx, contract_id, FREEZE)


async def test_the_whole_check_accepts_exact_thirds_and_what_was_undone(database: Database) -> None:
    async with database.transaction(COUNTY) as tx:
        thirds = (person(1, share=Fraction(1, 3)), person(2, share=Fraction(1, 6)), person(3, share=Fraction(1, 2)))
        contract_id = (await drafted(tx, thirds, "fractional")).id
        await attack(tx, contract_id, FREEZE)
    async with database.transaction(COUNTY) as tx:
        # Frozen and reopened within one transaction, buyers taken away afterwards: only what stands at COMMIT counts.
        contract_id = await a_frozen(tx)
        reopened = "status = 'draft', frozen = NULL, frozen_digest = NULL, frozen_at = NULL, revision = revision + 1"
        await attack(tx, contract_id, UPDATE.format(reopened))
        await attack(tx, contract_id, "DELETE FROM contract_buyers WHERE contract_id = :id")


async def test_no_cancellation_without_every_consent(database: Database) -> None:
    with refused_by("contracts_consents"):
        async with database.transaction(COUNTY) as tx:
            contract_id = await filed(tx)
            await attack(tx, contract_id, UPDATE.format("status = 'cancelled', closed_at = now(), reason = '\\x00'"))


async def test_the_filing_number_is_unique(tx: WriteSession) -> None:
    first = await filed(tx)
    second = await a_signing(tx)
    await tx.flush()
    number = (await tx.execute(text("SELECT filing_no FROM contracts WHERE id = :id"), {"id": first})).scalar_one()
    change = f"status = 'filed', filed_at = now(), signed_digest = repeat('0', 64), filing_no = '{number}'"
    with refused_by("uq_contracts_tenant_id_filing_no"):
        await attack(tx, second, UPDATE.format(change))
