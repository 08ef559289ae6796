"""What makes rendering faster must not change what is rendered."""

import base64
import io
import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from decimal import Decimal

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from kernel.rendering import Renderer, RenderFailed
from kernel.rendering.fonts import isolate_fonts
from kernel.settings import Settings

PAGE = '<html lang="zh-CN"><head><title>测试</title>{}</head><body>{}</body></html>'
# In a process of its own: fonts are chosen once a process, and the shortcuts are for a whole process.
RENDER_BOTH = """
import json, sys
from pathlib import Path
from weasyprint import HTML
from weasyprint.pdf.fonts import Font
from weasyprint.urls import URLFetcher
from kernel.rendering.finish import finish, shorten_widths
from kernel.rendering.weasy import Markup, hasten

pages, folder = json.load(sys.stdin), Path(sys.argv[1])
subsets = []

def counted(subset):
    return lambda *given: subsets.append(subset.__name__) or subset(*given)

def write(name, kind, finisher):
    for number, html in enumerate(pages):
        document = kind(string=html, base_url="document:", url_fetcher=URLFetcher()).render(pdf_variant="pdf/a-3u")
        # Uncompressed, for one shortcut is the level of compression.
        pdf = document.write_pdf(pdf_variant="pdf/a-3u", uncompressed_pdf=True, finisher=finisher)
        folder.joinpath(f"{name}-{number}.pdf").write_bytes(pdf)

Font._harfbuzz_subset = counted(Font._harfbuzz_subset)
write("as_it_comes", HTML, lambda _, pdf: shorten_widths(pdf))
hasten()
Font._harfbuzz_subset = counted(Font._harfbuzz_subset)
write("hastened", Markup, lambda _, pdf: finish(pdf, ""))
assert set(subsets) == {"_harfbuzz_subset", "subset_once"}, subsets
"""


@pytest.fixture(scope="module")
async def renderer(settings: Settings) -> AsyncIterator[Renderer]:
    async with Renderer(settings.assets_dir, 1) as renderer:
        yield renderer


LATIN = "<p>only latin letters, so that the last glyphs of the font are cut off</p>"
MIXED = """<h1>《标题》</h1><p>（一）正文，<b>粗体</b>。<br>第二行<q>引文</q></p><ol><li>甲</li></ol>
<table><tr><th>表<td>格</table>"""
STYLED = """<div style="margin-inline-start: 9mm; padding-block: 2mm; border-inline-end: 1pt solid red; color: #080">
<p style="position: relative; left: 3mm; float: right; text-decoration: underline">右<i style="all: initial">始</i></p>
<p dir="rtl" style="direction: rtl; margin-inline-start: 1em; inset-inline-start: 2mm; position: relative">反</p>
<p style="--gap: 4mm; margin-top: var(--gap); border: inherit">承<span style="display: block; margin-top: var(--gap)">变
</span></p></div>"""

LINES = """<div style="width: 43mm; overflow-wrap: anywhere">
<p style="text-align: justify; letter-spacing: 1pt">
两端对齐的一段 with some latin words，共若干行，最后一行不对齐；“引号”与 averyverylongword。</p>
<p style="text-align: justify; word-spacing: 2pt">one two three four five six seven eight nine ten eleven</p>
<p style="white-space: pre-line">保留换行
　　第二行　有空格   三个</p><p style="white-space: nowrap">不换行的一长串文字超出了它的宽度也还是一行</p>
<p style="white-space: pre-wrap">制\t表 \n 二</p>
<p style="white-space: nowrap; overflow: hidden; text-overflow: ellipsis">不换行的一长串文字超出了它的宽度也还是一行</p>
<p style="overflow-wrap: normal; text-align: right; text-decoration: underline">
averyverylongwordthatdoesnotfit 尾</p></div>"""
MARGINS = """<style>@page { margin: 20mm; @top-right { content: "标题"; font-size: 9pt }
@bottom-center { content: "第 " counter(page) " 页，共 " counter(pages) " 页" } }
@page :first { @top-right { content: none } @left-middle { content: "行" } }</style>
<p>一</p><p style="break-before: page">二</p><p style="break-before: page">三</p>"""


RARE = "<p>李𠅤㛃䶮犇𪚥，𬭊</p>"
MISSING = "<p>没有字形：\U00030edd</p>"
BODIES = (LATIN, MIXED, STYLED, LINES, MISSING, MARGINS, RARE)


@pytest.fixture(scope="module")
def rendered(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, bytes]]:
    """Each body by WeasyPrint as it comes, and with our shortcuts."""
    folder = tmp_path_factory.mktemp("rendered")
    style = "<style>html { font-family: 'Noto Serif SC' }</style>"
    subprocess.run(
        [sys.executable, "-c", RENDER_BOTH, folder],
        input=json.dumps([PAGE.format(style, body) for body in BODIES]),
        env={**os.environ, "FONTCONFIG_FILE": str(isolate_fonts(settings.assets_dir, folder))},
        encoding="utf-8",
        check=True,
    )
    stock, ours = (
        [(folder / f"{name}-{number}.pdf").read_bytes() for number in range(len(BODIES))]
        for name in ("as_it_comes", "hastened")
    )
    return dict(zip(BODIES, zip(stock, ours, strict=True), strict=True))


