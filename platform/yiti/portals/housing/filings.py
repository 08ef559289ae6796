"""Filed contracts of a project, with the buyers masked."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from kernel.permissions import Permission, requires
from kernel.pii import mask_name
from kernel.web.dependencies import Reader
from yiti.estate.queries import get_project
from yiti.portals.housing import queries
from yiti.portals.housing.access import housing_department
from yiti.portals.shell.views import page

STATUS = {"filed": ("已备案", "success"), "cancelled": ("备案已注销", "neutral")}


class FilingsController(Controller):
    """What was sold."""

    path = "/housing/projects/{project_id:uuid}/contracts"
    guards = (requires(Permission.SALE_VIEW), housing_department)

    @get("/")
    async def filings(
        self, reader: Reader, project_id: FromPath[UUID], before: FromQuery[UUID | None] = None
    ) -> Response[Any]:
        """One page of filed contracts, newest first."""
        project = await get_project(reader, project_id)
        found, following = await queries.filings(reader, project, before)
        masked = [(one, "、".join(mask_name(name) for name in one.buyers)) for one in found]
        return page(
            "housing/filings.html",
            project=project,
            lines=[
                {
                    "location": one.location, "filing_no": one.filing_no, "status": STATUS[one.status],
                    "price_fen": one.price_fen, "filed_at": one.filed_at, "buyers": buyers,
                }
                for one, buyers in masked
            ],
            next_url=f"?before={following}" if following else None,
            first_url="?" if before else None,
        )  # fmt: skip
