"""The building table (楼盘表) as `ui.building_grid` draws it: cells, colours by live state, legend."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from yiti.estate.models import Building
from yiti.journeys.building_table import LIVE_WORDS, Cell, Line, LiveState

COLOURS = {
    LiveState.NOT_PERMITTED: "unavailable",
    LiveState.AVAILABLE: "available",
    LiveState.DRAFTING: "draft",
    LiveState.PAYING: "paying",
    LiveState.SIGNING: "signing",
    LiveState.FILED: "filed",
    LiveState.NOTICED: "noticed",
    LiveState.RESTRICTED: "restricted",
}
"""By the names that the style sheet knows."""


@dataclass(frozen=True, slots=True)
class GridCell:
    """One home; a link where it has an address."""

    label: str
    state: str
    hint: str
    url: str | None


@dataclass(frozen=True, slots=True)
class GridFloor:
    """One floor."""

    label: str
    cells: tuple[GridCell, ...]


Legend = tuple[tuple[str, str], ...]


def draw(
    building: Building, table: Sequence[Line], url_of: Callable[[UUID], str] | None = None
) -> tuple[tuple[GridFloor, ...], Legend]:
    """Floors from the top, and the legend with the number of homes in each state."""
    cells = [cell for line in table for cell in line.cells]
    several = len({cell.unit.section for cell in cells}) > 1
    floors = tuple(
        GridFloor(f"{line.floor}层", tuple(_cell(building, cell, url_of, several=several) for cell in line.cells))
        for line in table
    )
    counted = Counter(cell.state for cell in cells)
    return floors, tuple((COLOURS[state], f"{words} {counted[state]}") for state, words in LIVE_WORDS.items())


def _cell(building: Building, cell: Cell, url_of: Callable[[UUID], str] | None, *, several: bool) -> GridCell:
    unit = cell.unit
    label = f"{unit.section}-{unit.room}" if several and unit.section else unit.room
    hint = f"{building.name}{unit.room}，{unit.usage}，{unit.building_area}㎡，{LIVE_WORDS[cell.state]}"
    return GridCell(label, COLOURS[cell.state], hint, url_of(unit.id) if url_of else None)
