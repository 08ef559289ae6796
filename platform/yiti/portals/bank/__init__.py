"""The supervision banks' clerks: the orders that their bank pays, and the files of banks that only have files."""

from litestar.types import ControllerRouterHandler

from yiti.portals.bank.documents import DocumentsController
from yiti.portals.bank.menu import PORTAL
from yiti.portals.bank.orders import OrdersController

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (OrdersController, DocumentsController)
