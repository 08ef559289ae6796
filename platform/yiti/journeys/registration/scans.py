"""Uploaded scans as PDF/A, to be shown and archived; the original bytes stay in the blob store as they came."""

import asyncio
import base64

from e_archive.pdf import inspect
from kernel.rendering import render_template
from yiti.resources import Resources

_WIDTH = 1654
"""Pixels of an A4 page at 200 dpi."""


async def as_pdfa(resources: Resources, title: str, media_type: str, data: bytes) -> bytes:
    """PDF/A stays as it is; all else becomes the pictures of its pages."""
    if media_type == "application/pdf":
        found = await asyncio.to_thread(inspect, data)
        if found.pdfa and not found.problem and not found.active and not found.signatures:
            return data
        count = await resources.renderer.page_count(data)
        pages = [await resources.renderer.page_image(data, page, _WIDTH) for page in range(count)]
        pictures = [_uri("image/png", page) for page in pages]
    else:
        pictures = [_uri(media_type, data)]
    context = {"title": title, "pictures": pictures}
    return (await resources.renderer.pdf(render_template(__package__ or "", "scan.html", context))).pdf


def _uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
