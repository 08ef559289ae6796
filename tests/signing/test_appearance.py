import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from kernel.rendering.fonts import font_files
from kernel.settings import Settings
from signing.appearance import BLACK, MAX_UPLOAD, handwriting_mask, read_ink
from signing.errors import BadHandwriting
from signing.seal_image import seal_mask
from tests.signing.material import handwriting


def _png(image: Image.Image, kind: str = "PNG") -> bytes:
    output = BytesIO()
    image.save(output, kind)
    return output.getvalue()


def _on_white(draw_dot: bool) -> Image.Image:
    image = Image.new("RGB", (300, 100), "white")
    if draw_dot:
        ImageDraw.Draw(image).ellipse((50, 50, 54, 54), fill="black")
    return image


def test_handwriting_is_cropped_and_small() -> None:
    mask = handwriting_mask(handwriting())
    with Image.open(BytesIO(mask)) as image:
        assert image.mode == "L"
        assert image.width <= 500
        assert image.height < 220
    ink = read_ink(mask, BLACK)
    assert len(zlib.decompress(ink.mask)) == ink.width * ink.height
    assert len(ink.mask) < 20_000


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"<html>not a picture</html>",
        handwriting()[:200],
        _png(_on_white(False)),
        _png(_on_white(True)),
        _png(Image.new("RGBA", (300, 100), (0, 0, 0, 0))),
        _png(_on_white(True), "JPEG"),
        _png(_on_white(True), "GIF"),
        b"\x89PNG\r\n\x1a\n" + b"\0" * MAX_UPLOAD,
        _png(Image.new("1", (60_000, 200), 0)),
    ],
    ids=["empty", "html", "cut off", "blank", "a dot", "transparent", "jpeg", "gif", "too large", "too many pixels"],
)
def test_bad_handwriting_is_refused_in_words(upload: bytes) -> None:
    with pytest.raises(BadHandwriting) as refused:
        handwriting_mask(upload)
    assert refused.value.field == "handwriting"
    assert refused.value.status == 422


@pytest.mark.parametrize("name", ["息县自然资源局", "河南省息县某某房地产开发投资集团有限责任公司"])
def test_a_seal_has_its_name_around_it(name: str, settings: Settings) -> None:
    font = _font(settings)
    with Image.open(BytesIO(seal_mask(name, font))) as drawn, Image.open(BytesIO(seal_mask("", font))) as bare:
        assert drawn.size == (600, 600)
        more = sum(drawn.histogram()[128:]) - sum(bare.histogram()[128:])
        assert more > 400 * len(name)
        assert drawn.getpixel((300, 300)) == 255  # the star
        assert drawn.getpixel((2, 2)) == 0


def _font(settings: Settings) -> Path:
    return font_files(settings.assets_dir)[1]
