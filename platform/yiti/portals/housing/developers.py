"""Developers: the list, and registering one. Other organisations are the administrator's."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import URLEncodedBody

from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import create_organisation, organisations
from yiti.portals.housing import queries
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.forms import DeveloperForm
from yiti.portals.shell.views import AnyRequest, page, redirect


class DevelopersController(Controller):
    """Who builds in the county."""

    path = "/housing/developers"
    guards = (requires(Permission.ESTATE_MANAGE), housing_department)

    @get("/")
    async def developers(self, reader: Reader) -> Response[Any]:
        """All developers (some dozens), with the number of their projects."""
        return page(
            "housing/developers.html",
            developers=await organisations(reader, OrganisationKind.DEVELOPER),
            projects=await queries.project_counts(reader),
        )

    @get("/new")
    async def new(self) -> Response[Any]:
        """The form for one more."""
        return page("housing/developer_new.html")

    @post("/")
    async def register(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[DeveloperForm]
    ) -> Response[Any]:
        """Register a developer."""
        made = await create_organisation(tx, actor, kind=OrganisationKind.DEVELOPER, **data.facts())
        return redirect(
            request, f"/housing/projects/new?developer={made.id}", f"开发企业“{made.name}”已登记，可以登记它的项目"
        )
