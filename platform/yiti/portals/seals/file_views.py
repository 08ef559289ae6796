"""What the pages of brought files show."""

from dataclasses import dataclass
from datetime import datetime

from yiti.portals.seals.views import NameOf, kind_words
from yiti.seal_desk.models import SealedFile
from yiti.seal_desk.rules import OPEN, FileState
from yiti.seal_desk.schemas import PLACES, Place

_STATES = {
    FileState.DRAFT: ("待盖章", "warning"),
    FileState.ASKED: ("待批准", "info"),
    FileState.ORDERED: ("盖章中", "info"),
    FileState.SEALED: ("已盖章", "success"),
    FileState.STOPPED: ("未盖章", "danger"),
    FileState.DISCARDED: ("已作废", "neutral"),
}
PLACE_WORDS: dict[Place, str] = {
    "bottom_right": "右下角（落款处）",
    "bottom_centre": "下方居中",
    "bottom_left": "左下角",
    "centre": "页面正中",
    "top_right": "右上角",
}


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file at a glance."""

    url: str
    title: str
    kind: str
    at: datetime
    who: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class FileView:
    """One file. `asked`: somebody has to approve it; `approved`: somebody has; `waiting`: the page looks again."""

    line: FileLine
    pages: int
    former: int
    open: bool
    asked: bool
    approved: bool
    mine: bool
    waiting: bool
    sealed: bool
    sealed_at: datetime | None
    picture: str
    """Of the sealed page."""
    placed: str
    closes: bool
    reason: str
    turned_down: str
    seal_url: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The place that is looked at now."""

    page: int
    place: Place
    places: list[tuple[str, str, str]]
    picture: str


def file_line(file: SealedFile, name: NameOf, *, approved: bool = False) -> FileLine:
    """The file at a glance."""
    state, tone = ("已批准，待盖章", "warning") if approved else _STATES[FileState(file.state)]
    return FileLine(
        url=f"/seals/files/{file.id}",
        title=file.title,
        kind=kind_words(file.kind),
        at=file.created_at,
        who=name(file.uploaded_by),
        state=state,
        tone=tone,
    )


def preview(file: SealedFile, page: int, place: Place) -> Preview:
    """The page with the seal in that place."""
    return Preview(
        page=page,
        place=place,
        places=[(one, PLACE_WORDS[one], "") for one in PLACES],
        picture=f"/seals/files/{file.id}/page.png?sheet={page}&place={place}",
    )


def file_view(
    file: SealedFile, name: NameOf, *, approved: bool, mine: bool, delayed: str, turned_down: str
) -> FileView:
    """One file. `mine`: who looks is the one who asked; `delayed`: why an ordered seal is not there yet."""
    state = FileState(file.state)
    placed = f"第{file.page}页，{PLACE_WORDS[_place(file)]}" if file.page else ""
    return FileView(
        line=file_line(file, name, approved=approved),
        pages=len(file.shapes),
        former=file.former,
        open=state in OPEN,
        asked=state is FileState.ASKED and not turned_down,
        approved=approved,
        mine=mine,
        waiting=state is FileState.ORDERED,
        sealed=state is FileState.SEALED,
        sealed_at=file.sealed_at,
        picture=f"/seals/files/{file.id}/page.png?sheet={file.page}" if state is FileState.SEALED else "",
        placed=placed,
        closes=file.closes,
        reason=file.reason or delayed,
        turned_down=turned_down,
        seal_url=f"/seals/{file.seal_id}",
    )


def _place(file: SealedFile) -> Place:
    return next(one for one in PLACES if one == file.place)
