"""The work list: the county's projects, newest first, and what each lacks next."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery
from msgspec import Struct

from kernel.money import yuan
from kernel.permissions import Permission, requires
from kernel.web.dependencies import Reader
from yiti.estate.models import Project
from yiti.portals.housing import queries
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.rules import STEPS, Standing, Step, missing
from yiti.portals.shell.views import page


class Line(Struct, frozen=True, kw_only=True):
    """One project of the list."""

    id: UUID
    name: str
    developer: str
    location: str
    at: Standing
    lacks: tuple[Step, ...]
    """What it lacks; the first is the next step."""


class WorkListController(Controller):
    """Where the housing department begins."""

    path = "/housing"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/")
    async def work_list(
        self,
        reader: Reader,
        search: FromQuery[str] = "",
        developer: FromQuery[UUID | None] = None,
        before: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """One page of projects, and the tiles."""
        wanted = search.strip()[:120]
        found, following = await queries.projects(reader, search=wanted, developer=developer, before=before)
        standings = await queries.standings(reader, [project for project, _ in found])
        asked = {"search": wanted} | ({"developer": str(developer)} if developer else {})
        return page(
            "housing/worklist.html",
            tiles=_tiles(await queries.totals(reader)),
            lines=[_line(project, name, standings[project.id]) for project, name in found],
            search=wanted,
            next_url=f"?{urlencode({**asked, 'before': str(following)})}" if following else None,
            first_url=f"?{urlencode(asked)}" if before else None,
        )


def _line(project: Project, developer: str, at: Standing) -> Line:
    return Line(
        id=project.id,
        name=project.name,
        developer=developer,
        location=project.location,
        at=at,
        lacks=tuple(STEPS[thing] for thing in missing(at)),
    )


def _tiles(totals: queries.Totals) -> list[dict[str, Any]]:
    return [
        {"label": "项目", "value": totals.projects, "unit": "个", "icon": "building-community", "tone": "info"},
        {"label": "已导入房屋", "value": totals.units, "unit": "套", "icon": "home", "tone": "info"},
        {"label": "已备案", "value": totals.sold, "unit": "套", "icon": "certificate", "tone": "success"},
        {
            "label": "监管资金余额", "value": yuan(totals.supervised_fen), "unit": "元", "icon": "building-bank",
            "tone": "success", "url": "/housing/money",
        },
    ]  # fmt: skip
