"""A name that no font can print, past the check of the form: refused by name, and nothing half done."""

import pytest
from sqlalchemy import select

import contracts.service as contracts
import escrow.service as escrow
from kernel.outbox.models import PARKED, OutboxEvent
from signing.models import Ceremony
from tests.faults.outcome import unfinished
from tests.faults.pages import signed_in
from tests.faults.play import Play
from tests.faults.world import PATIENCE, World
from tests.journeys.stage import HOME
from yiti.journeys import presale

pytestmark = [pytest.mark.timeout(400), pytest.mark.soak]
UNPRINTABLE = "\U00030000"
"""The first character of CJK Extension G; no font of ours has it."""


async def test_a_name_that_cannot_be_printed(world: World) -> None:
    await world.working()
    await world.serving()
    sale = await Play.drafted(world, f"张{UNPRINTABLE}")
    await sale.pay()
    await sale.submit()
    rows = await world.stage.until(
        lambda: unfinished(world, sale.contract_id),
        lambda found: any(topic == "sale.prepare_documents" and state == PARKED for topic, state, _ in found),
        PATIENCE,
    )
    reason = next(reason for topic, _, reason in rows if topic == "sale.prepare_documents")
    assert reason is not None
    assert UNPRINTABLE in reason
    assert "U+30000" in reason
    await _assert_nothing_half_done(world, sale)
    async with signed_in(world, "shoulou") as clerk:
        page = await clerk.get(f"/sales/contracts/{sale.contract_id}")
    assert page.status_code == 200
    assert "U+30000" in page.text, "the sales office learns why nothing happens"
    await _assert_a_way_out(world, sale)


async def _assert_nothing_half_done(world: World, sale: Play) -> None:
    stands = await world.stage.sale(sale.contract_id)
    assert (stands.ceremony_id, stands.documents) == (None, {})
    async with world.database.read(HOME) as reader:
        assert (await contracts.get(reader, sale.contract_id)).status == "frozen"
        opened = select(Ceremony.id).where(Ceremony.subject == f"contract:{sale.contract_id}")
        assert await reader.scalar(opened) is None
        invitations = select(OutboxEvent.id).where(OutboxEvent.topic == "sale.invite")
        of_sale = invitations.where(OutboxEvent.payload["contract_id"].astext == str(sale.contract_id))
        assert await reader.scalar(of_sale) is None
    assert await sale.texts(sale.phones[0], "sale.invite") == []


async def _assert_a_way_out(world: World, sale: Play) -> None:
    """The sale can be given up: the money goes back and the unit is free."""
    clerk = await world.stage.actor("shoulou")
    async with world.database.transaction(HOME) as tx:
        await presale.abandon(tx, clerk, sale.contract_id, "姓名用字暂时无法打印")
    async with world.database.transaction(HOME) as tx:
        bills = await escrow.bills_of(tx, sale.contract_id)
        refunds = await escrow.refunds_of(tx, sale.contract_id)
        assert sum(one.amount_fen for one in refunds) == sum(one.amount_fen for one in bills)
        await presale.start_sale(tx, clerk, (await world.stage.sale(sale.contract_id)).unit_id)
