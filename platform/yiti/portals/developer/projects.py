"""Where a developer's accountant begins: what waits, and the money of its projects."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery

from escrow.agreements import service as agreements
from escrow.agreements.rules import AgreementAction, Side
from escrow.drawdowns.models import OPEN_TO_DEVELOPER
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader
from yiti.portals.developer.access import house_of
from yiti.portals.housing.drawdown_lists import drawdown_page_of
from yiti.portals.housing.forms import MODES
from yiti.portals.housing.funds import supervised
from yiti.portals.shell.views import page

_LATEST = 50


class MoneyController(Controller):
    """`/developer`."""

    path = "/developer"
    guards = (requires(Permission.DRAWDOWN_REQUEST),)

    @get("/")
    async def money(self, reader: Reader, actor: CurrentActor, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """Agreements to sign, drawdowns to correct, and every project with its bar."""
        house = house_of(actor)
        found, following = await supervised(reader, house, before)
        waiting, _ = await drawdown_page_of(
            reader, "/developer/drawdowns", states=OPEN_TO_DEVELOPER, organisation_id=house
        )
        latest = await agreements.agreements_of(reader, house, _LATEST)
        to_sign = [one for one in latest if AgreementAction.AGREE in agreements.actions_on(one, Side.DEVELOPER)]
        return page(
            "developer/money.html",
            lines=found,
            modes=MODES,
            waiting=waiting,
            to_sign=to_sign,
            next_url=f"?before={following}" if following else None,
            first_url="?" if before else None,
        )
