"""Filling in the application: the form, and the materials with their uploads and shared sources."""

import asyncio
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery

from kernel.audit import audit
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.rendering.fonts import check_glyphs
from kernel.web.dependencies import CurrentActor, Reader, Tenant, Tx
from yiti.journeys.registration import desk
from yiti.journeys.registration.envelope import live
from yiti.journeys.registration.errors import NotShared
from yiti.journeys.registration.uploads import LIMIT_BYTES
from yiti.portals.citizen.access import citizen, citizen_here
from yiti.portals.citizen.applying import form_view, materials_view
from yiti.portals.citizen.applying.filling import filled, without
from yiti.portals.citizen.applying.owning import Draft, case_url, own_draft
from yiti.portals.citizen.applying.steps import steps
from yiti.portals.registration.window.rows import AGENT_BASES, ID_KINDS, whole
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.files import file_response
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect
from yiti.resources import Parts

BODY_LIMIT = LIMIT_BYTES + 1024 * 1024
"""The file and the form around it; what is larger is not read."""


class DraftController(Controller):
    """`/me/{county}/cases/{case_id}` while the application may be written on."""

    path = "/me/{county:str}/cases/{case_id:uuid}"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @get("/form")
    async def form(
        self,
        request: AnyRequest,
        reader: Reader,
        actor: CurrentActor,
        tenant: Tenant,
        case_id: FromPath[UUID],
        add: FromQuery[str] = "",
    ) -> Response[Any]:
        """The application form: what is known is shown, what is missing is asked for."""
        person = await citizen(request, reader)
        draft = await own_draft(reader, actor, person, case_id)
        checklist = await desk.checklist(reader, case_id)
        return page(
            "citizen/apply_form.html",
            url=case_url(tenant, case_id),
            steps=steps(draft.correcting),
            version=draft.case.version,
            parts=form_view.parts(draft.application, draft.units, person.id_no, draft.known, add),
            contact_phone=draft.application.contact_phone,
            lacks=[one.words for one in checklist.lacks if not one.field.startswith("answers.")],
            touched=draft.case.version > 2,
            signing=await live(reader, case_id) is not None,
            id_kinds=ID_KINDS,
            agent_bases=AGENT_BASES,
        )

    @post("/form")
    async def save(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        resources: Parts,
        case_id: FromPath[UUID],
    ) -> Response[Any]:
        """Keep what is typed; on to the materials, or back for one more person."""
        person = await citizen(request, tx)
        draft = await own_draft(tx, actor, person, case_id)
        typed = await _typed(request)
        if gone := typed.get("remove", ""):
            typed = without(typed, gone)
        await asyncio.to_thread(check_glyphs, typed, resources.settings.assets_dir)
        application = filled(typed, draft.application, draft.units, draft.known)
        await desk.save(tx, actor, case_id, application, whole(typed.get("version", "")))
        url = case_url(tenant, case_id)
        if gone or typed.get("add"):
            # The version makes the address a new one: a browser does not load the same one again for its anchor.
            query = urlencode({"add": typed.get("add", ""), "v": draft.case.version})
            return redirect(request, f"{url}/form?{query}#{typed.get('add') or gone.rpartition('.')[0]}")
        return redirect(request, url if draft.correcting else f"{url}/materials", "已保存")

    @get("/materials")
    async def materials(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """What is needed, what is there, what the platform can fetch by itself."""
        draft = await own_draft(reader, actor, await citizen(request, reader), case_id)
        return page("citizen/apply_materials.html", **await _list(reader, tenant, draft))

    @post("/materials/{code:str}", status_code=200, request_max_body_size=BODY_LIMIT)
    async def attach(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        resources: Parts,
        case_id: FromPath[UUID],
        code: FromPath[str],
    ) -> Response[Any]:
        """Upload a photo or a PDF; it is looked into before it is kept."""
        draft = await own_draft(tx, actor, await citizen(request, tx), case_id)
        file = (await request.form()).get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("请选择照片或者PDF文件", field="file")
        await desk.attach(tx, resources, actor, case_id, code, file.filename, await file.read())
        return await _shown(request, tx, tenant, draft, "已上传")

    @post("/materials/fetch", status_code=200)
    async def fetch_all(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        resources: Parts,
        case_id: FromPath[UUID],
    ) -> Response[Any]:
        """Fetch everything that need not be asked for; what no source has is left to be uploaded."""
        draft = await own_draft(tx, actor, await citizen(request, tx), case_id)
        failed = {}
        wanted = [one for one in (await desk.checklist(tx, case_id)).missing if one.obtainable]
        for item in wanted:
            try:
                await desk.fetch_shared(tx, resources, actor, case_id, item.code)
            except NotShared:
                failed[item.code] = item.name
        words, codes = f"已获取{len(wanted) - len(failed)}项，请点开核对内容", frozenset(failed)
        if failed:
            words += f"；{'、'.join(failed.values())}没有查到，请上传"
        return await _shown(request, tx, tenant, draft, words, codes)

    @post("/materials/{code:str}/fetch", status_code=200)
    async def fetch(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        resources: Parts,
        case_id: FromPath[UUID],
        code: FromPath[str],
    ) -> Response[Any]:
        """Fetch it from where it is, instead of asking for it; shown for confirmation."""
        draft = await own_draft(tx, actor, await citizen(request, tx), case_id)
        await desk.fetch_shared(tx, resources, actor, case_id, code)
        return await _shown(request, tx, tenant, draft, "已获取，请点开核对内容")

    @post("/materials/files/{material_id:uuid}/remove", status_code=200)
    async def detach(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        case_id: FromPath[UUID],
        material_id: FromPath[UUID],
    ) -> Response[Any]:
        """Take a file away again."""
        draft = await own_draft(tx, actor, await citizen(request, tx), case_id)
        await desk.detach(tx, actor, case_id, material_id)
        return await _shown(request, tx, tenant, draft, "已删除")

    @get("/materials/files/{material_id:uuid}")
    async def file(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        resources: Parts,
        case_id: FromPath[UUID],
        material_id: FromPath[UUID],
    ) -> Response[bytes]:
        """A file of one's own application, to look at again."""
        await own_draft(tx, actor, await citizen(request, tx), case_id)
        found, data = await desk.material_file(tx, resources, actor, case_id, material_id)
        audit(tx, actor, "case.material_opened", f"case:{case_id}", {"material": str(material_id)})
        return file_response(data, found.file_name, found.media_type, download=False)


async def _list(reader: ReadSession, county: str, draft: Draft, failed: frozenset[str] = frozenset()) -> dict[str, Any]:
    checklist = await desk.checklist(reader, draft.case.id)
    failed &= {one.code for one in checklist.items}
    items = materials_view.items(checklist, failed)
    return {
        "url": case_url(county, draft.case.id),
        "steps": steps(draft.correcting),
        "needed": [one for one in items if one.required],
        "others": [one for one in items if not one.required],
        "fetchable": sum(one.fetchable and one.required for one in items),
        "correcting": draft.correcting,
        "signing": await live(reader, draft.case.id) is not None,
        "limit": LIMIT_BYTES,
        "said": "",
        "tone": "success",
        "failed": ",".join(sorted(failed)),
    }


async def _shown(
    request: AnyRequest,
    reader: ReadSession,
    county: str,
    draft: Draft,
    words: str,
    failed: frozenset[str] | None = None,
) -> Response[Any]:
    """The list anew: in its place for the page's script, else by a redirect.

    What no source had (`failed`) comes back with every form of the list, so that the page goes on to ask for it.
    """
    if not is_htmx(request):
        return redirect(request, f"{case_url(county, draft.case.id)}/materials", words)
    tone = "warning" if failed else "success"
    if failed is None:
        failed = frozenset(str((await request.form()).get("failed", "")).split(","))
    shown = await _list(reader, county, draft, failed)
    return page("citizen/apply_materials.html#list", **(shown | {"said": words, "tone": tone}))


async def _typed(request: AnyRequest) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}
