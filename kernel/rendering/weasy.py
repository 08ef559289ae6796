"""Where WeasyPrint does work that our documents do not need: its own seams, narrowed.

All of this reaches into what WeasyPrint does not promise to keep. It is only about time, never about what is drawn:
`tests/kernel/test_rendering_shortcuts.py` holds it against WeasyPrint as it comes.
"""

import zlib
from collections.abc import Iterable
from functools import cache
from typing import Any

import lxml.html
import pydyf  # type: ignore[import-untyped]
from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from weasyprint import CSS, HTML, layout  # type: ignore[import-untyped]
from weasyprint.css import ComputedStyle  # type: ignore[import-untyped]
from weasyprint.html import UA  # type: ignore[import-untyped]
from weasyprint.pdf import fonts  # type: ignore[import-untyped]
from weasyprint.pdf.fonts import Font, get_hb_object_data  # type: ignore[import-untyped]
from weasyprint.text.ffi import ffi, harfbuzz, harfbuzz_subset, pango  # type: ignore[import-untyped]
from weasyprint.text.line_break import Layout  # type: ignore[import-untyped]
from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]

from kernel.rendering.styles import plain_or_worked_out

_UNUSED_TABLES = (b"BASE", b"DSIG", b"EBDT", b"EBLC", b"EBSC", b"GPOS", b"GSUB", b"JSTF", b"LTSH", b"PCLT", b"SVG ")
_NOTES = ("::footnote", "::note")
_MARGIN_BOXES = (
    *("@top-left-corner", "@top-left", "@top-center", "@top-right", "@top-right-corner"),
    *("@left-top", "@left-middle", "@left-bottom", "@right-top", "@right-middle", "@right-bottom"),
    *("@bottom-left-corner", "@bottom-left", "@bottom-center", "@bottom-right", "@bottom-right-corner"),
)
_EMPTY = ("normal", "inhibit", "none")
_make_margin_boxes = layout.make_margin_boxes


class QuickZlib:
    """pydyf always compresses at level 9; level 2 saves a tenth of a proof's time for some KB more."""

    compress = staticmethod(zlib.compress)

    @staticmethod
    def compressobj(level: int) -> Any:  # noqa: ARG004  pydyf asks for 9
        return zlib.compressobj(level=2)


class Markup(HTML):  # type: ignore[misc]
    """HTML without footnotes, read by libxml2; `css` is the text of all style sheets that it is laid out by.

    WeasyPrint would work out five styles of notes for every element of a document; one that has footnotes all the
    same fails. Nor need it style the boxes in a page's margin that no style sheet names. Its own parser takes ten
    times as long, for the sake of faults that our templates do not have.
    """

    def __init__(self, string: str, base_url: str, url_fetcher: URLFetcher, css: str = "") -> None:
        self.base_url, self.url_fetcher, self.media_type = base_url, url_fetcher, "print"
        named = (name for name in _MARGIN_BOXES if name in css or name in string)
        self._browser_css = _browser_css(frozenset(named))
        tree = lxml.html.document_fromstring(string)
        self.wrapper_element = ElementWrapper.from_html_root(tree, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:  # noqa: ARG002  we have no PDF forms
        return [self._browser_css]


@cache
def _browser_css(margin_boxes: frozenset[str]) -> CSS:
    left_out = tuple(f"{name} " for name in _MARGIN_BOXES if name not in margin_boxes)
    lines = (line for line in UA.splitlines() if not line.startswith(_NOTES))
    return CSS(string="\n".join(line for line in lines if not line.lstrip().startswith(left_out)))


def margin_boxes(context: Any, page: Any, state: Any) -> Iterable[Any]:
    """The boxes in a page's margin, when one of them has content; else WeasyPrint lays out sixteen empty ones."""
    styles = (context.style_for(page.page_type, name) for name in _MARGIN_BOXES)
    if all(style is None or style["content"] in _EMPTY for style in styles):
        return ()
    boxes: Iterable[Any] = _make_margin_boxes(context, page, state)
    return boxes


def keep_active(_line: Layout) -> None:
    """Keep what Pango knows of a line until the line is drawn; WeasyPrint drops it to save memory, and asks again."""


def draw_kept(line: Layout, _style: Any) -> None:
    """Draw a line that Pango has laid out: as it was cut, whatever width it was cut to, and justified."""
    pango.pango_layout_set_width(line.layout, -1)
    if line.justification_spacing:
        line.set_text(line.text, justify=True)


def subset_once(font: Font, to_unicode: dict[int, str], hinting: bool) -> None:
    """Keep only the used outlines of a font, in one pass.

    WeasyPrint goes a second time over all 30,000 glyphs of a Chinese font to cut off those after the last used one,
    which HarfBuzz has mostly done by then; that is a tenth of a proof's time.
    """
    order = ffi.gc(harfbuzz_subset.hb_subset_input_create_or_fail(), harfbuzz_subset.hb_subset_input_destroy)
    _fill(harfbuzz_subset.hb_subset_input_glyph_set(order), to_unicode)
    dropped = harfbuzz_subset.hb_subset_input_set(order, harfbuzz_subset.HB_SUBSET_SETS_DROP_TABLE_TAG)
    _fill(dropped, (harfbuzz.hb_tag_from_string(name, -1) for name in _UNUSED_TABLES))
    flags = (
        harfbuzz_subset.HB_SUBSET_FLAGS_RETAIN_GIDS
        | harfbuzz_subset.HB_SUBSET_FLAGS_PASSTHROUGH_UNRECOGNIZED
        | harfbuzz_subset.HB_SUBSET_FLAGS_DESUBROUTINIZE
    )
    if not hinting:
        flags |= harfbuzz_subset.HB_SUBSET_FLAGS_NO_HINTING
    if font.missing:
        flags |= harfbuzz_subset.HB_SUBSET_FLAGS_NOTDEF_OUTLINE
    harfbuzz_subset.hb_subset_input_set_flags(order, flags)
    face = ffi.gc(harfbuzz_subset.hb_subset_or_fail(font.hb_face, order), harfbuzz.hb_face_destroy)
    font.file_content = get_hb_object_data(face)


class FileContent:
    """The attribute of a font that holds its file: until it is subset, the whole file, copied when it is asked for.

    WeasyPrint copies the 10 MB of a Chinese font for every size in which a document uses it, and uses none of them.
    """

    def __get__(self, font: Font, kind: type) -> bytes:
        if font.subset_file is None:
            font.subset_file = get_hb_object_data(font.hb_face)
        content: bytes = font.subset_file
        return content

    def __set__(self, font: Font, content: bytes | None) -> None:
        font.subset_file = content


def _fill(hb_set: Any, members: Any) -> None:
    values = sorted(members)
    harfbuzz.hb_set_add_sorted_array(hb_set, ffi.new("hb_codepoint_t[]", values), len(values))


def hasten() -> None:
    """Put these in WeasyPrint's place, for this whole process."""
    pydyf.zlib = QuickZlib
    ComputedStyle.__missing__ = plain_or_worked_out
    layout.make_margin_boxes = margin_boxes
    Layout.deactivate, Layout.reactivate = keep_active, draw_kept
    Font._harfbuzz_subset = subset_once  # noqa: SLF001
    Font.file_content = FileContent()
    fonts.get_hb_object_data = lambda _: None
