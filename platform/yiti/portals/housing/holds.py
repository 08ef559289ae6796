"""What ties supervised money and what frees it: courts' freezes, and the end of supervision."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from escrow.agreements.release import decide_release, is_complete, propose_release, releases
from escrow.drawdowns.freezes import enter_freeze, freezes, lift_freeze
from escrow.supervision import account_of
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.queries import get_project
from yiti.journeys.supervision import progress_of, register_of
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.fields import fen
from yiti.portals.housing.supervision_forms import FreezeForm, LiftForm, WordsForm
from yiti.portals.seals.queries import names
from yiti.portals.seals.views import naming
from yiti.portals.shell.views import AnyRequest, page, redirect

RELEASE_WORDS = {"proposed": ("待核准", "info"), "approved": ("已解除监管", "success"), "refused": ("未核准", "danger")}


class HoldsController(Controller):
    """`/housing/projects/…/holds`."""

    path = "/housing/projects/{project_id:uuid}"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/holds")
    async def holds(self, reader: Reader, actor: CurrentActor, project_id: FromPath[UUID]) -> Response[Any]:
        """Freezes, and how far the project is from the end of supervision."""
        project = await get_project(reader, project_id)
        await account_of(reader, project_id)
        register = await register_of(reader, project_id)
        asked = await releases(reader, project_id)
        people = await names(reader, [one for row in asked for one in (row.proposed_by, row.decided_by)])
        return page(
            "housing/holds.html",
            project=project,
            freezes=await freezes(reader, project_id),
            register=register,
            complete=is_complete(register),
            progress=await progress_of(reader, project_id),
            releases=asked,
            release_words=RELEASE_WORDS,
            name=naming(people),
            live=next((row for row in asked if row.state != "refused"), None),
            me=actor.id,
        )

    @post("/freezes", guards=[requires(Permission.SUPERVISION_MANAGE)])
    async def freeze(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        data: URLEncodedBody[FreezeForm],
    ) -> Response[Any]:
        """Enter a court's freeze."""
        await get_project(tx, project_id)
        amount = fen(data.amount, "amount")
        await enter_freeze(tx, actor, project_id, court=data.court, document_no=data.document_no, amount_fen=amount)
        return redirect(request, f"/housing/projects/{project_id}/holds", "司法冻结已录入，冻结金额不能拨付")

    @post("/freezes/{freeze_id:uuid}/lift", guards=[requires(Permission.SUPERVISION_MANAGE)])
    async def lift(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        freeze_id: FromPath[UUID],
        data: URLEncodedBody[LiftForm],
    ) -> Response[Any]:
        """Lift it by another document."""
        await lift_freeze(tx, actor, project_id, freeze_id, data.document_no)
        return redirect(request, f"/housing/projects/{project_id}/holds", "冻结已解除")

    @post("/release", guards=[requires(Permission.SUPERVISION_MANAGE)])
    async def propose(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """Propose to end supervision."""
        await propose_release(tx, actor, project_id, data.words, await register_of(tx, project_id))
        return redirect(request, f"/housing/projects/{project_id}/holds", "已提出解除监管，待负责人核准")

    @post("/release/approve", guards=[requires(Permission.DRAWDOWN_APPROVE)])
    async def approve(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """End it."""
        await decide_release(tx, actor, project_id, data.words, await register_of(tx, project_id), approve=True)
        return redirect(request, f"/housing/projects/{project_id}/holds", "已解除监管")

    @post("/release/refuse", guards=[requires(Permission.DRAWDOWN_APPROVE)])
    async def refuse(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """Not yet."""
        await decide_release(tx, actor, project_id, data.words, await register_of(tx, project_id), approve=False)
        return redirect(request, f"/housing/projects/{project_id}/holds", "未核准解除监管", "warning")
