"""A filed contract ends only when the seller and every buyer agree."""

from uuid import UUID

import pytest
from sqlalchemy import select

from contracts.cancelling import (
    agree_cancellation,
    cancellation_of,
    request_cancellation,
    withdraw_cancellation,
)
from contracts.errors import CancellationOpen, NoCancellation, WrongStatus
from contracts.service import get, history_of, open_contracts_by_unit, open_draft
from kernel.db import WriteSession
from kernel.errors import Forbidden, Invalid
from kernel.outbox.models import OutboxEvent
from tests.contracts.samples import changed, home, seller, shared
from tests.contracts.steps import CITIZEN, CLERK, STRANGER, filed, signing


async def told(tx: WriteSession, contract_id: UUID) -> int:
    rows = await tx.scalars(select(OutboxEvent).where(OutboxEvent.topic == "contract.cancelled"))
    return sum(row.payload == {"contract_id": str(contract_id)} for row in rows)


async def test_seller_asks_and_the_buyer_agrees(tx: WriteSession) -> None:
    contract_id = await filed(tx)
    await request_cancellation(tx, CLERK, contract_id, "seller", "双方协商一致退房")
    assert (await get(tx, contract_id)).status == "filed", "asking is not enough"
    under_way = await cancellation_of(tx, contract_id)
    assert under_way is not None
    assert (under_way.agreed, under_way.missing) == (("seller",), ("buyer-1",))
    contract = await agree_cancellation(tx, CITIZEN, contract_id, "buyer-1")
    assert (contract.status, contract.reason) == ("cancelled", "双方协商一致退房")
    assert contract.closed_at is not None
    assert contract.filing_no is not None, "the number stays with it"
    assert await told(tx, contract_id) == 1
    assert await cancellation_of(tx, contract_id) is None
    assert await open_contracts_by_unit(tx, [contract.unit_id]) == {}
    assert (await open_draft(tx, CLERK, changed(home(), unit_id=contract.unit_id), seller())).status == "draft"
    assert [event.action for event in await history_of(tx, contract_id)][-3:] == [
        "cancellation_requested",
        "cancellation_agreed",
        "cancelled",
    ]


async def test_every_buyer_has_to_agree(tx: WriteSession) -> None:
    contract_id = await filed(tx, shared(3), "fractional")
    await request_cancellation(tx, CITIZEN, contract_id, "buyer-2", "换房")
    for party, actor in (("seller", CLERK), ("buyer-1", CITIZEN), ("buyer-1", CITIZEN)):
        assert (await agree_cancellation(tx, actor, contract_id, party)).status == "filed"
    assert await told(tx, contract_id) == 0
    assert (await agree_cancellation(tx, CITIZEN, contract_id, "buyer-3")).status == "cancelled"
    with pytest.raises(WrongStatus):
        await agree_cancellation(tx, CITIZEN, contract_id, "buyer-3")
    assert await told(tx, contract_id) == 1


async def test_nobody_consents_for_the_other_side(tx: WriteSession) -> None:
    contract_id = await filed(tx)
    with pytest.raises(Forbidden):
        await request_cancellation(tx, CLERK, contract_id, "buyer-1", "x")
    with pytest.raises(Forbidden):
        await request_cancellation(tx, CITIZEN, contract_id, "seller", "x")
    with pytest.raises(Forbidden):
        await request_cancellation(tx, STRANGER, contract_id, "seller", "x")
    await request_cancellation(tx, CLERK, contract_id, "seller", "x")
    with pytest.raises(Forbidden):
        await agree_cancellation(tx, CLERK, contract_id, "buyer-1")
    assert (await get(tx, contract_id)).status == "filed"


async def test_one_request_at_a_time_and_it_can_be_called_off(tx: WriteSession) -> None:
    contract_id = await filed(tx)
    with pytest.raises(NoCancellation):
        await agree_cancellation(tx, CITIZEN, contract_id, "buyer-1")
    await request_cancellation(tx, CLERK, contract_id, "seller", "x")
    with pytest.raises(CancellationOpen):
        await request_cancellation(tx, CITIZEN, contract_id, "buyer-1", "x")
    await withdraw_cancellation(tx, CITIZEN, contract_id, "buyer-1")
    with pytest.raises(NoCancellation):
        await withdraw_cancellation(tx, CITIZEN, contract_id, "buyer-1")
    # Consents of the request that was called off do not count for the next one.
    await request_cancellation(tx, CITIZEN, contract_id, "buyer-1", "y")
    assert (await get(tx, contract_id)).status == "filed"
    assert (await agree_cancellation(tx, CLERK, contract_id, "seller")).reason == "y"


@pytest.mark.parametrize("party", ["buyer-2", "buyer", "", "agency"])
async def test_only_parties_of_the_contract(tx: WriteSession, party: str) -> None:
    contract_id = await filed(tx)
    with pytest.raises(Invalid):
        await request_cancellation(tx, CITIZEN, contract_id, party, "x")


async def test_only_filed_contracts_and_with_a_reason(tx: WriteSession) -> None:
    unfiled = (await signing(tx)).id
    with pytest.raises(WrongStatus):
        await request_cancellation(tx, CLERK, unfiled, "seller", "x")
    with pytest.raises(Invalid):
        await request_cancellation(tx, CLERK, await filed(tx), "seller", " ")
