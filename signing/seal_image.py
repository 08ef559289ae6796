"""The picture of an organisation's seal: round, a star, the name along the upper arc (国发〔1999〕25号)."""

import math
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_SIZE = 600
_CENTRE = _SIZE / 2
_OUTER = 290
_RIM = 14
_STAR = 95
_INK = 255


def seal_mask(organisation: str, font: Path) -> bytes:
    """A mask PNG (600 × 600, light where there is ink) of the seal; slow, so it is made once, at issue."""
    canvas = Image.new("L", (_SIZE, _SIZE), 0)
    draw = ImageDraw.Draw(canvas)
    draw.ellipse((_CENTRE - _OUTER, _CENTRE - _OUTER, _CENTRE + _OUTER, _CENTRE + _OUTER), outline=_INK, width=_RIM)
    draw.polygon(_star(), fill=_INK)
    _write_arc(canvas, organisation, font)
    output = BytesIO()
    canvas.save(output, "PNG", optimize=True)
    return output.getvalue()


def _star() -> list[tuple[float, float]]:
    points = []
    for step in range(10):
        radius = _STAR if step % 2 == 0 else _STAR * 0.382
        angle = math.radians(-90 + 36 * step)
        points.append((_CENTRE + radius * math.cos(angle), _CENTRE + radius * math.sin(angle)))
    return points


def _write_arc(canvas: Image.Image, text: str, font: Path) -> None:
    """Each character stands upright on the circle; long names get smaller characters, never a second line."""
    count = max(len(text), 1)
    sweep = min(270.0, 24.0 * (count - 1))
    size = max(22, min(68, int(math.radians(280) * 215 / count)))
    face = ImageFont.truetype(str(font), size)
    for place, character in enumerate(text):
        degrees = -sweep / 2 + (sweep * place / (count - 1) if count > 1 else 0)
        glyph = Image.new("L", (size * 2, size * 2), 0)
        ImageDraw.Draw(glyph).text((size, size), character, font=face, fill=_INK, anchor="mm")
        glyph = glyph.rotate(-degrees, resample=Image.Resampling.BICUBIC)
        angle, radius = math.radians(degrees - 90), _OUTER - _RIM - 12 - size / 2
        x, y = _CENTRE + radius * math.cos(angle), _CENTRE + radius * math.sin(angle)
        canvas.paste(_INK, (round(x) - size, round(y) - size), glyph)
