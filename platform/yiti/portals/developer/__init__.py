"""The developer (开发企业财务): its projects' money, and asking to be paid out of it."""

from litestar.types import ControllerRouterHandler

from yiti.portals.developer.drawdowns import DrawdownsController, NewDrawdownsController, OneDrawdownController
from yiti.portals.developer.evidence import EvidenceController
from yiti.portals.developer.menu import PORTAL
from yiti.portals.developer.projects import MoneyController

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (
    MoneyController,
    DrawdownsController,
    NewDrawdownsController,
    OneDrawdownController,
    EvidenceController,
)
