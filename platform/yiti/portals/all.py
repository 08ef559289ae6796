"""Every portal, in the order of the menu. A new portal is one line here."""

from litestar.types import ControllerRouterHandler

from yiti.portals import (
    admin,
    agreements,
    bank,
    citizen,
    collection,
    developer,
    finance,
    housing,
    loans,
    public,
    registration,
    sales_office,
    seals,
)
from yiti.portals.shell.menu import Portal

_PORTALS = (
    sales_office,
    registration,
    collection,
    developer,
    housing,
    finance,
    bank,
    loans,
    seals,
    agreements,
    admin,
    citizen,
    public,
)

ROUTES: tuple[ControllerRouterHandler, ...] = tuple(route for portal in _PORTALS for route in portal.ROUTES)
PORTALS: tuple[Portal, ...] = tuple(portal.PORTAL for portal in _PORTALS if portal.PORTAL is not None)
