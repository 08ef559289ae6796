"""The first page of the window: what shall be registered?"""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromQuery

from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases.business import Business
from yiti.cases.lifecycle import Channel
from yiti.journeys.registration import desk
from yiti.portals.registration import queries
from yiti.portals.registration.window.desk import names_of
from yiti.portals.registration.window.offers import offered
from yiti.portals.registration.window.rows import member
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect

_SEARCH_MAX = 40


class ChoosingController(Controller):
    """Where an application begins."""

    path = "/registration/window"
    guards = (requires(Permission.CASE_ACCEPT),)

    @get("/")
    async def choose(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, q: FromQuery[str] = ""
    ) -> Response[Any]:
        """Every business that a window takes, by group; `q` narrows it, while it is typed."""
        search = q.strip()[:_SEARCH_MAX]
        drafts = [] if is_htmx(request) else await queries.own_drafts(reader, actor)
        return page(
            "registration/window/choose.html" + ("#offers" if is_htmx(request) else ""),
            groups=offered(search, await queries.own_settings(reader)),
            search=search,
            drafts=[(f"/registration/window/{one.id}/units", one.number, names_of(one), one.opened_at,
                     one.location) for one in drafts],
        )  # fmt: skip

    @post("/")
    async def start(self, request: AnyRequest, tx: Tx, actor: CurrentActor) -> Response[Any]:
        """Begin a draft; several businesses make one combined case (合并办理)."""
        sent = (await request.form()).multi_items()
        chosen = tuple(member(Business, str(value)) for name, value in sent if name == "businesses")
        businesses = tuple(one for one in chosen if one is not None)
        if not businesses or len(businesses) < len(chosen):
            raise Invalid("请选择要办理的业务", field="businesses")
        case = await desk.start(tx, actor, businesses, Channel.WINDOW)
        return redirect(request, f"/registration/window/{case.id}/units")
