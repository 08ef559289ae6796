"""What a signature looks like on the page: an image only, no text, so that no font is needed and PDF/A-3 stays.

The image is one colour through an 8-bit mask: handwriting in black, a seal in red.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import BaseStamp, BaseStampStyle

from signing.errors import BadHandwriting

MAX_UPLOAD = 512 * 1024
_PNG_END = b"IEND\xaeB`\x82"
_MAX_PIXELS = 4_000_000
_MASK_SIZE = (600, 300)
_MIN_INK = 150
"""Dark pixels of the fitted mask under which a drawing counts as a stray dot."""

BLACK = (0, 0, 0)
SEAL_RED = (200, 22, 29)


@dataclass(frozen=True)
class Ink:
    """A coverage mask (8-bit, deflated) and the colour that shines through it."""

    width: int
    height: int
    mask: bytes
    colour: tuple[int, int, int]
    turn: int = 0
    """Degrees clockwise by which the page is shown turned: the image is turned back, so that it stands upright."""


def ink_of(mask: Image.Image, colour: tuple[int, int, int], turn: int = 0) -> Ink:
    return Ink(mask.width, mask.height, zlib.compress(mask.tobytes(), 6), colour, turn)


@lru_cache(maxsize=64)
def read_ink(png: bytes, colour: tuple[int, int, int], turn: int = 0) -> Ink:
    """The ink of a normalised mask PNG, as `handwriting_mask` and the seal maker write it."""
    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        return ink_of(image.convert("L"), colour, turn)


def handwriting_mask(png: bytes) -> bytes:
    """Check an uploaded handwriting PNG and bring it down to a cropped mask PNG of at most 600 × 300.

    Raises BadHandwriting where it is too large, no PNG, blank, or a mere dot.
    """
    if len(png) > MAX_UPLOAD:
        raise BadHandwriting("手写签名图片过大（最多 512 KB）", field="handwriting")
    if not png.endswith(_PNG_END):  # Pillow may be set to accept half a picture (WeasyPrint does that)
        raise BadHandwriting("手写签名不是完整的 PNG 图片", field="handwriting")
    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise BadHandwriting("手写签名图片尺寸过大", field="handwriting")
            mask = _coverage(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadHandwriting("手写签名不是有效的 PNG 图片", field="handwriting") from error
    ink = mask.point(lambda value: 255 if value > 64 else 0).getbbox()
    if ink is None:
        raise BadHandwriting("手写签名为空白，请书写姓名", field="handwriting")
    mask = mask.crop(ink)
    mask.thumbnail(_MASK_SIZE)
    if sum(mask.histogram()[96:]) < _MIN_INK:
        raise BadHandwriting("手写签名过于简单，请书写完整姓名", field="handwriting")
    output = BytesIO()
    mask.save(output, "PNG", optimize=True)
    return output.getvalue()


def _coverage(image: Image.Image) -> Image.Image:
    """Dark strokes on white or on transparent ground become light on black."""
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    flat = Image.alpha_composite(white, rgba).convert("L")
    return flat.point(lambda value: 255 - value)


@dataclass(frozen=True)
class InkStyle(BaseStampStyle):
    """pyHanko's way to ask for an appearance; without a style it would draw text in an unembedded Courier."""

    ink: Ink | None = None

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: dict[str, Any]) -> "_InkStamp":  # noqa: ARG002
        assert self.ink is not None
        return _InkStamp(writer, self, box, self.ink)


class _InkStamp(BaseStamp):
    def __init__(self, writer: BasePdfFileWriter, style: "InkStyle", box: BoxConstraints, ink: Ink) -> None:
        super().__init__(writer, style, box)
        self._target, self._ink = writer, ink

    def apply_appearance(self, annot_dict: generic.DictionaryObject) -> None:
        """Centre the image in the box, keeping its proportions."""
        assert self.box is not None
        width, height = float(self.box.width), float(self.box.height)
        content = f"q {_matrix(self._ink, width, height)} cm /I Do Q"
        form = generic.StreamObject(
            generic.DictionaryObject(
                {
                    pdf_name("/Type"): pdf_name("/XObject"),
                    pdf_name("/Subtype"): pdf_name("/Form"),
                    pdf_name("/BBox"): generic.ArrayObject(
                        [generic.FloatObject(value) for value in ("0", "0", f"{width:.2f}", f"{height:.2f}")]
                    ),
                    pdf_name("/Resources"): generic.DictionaryObject(
                        {pdf_name("/XObject"): generic.DictionaryObject({pdf_name("/I"): self._image()})}
                    ),
                }
            ),
            stream_data=content.encode(),
        )
        annot_dict[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): self._target.add_object(form)})

    def _image(self) -> generic.IndirectObject:
        ink = self._ink
        mask = self._target.add_object(_image_stream(ink.width, ink.height, "/DeviceGray", ink.mask))
        colour = _image_stream(1, 1, "/DeviceRGB", zlib.compress(bytes(ink.colour)))
        colour[pdf_name("/SMask")] = mask
        return self._target.add_object(colour)


def _matrix(ink: Ink, width: float, height: float) -> str:
    """From the unit square of the image to the middle of the box."""
    lies = ink.turn in {90, 270}
    scale = min(width / (ink.height if lies else ink.width), height / (ink.width if lies else ink.height))
    wide, high = ink.width * scale, ink.height * scale
    x, y = width / 2, height / 2
    a, b, c, d = {
        0: (wide, 0.0, 0.0, high),
        90: (0.0, wide, -high, 0.0),
        180: (-wide, 0.0, 0.0, -high),
        270: (0.0, -wide, high, 0.0),
    }[ink.turn]
    numbers = (a, b, c, d, x - (a + c) / 2, y - (b + d) / 2)
    return " ".join("0" if number == 0 else f"{number:.2f}" for number in numbers)


def _image_stream(width: int, height: int, space: str, deflated: bytes) -> generic.StreamObject:
    return generic.StreamObject(
        generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Image"),
                pdf_name("/Width"): generic.NumberObject(width),
                pdf_name("/Height"): generic.NumberObject(height),
                pdf_name("/ColorSpace"): pdf_name(space),
                pdf_name("/BitsPerComponent"): generic.NumberObject(8),
                pdf_name("/Filter"): pdf_name("/FlateDecode"),
            }
        ),
        encoded_data=deflated,
    )
