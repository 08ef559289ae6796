"""The border of a proof: interlaced waves in two inks and rosettes, as three small tiles that CSS repeats.

Tiles, because a page-wide drawing costs 250 ms a proof and a repeated tile next to nothing.
"""

import base64
from typing import Final

_GREEN: Final = "#3d7a58"
_BROWN: Final = "#9a7b3f"
_EDGE: Final = 10.4  # mm, the breadth of the border
_MIDDLE: Final = _EDGE / 2
_WAVES: Final = ((_GREEN, (0, 5)), (_BROWN, (2.5, 7.5)))


def _svg(width: float, height: float, body: str) -> str:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" fill="none" stroke-width="0.22">{body}</svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _waves(*, upright: bool) -> str:
    steps = "q-3 2.5 0 5q3 2.5 0 5" * 3 if upright else "q2.5 -3 5 0q2.5 3 5 0" * 3

    def wave(start: float) -> str:
        return f"M{_MIDDLE} {start}{steps}" if upright else f"M{start} {_MIDDLE}{steps}"

    return "".join(
        f'<path stroke="{ink}" d="{"".join(wave(shift - 10) for shift in shifts)}"/>' for ink, shifts in _WAVES
    )


def _corner() -> str:
    # An opaque ground hides the ends of the waves below.
    petals = (
        f'<ellipse cx="{_MIDDLE}" cy="{_MIDDLE}" rx="4.6" ry="1.9" stroke="{_BROWN if turn % 2 else _GREEN}" '
        f'transform="rotate({turn * 45} {_MIDDLE} {_MIDDLE})"/>'
        for turn in range(4)
    )
    return f'<rect width="{_EDGE}" height="{_EDGE}" fill="#fbfdf8" stroke="none"/>' + "".join(petals)


WAVE_ACROSS: Final = _svg(10, _EDGE, _waves(upright=False))
WAVE_UPRIGHT: Final = _svg(_EDGE, 10, _waves(upright=True))
CORNER: Final = _svg(_EDGE, _EDGE, _corner())
