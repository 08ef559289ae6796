"""Reading the maintenance fund for the housing department: units with where their fund stands, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select

from escrow.maintenance import service as fund
from escrow.maintenance.rules import LOW, STATES, FundState, Verdict
from escrow.maintenance.schemas import UnitFund
from escrow.models import UNPAID, Bill, BillKind
from kernel.db import ReadSession
from yiti.estate.models import Building, Project, Unit, UnitState
from yiti.estate.queries import building_table, units_of_building
from yiti.journeys.maintenance.units import fund_unit, fund_units
from yiti.portals.shell.building_grid import GridCell, GridFloor, Legend

PAGE = 30
EXPORTED = 10_000
"""Units that one workbook may have."""
_SAME = (Building.tenant_id == Unit.tenant_id) & (Building.id == Unit.building_id)
_COLOURS = {
    FundState.PAID: "filed",
    FundState.LOW: "paying",
    FundState.OWED: "restricted",
    FundState.EXEMPT: "unavailable",
    FundState.UNKNOWN: "available",
}
"""By the names that the style sheet knows."""
_RUNNING_LOW = """
WITH paid AS (
    SELECT unit_id, amount_fen, paid_on FROM maintenance_openings WHERE reversal_id IS NULL
    UNION ALL
    SELECT unit_id, amount_fen, (confirmed_at AT TIME ZONE 'Asia/Shanghai')::date FROM bills
    WHERE kind = 'maintenance_fund' AND state = 'confirmed'
), first AS (SELECT DISTINCT ON (unit_id) unit_id, amount_fen FROM paid ORDER BY unit_id, paid_on)
SELECT f.unit_id FROM first f
JOIN ledger_accounts a ON a.kind = 'maintenance_fund' AND a.owner = f.unit_id::text
JOIN ledger_slots s ON s.tenant_id = a.tenant_id AND s.account_id = a.id
JOIN units u ON u.id = f.unit_id
WHERE u.code > $1
GROUP BY f.unit_id, f.amount_fen, u.code
HAVING sum(s.balance_fen) * $3::bigint < f.amount_fen * $4::bigint
ORDER BY u.code LIMIT $2"""


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with its fund."""

    unit: Unit
    building: Building
    project: str
    fund: UnitFund
    verdict: Verdict

    @property
    def look(self) -> tuple[str, str]:
        """Words and tone of the badge."""
        return STATES[self.verdict.state]


async def units(
    reader: ReadSession, show: str, search: str, building_id: UUID | None, after: str, limit: int = PAGE
) -> tuple[list[UnitLine], str | None]:
    """One page in the order of unit codes, and after which code the next one begins.

    `show`: `owed` (asked for and not paid), `low` (to be topped up), or `units` by code, address or building.
    """
    if show == "low":
        rows = await reader.rows(_RUNNING_LOW, after, limit + 1, LOW.denominator, LOW.numerator)
        found = _UNITS.where(Unit.id.in_([row.unit_id for row in rows]))
    else:
        found = _wanted(show, search, building_id).where(Unit.code > after)
    lines = await _lines(reader, found.order_by(Unit.code).limit(limit + 1))
    return lines[:limit], lines[limit - 1].unit.code if len(lines) > limit else None


async def unit_line(reader: ReadSession, unit_id: UUID) -> UnitLine | None:
    """One unit."""
    return next(iter(await _lines(reader, _UNITS.where(Unit.id == unit_id))), None)


async def picture(reader: ReadSession, building: Building) -> tuple[tuple[GridFloor, ...], Legend]:
    """The building with the state of every unit's fund, and the legend with how many are in each."""
    grid = await units_of_building(reader, building.id)
    known = await fund.verdicts(reader, await fund_units(reader, [unit.id for unit in grid]))
    floors = tuple(
        GridFloor(
            f"{floor.label}层",
            tuple(
                GridCell(
                    unit.room,
                    _COLOURS[known[unit.id].state],
                    f"{building.name}{unit.room}，{STATES[known[unit.id].state][0]}，{known[unit.id].words}",
                    f"/housing/money/maintenance/units/{unit.id}",
                )
                for unit in floor.units
            ),
        )
        for floor in building_table(grid)
    )
    counts = {state: sum(one.state is state for one in known.values()) for state in FundState}
    return floors, tuple((_COLOURS[state], f"{STATES[state][0]} {counts[state]}") for state in FundState)


_UNITS: Select[Unit, Building, str] = (
    select(Unit, Building, Project.name)
    .join(Building, _SAME)
    .join(Project, (Project.tenant_id == Building.tenant_id) & (Project.id == Building.project_id))
)


def _wanted(show: str, search: str, building_id: UUID | None) -> Select[Unit, Building, str]:
    found = _UNITS.where(Unit.state != UnitState.HISTORICAL)
    if show == "owed":
        asked = select(Bill.unit_id).where(
            Bill.kind == BillKind.MAINTENANCE_FUND, Bill.state.in_(UNPAID), Bill.case_id.is_(None)
        )
        found = found.where(Unit.id.in_(asked))
    if building_id is not None:
        found = found.where(Unit.building_id == building_id)
    plain = "".join(search.split())
    if plain.isascii() and len(plain) >= 6:
        return found.where(Unit.code.startswith(plain.upper(), autoescape=True))
    return found.where(Unit.location.contains(plain, autoescape=True)) if plain else found


async def _lines(reader: ReadSession, wanted: Select[Unit, Building, str]) -> list[UnitLine]:
    rows: Sequence[tuple[Unit, Building, str]] = (await reader.execute(wanted)).all()
    ids = [unit.id for unit, _, _ in rows]
    funds = await fund.funds_of(reader, ids)
    known = await fund.verdicts(reader, [fund_unit(unit, building) for unit, building, _ in rows])
    return [UnitLine(unit, building, project, funds[unit.id], known[unit.id]) for unit, building, project in rows]
