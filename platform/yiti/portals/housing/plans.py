"""The county's own construction nodes by mode and date: what every new agreement starts from."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromQuery

from escrow.agreements import plans
from escrow.agreements.rules import Node, as_nodes
from escrow.models import SupervisionMode
from kernel.clock import today
from kernel.errors import NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.fields import day, line
from yiti.portals.housing.forms import MODES
from yiti.portals.housing.supervision_forms import agreement_form, nodes_in, typed_nodes
from yiti.portals.shell.views import AnyRequest, page, redirect

_BASE = "/housing/money/nodes"


@dataclass(frozen=True, slots=True)
class PlanView:
    """One dated version."""

    mode: str
    valid_from: date
    source: str
    nodes: tuple[Node, ...]


class PlansController(Controller):
    """Looking, and setting anew from a day on."""

    path = _BASE
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/")
    async def all(self, reader: Reader) -> Response[Any]:
        """Every version, newest first."""
        rows = await plans.plans(reader)
        shown = [PlanView(row.mode, row.valid_from, row.source, as_nodes(row.nodes)) for row in rows]
        return page("housing/plans.html", plans=shown, modes=MODES)

    @get("/draft", guards=[requires(Permission.SUPERVISION_MANAGE)])
    async def draft(self, reader: Reader, mode: FromQuery[str] = "") -> Response[Any]:
        """The form, with what holds now."""
        chosen = _mode(mode)
        held = await plans.plan_for(reader, chosen, today())
        return page("housing/plan_draft.html", mode=chosen, modes=MODES, nodes=typed_nodes(held[0] if held else ()))

    @post("/", guards=[requires(Permission.SUPERVISION_MANAGE)])
    async def add(self, request: AnyRequest, tx: Tx, actor: CurrentActor) -> Response[Any]:
        """Set it."""
        typed = await agreement_form(request)
        source = line(typed.get("source", ""), "source", 200)
        valid_from = day(typed.get("valid_from", ""), "valid_from")
        await plans.set_plan(tx, actor, _mode(typed.get("mode", "")), valid_from, nodes_in(typed), source)
        return redirect(request, _BASE, "拨付节点标准已设定，从执行日期起用于新拟定的协议")


def _mode(text: str) -> SupervisionMode:
    if text not in MODES:
        raise NotFound
    return SupervisionMode(text)
