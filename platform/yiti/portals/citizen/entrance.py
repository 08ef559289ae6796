"""The entrance of 我要办: choosing the county, signing in by real name and face, signing out."""

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.params import FromQuery, QueryParameter, URLEncodedBody

from kernel import identifiers
from kernel.audit import audit
from kernel.errors import DomainError, Forbidden, Invalid
from kernel.permissions import Actor, ActorKind, anyone
from kernel.web.dependencies import CurrentActor, Tenant, Tx, client_address
from yiti.accounts import sessions
from yiti.accounts.cookies import forget_session
from yiti.accounts.rules import safe_return
from yiti.portals.citizen import access, identity
from yiti.portals.citizen.access import citizen_here
from yiti.portals.citizen.forms import IdentifyForm
from yiti.portals.public.throttle import IDENTIFICATIONS, admit
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

_NAME_LONGEST = 60
_NEXT = Annotated[str, QueryParameter(name="next")]


class WrongPerson(Forbidden):
    """The identity service confirmed somebody, but not the person who was to sign in."""

    code = "citizen.wrong_person"
    default_message = "核验的人与填写的姓名、证件号码不一致，请重新填写"


class EntranceController(Controller):
    """`/me` before one is known."""

    path = "/me"

    @get("/", guards=[anyone])
    async def home(self, request: AnyRequest) -> Response[Any]:
        """To one's own things, or to the choice of the county."""
        actor = request.scope.get("user")
        if isinstance(actor, Actor) and actor.kind is ActorKind.CITIZEN:
            return redirect(request, f"/me/{actor.tenant}")
        return page("citizen/counties.html", counties=request.app.state.counties)

    @get("/login", guards=[anyone])
    async def door(self, request: AnyRequest, next_: _NEXT = "", expired: FromQuery[bool] = False) -> Response[Any]:
        """Where pages send people who are not signed in: on to the county's own sign-in page."""
        then = safe_return(next_)
        query = urlencode({"next": then} | ({"expired": "1"} if expired else {}))
        county = next((code for code in request.app.state.counties if then.startswith(f"/me/{code}")), None)
        if county is None:
            return page("citizen/counties.html", counties=request.app.state.counties)
        return redirect(request, f"/me/{county}/login?{query}")

    @get("/{county:str}/login", guards=[anyone])
    async def login(
        self, request: AnyRequest, tenant: Tenant, next_: _NEXT = "", expired: FromQuery[bool] = False
    ) -> Response[Any]:
        """The sign-in form."""
        then = _within(tenant, next_)
        if access.person_index(request, tenant) is not None:
            return redirect(request, then)
        words = "登录已过期，请重新核验身份，之后回到原来的页面。" if expired else ""
        return _form(tenant, IdentifyForm(next=then), notice=words)

    @post("/{county:str}/login", guards=[anyone])
    async def start(
        self, request: AnyRequest, resources: Parts, tenant: Tenant, data: URLEncodedBody[IdentifyForm]
    ) -> Response[Any]:
        """Off to the identity service with name and number."""
        try:
            name, id_no = data.name.strip(), identifiers.resident_id(data.id_no, field="id_no")
            if not 0 < len(name) <= _NAME_LONGEST:
                raise Invalid("请填写身份证上的姓名", field="name")
            await admit(resources.database, tenant, IDENTIFICATIONS, client_address(request))
            started, cookie = await identity.start(
                resources,
                tenant,
                name=name,
                id_no=id_no,
                path=f"/me/{tenant}/identified",
                purpose=id_no,
                then=_within(tenant, data.next),
            )
        except DomainError as error:
            return _form(tenant, data, error)
        return redirect(request, started.url, cookies=(cookie,))

    @get("/{county:str}/identified", guards=[anyone])
    async def identified(
        self,
        request: AnyRequest,
        resources: Parts,
        tenant: Tenant,
    ) -> Response[Any]:
        """Back from the identity service: whom it confirmed is signed in."""
        settings = resources.settings
        pending = identity.pending_of(request, settings)
        then = _within(tenant, pending.next if pending else "")
        try:
            found = await identity.finish(request, resources, tenant)
            if not identity.is_for(pending, found.id_no):
                raise WrongPerson
            async with resources.database.transaction(tenant) as tx:
                cookie = await access.open_session(
                    request, tx, settings, found.name, found.id_no, client_address(request)
                )
        except DomainError as problem:
            if pending is None and access.person_index(request, tenant) is not None:
                return redirect(request, then)  # the return address opened again
            return _form(tenant, IdentifyForm(next=then), problem)
        return redirect(request, then, cookies=(cookie, identity.forget_pending(settings)))

    @post("/{county:str}/logout", guards=[citizen_here])
    async def logout(
        self, request: AnyRequest, resources: Parts, tx: Tx, actor: CurrentActor, tenant: Tenant
    ) -> Response[Any]:
        """End the session, on the server too."""
        session = request.scope["auth"].id
        await sessions.end(tx, session)
        audit(tx, actor, "accounts.signed_out", f"session:{session}")
        gone = forget_session(resources.settings)
        return redirect(request, f"/me/{tenant}/login", "已安全退出", "info", cookies=(gone,))


def _form(county: str, form: IdentifyForm, error: DomainError | None = None, notice: str = "") -> Response[Any]:
    """The sign-in form with what was typed; a fault of a field stands at the field."""
    at_field = error is not None and error.field in {"name", "id_no"}
    return page(
        "citizen/login.html",
        status=error.status if error else 200,
        county=county,
        form=form,
        fault={error.field: error.message} if error and at_field else {},
        problem=error.message if error and not at_field else "",
        notice=notice,
    )


def _within(county: str, address: str) -> str:
    """The page to open after signing in: one of this county's own pages, else the first one."""
    home = f"/me/{county}"
    then = safe_return(address)
    return then if then.startswith(f"{home}/") and not then.startswith(f"{home}/login") else home
