"""A home that was sold, as the housing department sees it."""

import pytest
from sqlalchemy import select

from contracts.models import Contract
from tests.journeys.stage import HOME, Stage
from tests.portals.citizens import Sold
from tests.portals.housing import desk, make_platform
from yiti.estate.models import Unit

pytestmark = pytest.mark.timeout(240)


async def test_a_sold_home_is_listed_with_masked_buyers_and_drawn_in_its_state(stage: Stage, sold: Sold) -> None:
    resources = stage.resources
    clerk = await desk(make_platform(resources.database, resources.settings), resources.database)
    async with resources.database.read(HOME) as reader:
        contract = (await reader.scalars(select(Contract).where(Contract.id == sold.contract_id))).one()
        unit = (await reader.scalars(select(Unit).where(Unit.id == contract.unit_id))).one()
    page = (await clerk.get(f"/housing/projects/{contract.project_id}/contracts")).text
    assert contract.filing_no is not None
    assert contract.filing_no in page
    assert "周*" in page
    for buyer in sold.buyers:
        assert buyer.name not in page
        assert buyer.id_no not in page
    building = (await clerk.get(f"/housing/buildings/{unit.building_id}")).text
    assert f'data-state="noticed" title="1号楼{unit.room}' in building
    fragment = await clerk.htmx("GET", f"/housing/buildings/{unit.building_id}/table")
    assert f'data-state="noticed" title="1号楼{unit.room}' in fragment.text
    assert "<html" not in fragment.text
    await clerk.http.aclose()
