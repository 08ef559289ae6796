"""The units of an application: found by whatever is in hand, shown with everything that lies on them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from msgspec import Struct

from kernel.errors import Conflict, Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import service as cases
from yiti.journeys.registration import desk
from yiti.journeys.registration.units import units_of
from yiti.portals.registration.glance import glance
from yiti.portals.registration.window.choosing_units import with_unit, without_unit
from yiti.portals.registration.window.desk import frame, on_desk, writable
from yiti.portals.registration.window.finding import BY_WORDS, SHOWN, find_units
from yiti.portals.shell.views import AnyRequest, page, redirect

UNITS_MAX = 50


class FindForm(Struct, kw_only=True):
    """What somebody has in hand."""

    text: str = ""


class UnitForm(Struct, kw_only=True):
    """A unit of the list."""

    unit_id: UUID


class UnitsController(Controller):
    """The first step."""

    path = "/registration/window/{case_id:uuid}/units"
    guards = (requires(Permission.CASE_ACCEPT),)

    @get("/")
    async def units(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """The chosen units at a glance, and the field to find more."""
        on = await on_desk(reader, actor, case_id)
        if on is None:
            return redirect(request, f"/registration/cases/{case_id}")
        return page(
            "registration/window/units.html",
            frame=frame(on, "units"),
            chosen=[glance(one) for one in on.units],
            found=None,
        )

    @post("/search", status_code=200)
    async def search(
        self, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], data: URLEncodedBody[FindForm]
    ) -> Response[Any]:
        """The units that fit, each at a glance. Sent as a form: identity numbers have no place in an address."""
        on = await writable(tx, actor, await cases.get(tx, case_id))
        found = await find_units(tx, actor, on.case, data.text)
        chosen = {one.id for one in on.units}
        return page(
            "registration/window/units.html#results",
            frame=frame(on, "units"),
            found=[(glance(one), one.id in chosen) for one in await units_of(tx, found.unit_ids)],
            by=BY_WORDS[found.by],
            more=SHOWN if found.more else 0,
        )

    @post("/add")
    async def add(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], data: URLEncodedBody[UnitForm]
    ) -> Response[Any]:
        """Take a unit into the application; people and targets come from the book."""
        on = await writable(tx, actor, await cases.locked(tx, case_id))
        if len(on.units) >= UNITS_MAX:
            raise Invalid(f"一件业务最多{UNITS_MAX}个不动产单元")
        (unit,) = await units_of(tx, (data.unit_id,))
        if unit.state == "historical":
            raise Conflict("该不动产单元已注销，不能办理登记")
        application = with_unit(on.application, on.units, unit)
        await desk.save(tx, actor, case_id, application, on.case.version)
        return redirect(request, f"{on.url}/units", f"已选定：{unit.location}")

    @post("/remove")
    async def remove(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], data: URLEncodedBody[UnitForm]
    ) -> Response[Any]:
        """Take it out again; what was chosen of its entries goes with it, people stay as typed."""
        on = await writable(tx, actor, await cases.locked(tx, case_id))
        unit = next((one for one in on.units if one.id == data.unit_id), None)
        if unit is not None:
            await desk.save(tx, actor, case_id, without_unit(on.application, unit), on.case.version)
        return redirect(request, f"{on.url}/units", "已移除")
