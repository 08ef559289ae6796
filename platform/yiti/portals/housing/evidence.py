"""A file of a drawdown, shown in the browser to department and developer alike."""

from uuid import UUID

from litestar import Response

from escrow.drawdowns import service
from kernel.db import ReadSession
from kernel.errors import NotFound
from yiti.portals.shell.files import file_response
from yiti.resources import Resources


async def evidence_file(reader: ReadSession, resources: Resources, drawdown_id: UUID, file_id: UUID) -> Response[bytes]:
    """The file as it was uploaded; that the person may see the drawdown, the caller has seen to. NotFound."""
    for file in await service.files_of(reader, drawdown_id):
        if file.id == file_id:
            data = await resources.blobs.get(file.digest)
            return file_response(data, file.file_name, file.media_type, download=False)
    raise NotFound("没有找到该文件")
