"""Lists, people's own contracts, and the wall between counties."""

from dataclasses import replace
from uuid import uuid4

import pytest

from contracts.errors import ContractNotFound
from contracts.service import (
    abandon,
    buyers_of,
    contracts_of_person,
    contracts_of_seller,
    get,
    history_of,
    open_contracts_by_unit,
    open_draft,
)
from kernel.db import Database, WriteSession
from tests.contracts.samples import company, home, person, seller
from tests.contracts.steps import CLERK, COUNTY, drafted, filed, frozen


async def test_a_sellers_contracts_by_page(tx: WriteSession) -> None:
    organisation = uuid4()
    clerk = replace(CLERK, organisation_id=organisation)
    opened = [await open_draft(tx, clerk, home(), seller(organisation_id=organisation)) for _ in range(3)]
    await abandon(tx, clerk, opened[0].id, "重复录入")
    page, total = await contracts_of_seller(tx, organisation, limit=1)
    assert ([contract.id for contract in page], total) == ([opened[2].id], 2)
    page, total = await contracts_of_seller(tx, organisation, ["abandoned"])
    assert ([contract.id for contract in page], total) == ([opened[0].id], 1)


async def test_a_person_finds_contracts_as_buyer_and_as_representative(tx: WriteSession) -> None:
    buyer, firm = person(801), company()
    assert firm.representative_id_no is not None
    mine = await filed(tx, (buyer,))
    ours = await frozen(tx, (firm,))
    await drafted(tx, (buyer,))
    assert [contract.id for contract in await contracts_of_person(tx, buyer.id_no.lower())] == [mine]
    assert ours.id in [contract.id for contract in await contracts_of_person(tx, firm.representative_id_no)]
    assert await contracts_of_person(tx, person(802).id_no) == []


async def test_counties_do_not_see_each_other(database: Database) -> None:
    unit = home()
    async with database.transaction(COUNTY) as tx:
        contract = await drafted(tx, unit=unit)
    async with database.transaction("411522") as other:
        with pytest.raises(ContractNotFound):
            await get(other, contract.id)
        with pytest.raises(ContractNotFound):
            await abandon(other, CLERK, contract.id, "x")
        assert await buyers_of(other, contract.id) == []
        assert await history_of(other, contract.id) == []
        assert await open_contracts_by_unit(other, [unit.unit_id]) == {}
