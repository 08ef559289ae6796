"""Uploaded files: what they are is read from their content, never believed from their name."""

import asyncio
import re
import warnings
from io import BytesIO

from msgspec import Struct
from PIL import Image, ImageFile
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from yiti.journeys.registration.errors import UploadMislabelled, UploadRefused, UploadTooLarge

LIMIT_BYTES = 20 * 1024 * 1024
_MOST_PIXELS = 100_000_000
_LEAST_PIXELS = 200 * 200
_TYPES = {
    "application/pdf": ("PDF", ("pdf",)),
    "image/jpeg": ("JPEG图片", ("jpg", "jpeg")),
    "image/png": ("PNG图片", ("png",)),
}
_UNREADABLE = (PdfError, KeyError, IndexError, ValueError, TypeError, AttributeError, RecursionError, OSError)
_BAD_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


class Upload(Struct, frozen=True, kw_only=True):
    """A file that was looked at."""

    media_type: str
    file_name: str


async def inspected(file_name: str, data: bytes, accepts: tuple[str, ...]) -> Upload:
    """Look into the file; raises UploadTooLarge, UploadMislabelled or UploadRefused with what is wrong."""
    if len(data) > LIMIT_BYTES:
        raise UploadTooLarge
    if not data:
        raise UploadRefused("文件是空的，请重新选择", field="file")
    media_type = sniff(data)
    if media_type is None or media_type not in accepts:
        allowed = "、".join(_TYPES[one][0] for one in accepts if one in _TYPES)
        raise UploadRefused(f"只接受{allowed}，该文件的内容不是", field="file")
    name = _safe_name(file_name)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in _TYPES[media_type][1]:
        raise UploadMislabelled(
            f"文件名的后缀是“{extension or '无'}”，内容却是{_TYPES[media_type][0]}，请核对后上传", field="file"
        )
    check = _check_pdf if media_type == "application/pdf" else _check_image
    await asyncio.to_thread(check, data)
    return Upload(media_type=media_type, file_name=name)


def sniff(data: bytes) -> str | None:
    """The type by the first bytes; None for all that is not accepted anywhere."""
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return None


def _safe_name(file_name: str) -> str:
    """Only the last part, without what file systems and pages cannot bear."""
    bare = file_name.replace("\\", "/").rpartition("/")[2]
    return _BAD_NAME.sub("_", bare).strip()[-120:] or "未命名"


def _check_pdf(data: bytes) -> None:
    try:
        reader = PdfFileReader(BytesIO(data), strict=False)
        locked = reader.encrypted
        pages = 0 if locked else int(reader.root["/Pages"]["/Count"])
    except _UNREADABLE as error:
        raise UploadRefused("PDF文件已损坏，无法打开，请重新生成后上传", field="file") from error
    if locked:
        raise UploadRefused("PDF文件设有密码，请解除密码后上传", field="file")
    if pages < 1:
        raise UploadRefused("PDF文件没有页面", field="file")


def _check_image(data: bytes) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data)) as picture:
                pixels = picture.width * picture.height
                # WeasyPrint, once imported, lets half a picture pass in the whole process.
                ImageFile.LOAD_TRUNCATED_IMAGES = False
                if pixels <= _MOST_PIXELS:
                    picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UploadRefused("图片已损坏或者过大，无法打开，请重新拍摄或扫描", field="file") from error
    if pixels > _MOST_PIXELS:
        raise UploadRefused("图片尺寸过大，请降低扫描分辨率", field="file")
    if pixels < _LEAST_PIXELS:
        raise UploadRefused("图片太小，看不清内容，请重新拍摄或扫描", field="file")
