"""Looking things up in the register (登记簿查询) and the register page of a unit."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from kernel.clock import today
from kernel.errors import Invalid, NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import Reader
from yiti.portals.registration import unit_view
from yiti.portals.registration.lookup import find_unit
from yiti.portals.registration.window.rows import day_of
from yiti.portals.shell.views import AnyRequest, page, redirect


class RegisterController(Controller):
    """The register, with personal data masked."""

    path = "/registration"
    guards = (requires(Permission.REGISTER_VIEW),)

    @get("/register")
    async def search(self, request: AnyRequest, reader: Reader, code: FromQuery[str] = "") -> Response[Any]:
        """The form, or straight to the unit that the number speaks of."""
        if not code.strip():
            return page("registration/register.html", code="", error="")
        try:
            unit_id = await find_unit(reader, code)
        except (Invalid, NotFound) as error:
            return page("registration/register.html", status=error.status, code=code.strip(), error=error.message)
        return redirect(request, f"/registration/units/{unit_id}")

    @get("/units/{unit_id:uuid}")
    async def unit(self, reader: Reader, unit_id: FromPath[UUID], at: FromQuery[str] = "") -> Response[Any]:
        """One unit: what holds now, its history as a picture, every entry. `at`: the book as of that day, too."""
        return page("registration/unit.html", view=await unit_view.load(reader, unit_id, _day(at)))


def _day(text: str) -> date | None:
    """A past day, or today. `Invalid` for anything else."""
    day = day_of(text, "at")
    if day is not None and day > today():
        raise Invalid("请填写今天或者以前的日期", field="at")
    return day
