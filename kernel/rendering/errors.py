"""What can go wrong between a template and a PDF."""

from collections.abc import Iterable

from kernel.errors import DomainError, Invalid, Unavailable


class MissingGlyph(Invalid):
    """The document holds characters that no font of ours can draw; it is refused rather than printed with boxes."""

    code = "rendering.missing_glyph"

    def __init__(self, codepoints: Iterable[int], *, field: str | None = None) -> None:
        self.characters = tuple(chr(codepoint) for codepoint in sorted(set(codepoints)))
        named = "、".join(f"“{_shown(character)}”（U+{ord(character):04X}）" for character in self.characters)
        super().__init__(
            f"字库中没有以下字符，无法生成文书：{named}。请核对录入是否有误；确为姓名用字的，请联系管理员补充字库。",
            field=field,
            extra={"characters": [f"U+{ord(character):04X}" for character in self.characters]},
        )


class RenderFailed(Unavailable):
    """The document could not be made: the process crashed, took too long, or the template is at fault."""

    code = "rendering.failed"
    default_message = "文书生成失败，未做任何更改，请稍后重试"


class UnreadablePdf(Invalid):
    """The bytes are not a PDF that can be opened, or have no such page."""

    code = "rendering.unreadable_pdf"
    default_message = "文件不是可以打开的PDF，或没有这一页"


class FontsMissing(DomainError):
    """The fonts are not installed; nothing can be rendered. Raised at start-up."""

    status = 503
    code = "rendering.fonts_missing"


def _shown(character: str) -> str:
    return character if character.isprintable() else " "
