"""Pictures of seals, and of pages with the place where the seal will be."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from kernel.rendering.fonts import font_files
from signing.appearance import SEAL_RED
from signing.seal_image import seal_mask
from yiti.seal_desk.rules import shown_at, shown_size
from yiti.seal_desk.schemas import Place, Shape

_FAINT = 150
"""Of 255: the text below stays readable."""


@lru_cache(maxsize=256)
def seal_picture(organisation: str, assets: Path) -> bytes:
    """The seal of an organisation in red, PNG; as it is drawn for its name."""
    with Image.open(BytesIO(seal_mask(organisation, font_files(assets)[1]))) as mask:
        drawn = Image.new("RGBA", mask.size, (*SEAL_RED, 255))
        drawn.putalpha(mask.convert("L"))
    return _png(drawn.resize((240, 240), Image.Resampling.LANCZOS))


def with_place(page: bytes, seal: bytes, shape: Shape, place: Place) -> bytes:
    """The picture of a page (PNG) with the seal faintly in its place, in a frame."""
    with Image.open(BytesIO(page)) as opened, Image.open(BytesIO(seal)) as stamp:
        picture, ink = opened.convert("RGBA"), stamp.convert("RGBA")
    width, height = shown_size(shape)
    across, down = picture.width / width, picture.height / height
    spot = shown_at(shape, place)
    left, top = round(spot.left * across), round((height - spot.low - spot.side) * down)
    wide, high = max(1, round(spot.side * across)), max(1, round(spot.side * down))
    ink = ink.resize((wide, high))
    ink.putalpha(ink.getchannel("A").point(lambda value: value * _FAINT // 255))
    picture.alpha_composite(ink, (left, top))
    ImageDraw.Draw(picture).rectangle((left, top, left + wide, top + high), outline=(*SEAL_RED, 255), width=2)
    return _png(picture.convert("RGB"))


def _png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
