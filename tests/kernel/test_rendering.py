"""HTML to PDF/A-3u in processes of their own: form, places, pictures, faults."""

import asyncio
import contextlib
import hashlib
import io
import os
import signal
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from jinja2 import UndefinedError
from PIL import Image

from kernel.errors import DomainError
from kernel.rendering import Attachment, FontsMissing, MissingGlyph, Renderer, RenderFailed, qr_png, render_template
from kernel.rendering.errors import UnreadablePdf
from kernel.rendering.fonts import _characters, font_files
from kernel.rendering.templates import png_uri
from kernel.settings import Settings

PAGE = '<html lang="zh-CN"><head><title>测试文书</title></head><body>{}</body></html>'
RARE = "𬭊𠅤㛃䶮犇镕堃𫖯𪚥"
ATTACHED = Attachment(name="data.xml", data=b"<a/>", created=datetime(2026, 11, 21, tzinfo=UTC), description="数据")


@pytest.fixture(scope="module")
async def renderer(settings: Settings) -> AsyncIterator[Renderer]:
    async with Renderer(settings.assets_dir, 1) as renderer:
        yield renderer


def blank_pdf(size: tuple[int, int]) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=size)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def read_text(path: Path) -> str:
    return subprocess.check_output(["pdftotext", path, "-"], encoding="utf-8")


def idle_process(renderer: Renderer) -> int:
    process = renderer._slots.queue[-1]
    assert process is not None
    return process.pid


async def test_rare_names_are_drawn_and_can_be_read_back(renderer: Renderer, tmp_path: Path) -> None:
    rendered = await renderer.pdf(PAGE.format(f"<p>李{RARE}</p><p><b>李𬭊</b></p>"))
    path = tmp_path / "rare.pdf"
    path.write_bytes(rendered.pdf)
    text = await asyncio.to_thread(read_text, path)
    assert f"李{RARE}" in text
    assert text.count("𬭊") == 2


async def test_a_character_that_no_font_has_is_refused_by_name(renderer: Renderer) -> None:
    with pytest.raises(MissingGlyph) as refused:
        await renderer.pdf(PAGE.format("<p>李\U00030edd，\ue815</p>"))
    assert refused.value.characters == ("\ue815", "\U00030edd")
    assert "U+30EDD" in refused.value.message
    assert "U+E815" in refused.value.message
    assert refused.value.status == 422


async def test_the_same_input_gives_the_same_bytes_in_another_process(renderer: Renderer, settings: Settings) -> None:
    html = PAGE.format(f"<h1>标题</h1><p>{RARE}</p><img src='{png_uri(qr_png('x'))}'>")
    first = await renderer.pdf(html, attachments=[ATTACHED])
    async with Renderer(settings.assets_dir, 1) as other:
        second = await other.pdf(html, attachments=[ATTACHED])
    assert hashlib.sha256(first.pdf).digest() == hashlib.sha256(second.pdf).digest()


async def test_the_form_of_pdf_a_3u(renderer: Renderer) -> None:
    html = PAGE.format(f"<h1>标题</h1><p>{RARE}</p><img src='{png_uri(qr_png('x'))}'>")
    rendered = await renderer.pdf(html, attachments=[ATTACHED])
    with pikepdf.open(io.BytesIO(rendered.pdf)) as pdf:
        assert not pdf.is_encrypted
        assert len(pdf.trailer.ID) == 2
        with pdf.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "3"
            assert metadata["pdfaid:conformance"] == "U"
            assert metadata["dc:title"] == "测试文书"
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert len(intent.DestOutputProfile.read_bytes()) > 1000
        assert "/JavaScript" not in pdf.Root.get("/Names", {})
        assert "/OpenAction" not in pdf.Root
        (file,) = {one.objgen: one for one in pdf.Root.AF}.values()
        assert file.AFRelationship == "/Data"
        assert pdf.attachments["data.xml"].get_file().read_bytes() == b"<a/>"
        fonts = [font for page in pdf.pages for font in page.resources.Font.values()]
        assert len(fonts) == 3  # regular, bold, and Hanazono for Extension B
        for font in fonts:
            assert_embedded_truetype(font)
        for image in pdf.pages[0].resources.XObject.values():
            assert image.get("/Interpolate", False) is False


