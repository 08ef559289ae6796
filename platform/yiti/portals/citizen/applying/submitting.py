"""The questions of the inquiry and the way to the signatures; confirming what was applied for at the window.

The applicant answers the questions; everybody who applies then signs, and the last signature hands the application
in. Who is named in an application made at the window confirms it by a fresh identification, which is kept with it.
"""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec.structs import replace

from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, DomainError, Forbidden
from kernel.permissions import Actor
from kernel.web.dependencies import CurrentActor, Reader, Tenant, Tx
from yiti.accounts.sessions import Citizen
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.inquiry import Question, questions_of
from yiti.cases.lifecycle import Flag
from yiti.cases.models import Case
from yiti.journeys.registration import desk
from yiti.journeys.registration.errors import ApplicationIncomplete, MaterialsMissing
from yiti.portals.citizen import identity
from yiti.portals.citizen.access import citizen, citizen_here
from yiti.portals.citizen.applying.case_view import CONFIRMED, confirmed_by, must_confirm
from yiti.portals.citizen.applying.owning import case_url, own_case, own_draft
from yiti.portals.citizen.applying.steps import steps
from yiti.portals.registration.window.rows import whole
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts, Resources

_ANSWERS = {"yes": True, "no": False}


class StrangeFace(Forbidden):
    """Somebody else was identified than the person signed in."""

    code = "citizen.strange_face"
    default_message = "核验的不是登录的本人，申请没有确认"


class SubmittingController(Controller):
    """`/me/{county}/cases/{case_id}`, from the questions to the submission."""

    path = "/me/{county:str}/cases/{case_id:uuid}"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @get("/submit")
    async def questions(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """The questions, what is still lacking, and the button."""
        draft = await own_draft(reader, actor, await citizen(request, reader), case_id)
        checklist = await desk.checklist(reader, case_id)
        return page(
            "citizen/apply_submit.html",
            url=case_url(tenant, case_id),
            steps=steps(draft.correcting),
            correcting=draft.correcting,
            view=await desk.view(reader, actor, case_id),
            version=draft.case.version,
            questions=_questions(draft.case),
            answers=draft.application.answers,
            lacks=[one.words for one in checklist.lacks if not one.field.startswith("answers.")],
            missing=[one.name for one in checklist.missing],
        )

    @post("/submit")
    async def submit(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Keep the answers, and ask everybody who applies to sign; a correction of materials alone ends here."""
        draft = await own_draft(tx, actor, await citizen(request, tx), case_id)
        form = await request.form()
        answers = _answers(_questions(draft.case), {name: str(value) for name, value in form.multi_items()})
        application = replace(draft.application, answers=answers)
        try:
            case = await desk.finish(tx, actor, case_id, application, whole(str(form.get("version", ""))))
        except (ApplicationIncomplete, MaterialsMissing) as lacking:
            raise Conflict(f"还不能提交：{lacking.message}") from lacking
        words = "请您和其他申请人签署；全部签署后申请自动提交"
        if draft.correcting and Flag.NEEDS_CORRECTION not in case.flags:
            words = "补正已提交，登记机构会继续办理"
        return redirect(request, case_url(tenant, case_id), words)

    @post("/confirm")
    async def confirm(
        self, request: AnyRequest, resources: Parts, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Who is named in somebody else's application confirms it: off to the identity service."""
        async with resources.database.read(tenant) as reader:
            person = await citizen(request, reader)
            await _expect_confirmable(reader, actor, case_id)
        return await _to_identity(request, resources, tenant, case_id, person)

    @get("/identified")
    async def identified(
        self, request: AnyRequest, resources: Parts, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Back from the identity service: the application is confirmed."""
        url, gone = case_url(tenant, case_id), identity.forget_pending(resources.settings)
        pending = identity.pending_of(request, resources.settings)
        if pending is None:  # the return address opened again
            return redirect(request, url)
        try:
            async with resources.database.read(tenant) as reader:
                person = await citizen(request, reader)
            if not identity.is_for(pending, _purpose(case_id, person)):
                raise identity.ForeignReturn
            found = await identity.finish(request, resources, tenant)
            if found.id_no != person.id_no:
                raise StrangeFace
            async with resources.database.transaction(tenant) as tx:
                await _confirmed(tx, actor, case_id, person, found.reference)
        except DomainError as problem:
            return redirect(request, url, problem.message, "danger", cookies=(gone,))
        return redirect(request, url, "您已确认这件申请", cookies=(gone,))


async def _confirmed(tx: WriteSession, actor: Actor, case_id: UUID, person: Citizen, reference: str) -> None:
    await _expect_confirmable(tx, actor, case_id)
    await desk.identified(tx, actor, case_id, person.id_no, reference)
    audit(tx, actor, CONFIRMED, f"case:{case_id}")


async def _expect_confirmable(reader: ReadSession, actor: Actor, case_id: UUID) -> None:
    mine = await own_case(reader, actor, case_id)
    if not must_confirm(mine.case, began=mine.began):
        raise Conflict("这件申请现在不需要您确认")
    if actor.id in await confirmed_by(reader, case_id):
        raise Conflict("您已经确认过这件申请")


async def _to_identity(
    request: AnyRequest, resources: Resources, county: str, case_id: UUID, person: Citizen
) -> Response[Any]:
    started, cookie = await identity.start(
        resources,
        county,
        name=person.name,
        id_no=person.id_no,
        path=f"{case_url(county, case_id)}/identified",
        purpose=_purpose(case_id, person),
    )
    return redirect(request, started.url, cookies=(cookie,))


def _purpose(case_id: UUID, person: Citizen) -> str:
    return f"case:{case_id}:{person.id_no}"


def _questions(case: Case) -> tuple[Question, ...]:
    return questions_of(CATALOGUE[Business(one)] for one in case.businesses)


def _answers(asked: tuple[Question, ...], typed: dict[str, str]) -> dict[str, bool]:
    chosen = {one.code: typed.get(f"answers.{one.code}", "") for one in asked}
    return {code: _ANSWERS[text] for code, text in chosen.items() if text in _ANSWERS}
