"""Reading hexadecimal strings in one go gives what pyHanko's own reader gives."""

from io import BytesIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError

from signing import hexstrings

PIECES = st.lists(st.sampled_from([b"0", b"a", b"F9", b" ", b"\n", b"%c\n", b"<", b">", b"(", b"\0", b"feff4f60"]))


def read(reader: Any, data: bytes) -> tuple[bytes, int] | str:
    stream = BytesIO(data)
    try:
        found = reader(stream)
    except PdfError as error:
        return type(error).__name__
    return found.original_bytes, stream.tell()


@given(pieces=PIECES, end=st.sampled_from([b">", b"> /Next", b""]))
def test_as_pyhanko_reads_it(pieces: list[bytes], end: bytes) -> None:
    data = b"<" + b"".join(pieces) + end
    assert read(hexstrings.read_hex_string, data) == read(hexstrings._slow, data)


def test_it_is_in_use_also_across_blocks() -> None:
    assert generic.read_hex_string_from_stream is hexstrings.read_hex_string
    data = bytes(range(256)) * 40
    assert read(hexstrings.read_hex_string, b"<" + data.hex().encode() + b">") == (data, 2 * len(data) + 2)
