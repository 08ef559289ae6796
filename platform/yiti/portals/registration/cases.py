"""The page of a case, and the decisions that a registrar takes on it."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from kernel.db import WriteSession
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import service as cases
from yiti.cases.findings import blocking, outcome_of
from yiti.cases.lifecycle import ACTION_WORDS, Action, available_actions
from yiti.cases.service import ActionRefused
from yiti.journeys import presale
from yiti.journeys.registration import desk
from yiti.portals.registration import application_page, case_file
from yiti.portals.registration.case_view import view
from yiti.portals.registration.forms import NOTE_MAX, NoteForm, ReasonForm, opinion
from yiti.portals.registration.guards import may_see_materials
from yiti.portals.shell.templating import moment
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect

_DECISIONS = (Action.APPROVE, Action.REFUSE, Action.WITHDRAW)


class CaseController(Controller):
    """One case, for everybody who may see cases."""

    path = "/registration/cases"
    guards = (requires(Permission.CASE_VIEW),)

    @get("/{case_id:uuid}")
    async def case(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """The whole file. While papers are being made, the page asks for its result by itself."""
        part = "#outcome" if is_htmx(request) else ""
        case = await cases.get(reader, case_id)
        if case.contract_id is None:
            found = await application_page.load(reader, actor, case)
            return page(f"registration/application.html{part}", case=found, may_see=may_see_materials(actor))
        sale = view(await case_file.load(reader, case_id), actor)
        return page(f"registration/case.html{part}", case=sale, url=_url(case_id), note_max=NOTE_MAX)


class DecisionController(Controller):
    """What only a registrar may do."""

    path = "/registration/cases/{case_id:uuid}"
    guards = (requires(Permission.CASE_DECIDE),)

    @post("/approve")
    async def approve(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        case_id: FromPath[UUID],
        data: URLEncodedBody[NoteForm],
    ) -> Response[Any]:
        """核准并登簿: the rules run once more on the locked unit, then the book is written."""
        note = opinion(data.note, "note")
        if await _still_open(tx, actor, case_id, Action.APPROVE):
            await presale.approve(tx, actor, case_id, note)
            return redirect(request, _url(case_id), "已核准并登簿，正在制作不动产登记证明")
        await desk.review(tx, actor, case_id, note, version=data.version)
        return redirect(request, _url(case_id), "已核准并登簿，正在制作证书、证明")

    @post("/refuse")
    async def refuse(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        case_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:
        """不予登记, with its reason; the applicants are told."""
        reason = opinion(data.reason, "reason")
        if await _still_open(tx, actor, case_id, Action.REFUSE):
            await presale.refuse(tx, actor, case_id, reason)
        else:
            await desk.refuse(tx, actor, case_id, reason, opinion(data.basis, "basis"), version=data.version)
        return redirect(request, _url(case_id), "已作出不予登记决定，将告知申请人", "warning")

    @post("/recheck")
    async def recheck(self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[Any]:
        """重新核验: the rules run on what is true now; the new receipt stands beside the old ones."""
        by_contract = await _still_open(tx, actor, case_id, Action.RECHECK)
        findings = await (presale if by_contract else desk).recheck(tx, actor, case_id)
        if stopped := blocking(findings):
            return redirect(request, _url(case_id), f"已重新核验，仍有{len(stopped)}项不能办理", "warning")
        if outcome_of(findings) == "refer":
            return redirect(request, _url(case_id), "已重新核验，仍有事项须人工核对", "info")
        return redirect(request, _url(case_id), "已重新核验，全部事项通过，可以核准")


async def _still_open(tx: WriteSession, actor: Actor, case_id: UUID, action: Action) -> bool:
    """Lock the case, and say whether it follows a filed contract (presale).

    When a colleague was faster, say who did what and when instead of a rule's technical refusal.
    """
    case = await cases.locked(tx, case_id)
    if action in available_actions(case.standing, actor):
        return case.contract_id is not None
    taken = [one for one in await cases.history(tx, case_id) if one.action in _DECISIONS]
    if not taken:
        raise ActionRefused("该业务件当前不能审核，请刷新页面查看")
    last = taken[-1]
    who = "您" if last.actor_id == actor.id else last.actor_name
    done = "核准登簿" if last.action == Action.APPROVE else ACTION_WORDS[Action(last.action)]
    raise ActionRefused(f"{who}已于{moment(last.at)}对该业务件作出“{done}”，您的操作没有执行，请刷新页面查看结果")


def _url(case_id: UUID) -> str:
    return f"/registration/cases/{case_id}"
