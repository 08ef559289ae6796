"""That an objector has sued is recorded on the register page of the unit; the court's paper is looked at there."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from kernel.audit import audit
from kernel.db import ReadSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.queries import get_unit
from yiti.journeys.registration import desk
from yiti.journeys.registration.suits import proof_of
from yiti.portals.registration.guards import works_on_cases
from yiti.portals.registration.window.rows import day_of
from yiti.portals.shell.files import file_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.register.book import current_entries
from yiti.register.kinds import EntryKind
from yiti.register.models import RegisterEntry
from yiti.resources import Parts

_LIMIT_BYTES = 24 * 1024 * 1024
"""One file of 20 MB, and the fields around it."""
_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


class SuitsController(Controller):
    """For who works on cases; recording is for the window."""

    path = "/registration/units/{unit_id:uuid}"
    guards = (works_on_cases,)

    @get("/entries/{entry_id:uuid}/suit", guards=[requires(Permission.CASE_ACCEPT)])
    async def form(self, reader: Reader, unit_id: FromPath[UUID], entry_id: FromPath[UUID]) -> Response[Any]:
        """Where the suit is filled in."""
        entry = await _objection(reader, unit_id, entry_id)
        url = f"/registration/units/{unit_id}"
        return page(
            "registration/suit.html",
            unit=await get_unit(reader, unit_id),
            unit_url=url,
            url=f"{url}/entries/{entry_id}/suit",
            case_number=entry.case_number,
        )

    @post(
        "/entries/{entry_id:uuid}/suit", guards=[requires(Permission.CASE_ACCEPT)],
        request_max_body_size=_LIMIT_BYTES,
    )  # fmt: skip
    async def record(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, unit_id: FromPath[UUID],
        entry_id: FromPath[UUID],
    ) -> Response[Any]:  # fmt: skip
        """The objection does not lapse any more."""
        form = await request.form()
        filed_on, file = day_of(str(form.get("filed_on") or ""), "filed_on"), form.get("file")
        if filed_on is None:
            raise Invalid("请填写起诉日期", field="filed_on")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("请上传起诉证明", field="file")
        await _objection(tx, unit_id, entry_id)
        await desk.record_suit(
            tx, resources, actor, entry_id, filed_on=filed_on, court_case=str(form.get("court_case") or ""),
            file_name=file.filename, data=await file.read(),
        )  # fmt: skip
        return redirect(request, f"/registration/units/{unit_id}", "已记载起诉情况，该异议登记不因期限届满失效")

    @get("/suits/{term_id:uuid}")
    async def proof(
        self, tx: Tx, actor: CurrentActor, resources: Parts, unit_id: FromPath[UUID], term_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The court's paper, in the browser."""
        term, data = await proof_of(tx, resources, unit_id, term_id)
        audit(tx, actor, "register.suit_proof_viewed", f"entry:{term.entry_id}", {"digest": term.proof_digest})
        name = f"起诉证明-{term.starts_on}.{_ENDINGS[term.proof_type]}"
        return file_response(data, name, term.proof_type, download=False)


async def _objection(reader: ReadSession, unit_id: UUID, entry_id: UUID) -> RegisterEntry:
    for one in await current_entries(reader, unit_id):
        if one.id == entry_id and one.kind == EntryKind.OBJECTION:
            return one
    raise NotFound("该不动产没有这项现势异议登记，请刷新页面查看")
