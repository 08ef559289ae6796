"""Files that a person looks at or saves."""

from urllib.parse import quote

from litestar import Response


def pdf_response(data: bytes, filename: str, *, download: bool = False) -> Response[bytes]:
    """A PDF shown in the browser, or saved when `download`; `filename` may be Chinese."""
    return file_response(data, filename, "application/pdf", download=download)


def file_response(data: bytes, filename: str, media_type: str, *, download: bool = True) -> Response[bytes]:
    """A file by its own name; never kept by caches between the platform and the person."""
    way = "attachment" if download else "inline"
    # RFC 6266: every browser in use reads filename*, and it alone can carry Chinese.
    headers = {
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(filename, safe='')}",
        "Cache-Control": "private, no-store",
    }
    return Response(data, media_type=media_type, headers=headers)
