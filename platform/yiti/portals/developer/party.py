"""A supervision agreement as its developer and its bank see it: the same pages at two addresses."""

from typing import Any, ClassVar, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from sqlalchemy import select

from escrow.agreements import service
from escrow.agreements.models import SupervisionAgreement
from kernel.permissions import Actor
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.models import Project
from yiti.estate.queries import get_project
from yiti.portals.developer.access import house_of
from yiti.portals.housing.agreement_paper import agreement_pdf
from yiti.portals.housing.forms import MODES
from yiti.portals.housing.supervision_forms import WordsForm
from yiti.portals.housing.supervision_views import agreement_view
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

_PAGE: Final = 20


class PartyAgreementsController(Controller):
    """To everybody else an agreement does not exist. Subclasses give `path`, `guards` and the `base` of addresses."""

    base: ClassVar[str]

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
            "developer/agreements.html",
            base=self.base,
            lines=lines,
            next_url=f"?before={found[_PAGE - 1].id}" if len(found) > _PAGE else None,
            first_url="?" if before else None,
        )

    @get("/{agreement_id:uuid}")
    async def agreement(self, reader: Reader, actor: CurrentActor, agreement_id: FromPath[UUID]) -> Response[Any]:
        """One of them, to read and to agree to."""
        terms, _ = await service.agreement_for(reader, actor, agreement_id)
        project = await get_project(reader, terms.project_id)
        return page("developer/agreement.html", base=self.base, line=_line(terms, actor, project.name))

    @get("/{agreement_id:uuid}/agreement.pdf")
    async def paper(
        self, reader: Reader, actor: CurrentActor, resources: Parts, agreement_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The same to print."""
        terms, _ = await service.agreement_for(reader, actor, agreement_id)
        return await agreement_pdf(reader, resources, terms)

    @post("/{agreement_id:uuid}/agree")
    async def agree(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, agreement_id: FromPath[UUID]
    ) -> Response[Any]:
        """Agree for the organisation."""
        await service.agree(tx, actor, agreement_id)
        return redirect(request, f"{self.base}/{agreement_id}", "已同意监管协议")

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
        await service.decline(tx, actor, agreement_id, data.words)
        return redirect(request, f"{self.base}/{agreement_id}", "未同意，原因已告知住建部门", "warning")


def _line(terms: SupervisionAgreement, actor: Actor, project: str) -> dict[str, Any]:
    side = service.side_of(terms, actor)
    return {
        "project": project,
        "terms": agreement_view(terms, MODES),
        "actions": service.actions_on(terms, side),
    }
