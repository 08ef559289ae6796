"""On a page that is shown turned, the seal stands upright and where the preview shows it."""

from io import BytesIO

import pikepdf
import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from PIL import Image, ImageChops, ImageDraw

from signing.appearance import SEAL_RED, read_ink
from signing.contents import contents_of
from signing.founding import create_pki
from signing.keys import SoftwareKeys
from signing.pades import Desk, SealPlace, add_seal
from signing.pki import Pki
from signing.timestamps import ResponderTimestamper
from tests.signing.making import seal_of
from tests.signing.material import OCSP
from yiti.portals.seals.pictures import with_place
from yiti.seal_desk.rules import box_at, shown_at, shown_size
from yiti.seal_desk.schemas import Shape


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return create_pki(tmp_path_factory.mktemp("pki"), SoftwareKeys(b"x"), OCSP)


def mask() -> bytes:
    """A hook, which is another one from every side."""
    image = Image.new("L", (300, 300), 0)
    ImageDraw.Draw(image).line([(60, 40), (60, 240), (180, 240)], fill=255, width=40)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def page(turn: int) -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(500, 700)).obj.Rotate = turn
        pdf.save(out)
    return out.getvalue()


def drawn(pdf: bytes) -> Image.Image:
    document = pdfium.PdfDocument(pdf)
    document.init_forms()
    picture: Image.Image = document[0].render(scale=1).to_pil().convert("L")
    document.close()
    return picture


def hook(pdf: bytes, shape: Shape) -> Image.Image:
    """What is in the seal's place of the page as it is shown."""
    spot, (_, height) = shown_at(shape, "bottom_right"), shown_size(shape)
    top = round(height - spot.low - spot.side)
    left, side = round(spot.left), round(spot.side)
    return drawn(pdf).crop((left, top, left + side, top + side)).resize((100, 100))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
async def test_the_seal_stands_upright_in_its_place(pki: Pki, turn: int) -> None:
    pdf = page(turn)
    (found,) = contents_of(pdf).pages
    shape = Shape(found.x1, found.y1, found.x2, found.y2, found.turn)
    place = SealPlace("s", box_at(shape, 0, "bottom_right"), shape.turn, closes=True)
    ink = read_ink(mask(), SEAL_RED, shape.turn)
    sealed = await add_seal(pdf, place, seal_of(pki), Desk(pki, ResponderTimestamper(pki)), ink=ink)
    with Image.open(BytesIO(mask())) as wanted:
        upright = wanted.point(lambda value: 255 if value < 128 else 80).resize((100, 100))
    apart = ImageChops.difference(hook(sealed, shape).point(lambda v: 255 if v > 160 else 80), upright)
    assert sum(apart.histogram()[64:]) < 400, "of ten thousand points, those at the edges"


def test_the_preview_has_the_seal_where_it_will_be() -> None:
    shape = Shape(0, 0, 500, 700, 90)
    blank, stamp = BytesIO(), BytesIO()
    Image.new("RGB", (700, 500), "white").save(blank, "PNG")
    Image.new("RGBA", (240, 240), (200, 22, 29, 255)).save(stamp, "PNG")
    with Image.open(BytesIO(with_place(blank.getvalue(), stamp.getvalue(), shape, "bottom_right"))) as picture:
        box = ImageChops.difference(picture.convert("RGB"), Image.new("RGB", picture.size, "white")).getbbox()
    spot = shown_at(shape, "bottom_right")
    assert box is not None
    left, top, right, bottom = box
    assert (left, right - left) == pytest.approx((spot.left, spot.side), abs=2)
    assert (500 - bottom, bottom - top) == pytest.approx((spot.low, spot.side), abs=2)
