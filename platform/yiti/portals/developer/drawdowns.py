"""A developer's drawdowns: asking, bringing evidence, handing in, following."""

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from escrow.drawdowns import rules, service
from escrow.drawdowns.errors import Refused
from escrow.drawdowns.fund import fund_facts
from escrow.drawdowns.models import Drawdown
from escrow.drawdowns.overview import asked_and_open
from kernel.db import ReadSession
from kernel.money import yuan
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.models import Project
from yiti.estate.queries import get_project
from yiti.journeys.supervision import register_of
from yiti.portals.developer.access import house_of, own_project
from yiti.portals.developer.forms import AskForm
from yiti.portals.housing.drawdown_lists import drawdown_page_of, drawdown_sheet
from yiti.portals.housing.drawdown_views import STEPS, USES, drawdown_page
from yiti.portals.housing.supervision_forms import WordsForm
from yiti.portals.shell.errors import show_error
from yiti.portals.shell.views import AnyRequest, page, redirect

BASE: Final = "/developer/drawdowns"


class DrawdownsController(Controller):
    """The list."""

    path = BASE
    guards = (requires(Permission.DRAWDOWN_REQUEST),)

    @get("/")
    async def all(self, reader: Reader, actor: CurrentActor, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """The developer's own, newest first."""
        lines, following = await drawdown_page_of(reader, BASE, organisation_id=house_of(actor), before=before)
        return page(
            "developer/drawdowns.html",
            lines=lines,
            next_url=f"?before={following}" if following else None,
            first_url="?" if before else None,
        )

    @get("/all.xlsx")
    async def export(self, reader: Reader, actor: CurrentActor) -> Response[bytes]:
        """All of them as an Excel file."""
        return await drawdown_sheet(reader, BASE, house_of(actor))


class NewDrawdownsController(Controller):
    """Asking for the money of an own project."""

    path = "/developer/projects/{project_id:uuid}/drawdowns"
    guards = (requires(Permission.DRAWDOWN_REQUEST),)

    @get("/new")
    async def new(self, reader: Reader, actor: CurrentActor, project_id: FromPath[UUID]) -> Response[Any]:
        """The form, with how much may be asked for now at each node."""
        project = await own_project(reader, actor, project_id)
        return await _form(reader, project, f"/developer/projects/{project_id}/drawdowns", None)

    @post("/")
    async def start(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        data: URLEncodedBody[AskForm],
    ) -> Response[Any]:
        """Begin one; the evidence comes next."""
        project = await own_project(tx, actor, project_id)
        made = await service.start(tx, actor, project_id, project.organisation_id, data.ask())
        return redirect(request, f"{BASE}/{made.id}", "申请已保存，请上传证明材料后提交")


class OneDrawdownController(Controller):
    """One drawdown; those of others do not exist."""

    path = f"{BASE}/{{drawdown_id:uuid}}"
    guards = (requires(Permission.DRAWDOWN_REQUEST),)

    @get("/")
    async def drawdown(self, reader: Reader, actor: CurrentActor, drawdown_id: FromPath[UUID]) -> Response[Any]:
        """With what is still missing and what becomes of it."""
        found = await service.drawdown_for(reader, actor, drawdown_id)
        return page("developer/drawdown.html", steps=STEPS, on=await drawdown_page(reader, actor, found, BASE), said="")

    @get("/edit")
    async def edit_form(self, reader: Reader, actor: CurrentActor, drawdown_id: FromPath[UUID]) -> Response[Any]:
        """The form with what was typed."""
        found = await service.drawdown_for(reader, actor, drawdown_id)
        return await _form(reader, await get_project(reader, found.project_id), f"{BASE}/{drawdown_id}/edit", found)

    @post("/edit")
    async def edit(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        drawdown_id: FromPath[UUID],
        data: URLEncodedBody[AskForm],
    ) -> Response[Any]:
        """Change it."""
        await service.edit(tx, actor, drawdown_id, data.ask())
        return redirect(request, f"{BASE}/{drawdown_id}", "申请已修改")

    @post("/submit")
    async def submit(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, drawdown_id: FromPath[UUID]
    ) -> Response[Any]:
        """Hand it in."""
        register = await register_of(tx, await service.project_of(tx, drawdown_id))
        try:
            async with tx.begin_nested():
                await service.submit(tx, actor, drawdown_id, register)
        except Refused as refused:
            await service.write_refusal(tx, actor, drawdown_id, refused)
            return show_error(request, refused)
        return redirect(request, f"{BASE}/{drawdown_id}", "申请已提交住建部门初审")

    @post("/withdraw")
    async def withdraw(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        drawdown_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """Take it back."""
        await service.withdraw(tx, actor, drawdown_id, data.words)
        return redirect(request, f"{BASE}/{drawdown_id}", "申请已撤回", "warning")


async def _form(reader: ReadSession, project: Project, action: str, drawdown: Drawdown | None) -> Response[Any]:
    facts = await fund_facts(reader, project.id, await register_of(reader, project.id))
    return page(
        "developer/ask.html",
        project=project,
        action=action,
        nodes=[
            (node.code, f"{node.title}（现在可申请 {yuan(rules.may_ask(facts, node))} 元）") for node in facts.nodes
        ],
        available=facts.available_fen,
        agreed=facts.agreed or facts.released,
        others_fen=await asked_and_open(reader, project.id, drawdown.id if drawdown else None),
        uses=list(USES.items()),
        typed=drawdown,
        amount=yuan(drawdown.amount_fen) if drawdown else "",
    )
