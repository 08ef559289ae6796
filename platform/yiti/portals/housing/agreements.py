"""Supervision agreements at the housing department: drafting, looking, withdrawing, putting in force."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from escrow.agreements import plans, service
from escrow.agreements.release import is_released
from escrow.agreements.rules import Side, as_nodes
from escrow.models import SupervisionMode
from escrow.supervision import account_or_none
from kernel.clock import today
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from signing.seal_errors import SealRefused
from signing.seal_log import write_refusal
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import organisation, organisations
from yiti.estate.queries import get_project
from yiti.journeys.agreements import sealing
from yiti.journeys.supervision import full_supervision_required
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.agreement_paper import agreement_pdf, view_of
from yiti.portals.housing.forms import MODES
from yiti.portals.housing.supervision_forms import WordsForm, agreement_form, terms_in, typed_nodes
from yiti.portals.shell.errors import show_error
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts


class AgreementsController(Controller):
    """Looking."""

    path = "/housing"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/agreements/{agreement_id:uuid}")
    async def agreement(self, reader: Reader, agreement_id: FromPath[UUID]) -> Response[Any]:
        """One version, with who has agreed, and what comes next."""
        terms = await service.agreement(reader, agreement_id)
        return page(
            "housing/agreement.html",
            project=await get_project(reader, terms.project_id),
            terms=await view_of(reader, terms),
            actions=service.actions_on(terms, Side.DEPARTMENT),
        )

    @get("/agreements/{agreement_id:uuid}/agreement.pdf")
    async def paper(self, reader: Reader, resources: Parts, agreement_id: FromPath[UUID]) -> Response[bytes]:
        """The text with the seals that are set; of earlier agreements what was agreed, to print."""
        return await agreement_pdf(reader, resources, await service.agreement(reader, agreement_id))


class DraftAgreementsController(Controller):
    """Drafting and deciding."""

    path = "/housing"
    guards = (requires(Permission.SUPERVISION_MANAGE), housing_department)

    @get("/projects/{project_id:uuid}/agreement/draft")
    async def draft(self, reader: Reader, project_id: FromPath[UUID], mode: FromQuery[str] = "") -> Response[Any]:
        """The form: for the first agreement or an amendment, with the nodes to begin with."""
        project = await get_project(reader, project_id)
        if await is_released(reader, project_id):
            raise service.Released
        account = await account_or_none(reader, project_id)
        held = await plans.in_force(reader, project_id)
        must_be_full = await full_supervision_required(reader, project) and account is None
        wanted = SupervisionMode.QUOTA if mode == SupervisionMode.QUOTA and not must_be_full else SupervisionMode.FULL
        chosen = SupervisionMode(account.mode) if account and account.mode else wanted
        plan = await plans.plan_for(reader, chosen, today())
        nodes = as_nodes(held.nodes) if held else plan[0] if plan else ()
        return page(
            "housing/agreement_draft.html",
            project=project,
            account=account,
            held=held,
            banks=[(str(one.id), one.name) for one in await organisations(reader, OrganisationKind.BANK)],
            modes=MODES,
            mode=chosen,
            must_be_full=must_be_full,
            nodes=typed_nodes(nodes),
            source=plan[1] if plan and not held else "",
        )

    @post("/projects/{project_id:uuid}/agreement")
    async def propose(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, project_id: FromPath[UUID]
    ) -> Response[Any]:
        """Put it before developer and bank."""
        project = await get_project(tx, project_id)
        banks = [one.id for one in await organisations(tx, OrganisationKind.BANK)]
        await organisation(tx, project.organisation_id)
        terms = terms_in(await agreement_form(request), project_id, project.organisation_id, banks)
        required = await full_supervision_required(tx, project)
        made = await service.propose(tx, actor, terms, full_required=required)
        return redirect(request, f"/housing/agreements/{made.id}", "监管协议已送开发企业和监管银行，请其核对后盖章")

    @post("/agreements/{agreement_id:uuid}/withdraw")
    async def withdraw(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        agreement_id: FromPath[UUID],
        data: URLEncodedBody[WordsForm],
    ) -> Response[Any]:
        """Take it back."""
        await sealing.withdraw(tx, actor, agreement_id, data.words)
        return redirect(request, f"/housing/agreements/{agreement_id}", "监管协议已撤回", "warning")

    @post("/agreements/{agreement_id:uuid}/in-force")
    async def in_force(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, agreement_id: FromPath[UUID]
    ) -> Response[Any]:
        """Agree and have the department's seal set; with it the agreement holds."""
        try:
            async with tx.begin_nested():
                await sealing.decide(tx, actor, agreement_id)
        except SealRefused as refused:
            write_refusal(tx, actor, refused)
            return show_error(request, refused)
        return redirect(request, f"/housing/agreements/{agreement_id}", "正在加盖住建部门印章，盖章后监管协议生效")
