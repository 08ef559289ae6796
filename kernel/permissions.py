"""Who acts and what they may do. Permissions are named here; roles map to them in `yiti.accounts`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from kernel.errors import Forbidden, Unauthenticated

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], None]


class Permission(StrEnum):
    """Every permission of the platform."""

    ESTATE_MANAGE = "estate.manage"
    PERMIT_ISSUE = "permit.issue"
    ESCROW_VIEW = "escrow.view"
    SUPERVISION_MANAGE = "supervision.manage"
    SUPERVISION_AGREE = "supervision.agree"
    DRAWDOWN_REQUEST = "drawdown.request"
    DRAWDOWN_REVIEW = "drawdown.review"
    DRAWDOWN_APPROVE = "drawdown.approve"
    BANK_ORDERS = "bank.orders"
    LOAN_PAY = "loan.pay"
    RECONCILE = "money.reconcile"
    CORRECTION_APPROVE = "money.approve_correction"
    COLLECTION_VIEW = "collection.view"
    COLLECTION_MANAGE = "collection.manage"
    SALE_VIEW = "sale.view"
    SALE_MANAGE = "sale.manage"
    SALE_SEAL = "sale.seal"
    SEAL_VIEW = "seal.view"
    SEAL_USE = "seal.use"
    SEAL_MANAGE = "seal.manage"
    CASE_VIEW = "case.view"
    CASE_ACCEPT = "case.accept"
    CASE_REVIEW = "case.review"
    CASE_DECIDE = "case.decide"
    CASE_CONFIGURE = "case.configure"
    REGISTER_VIEW = "register.view"
    PII_REVEAL = "pii.reveal"
    USERS_MANAGE = "users.manage"
    OPERATIONS_VIEW = "operations.view"
    OPERATIONS_MANAGE = "operations.manage"
    CITIZEN_SELF = "citizen.self"


class ActorKind(StrEnum):
    """What kind of actor an action is written down for."""

    STAFF = "staff"
    CITIZEN = "citizen"
    MACHINE = "machine"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone or something that acts within one county. `name` is for display inside the county's own pages."""

    kind: ActorKind
    name: str
    tenant: str
    id: UUID | None = None
    organisation_id: UUID | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    roles: frozenset[str] = frozenset()
    """Codes of the roles that gave the permissions, for policies that name roles."""

    def may(self, permission: Permission) -> bool:
        """Whether the actor holds the permission; the system may do everything."""
        return self.kind is ActorKind.SYSTEM or permission in self.permissions


def system_actor(tenant: str) -> Actor:
    """The platform itself, acting in a job."""
    return Actor(kind=ActorKind.SYSTEM, name="系统", tenant=tenant)


def requires(permission: Permission) -> Guard:
    """A route guard: signed in and holding the permission."""

    def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        actor = connection.scope.get("user")
        if not isinstance(actor, Actor):
            raise Unauthenticated
        if not actor.may(permission):
            raise Forbidden

    guard.__name__ = f"requires_{permission.name.lower()}"
    return guard


def signed_in(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A route guard: any signed-in actor."""
    if not isinstance(connection.scope.get("user"), Actor):
        raise Unauthenticated


def anyone(_connection: Connection, _handler: BaseRouteHandler) -> None:
    """A route guard that says on purpose: this page is public."""
