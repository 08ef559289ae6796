"""Two people at once, on two real connections."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.errors import Stale, UnitTaken, WrongStatus
from contracts.service import (
    abandon,
    agree_cancellation,
    buyers_of,
    file,
    freeze,
    get,
    open_draft,
    request_cancellation,
    save_buyers,
    save_terms,
)
from kernel.db import Database, WriteSession
from kernel.errors import DomainError
from tests.contracts.samples import BLANKS, home, person, plan, seller, shared
from tests.contracts.steps import CITIZEN, CLERK, COUNTY, PRICE, SIGNED, SYSTEM, drafted, filed, signing

Act = Callable[[WriteSession], Awaitable[object]]


async def race(database: Database, *acts: Act) -> list[object]:
    """Run each act in its own transaction, all at once; refusals are returned, anything else is raised."""
    begun = asyncio.Barrier(len(acts))

    async def run(act: Act) -> object:
        try:
            async with database.transaction(COUNTY) as tx:
                await begun.wait()
                return await act(tx)
        except DomainError as refusal:
            return refusal

    return await asyncio.gather(*(run(act) for act in acts))


async def committed(database: Database, step: Callable[[WriteSession], Awaitable[UUID]]) -> UUID:
    async with database.transaction(COUNTY) as tx:
        return await step(tx)


async def a_draft(tx: WriteSession) -> UUID:
    return (await drafted(tx)).id


async def test_two_clerks_one_unit(database: Database) -> None:
    for _ in range(5):
        unit = home()
        results = await race(database, *[partial(open_draft, actor=CLERK, home=unit, seller=seller())] * 4)
        refusals = [result for result in results if isinstance(result, UnitTaken)]
        assert len(refusals) == 3
        assert all("息县息州置业有限公司" in refusal.message for refusal in refusals)


async def test_the_second_clerk_waits_and_gets_the_unit_when_the_first_fails(database: Database) -> None:
    unit = home()
    opened = asyncio.Event()

    async def first() -> None:
        async with database.transaction(COUNTY) as tx:
            await open_draft(tx, CLERK, unit, seller())
            opened.set()
            await asyncio.sleep(0.2)
            raise InterruptedError

    async def second() -> str:
        await opened.wait()
        async with database.transaction(COUNTY) as tx:
            return (await open_draft(tx, CLERK, unit, seller())).status

    failed, status = await asyncio.gather(first(), second(), return_exceptions=True)
    assert isinstance(failed, InterruptedError)
    assert status == "draft"


async def test_two_clerks_one_draft(database: Database) -> None:
    contract_id = await committed(database, a_draft)
    results = await race(
        database,
        lambda tx: save_buyers(tx, CLERK, contract_id, "sole", (person(11),), revision=3),
        lambda tx: save_buyers(tx, CLERK, contract_id, "sole", (person(12),), revision=3),
        lambda tx: save_terms(tx, CLERK, contract_id, PRICE, plan(), BLANKS, revision=3),
    )
    assert sum(isinstance(result, Stale) for result in results) == 2
    async with database.read(COUNTY) as reader:
        assert (await get(reader, contract_id)).revision == 4
        assert len(await buyers_of(reader, contract_id)) == 1


async def test_freezing_while_a_colleague_saves(database: Database) -> None:
    contract_id = await committed(database, a_draft)
    results = await race(
        database,
        lambda tx: freeze(tx, CLERK, contract_id, revision=3),
        lambda tx: save_buyers(tx, CLERK, contract_id, None, (), revision=3),
    )
    refusals = [result for result in results if isinstance(result, DomainError)]
    assert len(refusals) == 1
    assert isinstance(refusals[0], Stale | WrongStatus)


async def test_raw_writers_of_buyers_wait_for_the_freeze(database: Database) -> None:
    contract_id = await committed(database, a_draft)
    frozen = asyncio.Event()

    async def freezer() -> None:
        async with database.transaction(COUNTY) as tx:
            await freeze(tx, CLERK, contract_id)
            frozen.set()
            await asyncio.sleep(0.2)

    async def smuggler() -> None:
        await frozen.wait()
        async with database.transaction(COUNTY) as tx:
            statement = text("UPDATE contract_buyers SET phone = '\\x00' WHERE contract_id = :id")
            await tx.execute(statement, {"id": contract_id})

    results = await asyncio.gather(freezer(), smuggler(), return_exceptions=True)
    assert results[0] is None
    assert isinstance(results[1], DBAPIError)
    assert "buyers change only while the contract is a draft" in str(results[1])


async def test_filing_twice_at_once_gives_one_number(database: Database) -> None:
    async def a_signing(tx: WriteSession) -> UUID:
        return (await signing(tx)).id

    contract_id = await committed(database, a_signing)
    numbers = await race(database, *[lambda tx: file(tx, SYSTEM, contract_id, SIGNED)] * 3)
    assert len(set(numbers)) == 1


async def test_numbers_are_gap_free_under_load(fresh_database: Database) -> None:
    async def one(tx: WriteSession) -> str:
        return str((await get(tx, await filed(tx))).filing_no)

    numbers = await race(fresh_database, *[one] * 8)
    assert sorted(int(str(number)[-6:]) for number in numbers) == list(range(1, 9))


async def test_filing_and_giving_up_at_once(database: Database) -> None:
    async def a_signing(tx: WriteSession) -> UUID:
        return (await signing(tx)).id

    contract_id = await committed(database, a_signing)
    results = await race(
        database,
        lambda tx: file(tx, SYSTEM, contract_id, SIGNED),
        lambda tx: abandon(tx, CLERK, contract_id, "客户离开"),
    )
    assert sum(isinstance(result, WrongStatus) for result in results) == 1


async def test_last_consents_at_once_cancel_once(database: Database) -> None:
    async def asked(tx: WriteSession) -> UUID:
        contract_id = await filed(tx, shared(2), "fractional")
        await request_cancellation(tx, CLERK, contract_id, "seller", "协商退房")
        return contract_id

    contract_id = await committed(database, asked)
    results = await race(
        database,
        lambda tx: agree_cancellation(tx, CITIZEN, contract_id, "buyer-1"),
        lambda tx: agree_cancellation(tx, CITIZEN, contract_id, "buyer-2"),
    )
    assert not [result for result in results if isinstance(result, DomainError)]
    async with database.read(COUNTY) as reader:
        assert (await get(reader, contract_id)).status == "cancelled"
        told = text("SELECT count(*) FROM outbox WHERE key = :key")
        assert await reader.scalar(told, {"key": f"contract.cancelled:{contract_id}"}) == 1
