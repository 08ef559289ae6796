"""Buildings: registering, topping out, construction mortgage, and the building table with its live state."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from kernel.clock import today
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.models import UnitState
from yiti.estate.parameters import STRUCTURES, dictionary
from yiti.estate.queries import get_building, get_project
from yiti.estate.service import (
    complete_building,
    record_topping_out,
    register_building,
    set_building_mortgage,
)
from yiti.journeys.building_table import live_table
from yiti.portals.housing import queries
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.fields import day, line
from yiti.portals.housing.forms import YES_NO, BuildingForm, CompletionForm, MortgageForm, ToppingOutForm
from yiti.portals.shell.building_grid import draw
from yiti.portals.shell.views import AnyRequest, page, redirect

UNIT_STATES = {UnitState.PLANNED: "期房", UnitState.BUILT: "现房", UnitState.HISTORICAL: "历史"}


class RegisterBuildingsController(Controller):
    """What changes a building."""

    path = "/housing"
    guards = (requires(Permission.ESTATE_MANAGE), housing_department)

    @get("/projects/{project_id:uuid}/buildings/new")
    async def new(self, reader: Reader, project_id: FromPath[UUID]) -> Response[Any]:
        """The form."""
        return page(
            "housing/building_new.html",
            project=await get_project(reader, project_id),
            structures=[(word, word) for word in await dictionary(reader, STRUCTURES, today())],
            yes_no=YES_NO,
        )

    @post("/projects/{project_id:uuid}/buildings")
    async def register(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        data: URLEncodedBody[BuildingForm],
    ) -> Response[Any]:
        """Register a building."""
        made = await register_building(tx, actor, data.new(project_id))
        return redirect(request, f"/housing/projects/{project_id}", f"楼幢“{made.name}”已登记")

    @post("/buildings/{building_id:uuid}/topping-out")
    async def topping_out(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        building_id: FromPath[UUID],
        data: URLEncodedBody[ToppingOutForm],
    ) -> Response[Any]:
        """Record the topping out."""
        await record_topping_out(tx, actor, building_id, day(data.on, "on"))
        return redirect(request, f"/housing/buildings/{building_id}", "主体结构封顶日期已登记")

    @post("/buildings/{building_id:uuid}/completion")
    async def completion(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        building_id: FromPath[UUID],
        data: URLEncodedBody[CompletionForm],
    ) -> Response[Any]:
        """Record the completion; the first registration may be applied for from then on."""
        await complete_building(tx, actor, building_id, day(data.completed_on, "completed_on"))
        return redirect(request, f"/housing/buildings/{building_id}", "竣工验收备案已登记，房屋状态转为现房")

    @post("/buildings/{building_id:uuid}/mortgage")
    async def mortgage(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        building_id: FromPath[UUID],
        data: URLEncodedBody[MortgageForm],
    ) -> Response[Any]:
        """Record who holds a construction mortgage."""
        await set_building_mortgage(tx, actor, building_id, line(data.mortgagee, "mortgagee", 120))
        return redirect(request, f"/housing/buildings/{building_id}", "在建建筑物抵押情况已登记")

    @post("/buildings/{building_id:uuid}/mortgage/release")
    async def release(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, building_id: FromPath[UUID]
    ) -> Response[Any]:
        """Record that the construction mortgage is released."""
        await set_building_mortgage(tx, actor, building_id, None)
        return redirect(request, f"/housing/buildings/{building_id}", "已登记为无在建建筑物抵押")


class BuildingsController(Controller):
    """What shows one."""

    path = "/housing/buildings"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/{building_id:uuid}")
    async def building(self, reader: Reader, building_id: FromPath[UUID]) -> Response[Any]:
        """The building and its table."""
        building = await get_building(reader, building_id)
        covering = await queries.permits_by_building(reader, building.project_id)
        floors, legend = draw(building, await live_table(reader, building_id))
        return page(
            "housing/building.html",
            building=building,
            project=await get_project(reader, building.project_id),
            permit=covering.get(building_id),
            floors=floors,
            legend=legend,
            today=today(),
        )

    @get("/{building_id:uuid}/table")
    async def table(self, reader: Reader, building_id: FromPath[UUID]) -> Response[Any]:
        """The table alone: the page asks for it by itself."""
        building = await get_building(reader, building_id)
        floors, legend = draw(building, await live_table(reader, building_id))
        return page("housing/building.html#table", building=building, floors=floors, legend=legend)

    @get("/{building_id:uuid}/units")
    async def units(self, reader: Reader, building_id: FromPath[UUID], after: FromQuery[int] = 0) -> Response[Any]:
        """The units of the building as a list."""
        building = await get_building(reader, building_id)
        found, following = await queries.units(reader, building_id, min(max(after, 0), 9999))
        return page(
            "housing/units.html",
            building=building,
            project=await get_project(reader, building.project_id),
            units=found,
            states=UNIT_STATES,
            next_url=f"?after={following}" if following else None,
            first_url="?" if after else None,
        )
