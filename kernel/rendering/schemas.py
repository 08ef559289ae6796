"""What goes to a rendering process and what comes back (msgpack over a socket pair)."""

from datetime import datetime

import msgspec


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle on a page in PDF points, origin bottom-left. `page` counts from 0."""

    page: int
    x1: float
    y1: float
    x2: float
    y2: float


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file carried inside the PDF. `created` is aware UTC and given by the caller, so that bytes stay the same;
    `relationship` is the PDF/A-3 one: Source, Data, Alternative, Supplement or Unspecified."""

    name: str
    data: bytes
    created: datetime
    description: str = ""
    relationship: str = "Data"


class Rendered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A finished PDF, its number of pages, and the places of all elements whose id starts with `sign-`."""

    pdf: bytes
    pages: int
    boxes: dict[str, Box]


class RenderPdf(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Ask for a PDF of this HTML."""

    html: str
    attachments: tuple[Attachment, ...] = ()


class DrawPage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Ask for a picture of one page, counted from 0."""

    pdf: bytes
    page: int
    width: int


class CountPages(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Ask how many pages a PDF has."""

    pdf: bytes


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The process is warm."""


class Picture(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One page as PNG."""

    png: bytes


class PageCount(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The number of pages."""

    pages: int


class NoGlyph(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Characters that no font has."""

    codepoints: tuple[int, ...]


class Unreadable(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The given PDF cannot be opened or has no such page."""


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Anything else; the reason is for the log, not for people."""

    reason: str


Request = RenderPdf | DrawPage | CountPages
Answer = Ready | Rendered | Picture | PageCount | NoGlyph | Unreadable | Failed
