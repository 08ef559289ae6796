"""Projects: registering one, and its page with everything that belongs to it."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from escrow.agreements import plans
from escrow.service import balance_of
from escrow.supervision import account_or_none
from kernel.money import yuan
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tenant, Tx
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import organisation, organisations
from yiti.estate.queries import buildings_of, get_project, permits_of, surveys_of, unit_counts
from yiti.estate.service import register_project
from yiti.portals.housing import queries
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.forms import MODES, ProjectForm
from yiti.portals.housing.rules import STEPS, Standing, missing
from yiti.portals.housing.supervision_views import agreement_view
from yiti.portals.shell.views import AnyRequest, page, redirect


class RegisterProjectsController(Controller):
    """Registering."""

    path = "/housing/projects"
    guards = (requires(Permission.ESTATE_MANAGE), housing_department)

    @get("/new")
    async def new(self, reader: Reader, tenant: Tenant, developer: FromQuery[str] = "") -> Response[Any]:
        """The form; `developer` is chosen already when one comes from its registration."""
        found = await organisations(reader, OrganisationKind.DEVELOPER)
        return page(
            "housing/project_new.html",
            developers=[(str(one.id), one.name) for one in found],
            developer=developer,
            county=tenant,
        )

    @post("/")
    async def register(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[ProjectForm]
    ) -> Response[Any]:
        """Register a project."""
        new = data.new(await organisations(tx, OrganisationKind.DEVELOPER))
        made = await register_project(tx, actor, new)
        return redirect(request, f"/housing/projects/{made.id}", f"项目“{made.name}”已登记")


class ProjectsController(Controller):
    """Looking."""

    path = "/housing/projects"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/{project_id:uuid}")
    async def project(self, reader: Reader, project_id: FromPath[UUID]) -> Response[Any]:
        """Everything about a project, and the next step."""
        project = await get_project(reader, project_id)
        standing = (await queries.standings(reader, [project]))[project_id]
        lacks = missing(standing)
        account = await account_or_none(reader, project_id)
        return page(
            "housing/project.html",
            project=project,
            developer=(await organisation(reader, project.organisation_id)).name,
            buildings=await buildings_of(reader, project_id),
            units=await unit_counts(reader, project_id),
            covering=await queries.permits_by_building(reader, project_id),
            permits=await permits_of(reader, project_id),
            surveys=await surveys_of(reader, project_id),
            account=account,
            modes=MODES,
            agreements=[agreement_view(one, MODES) for one in await plans.versions(reader, project_id)],
            tiles=_tiles(project_id, standing, await balance_of(reader, project_id)),
            step=STEPS[lacks[0]] if lacks else None,
        )


def _tiles(project_id: UUID, at: Standing, balance_fen: int) -> list[dict[str, Any]]:
    base = f"/housing/projects/{project_id}"
    money = {"label": "监管资金余额", "value": yuan(balance_fen), "unit": "元", "icon": "building-bank", "tone": "info"}
    return [
        {"label": "楼幢", "value": at.buildings, "unit": "幢", "icon": "building-skyscraper", "tone": "info"},
        {"label": "房屋", "value": at.units, "unit": "套", "icon": "home", "tone": "info"},
        {
            "label": "已备案", "value": at.sold, "unit": "套", "icon": "certificate", "tone": "success",
            "url": f"{base}/contracts",
        },
        money | ({"url": f"{base}/fund"} if at.account else {}),
    ]  # fmt: skip
