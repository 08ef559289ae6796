"""The last touches to a PDF before it is written: the underlay, and every stream packed once."""

import base64
import zlib
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
