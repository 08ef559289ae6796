"""Units as the fund needs to know them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from escrow.maintenance.schemas import FundUnit
from kernel.db import ReadSession
from yiti.estate.models import Building, Unit


def fund_unit(unit: Unit, building: Building) -> FundUnit:
    """One unit with its building's lift."""
    return FundUnit(
        unit_id=unit.id,
        unit_code=unit.code,
        usage=unit.usage,
        area=unit.building_area,
        has_lift=building.has_lift,
    )


async def fund_units(reader: ReadSession, unit_ids: Sequence[UUID]) -> list[FundUnit]:
    """These units, in the order of their codes; unknown ones are left out."""
    wanted = (
        select(Unit, Building)
        .join(Building, (Building.tenant_id == Unit.tenant_id) & (Building.id == Unit.building_id))
        .where(Unit.id.in_(unit_ids))
        .order_by(Unit.code)
    )
    return [fund_unit(unit, building) for unit, building in await reader.execute(wanted)]
