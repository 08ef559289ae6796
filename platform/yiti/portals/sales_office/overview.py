"""The page of one sale after its draft, and its live part."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery

from kernel.db import ReadSession
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import organisations
from yiti.journeys.documents import QUESTIONS
from yiti.portals.sales_office.desk import Desk, desk, findings, first_open_step, frame, summary
from yiti.portals.sales_office.documents import papers
from yiti.portals.sales_office.history import story
from yiti.portals.sales_office.live import live
from yiti.portals.sales_office.powers import powers_panel
from yiti.portals.sales_office.rules import Stage
from yiti.portals.sales_office.sealing import seal_desk, with_desk
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts


class OverviewController(Controller):
    """Where the work list leads to."""

    path = "/sales/contracts/{contract_id:uuid}"
    guards = (requires(Permission.SALE_VIEW),)

    @get("/")
    async def overview(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """The sale; a draft goes on where it is incomplete."""
        on = await desk(reader, actor, contract_id)
        if on.stage is Stage.DRAFTING:
            return redirect(request, f"{on.url}/{first_open_step(await findings(reader, on))}")
        return page(
            "sales_office/overview.html",
            frame=frame(on),
            stage=on.stage,
            live=with_desk(await live(reader, on, resources.settings.public_url), await seal_desk(reader, actor, on)),
            summary=summary(on),
            powers=await powers_panel(reader, on),
            papers=await papers(reader, on),
            story=await story(reader, on),
            questions=[(one.key, one.text) for one in QUESTIONS] if on.stage is Stage.READY else [],
            banks=await _banks(reader, on),
        )

    @get("/live")
    async def refresh(
        self,
        reader: Reader,
        actor: CurrentActor,
        resources: Parts,
        contract_id: FromPath[UUID],
        seen: FromQuery[str] = "",
    ) -> Response[Any]:
        """The live part when it has changed; the whole page when the sale has moved on; else nothing."""
        on = await desk(reader, actor, contract_id)
        panel = await live(reader, on, resources.settings.public_url)
        now = with_desk(panel, await seal_desk(reader, actor, on))
        if now.seen == seen:
            return Response(None, status_code=204, media_type=MediaType.HTML)
        if seen.partition("-")[0] != on.stage:
            return Response(None, status_code=204, headers={"HX-Refresh": "true"}, media_type=MediaType.HTML)
        return page("sales_office/overview.html#live", live=now, frame=frame(on))


async def _banks(reader: ReadSession, on: Desk) -> list[tuple[str, str]]:
    """The banks that the buyers may allow to be told of the booked notice."""
    if on.stage is not Stage.READY:
        return []
    return [(bank.credit_code, bank.name) for bank in await organisations(reader, OrganisationKind.BANK)]
