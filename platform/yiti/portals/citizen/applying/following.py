"""Following one's own cases: where they stand, letters and certificates, correcting, withdrawing."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from kernel.errors import NotFound
from kernel.web.dependencies import CurrentActor, Reader, Tenant, Tx
from yiti.cases.lifecycle import Action
from yiti.certificates import service as certificates
from yiti.journeys.registration import desk
from yiti.portals.citizen.access import citizen, citizen_here
from yiti.portals.citizen.applying import case_view
from yiti.portals.citizen.applying.forms import NoteForm
from yiti.portals.citizen.applying.owning import own_case
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect
from yiti.resources import Parts


class FollowingController(Controller):
    """`/me/{county}/cases`. Whatever is not the citizen's own does not exist (404)."""

    path = "/me/{county:str}/cases"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @get("/")
    async def own(self, request: AnyRequest, reader: Reader, actor: CurrentActor, tenant: Tenant) -> Response[Any]:
        """Everything that one has applied for or is named in."""
        person = await citizen(request, reader)
        return page(
            "citizen/cases.html", county=tenant, lines=await case_view.lines(reader, tenant, actor, person.id_no)
        )

    @get("/{case_id:uuid}")
    async def case(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """One case; while it is being signed its page asks again, and is loaded anew when that is over."""
        person = await citizen(request, reader)
        view = await case_view.page_of(reader, tenant, actor, await own_case(reader, actor, case_id))
        if is_htmx(request) and not (view.signing and view.signing.live):
            return redirect(request, view.url)
        held = await certificates.of_person(reader, person.id_no) if view.certificates else ()
        return page(
            "citizen/case.html" + ("#standing" if is_htmx(request) else ""),
            view=view,
            steps=case_view.STEPS,
            county=tenant,
            own_papers=frozenset(one.id for one in held),
        )

    @post("/{case_id:uuid}/withdraw")
    async def withdraw(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        case_id: FromPath[UUID],
        data: URLEncodedBody[NoteForm],
    ) -> Response[Any]:
        """Take the application back, or throw the draft away."""
        mine = await own_case(tx, actor, case_id)
        drafted = Action.SUBMIT in mine.actions
        await desk.withdraw(tx, actor, case_id, data.reason.strip() or "申请人不再申请")
        words = "草稿已删除" if drafted else "申请已撤回"
        return redirect(request, f"/me/{tenant}/cases", words, "info")

    @get("/{case_id:uuid}/letters/{letter_id:uuid}")
    async def letter(
        self, reader: Reader, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID], letter_id: FromPath[UUID]
    ) -> Response[bytes]:
        """A letter of the case, under seal."""
        await own_case(reader, actor, case_id)
        letters = (await desk.view(reader, actor, case_id)).letters
        found = next((one for one in letters if one.id == letter_id), None)
        if found is None or found.digest is None:
            raise NotFound("没有这份文书，或者正在制作，请稍后再看")
        return pdf_response(
            await resources.blobs.get(found.digest), f"{found.words}（{found.number}）.pdf", download=True
        )
