"""The last touches to a PDF before it is written: the underlay, short tables of widths, every stream packed once."""

import base64
import zlib
from collections import Counter
from functools import lru_cache

import pydyf  # type: ignore[import-untyped]

_ZLIB = "data:application/zlib;base64,"


class _Packed(pydyf.Stream):  # type: ignore[misc]
    """A stream whose bytes are made once: pydyf compresses each to write it, and again for the document's id."""

    def __init__(self, stream: pydyf.Stream) -> None:
        super().__init__()
        self.number = stream.number
        self._bytes: bytes = stream.data

    @property
    def data(self) -> bytes:
        """The whole stream object as it is written."""
        return self._bytes


def finish(pdf: pydyf.PDF, underlay: str) -> None:
    """Give every page the underlay (an address, or nothing) and pack all streams.

    An underlay is a drawing that is the same in every document of a template, such as a border, and so need not go
    through layout each time. `<link rel="underlay" href="data:application/zlib;base64,…">` in the head, written as in
    the base template, names it: deflated PDF operators in points from the bottom left of the page, below everything
    (so the body has no ground of its own), colours in device RGB as the sRGB output intent wants, without resources.
    """
    if underlay:
        _lay_under(pdf, _operators(underlay))
    shorten_widths(pdf)
    pdf.objects = [_Packed(one) if isinstance(one, pydyf.Stream) else one for one in pdf.objects]


@lru_cache(maxsize=8)
def _operators(address: str) -> bytes:
    if not address.startswith(_ZLIB):
        raise ValueError("underlay")
    drawing = zlib.decompress(base64.b64decode(address.removeprefix(_ZLIB), validate=True))
    return zlib.compress(b"q\n" + drawing + b"\nQ", 9)  # what it sets must not reach the page


def _lay_under(pdf: pydyf.PDF, operators: bytes) -> None:
    stream = pydyf.Stream([operators], {"Filter": "/FlateDecode"})
    pdf.add_object(stream)
    for one in pdf.objects:
        if isinstance(one, pydyf.Dictionary) and one.get("Type") == "/Page":
            one["Contents"] = pydyf.Array([stream.reference, one["Contents"]])


def shorten_widths(pdf: pydyf.PDF) -> None:
    """Most glyphs of a Chinese font are as wide as each other, so name only the others (ISO 32000-1, 9.7.4.3).

    Who verifies a signature walks through every number of the table once for each page and each earlier revision.
    """
    for one in pdf.objects:
        if isinstance(one, pydyf.Dictionary) and str(one.get("Subtype")).startswith("/CIDFontType"):
            _shorten(one)


def _shorten(font: pydyf.Dictionary) -> None:
    table = {
        first + place: width
        for first, widths in zip(font["W"][::2], font["W"][1::2], strict=True)
        for place, width in enumerate(widths)
    }
    ((usual, _),) = Counter(table.values()).most_common(1)
    if usual != int(usual):
        return
    font["DW"], font["W"] = int(usual), pydyf.Array()
    for glyph in sorted(glyph for glyph, width in table.items() if width != usual):
        if table.get(glyph - 1, usual) == usual:
            font["W"] += [glyph, pydyf.Array()]
        font["W"][-1].append(table[glyph])
