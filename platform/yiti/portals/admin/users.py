"""Pages for organisations and their users."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.accounts import service
from yiti.accounts.roles import ORGANISATION_KINDS, OrganisationKind, roles_for
from yiti.portals.admin.forms import OrganisationForm, RolesForm, UserForm
from yiti.portals.shell.views import AnyRequest, page, redirect, several

PAGE = 50


class UsersController(Controller):
    """Who may work on the platform."""

    path = "/admin"
    guards = (requires(Permission.USERS_MANAGE),)

    @get("/organisations")
    async def organisations(self, reader: Reader) -> Response[Any]:
        """All organisations of the county."""
        return page(
            "admin/organisations.html", organisations=await service.organisations(reader), kinds=ORGANISATION_KINDS
        )

    @get("/organisations/new")
    async def new_organisation(self) -> Response[Any]:
        """The form for one more."""
        return page("admin/organisation_new.html", kinds=ORGANISATION_KINDS)

    @post("/organisations")
    async def create_organisation(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[OrganisationForm]
    ) -> Response[Any]:
        """Register an organisation."""
        made = await service.create_organisation(
            tx,
            actor,
            kind=data.kind,
            name=data.name,
            credit_code=data.credit_code,
            address=data.address,
            phone=data.phone,
            legal_representative=data.legal_representative,
        )
        return redirect(request, f"/admin/organisations/{made.id}", "单位已登记，可以为它添加用户")

    @get("/organisations/{organisation_id:uuid}")
    async def organisation(self, reader: Reader, organisation_id: FromPath[UUID]) -> Response[Any]:
        """One organisation, and the form for a new user of it."""
        found = await service.organisation(reader, organisation_id)
        return page(
            "admin/organisation.html",
            organisation=found,
            kind=ORGANISATION_KINDS[OrganisationKind(found.kind)],
            role_choices=_choices(OrganisationKind(found.kind)),
        )

    @post("/organisations/{organisation_id:uuid}/users")
    async def create_user(
        self, tx: Tx, actor: CurrentActor, organisation_id: FromPath[UUID], data: URLEncodedBody[UserForm]
    ) -> Response[Any]:
        """Create a user; the answer is the only page that ever shows the one-time password."""
        made, password = await service.create_user(
            tx,
            actor,
            organisation_id=organisation_id,
            login=data.login,
            display_name=data.display_name,
            roles=several(data.roles),
        )
        return page("admin/one_time_password.html", user_id=made.id, login=made.login, password=password, status=201)

    @get("/users")
    async def users(self, reader: Reader, search: FromQuery[str] = "", after: FromQuery[str] = "") -> Response[Any]:
        """Users by login name."""
        found = await service.user_lines(reader, after=after, search=search, limit=PAGE + 1)
        more = len(found) > PAGE
        return page(
            "admin/users.html",
            users=found[:PAGE],
            search=search,
            next_url=f"?{urlencode({'search': search, 'after': found[PAGE - 1].login})}" if more else None,
            first_url=f"?{urlencode({'search': search})}" if after else None,
        )

    @get("/users/{user_id:uuid}")
    async def user(self, reader: Reader, actor: CurrentActor, user_id: FromPath[UUID]) -> Response[Any]:
        """One user."""
        line, found, employer = await service.user(reader, user_id)
        return page(
            "admin/user.html",
            user=line,
            chosen=found.roles,
            organisation=employer,
            role_choices=_choices(OrganisationKind(employer.kind)),
            is_self=actor.id == user_id,
        )

    @post("/users/{user_id:uuid}/roles")
    async def set_roles(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, user_id: FromPath[UUID], data: URLEncodedBody[RolesForm]
    ) -> Response[Any]:
        """Give the user exactly these roles."""
        await service.set_roles(tx, actor, user_id, several(data.roles))
        return redirect(request, f"/admin/users/{user_id}", "角色已保存，立即生效")

    @post("/users/{user_id:uuid}/disable")
    async def disable(self, request: AnyRequest, tx: Tx, actor: CurrentActor, user_id: FromPath[UUID]) -> Response[Any]:
        """Close the account."""
        await service.disable_user(tx, actor, user_id)
        return redirect(request, f"/admin/users/{user_id}", "账号已停用，该用户已退出登录")

    @post("/users/{user_id:uuid}/enable")
    async def enable(self, request: AnyRequest, tx: Tx, actor: CurrentActor, user_id: FromPath[UUID]) -> Response[Any]:
        """Open it again."""
        await service.enable_user(tx, actor, user_id)
        return redirect(request, f"/admin/users/{user_id}", "账号已启用")

    @post("/users/{user_id:uuid}/password")
    async def reset_password(self, tx: Tx, actor: CurrentActor, user_id: FromPath[UUID]) -> Response[Any]:
        """Give a one-time password, shown once."""
        password = await service.reset_password(tx, actor, user_id)
        line, _, _ = await service.user(tx, user_id)
        return page("admin/one_time_password.html", user_id=user_id, login=line.login, password=password)


def _choices(kind: OrganisationKind) -> list[tuple[str, str, str]]:
    return [(role.code, role.title, role.duty) for role in roles_for(kind)]
