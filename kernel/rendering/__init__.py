"""From HTML to PDF/A-3u, in processes of its own; page pictures for phones; QR codes; templates."""

from kernel.rendering.errors import FontsMissing, MissingGlyph, RenderFailed
from kernel.rendering.qr import qr_png
from kernel.rendering.renderer import Renderer
from kernel.rendering.schemas import Attachment, Box, Rendered
from kernel.rendering.templates import render_template

__all__ = [
    "Attachment",
    "Box",
    "FontsMissing",
    "MissingGlyph",
    "RenderFailed",
    "Rendered",
    "Renderer",
    "qr_png",
    "render_template",
]
