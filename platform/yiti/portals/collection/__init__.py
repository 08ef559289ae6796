"""One-code payment (一码付): the payer's page behind the QR code, and the desk of the fee clerk."""

from litestar.types import ControllerRouterHandler

from yiti.portals.collection.desk import DeskController
from yiti.portals.collection.menu import PORTAL
from yiti.portals.collection.paying import PayingController
from yiti.portals.collection.versions import VersionsController

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (DeskController, VersionsController, PayingController)
