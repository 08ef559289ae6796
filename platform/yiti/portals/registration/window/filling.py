"""The application form: drawn from the declarations, saved while it is typed, never lost to a colleague's change."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from kernel.audit import audit
from kernel.clock import now
from kernel.db import WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor, Permission, requires
from kernel.rendering.fonts import check_glyphs
from kernel.web.dependencies import CurrentActor, Tx
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.journeys.registration import desk
from yiti.portals.registration.window.choosing_units import refilled
from yiti.portals.registration.window.desk import Desk, frame, on_desk, writable
from yiti.portals.registration.window.form import form_of
from yiti.portals.registration.window.parsing import application_in
from yiti.portals.registration.window.rows import AGENT_BASES, ID_KINDS, MAX_ROWS, Typed, whole, with_rows
from yiti.portals.shell.templating import moment
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

_STALE = (
    "页面已过期：这件业务刚刚在别处有了新的变化，本页填写的内容没有保存，但还在页面上。"
    "请点“在新窗口打开最新内容”核对，再把需要的内容补填进去"
)


class StaleForm(cases.StalePage):
    """Somebody was faster; what was typed stays on the page."""

    default_message = _STALE


class FillingController(Controller):
    """The second step."""

    path = "/registration/window/{case_id:uuid}/form"
    guards = (requires(Permission.CASE_ACCEPT),)

    @get("/")
    async def form(self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[Any]:
        """The form with what is saved. It names people in full, so opening it is written down."""
        on = await on_desk(tx, actor, case_id)
        if on is None:
            return redirect(request, f"/registration/cases/{case_id}")
        audit(tx, actor, "case.form_opened", f"case:{case_id}", {"number": on.case.number})
        return page("registration/window/form.html", frame=frame(on, "form"), **_form(on, on.application))

    @post("/rows", status_code=200)
    async def rows(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        change: FromQuery[str] = "", side: FromQuery[str] = "",
    ) -> Response[Any]:  # fmt: skip
        """The form after a row was added or removed, or a choice changed what is asked; nothing is saved."""
        on = await writable(tx, actor, await cases.get(tx, case_id))
        fields = with_rows(await typed(request), side, change)
        # The identity reader types where the cursor is: into the row that was just added.
        focus = f"{side}.{fields[f'{side}.count']}.name" if change == "add" and f"{side}.count" in fields else ""
        application = application_in(fields, on.application)
        return page("registration/window/form.html#parts", **_form(on, application, fields, focus))

    @post("/refill", status_code=200)
    async def refill(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], part: FromQuery[int]
    ) -> Response[Any]:
        """The people of one part as the book names them (按登记簿带入); nothing is saved."""
        on = await writable(tx, actor, await cases.get(tx, case_id))
        application = application_in(await typed(request), on.application)
        if not 0 <= part < len(application.parts):
            raise Invalid("页面数据不完整，请刷新后重新填写")
        return page("registration/window/form.html#parts", **_form(on, refilled(application, part, on.units)))

    @post("/autosave", status_code=200)
    async def autosave(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Keep what is typed; the page learns the new version. What cannot be read is said at its field."""
        on = await _saved(request, tx, actor, resources, case_id)
        return page("registration/window/form.html#saved", version=on.case.version, saved_at=moment(now(), "%H:%M:%S"))

    @post("/")
    async def save(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Keep it and go on."""
        on = await _saved(request, tx, actor, resources, case_id)
        return redirect(request, f"{on.url}/materials", "已保存")


async def typed(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of the form; what was left empty is not sent, so ask with `get(name, "")`."""
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def _saved(request: AnyRequest, tx: WriteSession, actor: Actor, resources: Parts, case_id: UUID) -> Desk:
    fields = await typed(request)
    await asyncio.to_thread(check_glyphs, fields, resources.settings.assets_dir)
    on = await writable(tx, actor, await cases.locked(tx, case_id))
    if not cases.is_current(on.case, whole(fields.get("version", "")), actor):
        raise StaleForm
    application = application_in(fields, on.application)
    # A click that changes nothing is no step of the case.
    if application != on.application:
        await desk.save(tx, actor, case_id, application, on.case.version)
    return on


def _form(on: Desk, application: Application, fields: Typed | None = None, focus: str = "") -> dict[str, Any]:
    return {
        "url": on.url,
        "parts": form_of(application, on.units, fields or {}),
        "contact_phone": application.contact_phone,
        "id_kinds": ID_KINDS,
        "agent_bases": AGENT_BASES,
        "most": MAX_ROWS,
        "no_units": not on.units,
        "focus": focus,
    }
