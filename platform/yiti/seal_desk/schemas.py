"""Values at the edges of the seal desk."""

from typing import Literal, NamedTuple, get_args

from msgspec import Struct

from signing.schemas import Outcome

SEALED_FILE = "sealed_file"
"""The sort of subject that the log of a seal and the requests for it name: `sealed_file:<id>`."""

Place = Literal["bottom_right", "bottom_centre", "bottom_left", "centre", "top_right"]
PLACES: tuple[Place, ...] = get_args(Place)


class Placement(Struct, frozen=True, kw_only=True):
    """Where the seal goes: page from 1, and one of a few places on it. `closes`: nobody seals the file afterwards."""

    page: int
    place: Place
    closes: bool = False


class Shape(Struct, frozen=True, array_like=True):
    """The visible part of a page in points, and the degrees clockwise by which it is shown turned."""

    x1: float
    y1: float
    x2: float
    y2: float
    turn: int = 0


class Examined(NamedTuple):
    """A PDF that a seal can be set on, as it was kept: its digest, its pages, the signatures that it came with and what
    was found of those."""

    digest: str
    shapes: tuple[Shape, ...]
    former: int
    outcome: Outcome
