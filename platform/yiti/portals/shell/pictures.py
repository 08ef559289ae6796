"""Pages of a PDF as pictures, kept in this process: a phone shows them better than its PDF viewer would.

A picture is kept under its document's digest, so it can never be out of date. Who may see it is asked before.
"""

import asyncio
from collections import OrderedDict
from io import BytesIO
from typing import Protocol

from litestar import Response
from PIL import Image

from kernel.blobs import BlobStore
from kernel.errors import NotFound

WIDTH, HEIGHT = 1080, 1527
"""Pixels of an A4 page: sharp on a phone with three pixels to a point, some 150 KB."""
_COLOURS = 64
_KEPT_BYTES = 48 * 1024 * 1024
_KEPT_COUNTS = 4096


class PageDrawer(Protocol):
    """The part of `kernel.rendering.Renderer` that is needed."""

    async def page_image(self, pdf: bytes, page: int, width: int) -> bytes: ...

    async def page_count(self, pdf: bytes) -> int: ...


class Parts(Protocol):
    """Where documents lie, and who draws them."""

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def renderer(self) -> PageDrawer: ...


class Pictures:
    """The pictures looked at last, up to a number of bytes."""

    def __init__(self, limit_bytes: int = _KEPT_BYTES) -> None:
        self._limit = limit_bytes
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._size = 0
        self._counts: OrderedDict[str, int] = OrderedDict()

    async def page(self, parts: Parts, digest: str, number: int) -> bytes:
        """PNG of a page (from 1). NotFound when the document has no such page."""
        known = self._kept.get((digest, number))
        if known is not None:
            self._kept.move_to_end((digest, number))
            return known
        if not 1 <= number <= await self.count(parts, digest):
            raise NotFound("文件没有这一页")
        drawn = await parts.renderer.page_image(await parts.blobs.get(digest), number - 1, WIDTH)
        small = await asyncio.to_thread(_smaller, drawn)
        self._keep((digest, number), small)
        return small

    async def count(self, parts: Parts, digest: str) -> int:
        """How many pages the document has."""
        if digest not in self._counts:
            self._counts[digest] = await parts.renderer.page_count(await parts.blobs.get(digest))
            while len(self._counts) > _KEPT_COUNTS:
                self._counts.popitem(last=False)
        return self._counts[digest]

    def _keep(self, key: tuple[str, int], drawn: bytes) -> None:
        if key in self._kept:
            return
        self._kept[key] = drawn
        self._size += len(drawn)
        while self._size > self._limit:
            _, dropped = self._kept.popitem(last=False)
            self._size -= len(dropped)


def _smaller(png: bytes) -> bytes:
    """Few colours make a page of text a quarter as large, which buyers on a phone pay for; nothing of it is lost."""
    out = BytesIO()
    with Image.open(BytesIO(png), formats=["PNG"]) as picture:
        picture.convert("RGB").quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG")
    return min(png, out.getvalue(), key=len)


PICTURES = Pictures()


def page_number(picture: str) -> int:
    """`12.png` → 12. NotFound for anything else."""
    number, dot, ending = picture.partition(".")
    if not (number.isascii() and number.isdigit()) or len(number) > 4 or (dot, ending) != (".", "png"):
        raise NotFound
    return int(number)


def version_of(digest: str) -> str:
    """Stands in a picture's address, so that a browser may keep it for good."""
    return digest[:16]


def picture_response(png: bytes, *, digest: str, version: str) -> Response[bytes]:
    """The picture; kept by the browser only under an address that names this very revision."""
    lasting = version == version_of(digest)
    cache = "private, max-age=86400, immutable" if lasting else "private, no-store"
    return Response(png, media_type="image/png", headers={"Cache-Control": cache})
