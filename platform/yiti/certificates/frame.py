"""The ground and border of a proof: interlaced waves in two inks, rosettes in the corners, two lines inside.

Drawn as PDF operators once a process and laid under the page (see `kernel.rendering`): as SVG in the page WeasyPrint
would draw it anew for every proof, which took a fifth of the time of one.
"""

import base64
import zlib
from math import ceil, cos, radians, sin
from typing import Final

_POINTS_PER_MM: Final = 72 / 25.4
_WIDTH, _HEIGHT = 297, 210  # mm: A4 landscape; all measures here are mm from the top left
_GROUND: Final = "#fbfdf8"
_GREEN: Final = "#3d7a58"
_BROWN: Final = "#9a7b3f"
_START: Final = 8.9  # where the border of waves begins, from each side of the page
_BREADTH: Final = 10.4  # of that border
_HALF_WAVE: Final = 5.0
_WAVES: Final = ((_GREEN, (0, 5)), (_BROWN, (2.5, 7.5)))
_TURN: Final = "0 1 1 0 0 0"  # across becomes down


def _numbers(*values: float) -> str:
    return " ".join(f"{value:.3f}".rstrip("0").rstrip(".") for value in values)


def _ink(colour: str, operator: str) -> str:
    return _numbers(*(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))) + f" {operator}\n"


def _line(margin: float, width: float, colour: str) -> str:
    """A rectangle round the page, its middle `margin` from each side."""
    box = _numbers(margin, margin, _WIDTH - 2 * margin, _HEIGHT - 2 * margin)
    return f"{_ink(colour, 'RG')}{_numbers(width)} w {box} re S\n"


def _wave(start: float, middle: float, end: float) -> str:
    path = [_numbers(start, middle) + " m"]
    for step in range(ceil((end - start) / _HALF_WAVE)):
        x, top = start + step * _HALF_WAVE, middle + (2 if step % 2 else -2)
        path.append(_numbers(x + _HALF_WAVE / 3, top, x + _HALF_WAVE * 2 / 3, top, x + _HALF_WAVE, middle) + " c")
    return "\n".join((*path, "S\n"))


def _edges(length: float, breadth: float) -> str:
    """The waves along two opposite edges, each ending somewhere below the rosette of its corner."""
    return "".join(
        _ink(ink, "RG")
        + "".join(
            _wave(_START + shift, middle, length - _START - _BREADTH)
            for middle in (_START + _BREADTH / 2, breadth - _START - _BREADTH / 2)
            for shift in shifts
        )
        for ink, shifts in _WAVES
    )


def _petal(turn: int) -> str:
    wide, high, bend = 4.6, 1.9, 0.5523  # the last: how a quarter of an ellipse is drawn as one curve
    path = _numbers(wide, 0) + " m"
    for x, y, turned in ((wide, high, True), (-wide, high, False), (-wide, -high, True), (wide, -high, False)):
        nearer = (x, y * bend, x * bend, y, 0, y) if turned else (x * bend, y, x, y * bend, x, 0)
        path += f" {_numbers(*nearer)} c"
    angle = radians(turn * 45)
    matrix = _numbers(cos(angle), sin(angle), -sin(angle), cos(angle), 0, 0)
    return f"q {matrix} cm {_ink(_BROWN if turn % 2 else _GREEN, 'RG')}{path} s Q\n"


def _rosettes() -> str:
    half = _BREADTH / 2
    # An opaque ground hides the ends of the waves below.
    rosette = _numbers(-half, -half, _BREADTH, _BREADTH) + " re f\n" + "".join(_petal(turn) for turn in range(4))
    return _ink(_GROUND, "rg") + "".join(
        f"q 1 0 0 1 {_numbers(x, y)} cm {rosette}Q\n"
        for x in (_START + half, _WIDTH - _START - half)
        for y in (_START + half, _HEIGHT - _START - half)
    )


def _operators() -> str:
    scale = _numbers(_POINTS_PER_MM, 0, 0, -_POINTS_PER_MM, 0, _HEIGHT * _POINTS_PER_MM)
    ground = f"{_ink(_GROUND, 'rg')}0 0 {_WIDTH} {_HEIGHT} re f\n"
    waves = f"0.22 w\n{_edges(_WIDTH, _HEIGHT)}q {_TURN} cm {_edges(_HEIGHT, _WIDTH)}Q\n{_rosettes()}"
    lines = _line(8.45, 0.9, _GREEN) + _line(18.675, 0.25, _BROWN) + _line(19.75, 0.5, _GREEN)
    return f"{scale} cm\n{ground}{waves}{lines}"


FRAME: Final = "data:application/zlib;base64," + base64.b64encode(zlib.compress(_operators().encode(), 9)).decode()
