"""Files that prove something about money: looked into when they are brought, shown in the browser."""

from typing import Final
from uuid import UUID

from litestar import Response
from litestar.datastructures import UploadFile

from escrow.drawdowns import service
from escrow.drawdowns.schemas import StoredFile
from kernel.db import ReadSession
from kernel.errors import DomainError, NotFound
from yiti.journeys.registration.uploads import inspected
from yiti.portals.shell.files import file_response
from yiti.resources import Resources

_ACCEPTS: Final = ("application/pdf", "image/jpeg", "image/png")


async def evidence_file(reader: ReadSession, resources: Resources, drawdown_id: UUID, file_id: UUID) -> Response[bytes]:
    """The file as it was uploaded; that the person may see the drawdown, the caller has seen to. NotFound."""
    for file in await service.files_of(reader, drawdown_id):
        if file.id == file_id:
            data = await resources.blobs.get(file.digest)
            return file_response(data, file.file_name, file.media_type, download=False)
    raise NotFound("没有找到该文件")


async def stored_evidence(resources: Resources, file: UploadFile) -> StoredFile:
    """Look into an uploaded PDF or picture and keep it. Raises Invalid at `file`, with its name."""
    data = await file.read()
    try:
        seen = await inspected(file.filename, data, _ACCEPTS)
    except DomainError as refused:
        refused.field = "file"
        refused.message = f"{file.filename}：{refused.message}"
        raise
    digest = await resources.blobs.put(data)
    return StoredFile(file_name=seen.file_name, media_type=seen.media_type, digest=digest, size=len(data))
