"""The files that prove a developer's drawdown: uploaded by drag or click, looked into, taken away again."""

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from escrow.drawdowns import rules, service
from escrow.drawdowns.fund import fund_facts
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.journeys.supervision import register_of
from yiti.portals.developer.drawdowns import BASE
from yiti.portals.housing.drawdown_views import drawdown_page
from yiti.portals.housing.evidence import evidence_file, stored_evidence
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect
from yiti.resources import Parts

_FILES_AT_ONCE: Final = 10
UPLOAD_LIMIT_BYTES: Final = 64 * 1024 * 1024
"""Of one request: several files of up to 20 MB."""


class EvidenceController(Controller):
    """The files of a drawdown."""

    path = f"{BASE}/{{drawdown_id:uuid}}"
    guards = (requires(Permission.DRAWDOWN_REQUEST),)

    @post("/evidence/{place:int}", request_max_body_size=UPLOAD_LIMIT_BYTES, status_code=200)
    async def upload(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        resources: Parts,
        drawdown_id: FromPath[UUID],
        place: FromPath[int],
    ) -> Response[Any]:
        """Lay files with it as the evidence of that place in the list: all of them or none."""
        files = [value for _, value in (await request.form()).multi_items() if isinstance(value, UploadFile)]
        files = [one for one in files if one.filename]
        if not 0 < len(files) <= _FILES_AT_ONCE:
            raise Invalid(f"请选择要上传的文件，一次最多{_FILES_AT_ONCE}个", field="file")
        found = await service.drawdown_for(tx, actor, drawdown_id)
        facts = await fund_facts(tx, found.project_id, await register_of(tx, found.project_id))
        wanted = rules.wanted_evidence(facts, found.node)
        if not 0 <= place < len(wanted):
            raise Invalid("所选节点不需要该项材料，请刷新后重试", field="file")
        for file in files:
            stored = await stored_evidence(resources, file)
            await service.attach(tx, actor, drawdown_id, wanted[place], stored)
        if not is_htmx(request):
            return redirect(request, f"{BASE}/{drawdown_id}", f"已上传{len(files)}个文件")
        on = await drawdown_page(tx, actor, found, BASE)
        return page("developer/drawdown.html#work", on=on, said=f"已上传{len(files)}个文件")

    @post("/files/{file_id:uuid}/remove")
    async def remove(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        drawdown_id: FromPath[UUID],
        file_id: FromPath[UUID],
    ) -> Response[Any]:
        """Take one away again."""
        await service.detach(tx, actor, drawdown_id, file_id)
        return redirect(request, f"{BASE}/{drawdown_id}", "文件已移除")

    @get("/files/{file_id:uuid}")
    async def file(
        self,
        reader: Reader,
        actor: CurrentActor,
        resources: Parts,
        drawdown_id: FromPath[UUID],
        file_id: FromPath[UUID],
    ) -> Response[bytes]:
        """A file, shown in the browser."""
        await service.drawdown_for(reader, actor, drawdown_id)
        return await evidence_file(reader, resources, drawdown_id, file_id)
