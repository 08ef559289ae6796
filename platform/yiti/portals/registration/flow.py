"""Where a case stands, as a picture: stations in a line, what holds it up at the present one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from yiti.cases.lifecycle import CaseStatus
from yiti.portals.registration.action_forms import level_words

State = Literal["done", "now", "ahead", "end"]
_S = CaseStatus
_ENDED = {_S.REJECTED: "不予受理", _S.REFUSED: "不予登记", _S.WITHDRAWN: "已撤回"}


@dataclass(frozen=True, slots=True)
class Station:
    """One station; flags stand at the present one only."""

    label: str
    state: State
    flags: tuple[str, ...] = ()


def stations(
    status: CaseStatus, *, level: int, levels: int, submitted: bool, accepted: bool, flags: Sequence[str]
) -> list[Station]:
    """The whole way, and how far the case is. A case that ended otherwise shows its end where it left the way."""
    names = ["申请", "受理", *(level_words(one, levels) for one in range(levels)), "登簿", "发证", "办结"]
    reached = _reached(status, level, levels, submitted=submitted, accepted=accepted)
    if status in _ENDED:
        return [*(Station(one, "done") for one in names[:reached]), Station(_ENDED[status], "end")]
    return [
        Station(one, _state(place, reached), tuple(flags) if place == reached else ())
        for place, one in enumerate(names)
    ]


def _reached(status: CaseStatus, level: int, levels: int, *, submitted: bool, accepted: bool) -> int:
    """The place of the present station in the line; of one that ended, the last that it had reached."""
    review, book = 2 + level, 2 + levels
    places = {
        _S.DRAFT: 0,
        _S.SUBMITTED: 1,
        _S.ACCEPTED: review,
        _S.APPROVED: book,
        _S.BOOKED: book + 1,
        _S.CLOSED: book + 3,
    }
    return places.get(status, review if accepted else int(submitted))


def _state(place: int, reached: int) -> State:
    return "done" if place < reached else "now" if place == reached else "ahead"
