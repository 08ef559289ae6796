"""The materials of an application: uploaded by drag or click, several at once; what is obtainable is fetched."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from msgspec.structs import replace

from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import DomainError, Invalid
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import service as cases
from yiti.journeys.registration import desk
from yiti.portals.registration.materials_view import MaterialLine, material_lines
from yiti.portals.registration.window.desk import frame, on_desk, writable
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect
from yiti.resources import Parts, Resources

FILES_MAX = 10
UPLOAD_LIMIT_BYTES = 64 * 1024 * 1024
"""Of one request: several files of up to 20 MB."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How far the list is."""

    there: int
    needed: int

    @property
    def missing(self) -> int:
        """How many required materials are not there."""
        return self.needed - self.there


class WindowMaterialsController(Controller):
    """The third step."""

    path = "/registration/window/{case_id:uuid}/materials"
    guards = (requires(Permission.CASE_ACCEPT),)

    @get("/")
    async def materials(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """The list of materials: what lies here, what can be fetched, what is missing."""
        on = await on_desk(reader, actor, case_id)
        if on is None:
            return redirect(request, f"/registration/cases/{case_id}")
        return page("registration/window/materials.html", frame=frame(on, "materials"), **await _list(reader, case_id))

    @post("/{code:str}", request_max_body_size=UPLOAD_LIMIT_BYTES, status_code=200)
    async def upload(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID],
        code: FromPath[str],
    ) -> Response[Any]:  # fmt: skip
        """Lay files with the case: all of them, or none with the words of what is wrong with which."""
        files = [value for _, value in (await request.form()).multi_items() if isinstance(value, UploadFile)]
        files = [one for one in files if one.filename]
        if not files:
            raise Invalid("请选择要上传的文件", field="file")
        if len(files) > FILES_MAX:
            raise Invalid(f"一次最多上传{FILES_MAX}个文件", field="file")
        await writable(tx, actor, await cases.get(tx, case_id))
        for file in files:
            await _attach(tx, resources, actor, case_id, code, file)
        return await _after(request, tx, actor, case_id, code, f"已上传{len(files)}个文件")

    @post("/{code:str}/fetch", status_code=200)
    async def fetch(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID],
        code: FromPath[str],
    ) -> Response[Any]:  # fmt: skip
        """Fetch it from its shared source instead of asking the applicant for it."""
        await writable(tx, actor, await cases.get(tx, case_id))
        material = await desk.fetch_shared(tx, resources, actor, case_id, code)
        audit(tx, actor, "case.material_fetched", f"case:{case_id}", {"code": code, "digest": material.digest})
        return await _after(request, tx, actor, case_id, code, "已从共享数据取得，请核对内容")

    @post("/{code:str}/{material_id:uuid}/remove", status_code=200)
    async def remove(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], code: FromPath[str],
        material_id: FromPath[UUID],
    ) -> Response[Any]:  # fmt: skip
        """Take one away again; the log keeps that it was here."""
        await writable(tx, actor, await cases.get(tx, case_id))
        await desk.detach(tx, actor, case_id, material_id)
        return await _after(request, tx, actor, case_id, code, "已移除")


async def _attach(
    tx: WriteSession, resources: Resources, actor: Actor, case_id: UUID, code: str, file: UploadFile
) -> None:
    try:
        await desk.attach(tx, resources, actor, case_id, code, file.filename, await file.read())
    except DomainError as refused:
        refused.field = "file"
        refused.message = f"{file.filename}：{refused.message}"
        raise


async def _after(
    request: AnyRequest, tx: ReadSession, actor: Actor, case_id: UUID, code: str, words: str
) -> Response[Any]:
    """The card of the material as it stands now, and the figures; without scripts a redirect to the list."""
    on = await on_desk(tx, actor, case_id)
    found = await _list(tx, case_id)
    line = next((one for one in found["lines"] if one.code == code), None)
    if on is None or line is None or not is_htmx(request):
        return redirect(request, f"/registration/window/{case_id}/materials", words)
    return page(
        "registration/window/material_changed.html", frame=frame(on, "materials"), line=line, said=words, **found
    )


async def _list(reader: ReadSession, case_id: UUID) -> dict[str, Any]:
    found = await desk.checklist(reader, case_id)
    # What the applicants have signed online is neither brought nor taken at the window.
    brought = replace(found, items=tuple(one for one in found.items if not one.signed))
    lines: list[MaterialLine] = material_lines(brought, case_id)
    # What comes by itself after acceptance (tax, fund) is neither here nor missing.
    required = [one for one in lines if one.required and (one.files or one.missing)]
    return {
        "lines": lines,
        "counted": Counted(sum(not one.missing for one in required), len(required)),
        "files_max": FILES_MAX,
    }
