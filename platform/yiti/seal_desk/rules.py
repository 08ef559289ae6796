"""What may be put before a seal, and where on a page the seal goes. Pure."""

from enum import StrEnum
from typing import NamedTuple

from kernel.rendering.schemas import Box
from signing.contents import Contents
from signing.schemas import ValidationReport
from yiti.seal_desk.schemas import Place, Shape

MOST_PAGES = 300
_SIDE = 120.0
"""Points: 42 mm, the size of a company's seal."""
_MARGIN = 48.0
_ACROSS = {"left": 0.0, "centre": 0.5, "right": 1.0}
_UPWARDS = {"bottom": 0.0, "centre": 0.5, "top": 1.0}


class FileState(StrEnum):
    """draft → [asked] → ordered → sealed; or stopped by what the job met, or discarded."""

    DRAFT = "draft"
    ASKED = "asked"
    ORDERED = "ordered"
    SEALED = "sealed"
    STOPPED = "stopped"
    DISCARDED = "discarded"


OPEN = frozenset({FileState.DRAFT, FileState.ASKED})
"""What may still be sealed or thrown away."""


def unfit(contents: Contents, report: ValidationReport) -> str:
    """Why no seal can be set on an uploaded file, in words; empty where it can."""
    if contents.problem or contents.unsealable:
        return contents.problem or contents.unsealable
    if len(contents.pages) > MOST_PAGES:
        return f"文件超过{MOST_PAGES}页，请分开上传"
    match report.outcome:
        case "unreadable":
            return report.problem or "文件不能核验"
        case "broken":
            return "文件里原有的电子签名已被破坏，不能再加盖印章，请使用未改动的文件"
        case "changed":
            return "文件在原有的电子签名之后被改动过，不能再加盖印章，请使用未改动的文件"
    return ""


def spoilt(before: str, former: int, after: ValidationReport, field: str) -> str:
    """Why a sealed file must not go out, in words: its seal or the former signatures do not hold; empty where they do.

    `before`: the outcome of the file as it came; a stranger's certificate stays a stranger's.
    """
    ours = next((one for one in after.signatures if one.field == field), None)
    if ours is None or not ours.sound or not ours.covers_whole_file:
        return "所加盖的印章没有通过核验"
    if len(after.signatures) != former + 1 or after.outcome not in {"valid", before}:
        return "加盖后文件里原有的电子签名不再有效"
    return ""


class Square(NamedTuple):
    """Where the seal is on the page as it is shown: from its left and its bottom, in points of the shown page."""

    left: float
    low: float
    side: float


def shown_size(shape: Shape) -> tuple[float, float]:
    """Width and height of the page as it is shown."""
    width, height = shape.x2 - shape.x1, shape.y2 - shape.y1
    return (height, width) if shape.turn in {90, 270} else (width, height)


def shown_at(shape: Shape, place: Place) -> Square:
    """Small pages get a smaller seal."""
    width, height = shown_size(shape)
    side, margin = min(_SIDE, 0.5 * min(width, height)), min(_MARGIN, 0.1 * min(width, height))
    upwards, _, across = ("centre", "", "centre") if place == "centre" else place.partition("_")
    left = margin + _ACROSS[across] * (width - side - 2 * margin)
    return Square(left, margin + _UPWARDS[upwards] * (height - side - 2 * margin), side)


def box_at(shape: Shape, page: int, place: Place) -> Box:
    """The seal's box in the page's own points. `page` from 0."""
    left, low, side = shown_at(shape, place)
    corners = [_own(shape, x, y) for x, y in ((left, low), (left + side, low + side))]
    (x1, x2), (y1, y2) = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return Box(page=page, x1=round(x1, 2), y1=round(y1, 2), x2=round(x2, 2), y2=round(y2, 2))


def _own(shape: Shape, x: float, y: float) -> tuple[float, float]:
    """From the page as it is shown, from its bottom left, to the page's own points."""
    width, height = shape.x2 - shape.x1, shape.y2 - shape.y1
    across, up = {
        0: (x, y),
        90: (width - y, x),
        180: (width - x, height - y),
        270: (y, height - x),
    }[shape.turn]
    return shape.x1 + across, shape.y1 + up
