"""The fonts of our documents, shut off from whatever else the machine has installed.

Each renderer writes its own fontconfig file that knows only these fonts: the outcome is the same on every machine, and
a character that they lack is seen as missing instead of being drawn by chance in another typeface.
TrueType only: region-subset Noto OTF (CID-CFF) fails PDF/A and shows nothing in MuPDF.
"""

import struct
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from pathlib import Path
from xml.sax.saxutils import escape

from fontTools.ttLib import TTFont

from kernel.rendering.errors import FontsMissing, MissingGlyph

FAMILY = "Noto Serif SC"
_SEGMENTED_COVERAGE = (12).to_bytes(2)  # the number of the format, OpenType "cmap"
_PACKAGE = Path("@expo-google-fonts/noto-serif-sc")
_REQUIRED = ("400Regular/NotoSerifSC_400Regular.ttf", "700Bold/NotoSerifSC_700Bold.ttf")
_RARE_NAMES = (  # Debian's fonts-hanazono: Extension B and later, for names beyond Noto Serif SC
    Path("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf"),
    Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf"),
)


def font_files(assets_dir: Path) -> list[Path]:
    """The font files to use, the required ones first. `FontsMissing` when the front-end libraries are not set up."""
    required = [assets_dir / _PACKAGE / name for name in _REQUIRED]
    absent = [path.name for path in required if not path.is_file()]
    if absent:
        raise FontsMissing(
            f"缺少文书字体 {'、'.join(absent)}：请先安装前端资源（make run 或 npm ci），"
            "或用 YITI_ASSETS_DIR 指明 node_modules 所在位置"
        )
    return required + [path for path in _RARE_NAMES if path.is_file()]


def isolate_fonts(assets_dir: Path, folder: Path) -> Path:
    """Put links to the fonts and a fontconfig file for them into `folder`; returns the file for `FONTCONFIG_FILE`."""
    fonts = folder / "fonts"
    fonts.mkdir()
    for path in font_files(assets_dir):
        (fonts / path.name).symlink_to(path.resolve())
    config = folder / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>'
        f"<dir>{escape(str(fonts))}</dir><cachedir>{escape(str(folder / 'cache'))}</cachedir></fontconfig>\n",
        encoding="utf-8",
    )
    return config


def check_glyphs(fields: Mapping[str, str], assets_dir: Path) -> None:
    """Raise `MissingGlyph` at the first field with characters that none of our fonts can draw.

    So that a name is refused when it is typed in, and not when its documents are rendered. The first call of a process
    reads the fonts: from a coroutine call it in a thread. Raises `FontsMissing`.
    """
    covered = _covered(tuple(font_files(assets_dir)))
    for name, text in fields.items():
        missing = {ord(character) for character in text if not character.isspace()} - covered
        if missing:
            raise MissingGlyph(missing, field=name)


@lru_cache(maxsize=1)
def _covered(files: tuple[Path, ...]) -> frozenset[int]:
    covered: set[int] = set()
    for path in files:
        with TTFont(path, lazy=True) as font:
            covered.update(_characters(font))
    return frozenset(covered)


def _characters(font: TTFont) -> Iterable[int]:
    """The ranges of the table for all of Unicode: fontTools would name every glyph, half a second for a font."""
    table: bytes = font.reader["cmap"]
    for (place,) in struct.iter_unpack(">4xL", table[4 : 4 + 8 * int.from_bytes(table[2:4])]):
        if table[place : place + 2] == _SEGMENTED_COVERAGE:
            ranges = table[place + 16 : place + int.from_bytes(table[place + 4 : place + 8])]
            return chain.from_iterable(range(first, last + 1) for first, last in struct.iter_unpack(">LL4x", ranges))
    return frozenset(font.getBestCmap())
