"""Home, sign-in, sign-out and one's own password."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromQuery, QueryParameter, URLEncodedBody
from msgspec import Struct

from kernel.audit import audit
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor, anyone, signed_in
from kernel.settings import get_settings
from kernel.web.dependencies import CurrentActor, Tx, client_address
from yiti.accounts import login, rules, sessions
from yiti.accounts.cookies import forget_session, session_cookie
from yiti.portals.shell.errors import PASSWORD_PAGE
from yiti.portals.shell.menu import home_of
from yiti.portals.shell.views import AnyRequest, page, redirect

_COUNTY_COOKIE = "yiti-county"


class SignInForm(Struct, kw_only=True):
    """The sign-in form."""

    county: str
    login: str
    password: str
    next: str = "/"


class PasswordForm(Struct, kw_only=True):
    """The form to change one's own password."""

    old_password: str
    new_password: str
    repeated: str


@get("/", guards=[anyone])
async def home(request: AnyRequest) -> Response[Any]:
    """To the person's own portal."""
    actor = request.scope.get("user")
    if not isinstance(actor, Actor):
        return redirect(request, "/login")
    if request.scope["auth"].must_change_password:
        return redirect(request, PASSWORD_PAGE)
    start = home_of(request.app.state.portals, actor)
    return redirect(request, start) if start else page("no_portal.html")


@get("/login", guards=[anyone])
async def login_page(
    request: AnyRequest,
    next_: Annotated[str, QueryParameter(name="next")] = "/",
    expired: FromQuery[bool] = False,
) -> Response[Any]:
    """The sign-in form."""
    if isinstance(request.scope.get("user"), Actor):
        return redirect(request, rules.safe_return(next_))
    county = request.cookies.get(_COUNTY_COOKIE, "")
    return _login_form(request, SignInForm(county=county, login="", password="", next=next_), expired=expired)


@post("/login", guards=[anyone])
async def sign_in(
    request: AnyRequest,
    data: URLEncodedBody[SignInForm],
) -> Response[Any]:
    """Check name and password; a refusal is shown on the form and its count is committed."""
    if data.county not in request.app.state.counties:
        return _login_form(request, data, refused=login.Refused("请选择所在县"))
    database: Database = request.app.state.database
    address = client_address(request)
    async with database.transaction(data.county) as tx:
        outcome = await login.sign_in(tx, data.login, data.password, address)
        if isinstance(outcome, login.SignedIn):
            # Whoever held this browser's earlier session is signed out: no session outlives a change of person.
            await _end_old_session(request, tx)
    if isinstance(outcome, login.Refused):
        return _login_form(request, data, refused=outcome)
    target = PASSWORD_PAGE if outcome.must_change_password else rules.safe_return(data.next)
    answer = redirect(request, target, cookies=(session_cookie(outcome.cookie, get_settings()),))
    answer.set_cookie(_COUNTY_COOKIE, data.county, max_age=31_536_000, samesite="lax", httponly=True)
    return answer


@post("/logout", guards=[signed_in])
async def sign_out(request: AnyRequest, tx: Tx, actor: CurrentActor) -> Response[Any]:
    """End the session, on the server too."""
    await sessions.end(tx, request.scope["auth"].id)
    audit(tx, actor, "accounts.signed_out", f"session:{request.scope['auth'].id}")
    return redirect(request, "/login", "已退出登录", "info", cookies=(forget_session(get_settings()),))


@get(PASSWORD_PAGE, guards=[signed_in])
async def password_page(request: AnyRequest) -> Response[Any]:
    """One's own password."""
    return page("password.html", first=request.scope["auth"].must_change_password, minimum=rules.PASSWORD_MIN)


@post(PASSWORD_PAGE, guards=[signed_in])
async def change_password(
    request: AnyRequest,
    tx: Tx,
    actor: CurrentActor,
    data: URLEncodedBody[PasswordForm],
) -> Response[Any]:
    """Change it; every other session of this person ends."""
    if data.new_password != data.repeated:
        raise Invalid("两次输入的新密码不一致", field="repeated")
    cookie = await login.change_password(tx, actor, request.scope["auth"].id, data.old_password, data.new_password)
    return redirect(request, "/", "密码已修改", cookies=(session_cookie(cookie, get_settings()),))


def _login_form(
    request: AnyRequest, form: SignInForm, *, refused: login.Refused | None = None, expired: bool = False
) -> Response[Any]:
    status = 200 if refused is None else 429 if refused.wait else 401
    answer = page(
        "login.html",
        status=status,
        counties=request.app.state.counties,
        county=form.county,
        login=form.login,
        return_to=rules.safe_return(form.next),
        refused=refused.message if refused else None,
        expired=expired,
    )
    if refused and refused.wait:
        answer.headers["Retry-After"] = str(int(refused.wait.total_seconds()) + 1)
    return answer


async def _end_old_session(request: AnyRequest, tx: WriteSession) -> None:
    actor, session = request.scope.get("user"), request.scope.get("auth")
    if isinstance(actor, Actor) and actor.tenant == tx.tenant:
        await sessions.end(tx, session.id)
