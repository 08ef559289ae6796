"""What the page of a sale shows of the developer's seal."""

from dataclasses import dataclass

STEPS = ("申请用印", "待批准", "盖章")


@dataclass(frozen=True, slots=True)
class SealDesk:
    """`step`: ask, wait, approve, seal, or blocked; `text` says why or until when. `url`: where requests are approved.

    `steps`: the three of four eyes, or none; `place`: the present one.
    """

    step: str
    text: str = ""
    url: str = ""
    steps: tuple[str, ...] = ()
    place: int = 2
