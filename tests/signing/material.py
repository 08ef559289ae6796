"""Documents, handwriting and pictures that the signing room's tests share."""

import warnings
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import weasyprint
from PIL import Image, ImageDraw

from kernel.blobs import BlobStore
from kernel.rendering.schemas import Box
from signing.pool import SigningPool

OCSP = "http://127.0.0.1:9/pki/ocsp"
BOX = Box(page=0, x1=60, y1=60.5, x2=180, y2=120)


def box(place: int) -> Box:
    return Box(page=0, x1=40 + 130 * place, y1=60, x2=160 + 130 * place, y2=120)


@cache
def document(text: str = "商品房买卖合同（预售）") -> bytes:
    html = f"<html lang=zh-CN><title>{text}</title><body><h1>{text}</h1>" + "<p>第一条 双方约定如下。</p>" * 20
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves its colour profile open
        return bytes(weasyprint.HTML(string=html).write_pdf(pdf_variant="pdf/a-3u"))


@cache
def handwriting(shift: int = 0) -> bytes:
    """Strokes in black on a transparent ground, as the signature pad sends them."""
    image = Image.new("RGBA", (500, 220), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.line([(40, 60 + shift), (200, 160), (330, 40), (460, 180 - shift)], fill="black", width=9)
    draw.arc((120, 30, 300, 200), 20, 300, fill="black", width=7)
    output = BytesIO()
    image.save(output, "PNG")
    return output.getvalue()


@cache
def picture() -> bytes:
    image = Image.new("L", (300, 300), 0)
    ImageDraw.Draw(image).ellipse((8, 8, 292, 292), outline=255, width=9)
    output = BytesIO()
    image.save(output, "PNG")
    return output.getvalue()


@dataclass
class Resources:
    blobs: BlobStore
    signing: SigningPool
