"""Who may work on cases at all: the window that takes them, the reviewers, and the registrars."""

from litestar.handlers import BaseRouteHandler

from kernel.errors import Forbidden, Unauthenticated
from kernel.permissions import Actor, Connection, Permission

WORKERS = (Permission.CASE_ACCEPT, Permission.CASE_REVIEW, Permission.CASE_DECIDE)


def works_on_cases(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A route guard: the materials of an application are for those who take, review or decide it."""
    actor = connection.scope.get("user")
    if not isinstance(actor, Actor):
        raise Unauthenticated
    if not may_see_materials(actor):
        raise Forbidden


def may_see_materials(actor: Actor) -> bool:
    """Whether the person works on cases."""
    return any(actor.may(one) for one in WORKERS)
