"""The building table has one colour for each state, wherever it is drawn."""

from pathlib import Path

from yiti.journeys.building_table import LIVE_WORDS, LiveState
from yiti.portals import housing, sales_office, shell
from yiti.portals.shell.building_grid import COLOURS

STYLE = Path(shell.__file__).parent / "static" / "yiti.css"


def test_every_state_has_its_colour_in_the_style_sheet() -> None:
    assert set(COLOURS) == set(LiveState) == set(LIVE_WORDS)
    assert len(set(COLOURS.values())) == len(COLOURS)
    written = STYLE.read_text(encoding="utf-8")
    assert [one for one in COLOURS.values() if f'[data-state="{one}"]' not in written] == []


def test_the_map_is_written_once() -> None:
    rooms = [Path(str(room.__file__)).parent for room in (housing, sales_office, shell)]
    written = [path.name for room in rooms for path in room.rglob("*.py") if '"noticed"' in path.read_text("utf-8")]
    assert written == ["building_grid.py"]
