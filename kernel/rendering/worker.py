"""One rendering process: warm once, then answer requests until the other end closes.

WeasyPrint does not scale over threads, pdfium is not safe in them, and either may crash on hostile input;
a process of its own keeps all of that away from the rest.
"""

import io
import os
import traceback
from importlib.resources import files
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import pypdfium2 as pdfium  # type: ignore[import-untyped]
from weasyprint import CSS, Document  # type: ignore[import-untyped]
from weasyprint import Attachment as PdfAttachment
from weasyprint.text.fonts import FontConfiguration  # type: ignore[import-untyped]
from weasyprint.urls import FatalURLFetchingError, URLFetcher  # type: ignore[import-untyped]

from kernel.rendering.finish import finish
from kernel.rendering.schemas import (
    Answer,
    Attachment,
    Box,
    CountPages,
    DrawPage,
    Failed,
    NoGlyph,
    PageCount,
    Picture,
    Ready,
    Rendered,
    RenderPdf,
    Request,
    Unreadable,
)
from kernel.rendering.weasy import Markup, hasten

_POINTS_PER_PIXEL = 0.75
_VARIANT = "pdf/a-3u"
_MOST_PIXELS = 40_000_000
_MOST_STYLESHEETS = 50
_WARM_UP = '<html lang="zh-CN"><title>预热</title><body><p>预热 <b>粗体</b></p><table><tr><td>一</td></tr></table>'


class SignaturePlaceError(Exception):
    """A signature place occurs twice or is broken over two pages."""


class Engine:
    """WeasyPrint with one font configuration and one style sheet for the life of the process."""

    def __init__(self) -> None:
        hasten()
        self._fonts = FontConfiguration()
        # Documents carry their pictures as data: addresses; nothing is ever fetched from a file or the network.
        self._fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
        self._css = files("kernel.rendering").joinpath("document.css").read_text("utf-8")
        self._parsed: dict[str, CSS] = {}
        self.render(RenderPdf(html=_WARM_UP))

    def answer(self, request: Request) -> Answer:
        """Do what is asked; a fault becomes an answer, so that the process lives on."""
        try:
            match request:
                case RenderPdf():
                    return self.render(request)
                case DrawPage():
                    return _draw(request)
                case CountPages():
                    return _count(request)
        except (Exception, FatalURLFetchingError) as error:  # noqa: BLE001  every fault is an answer
            return Failed(reason=_reason(error))

    def render(self, request: RenderPdf) -> Answer:
        """HTML to PDF/A-3u. The same HTML and attachments give the same bytes."""
        # A base that nothing can be joined to: a relative address fails like any other instead of being left out.
        markup, own_css = _taken_out(request.html, "<style>", "</style>")
        markup, underlay = _taken_out(markup, '<link rel="underlay" href="', '">')
        html = Markup(markup, base_url="document:", url_fetcher=self._fetcher, css=self._css + own_css)
        stylesheets = [self._stylesheet(css) for css in (self._css, own_css)]
        document = html.render(font_config=self._fonts, stylesheets=stylesheets, pdf_variant=_VARIANT)
        boxes = _signature_places(document)
        attachments = [_attachment(one, self._fetcher) for one in request.attachments]
        pdf = document.write_pdf(
            pdf_variant=_VARIANT, attachments=attachments, finisher=lambda _, pdf: finish(pdf, underlay)
        )
        # WeasyPrint only logs a warning and draws a box; a legal document must not go out like that.
        missing = {codepoint for font in document.fonts.values() for codepoint in font.missing}
        if missing:
            return NoGlyph(codepoints=tuple(sorted(missing)))
        return Rendered(pdf=pdf, pages=len(document.pages), boxes=boxes)

    def _stylesheet(self, text: str) -> CSS:
        """Parsed once a process: parsing a template's style costs as much as laying out a page."""
        if text not in self._parsed:
            if len(self._parsed) >= _MOST_STYLESHEETS:
                self._parsed.clear()
            self._parsed[text] = CSS(string=text, font_config=self._fonts, url_fetcher=self._fetcher)
        return self._parsed[text]


def _taken_out(html: str, opening: str, closing: str) -> tuple[str, str]:
    """The document without the first such element of our base template's head, and what the element holds.

    Parsing it with the rest would cost more than parsing all of the page.
    """
    before, opened, rest = html.partition(opening)
    inside, closed, after = rest.partition(closing)
    return (before + after, inside) if opened and closed else (html, "")


def _reason(error: BaseException) -> str:
    # Cut short: what is rendered is personal data, and the reason goes to the log.
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {str(error)[:200]} ({Path(place.filename).name}:{place.lineno})"


def _attachment(one: Attachment, fetcher: URLFetcher) -> PdfAttachment:
    return PdfAttachment(
        file_obj=io.BytesIO(one.data),
        url_fetcher=fetcher,  # it fetches nothing, and to make one of its own takes a while
        name=one.name,
        description=one.description,
        created=one.created,
        modified=one.created,
        relationship=one.relationship,
    )


def _signature_places(document: Document) -> dict[str, Box]:
    places: dict[str, Box] = {}
    for number, page in enumerate(document.pages):
        on_this_page: set[int] = set()
        for box in page._page_box.descendants(placeholders=True):  # noqa: SLF001  WeasyPrint tells no sizes otherwise
            element = box.element
            name = element.get("id", "") if element is not None else ""
            if not name.startswith("sign-") or id(element) in on_this_page:
                continue  # anonymous boxes inside repeat their parent's element; the outermost comes first
            if name in places:
                raise SignaturePlaceError(name)
            on_this_page.add(id(element))
            places[name] = _points(number, page.height, box)
    return places


def _points(number: int, page_height: float, box: object) -> Box:
    x, y = box.border_box_x(), box.border_box_y()  # type: ignore[attr-defined]
    width, height = box.border_width(), box.border_height()  # type: ignore[attr-defined]

    def points(pixels: float) -> float:
        return round(pixels * _POINTS_PER_PIXEL, 2)

    return Box(
        page=number,
        x1=points(x),
        y1=points(page_height - y - height),
        x2=points(x + width),
        y2=points(page_height - y),
    )


def _draw(request: DrawPage) -> Answer:
    try:
        document = pdfium.PdfDocument(request.pdf)
    except pdfium.PdfiumError:
        return Unreadable()
    try:
        if not 0 <= request.page < len(document):
            return Unreadable()
        document.init_forms()  # without it the visible signatures are not drawn
        page = document[request.page]
        width, height = page.get_size()
        scale = request.width / width
        if scale * scale * width * height > _MOST_PIXELS:  # a strip a kilometre long, meant to fill the memory
            return Unreadable()
        image = page.render(scale=scale).to_pil()
    finally:
        document.close()
    out = io.BytesIO()
    image.save(out, format="PNG", compress_level=4)
    return Picture(png=out.getvalue())


def _count(request: CountPages) -> Answer:
    try:
        document = pdfium.PdfDocument(request.pdf)
    except pdfium.PdfiumError:
        return Unreadable()
    try:
        return PageCount(pages=len(document))
    finally:
        document.close()


def serve(connection: Connection) -> None:
    """Answer requests. Ends when the parent closes the connection or dies."""
    os.dup2(2, 1)  # whatever a C library prints must not pass for anything else
    encoder, decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Request)
    engine = Engine()
    connection.send_bytes(encoder.encode(Ready()))
    while True:
        try:
            data = connection.recv_bytes()
        except EOFError:
            return
        connection.send_bytes(encoder.encode(engine.answer(decoder.decode(data))))
