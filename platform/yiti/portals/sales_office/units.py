"""Projects, buildings and the building table (楼盘表), from which a sale begins."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery
from sqlalchemy import select

import contracts.service as contracts
from kernel.db import ReadSession
from kernel.errors import Conflict
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from kernel.web.problems import problem_response
from yiti.accounts.models import User
from yiti.certificates.content import grouped_unit_code
from yiti.estate import queries as estate
from yiti.estate.models import Building, Project, Unit, UnitState
from yiti.journeys import presale
from yiti.journeys.building_table import LIVE_WORDS, Cell, Line, LiveState, live_table
from yiti.portals.sales_office import queries
from yiti.portals.shell.building_grid import COLOURS, GridFloor, Legend, draw
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect

GRID_CHANGED = "grid-changed"
"""The event at which the page asks for the building table at once, and not at its next turn."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The picture of a building, and a mark that changes with it."""

    url: str
    floors: tuple[GridFloor, ...]
    legend: Legend
    seen: str


@dataclass(frozen=True, slots=True)
class UnitPanel:
    """One unit: what it is, who holds it, and whether a sale can begin here."""

    id: UUID
    title: str
    code: str
    usage: str
    building_area: Decimal
    inner_area: Decimal
    shared_area: Decimal
    words: str
    colour: str
    may_start: bool
    reason: str
    contract_url: str
    held_by: str


class UnitsController(Controller):
    """From the project to the home."""

    path = "/sales"
    guards = (requires(Permission.SALE_VIEW),)

    @get("/projects")
    async def projects(self, request: AnyRequest, reader: Reader, actor: CurrentActor) -> Response[Any]:
        """The developer's projects; with only one, its buildings at once."""
        own = await estate.projects(reader, actor.organisation_id) if actor.organisation_id else []
        if len(own) == 1:
            return redirect(request, f"/sales/projects/{own[0].id}")
        return page("sales_office/projects.html", projects=own)

    @get("/projects/{project_id:uuid}")
    async def project(self, reader: Reader, actor: CurrentActor, project_id: FromPath[UUID]) -> Response[Any]:
        """The buildings of a project."""
        project = await queries.own_project(reader, project_id, actor.organisation_id)
        return page(
            "sales_office/project.html",
            project=project,
            buildings=await estate.buildings_of(reader, project_id),
            units=await estate.unit_counts(reader, project_id),
            permits=[permit.number for permit in await estate.permits_of(reader, project_id)],
        )

    @get("/buildings/{building_id:uuid}")
    async def building(
        self,
        reader: Reader,
        actor: CurrentActor,
        building_id: FromPath[UUID],
        unit: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """The building table, and the unit that was picked."""
        project, building = await queries.own_building(reader, building_id, actor.organisation_id)
        table = await live_table(reader, building_id)
        chosen = _cell(table, unit) if unit else None
        return page(
            "sales_office/building.html",
            project=project,
            building=building,
            grid=_grid(building, table),
            unit=await _panel(reader, project, building, await estate.get_unit(reader, chosen.unit.id), chosen)
            if chosen
            else None,
        )

    @get("/buildings/{building_id:uuid}/grid")
    async def grid(
        self, reader: Reader, actor: CurrentActor, building_id: FromPath[UUID], seen: FromQuery[str] = ""
    ) -> Response[Any]:
        """The table again, if it has changed since the page saw it; else nothing, and the page stays as it is."""
        _, building = await queries.own_building(reader, building_id, actor.organisation_id)
        grid = _grid(building, await live_table(reader, building_id))
        if grid.seen == seen:
            return Response(None, status_code=204, media_type=MediaType.HTML)
        return page("sales_office/building.html#grid", grid=grid)

    @get("/units/{unit_id:uuid}")
    async def unit(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, unit_id: FromPath[UUID]
    ) -> Response[Any]:
        """The unit's panel beside the table; asked for as a page, the table with the panel."""
        project, building, unit = await queries.own_unit(reader, unit_id, actor.organisation_id)
        if not is_htmx(request):
            return redirect(request, f"/sales/buildings/{building.id}?unit={unit_id}")
        chosen = _cell(await live_table(reader, building.id), unit_id)
        return page("sales_office/building.html#unit_panel", unit=await _panel(reader, project, building, unit, chosen))

    @post("/units/{unit_id:uuid}/sale", guards=[requires(Permission.SALE_MANAGE)])
    async def start(self, request: AnyRequest, tx: Tx, actor: CurrentActor, unit_id: FromPath[UUID]) -> Response[Any]:
        """Begin a sale: whoever comes first holds the unit; everybody else is told so, and the table is drawn anew."""
        await queries.own_unit(tx, unit_id, actor.organisation_id)
        try:
            contract = await presale.start_sale(tx, actor, unit_id)
        except Conflict as taken:
            if not is_htmx(request):
                raise
            # Nothing has been written, so the transaction may end as it is; the browser hears of both at once.
            answer = problem_response(request, taken)
            answer.headers["HX-Trigger"] = GRID_CHANGED
            return answer
        return redirect(request, f"/sales/contracts/{contract.id}", "合同草稿已建立，该房屋已为您锁定")


def _grid(building: Building, table: list[Line]) -> Grid:
    floors, legend = draw(building, table, lambda unit_id: f"/sales/units/{unit_id}")
    seen = hashlib.sha256(repr(floors).encode()).hexdigest()[:16]
    return Grid(f"/sales/buildings/{building.id}/grid", floors, legend, seen)


def _cell(table: list[Line], unit_id: UUID) -> Cell | None:
    """None for a historical unit, which the table no longer shows."""
    return next((cell for line in table for cell in line.cells if cell.unit.id == unit_id), None)


async def _panel(reader: ReadSession, project: Project, building: Building, unit: Unit, cell: Cell | None) -> UnitPanel:
    state = cell.state if cell else None
    contract_id = cell.contract_id if cell else None
    return UnitPanel(
        id=unit.id,
        title=f"{project.name}{building.name}{unit.room}",
        code=grouped_unit_code(unit.code),
        usage=unit.usage,
        building_area=unit.building_area,
        inner_area=unit.inner_area,
        shared_area=unit.shared_area,
        words=LIVE_WORDS[state] if state else "历史单元",
        colour=COLOURS[state] if state else "unavailable",
        may_start=state is LiveState.AVAILABLE,
        reason=_reason(unit, state),
        contract_url=f"/sales/contracts/{contract_id}" if contract_id else "",
        held_by=await _holder(reader, contract_id) if contract_id else "",
    )


def _reason(unit: Unit, state: LiveState | None) -> str:
    if unit.state == UnitState.HISTORICAL or state is None:
        return "该单元已是历史单元，不能再销售。"
    return {
        LiveState.NOT_PERMITTED: "该楼幢尚未取得商品房预售许可证，不能签约。",
        LiveState.RESTRICTED: "登记簿记载有限制销售的事项，请到登记机构查询。",
        LiveState.NOTICED: "该房屋已办理预告登记。",
    }.get(state, "")


async def _holder(reader: ReadSession, contract_id: UUID) -> str:
    contract = await contracts.get(reader, contract_id)
    name = await reader.scalar(select(User.display_name).where(User.id == contract.opened_by))
    return name or "系统"
