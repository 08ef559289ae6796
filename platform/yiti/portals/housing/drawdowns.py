"""Drawdowns at the housing department: what waits for review or approval, and one page for each."""

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from escrow.drawdowns import decisions, service
from escrow.drawdowns.errors import Refused
from escrow.drawdowns.models import DrawdownState
from kernel.db import ReadSession, WriteSession
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.journeys.supervision import Registered, register_of
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.drawdown_lists import drawdown_page_of, drawdown_sheet
from yiti.portals.housing.drawdown_views import STEPS, drawdown_page
from yiti.portals.housing.evidence import evidence_file
from yiti.portals.housing.supervision_forms import WordsForm
from yiti.portals.shell.errors import show_error
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

BASE: Final = "/housing/drawdowns"
_STAGES: Final = {
    "review": ("待初审", frozenset({DrawdownState.SUBMITTED})),
    "approval": ("待核准", frozenset({DrawdownState.REVIEWED})),
    "bank": ("待银行付款", frozenset({DrawdownState.ORDERED})),
    "all": ("全部", None),
}


class DrawdownsController(Controller):
    """Looking."""

    path = BASE
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/")
    async def to_review(self, reader: Reader, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """What waits for review."""
        return await _list(reader, "review", before)

    @get("/approval")
    async def to_approve(self, reader: Reader, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """What waits for approval."""
        return await _list(reader, "approval", before)

    @get("/bank")
    async def at_the_bank(self, reader: Reader, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """What the bank has not paid yet."""
        return await _list(reader, "bank", before)

    @get("/all")
    async def everything(self, reader: Reader, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """Everything that was ever handed in."""
        return await _list(reader, "all", before)

    @get("/all.xlsx")
    async def export(self, reader: Reader) -> Response[bytes]:
        """Everything that was ever handed in, as an Excel file."""
        return await drawdown_sheet(reader, BASE)


class DecideDrawdownsController(Controller):
    """One drawdown, for who reviews or approves: others see sums only."""

    path = f"{BASE}/{{drawdown_id:uuid}}"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/")
    async def drawdown(self, reader: Reader, actor: CurrentActor, drawdown_id: FromPath[UUID]) -> Response[Any]:
        """With its sum, evidence and history."""
        found = await service.drawdown_for(reader, actor, drawdown_id)
        return page("housing/drawdown.html", steps=STEPS, on=await drawdown_page(reader, actor, found, BASE))

    @get("/files/{file_id:uuid}")
    async def file(
        self,
        reader: Reader,
        actor: CurrentActor,
        resources: Parts,
        drawdown_id: FromPath[UUID],
        file_id: FromPath[UUID],
    ) -> Response[bytes]:
        """A piece of evidence, shown in the browser."""
        await service.drawdown_for(reader, actor, drawdown_id)
        return await evidence_file(reader, resources, drawdown_id, file_id)

    @post("/review", guards=[requires(Permission.DRAWDOWN_REVIEW)])
    async def review(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        drawdown_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """Pass it on."""
        register = await _register(tx, drawdown_id)
        await decisions.review(tx, actor, drawdown_id, data.words, register)
        return redirect(request, BASE, "初审通过，已转负责人核准")

    @post("/approve", guards=[requires(Permission.DRAWDOWN_APPROVE)])
    async def approve(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        drawdown_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """Order the payment."""
        register = await _register(tx, drawdown_id)
        try:
            async with tx.begin_nested():
                await decisions.approve(tx, actor, drawdown_id, data.words, register)
        except Refused as refused:
            await service.write_refusal(tx, actor, drawdown_id, refused)
            return show_error(request, refused)
        return redirect(request, f"{BASE}/{drawdown_id}", "已核准，付款指令已下达银行，银行应在3个工作日内付款")

    @post("/send-back")
    async def send_back(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        drawdown_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """Back to the developer."""
        await decisions.send_back(tx, actor, drawdown_id, data.words)
        return redirect(request, f"{BASE}/{drawdown_id}", "已退回补正，原因已告知开发企业", "warning")

    @post("/refuse")
    async def refuse(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        drawdown_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """No."""
        await decisions.refuse(tx, actor, drawdown_id, data.words)
        return redirect(request, f"{BASE}/{drawdown_id}", "不予拨付，原因已告知开发企业", "warning")


async def _register(tx: WriteSession, drawdown_id: UUID) -> Registered:
    return await register_of(tx, await service.project_of(tx, drawdown_id))


async def _list(reader: ReadSession, stage: str, before: UUID | None) -> Response[Any]:
    title, states = _STAGES[stage]
    lines, following = await drawdown_page_of(reader, BASE, states=states, before=before)
    tabs = [
        (words, BASE if name == "review" else f"{BASE}/{name}", name == stage) for name, (words, _) in _STAGES.items()
    ]
    return page(
        "housing/drawdowns.html",
        title=title,
        tabs=tabs,
        lines=lines,
        next_url=f"?before={following}" if following else None,
        first_url="?" if before else None,
    )
