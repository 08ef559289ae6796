"""What a stranger's PDF is, beside its signatures: how large its pages are, whether a seal may be added to it, what is
attached. Never raises on bad input; time and memory are limited by `signing.examiners`."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import structlog
from msgspec import Struct
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import FieldMDPAction
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.attachments import AttachedFile, attached_files
from signing.validation import DECODE_LIMITS, unsuitable

MOST_PAGES = 2_000
_INHERITED = ("/MediaBox", "/CropBox", "/Rotate")
_A4 = (0.0, 0.0, 595.0, 842.0)
_log = structlog.get_logger(__name__)


class PageShape(Struct, frozen=True, kw_only=True):
    """The visible part of a page in its own points, and by how many degrees clockwise it is turned to be shown."""

    x1: float
    y1: float
    x2: float
    y2: float
    turn: int = 0


class Contents(Struct, frozen=True, kw_only=True):
    """`problem` says in Chinese why nothing is known of the file, `unsealable` why no seal can be added to it.

    `fields`: the names of all form fields; `signed`: how many signatures there are.
    """

    problem: str = ""
    unsealable: str = ""
    pages: tuple[PageShape, ...] = ()
    signed: int = 0
    fields: tuple[str, ...] = ()
    attached: tuple[AttachedFile, ...] = ()


def contents_of(pdf: bytes) -> Contents:
    """Never raises on bad input."""
    if problem := unsuitable(pdf):
        return Contents(problem=problem)
    try:
        return _contents(pdf)
    except MemoryError:
        return Contents(problem="文件展开后过大，无法读取")
    except RecursionError:
        return Contents(problem="文件的结构嵌套过深，无法读取")
    except Exception as error:  # noqa: BLE001 - bytes made to confuse raise anything: zlib.error, AssertionError, ...
        _log.warning("signing.pdf_unreadable", error=type(error).__name__)
        return Contents(problem="文件不是有效的 PDF，或已损坏")


def _contents(pdf: bytes) -> Contents:
    reader = PdfFileReader(BytesIO(pdf), strict=False, decode_limits=DECODE_LIMITS)
    if reader.encrypted:
        return Contents(problem="文件设有密码，请解除密码后再上传")
    pages = tuple(_pages(reader.root.raw_get("/Pages")))
    if not pages:
        return Contents(problem="文件没有页面")
    signatures = list(reader.embedded_signatures)
    return Contents(
        unsealable=_unsealable(pdf, reader, signatures),
        pages=pages,
        signed=len(signatures),
        fields=tuple(_field_names(reader)),
        attached=attached_files(reader),
    )


def _unsealable(pdf: bytes, reader: PdfFileReader, signatures: list[EmbeddedPdfSignature]) -> str:
    if any(one.docmdp_level is not None or _locks_all(one) for one in signatures):
        return "文件已由签署人锁定，锁定后不能再加盖印章，否则原有的签名失效；请使用锁定之前的文件"
    form = reader.root.get("/AcroForm")
    if form is not None and "/XFA" in form.get_object():
        return "文件是动态表单（XFA），请先打印成普通的 PDF"
    try:
        IncrementalPdfFileWriter(BytesIO(pdf))  # stricter than a reader: it has to write on
    except Exception:  # noqa: BLE001 - as above
        return "文件的结构不合规范，不能在上面签章，请重新导出或者打印成 PDF"
    return ""


def _locks_all(signature: EmbeddedPdfSignature) -> bool:
    lock = signature.fieldmdp
    return lock is not None and lock.action == FieldMDPAction.ALL


def _field_names(reader: PdfFileReader) -> Iterator[str]:
    form = reader.root.get("/AcroForm")
    fields = form.get_object().get("/Fields") if form is not None else None
    for one in list(fields.get_object() if fields is not None else ())[:MOST_PAGES]:
        yield str(one.get_object().get("/T", ""))[:120]


def _pages(top: Any) -> Iterator[PageShape]:
    """In order; broken or endless trees end early."""
    waiting: list[tuple[Any, dict[str, Any]]] = [(top, {})]
    seen: set[int] = set()
    found = 0
    while waiting and found < MOST_PAGES and len(seen) < 4 * MOST_PAGES:
        reference, above = waiting.pop()
        if not isinstance(reference, generic.IndirectObject) or reference.idnum in seen:
            continue
        seen.add(reference.idnum)
        node = reference.get_object()
        known = above | {key: node[key] for key in _INHERITED if key in node}
        if "/Kids" in node:
            kids = node["/Kids"]
            waiting += [(kids.raw_get(place), known) for place in reversed(range(len(kids)))]
        else:
            found += 1
            yield _shape(known)


def _shape(known: dict[str, Any]) -> PageShape:
    """A picture box that is none counts as A4; the crop box is cut to the media box (ISO 32000-2 §14.11.2)."""
    media = _box(known.get("/MediaBox")) or _A4
    crop = _box(known.get("/CropBox")) or media
    cut = max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3])
    x1, y1, x2, y2 = cut if cut[0] < cut[2] and cut[1] < cut[3] else media
    turn = known.get("/Rotate", 0)
    return PageShape(x1=x1, y1=y1, x2=x2, y2=y2, turn=int(turn) % 360 // 90 * 90)


def _box(found: Any) -> tuple[float, float, float, float] | None:
    numbers = [float(one) for one in found] if isinstance(found, generic.ArrayObject) else []
    if len(numbers) != 4 or not all(abs(one) < 1e6 for one in numbers):
        return None
    (x1, x2), (y1, y2) = sorted(numbers[::2]), sorted(numbers[1::2])
    return (x1, y1, x2, y2) if x2 - x1 > 1 and y2 - y1 > 1 else None