def assert_embedded_truetype(font: pikepdf.Object) -> None:
    assert font.Subtype == "/Type0"
    assert b"beginbf" in font.ToUnicode.read_bytes()
    (descendant,) = font.DescendantFonts
    assert descendant.Subtype == "/CIDFontType2"
    assert descendant.FontDescriptor.FontFile2.read_bytes()[:4] == b"\x00\x01\x00\x00"


async def test_signature_places_are_told_in_points_from_the_bottom_left(renderer: Renderer) -> None:
    boxes = """<p style="break-after: page">一</p><div id="page-2">
    <div id="sign-buyer-1" style="margin: 20mm 0 0 10mm; width: 60mm; height: 20mm">
    字<b>字</b></div>
    <div id="other">不是</div></div>"""
    style = "<style>@page { size: A4; margin: 0 } p { margin: 0 } #page-2 { padding-top: 0.1px }</style>"
    rendered = await renderer.pdf(PAGE.format(style + boxes))
    assert rendered.pages == 2
    assert set(rendered.boxes) == {"sign-buyer-1"}
    box = rendered.boxes["sign-buyer-1"]
    millimetre = 72 / 25.4
    assert box.page == 1
    expected = (10 * millimetre, (297 - 40) * millimetre, 70 * millimetre, (297 - 20) * millimetre)
    assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    "body",
    [
        '<div id="sign-a">一</div><div id="sign-a">二</div>',
        '<div id="sign-a"><p style="break-after: page">一</p><p>二</p></div>',
    ],
)
async def test_an_ambiguous_signature_place_is_refused(renderer: Renderer, body: str) -> None:
    with pytest.raises(RenderFailed):
        await renderer.pdf(PAGE.format(body))


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port that remembers whoever knocks."""
    calls: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            calls.append(b"called")
            connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield server.getsockname()[1], calls
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.mark.parametrize(
    "body",
    [
        '<img src="{url}">',
        '<link rel="stylesheet" href="{url}">',
        '<link rel="attachment" href="{url}">',
        "<style>@import url({url});</style>",
        "<style>@font-face {{ font-family: x; src: url({url}) }}</style>",
        '<p style="background: url({url})">一</p>',
        '<object data="{url}"></object>',
        '<base href="{url}"><img src="x.png">',
        '<img src="x.png">',
    ],
)
@pytest.mark.parametrize("scheme", ["http", "file"])
async def test_nothing_is_fetched(
    renderer: Renderer, listener: tuple[int, list[bytes]], tmp_path: Path, body: str, scheme: str
) -> None:
    port, calls = listener
    secret = tmp_path / "secret.png"
    Image.new("RGB", (4, 4)).save(secret)
    url = f"http://127.0.0.1:{port}/x.png" if scheme == "http" else secret.as_uri()
    with pytest.raises(RenderFailed):
        await renderer.pdf(PAGE.format("<p>一</p>" + body.format(url=url)))
    assert calls == []


async def test_a_fetch_inside_an_svg_brings_nothing_in(renderer: Renderer, listener: tuple[int, list[bytes]]) -> None:
    port, calls = listener
    svg = f'<svg width="9" height="9"><image width="9" height="9" href="http://127.0.0.1:{port}/x.png"/></svg>'
    with contextlib.suppress(RenderFailed):
        await renderer.pdf(PAGE.format(svg))
    assert calls == []


async def test_a_process_that_was_killed_is_replaced(renderer: Renderer) -> None:
    before = idle_process(renderer)
    os.kill(before, signal.SIGKILL)
    rendered = await renderer.pdf(PAGE.format("<p>一</p>"))
    assert rendered.pdf.startswith(b"%PDF-")
    assert idle_process(renderer) != before


async def test_a_process_killed_in_the_middle_of_a_document_loses_nothing(renderer: Renderer) -> None:
    before = idle_process(renderer)
    work = asyncio.create_task(renderer.pdf(PAGE.format("<p>字</p>" * 500)))
    await asyncio.sleep(0.1)
    os.kill(before, signal.SIGKILL)
    assert (await work).pages > 1


async def test_a_document_that_takes_too_long_is_given_up(settings: Settings) -> None:
    async with Renderer(settings.assets_dir, 1, timeout=0.5) as renderer:
        before = idle_process(renderer)
        with pytest.raises(RenderFailed):
            await renderer.pdf(PAGE.format("<table><tr><td>字</td></tr></table>" * 5000))
        with pytest.raises(ProcessLookupError):
            os.kill(before, 0)
        assert await renderer.page_count(blank_pdf((100, 100))) == 1


async def test_many_documents_at_once(settings: Settings) -> None:
    async with Renderer(settings.assets_dir, 2) as renderer:
        answers = await asyncio.gather(*(renderer.pdf(PAGE.format(f"<p>第{n}号</p>")) for n in range(8)))
    assert len({answer.pdf for answer in answers}) == 8


async def test_the_processes_end_with_the_renderer(settings: Settings) -> None:
    renderer = Renderer(settings.assets_dir, 1)
    await renderer.start()
    process, folder = idle_process(renderer), Path(renderer._folder.name)
    await renderer.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert not folder.exists()


def test_without_fonts_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match=r"缺少文书字体 NotoSerifSC_400Regular\.ttf"):
        Renderer(tmp_path, 1)


async def test_page_pictures_for_phones(renderer: Renderer) -> None:
    rendered = await renderer.pdf(PAGE.format('<p style="break-after: page">一</p><p>二</p>'))
    assert await renderer.page_count(rendered.pdf) == 2
    with Image.open(io.BytesIO(await renderer.page_image(rendered.pdf, 1, 720))) as image:
        assert image.format == "PNG"
        assert image.size == pytest.approx((720, 1018), abs=2)
        assert min(image.convert("L").tobytes()) < 128  # there is ink


@pytest.mark.parametrize(("pdf", "page"), [(b"", 0), (b"not a pdf", 0), (None, 1), (None, -1)])
async def test_a_page_that_is_not_there(renderer: Renderer, pdf: bytes | None, page: int) -> None:
    data = (await renderer.pdf(PAGE.format("<p>一</p>"))).pdf if pdf is None else pdf
    with pytest.raises(UnreadablePdf):
        await renderer.page_image(data, page, 300)


async def test_a_page_too_long_to_draw(renderer: Renderer) -> None:
    with pytest.raises(UnreadablePdf):
        await renderer.page_image(blank_pdf((3, 14400)), 0, 2000)


def test_the_qr_code_is_one_pixel_a_module() -> None:
    with Image.open(io.BytesIO(qr_png("https://example.org/verify/411528/abcdefghijklmnopqrst"))) as image:
        assert image.mode == "1"
        assert (image.width - 4 - 17) % 4 == 0  # 17 + 4 × version modules, quiet zone of 2 on each side


def test_templates_escape_and_refuse_what_is_undefined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "probe_documents"
    (package / "templates").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "templates" / "probe.html").write_text(
        '{% extends "kernel/document.html" %}{% block title %}{{ title }}{% endblock %}'
        "{% block body %}<p>{{ name }}</p>{% endblock %}"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    html = render_template("probe_documents", "probe.html", {"title": "题", "name": "<b>甲&乙</b>"})
    assert "<p>&lt;b&gt;甲&amp;乙&lt;/b&gt;</p>" in html
    with pytest.raises(UndefinedError):
        render_template("probe_documents", "probe.html", {"title": "题"})


def test_errors_are_words_for_people() -> None:
    for error in (RenderFailed(), UnreadablePdf(), MissingGlyph([0xE815])):
        assert isinstance(error, DomainError)
        assert error.code.startswith("rendering.")
        assert error.message


def test_the_characters_of_a_font_are_all_that_its_tables_name(settings: Settings) -> None:
    for path in font_files(settings.assets_dir):
        with TTFont(path, lazy=True) as font:
            assert set(_characters(font)) == set(font.getBestCmap())