@pytest.mark.parametrize("body", [LATIN, MIXED, STYLED, LINES, MISSING])
def test_the_shortcuts_change_no_byte(rendered: dict[str, tuple[bytes, bytes]], body: str) -> None:
    as_it_comes, hastened = rendered[body]
    assert as_it_comes == hastened


def test_the_boxes_in_the_margins_are_the_same(rendered: dict[str, tuple[bytes, bytes]]) -> None:
    # Not the bytes: an unused glyph less at the end of the font.
    stock, ours = (drawn(pdf) for pdf in rendered[MARGINS])
    assert len(set(stock)) == 3
    assert stock == ours


def test_the_glyphs_of_rare_names_are_the_same(rendered: dict[str, tuple[bytes, bytes]]) -> None:
    # Not the bytes: of Hanazono one unused glyph more is left.
    stock, ours = (glyphs(pdf) for pdf in rendered[RARE])
    assert len(stock) == 8
    assert stock == ours


async def test_every_glyph_has_the_width_of_its_font(renderer: Renderer) -> None:
    rendered = await renderer.pdf(PAGE.format("", f"<p>{''.join(map(chr, range(0x4E00, 0x4F00)))} Latin, 1234.5</p>"))
    with pikepdf.open(io.BytesIO(rendered.pdf)) as document:
        for font in document.pages[0].resources.Font.values():
            (descendant,) = font.DescendantFonts
            file = TTFont(io.BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))
            table = [[int(one)] if isinstance(one, int | Decimal) else list(map(float, one)) for one in descendant.W]
            told = {
                first + place: width
                for (first,), widths in zip(table[::2], table[1::2], strict=True)
                for place, width in enumerate(widths)
            }
            named = [
                int(one, 16) for one in re.findall(rb"^<([0-9a-f]{4})> <", font.ToUnicode.read_bytes(), re.MULTILINE)
            ]
            of_font = {one: file["hmtx"][file.getGlyphName(one)][0] * 1000 / file["head"].unitsPerEm for one in named}
            assert {one: told.get(one, float(descendant.DW)) for one in named} == pytest.approx(of_font)
            assert len(told) < 30


def drawn(pdf: bytes) -> list[bytes]:
    """What is drawn on each page."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [page.Contents.read_bytes() for page in document.pages]


def glyphs(pdf: bytes) -> dict[tuple[str, int], tuple[object, ...]]:
    """Outline and width of every glyph that the document names."""
    found: dict[tuple[str, int], tuple[object, ...]] = {}
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for font in document.pages[0].resources.Font.values():
            (descendant,) = font.DescendantFonts
            file = TTFont(io.BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))
            for number in re.findall(rb"^<([0-9a-f]{4})> <", font.ToUnicode.read_bytes(), re.MULTILINE):
                name = file.getGlyphName(int(number, 16))
                if number != b"0000":
                    outline = file["glyf"][name].getCoordinates(file["glyf"])[0]
                    assert len(outline)
                    found[str(font.BaseFont), int(number, 16)] = (tuple(outline), file["hmtx"][name])
    return found


def underlay(operators: bytes) -> str:
    packed = base64.b64encode(zlib.compress(operators)).decode()
    return f'<link rel="underlay" href="data:application/zlib;base64,{packed}">'


async def test_an_underlay_lies_below_every_page(renderer: Renderer) -> None:
    style = "<style>@page { size: 100pt 100pt; margin: 0 } div { height: 100pt; break-after: page }</style>"
    body = '<div><p style="margin: 0; width: 50pt; height: 50pt; background: #0000ff"></p></div><div>二</div>'
    green = b"2 0 0 2 0 0 cm 0 1 0 rg 0 0 50 50 re f"
    rendered = await renderer.pdf(PAGE.format(style + underlay(green), body))
    assert rendered.pages == 2
    with pikepdf.open(io.BytesIO(rendered.pdf)) as pdf:
        for page in pdf.pages:
            below, _ = page.Contents
            assert below.read_bytes() == b"q\n" + green + b"\nQ"
    with Image.open(io.BytesIO(await renderer.page_image(rendered.pdf, 0, 100))) as picture:
        assert picture.getpixel((25, 25)) == (0, 0, 255)
        assert picture.getpixel((75, 75)) == (0, 255, 0)
    assert rendered == await renderer.pdf(PAGE.format(style + underlay(green), body))
    assert (await renderer.pdf(PAGE.format(style, body))).pdf != rendered.pdf


@pytest.mark.parametrize("address", ["http://127.0.0.1/x", "data:application/zlib;base64,&lt;", "data:text/plain,q"])
async def test_an_underlay_that_cannot_be_read_fails(renderer: Renderer, address: str) -> None:
    with pytest.raises(RenderFailed):
        await renderer.pdf(PAGE.format(f'<link rel="underlay" href="{address}">', "<p>一</p>"))
