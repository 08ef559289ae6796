"""Supervision agreements of a developer or a bank: its people read them, and who may use its seal signs them."""

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from sqlalchemy import select

from escrow.agreements import service
from escrow.agreements.models import SupervisionAgreement
from escrow.agreements.rules import AgreementAction
from kernel.db import ReadSession
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from signing.errors import UnknownSeal
from signing.seal_errors import SealRefused
from signing.seal_log import write_refusal
from yiti.estate.models import Project
from yiti.estate.queries import get_project
from yiti.journeys.agreements import sealing
from yiti.portals.developer.access import house_of
from yiti.portals.housing.agreement_paper import agreement_pdf, view_of
from yiti.portals.housing.forms import MODES
from yiti.portals.housing.supervision_forms import WordsForm
from yiti.portals.housing.supervision_views import agreement_view
from yiti.portals.seals.step import SealDesk, seal_step
from yiti.portals.shell.errors import show_error
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

BASE: Final = "/agreements"
_PAGE: Final = 20


class PartyAgreementsController(Controller):
    """To everybody else an agreement does not exist."""

    path = BASE
    guards = (requires(Permission.SUPERVISION_AGREE),)

    @get("/")
    async def agreements(
        self, reader: Reader, actor: CurrentActor, before: FromQuery[UUID | None] = None
    ) -> Response[Any]:
        """The organisation's agreements, newest first; those that wait for it say so."""
        found = await service.agreements_of(reader, house_of(actor), _PAGE + 1, before)
        ids = {one.project_id for one in found}
        projects = dict((await reader.execute(select(Project.id, Project.name).where(Project.id.in_(ids)))).all())
        lines = [_line(one, actor, projects[one.project_id]) for one in found[:_PAGE]]
        return page(
            "agreements/list.html",
            base=BASE,
            lines=lines,
            next_url=f"?before={found[_PAGE - 1].id}" if len(found) > _PAGE else None,
            first_url="?" if before else None,
        )

    @get("/{agreement_id:uuid}")
    async def agreement(self, reader: Reader, actor: CurrentActor, agreement_id: FromPath[UUID]) -> Response[Any]:
        """One of them, to read and to seal."""
        terms, side = await service.agreement_for(reader, actor, agreement_id)
        project = await get_project(reader, terms.project_id)
        actions = service.actions_on(terms, side)
        return page(
            "agreements/agreement.html",
            base=BASE,
            project=project.name,
            terms=await view_of(reader, terms),
            actions=actions,
            agreed=side in service.standing(terms).agreed,
            desk=await _desk(reader, actor, terms) if AgreementAction.AGREE in actions else None,
        )

    @get("/{agreement_id:uuid}/agreement.pdf")
    async def paper(
        self, reader: Reader, actor: CurrentActor, resources: Parts, agreement_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The text with the seals that are set; of earlier agreements what was agreed, to print."""
        terms, _ = await service.agreement_for(reader, actor, agreement_id)
        return await agreement_pdf(reader, resources, terms)

    @post("/{agreement_id:uuid}/agree")
    async def agree(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, agreement_id: FromPath[UUID]
    ) -> Response[Any]:
        """Agree under the organisation's seal, or ask for the seal."""
        try:
            async with tx.begin_nested():
                ordered = await sealing.submit(tx, actor, agreement_id)
        except SealRefused as refused:
            write_refusal(tx, actor, refused)
            return show_error(request, refused)
        words = "已同意监管协议，正在盖章" if ordered else "已申请用印，请本单位另一名用印人批准"
        return redirect(request, f"{BASE}/{agreement_id}", words)

    @post("/{agreement_id:uuid}/decline")
    async def decline(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        agreement_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """Not agree, with the reason."""
        await sealing.decline(tx, actor, agreement_id, data.words)
        return redirect(request, f"{BASE}/{agreement_id}", "未同意，原因已告知住建部门", "warning")


def _line(terms: SupervisionAgreement, actor: Actor, project: str) -> dict[str, Any]:
    side = service.side_of(terms, actor)
    return {
        "project": project,
        "terms": agreement_view(terms, MODES),
        "actions": service.actions_on(terms, side),
    }


async def _desk(reader: ReadSession, actor: Actor, terms: SupervisionAgreement) -> SealDesk:
    try:
        seal = await sealing.own_seal(reader, house_of(actor))
    except UnknownSeal as none:
        return SealDesk("blocked", none.message)
    return await seal_step(reader, actor, seal, sealing.documents_of(terms), sealing.subject_of(terms))
