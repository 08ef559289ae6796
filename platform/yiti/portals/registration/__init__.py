"""The registration centre (登记中心): cases that wait for a person, the register, its proofs and its archive."""

from litestar.types import ControllerRouterHandler

from yiti.portals.registration.archives import ArchiveController
from yiti.portals.registration.cases import CaseController, DecisionController
from yiti.portals.registration.certificates import CertificateController
from yiti.portals.registration.menu import PORTAL
from yiti.portals.registration.papers import PapersController
from yiti.portals.registration.register import RegisterController
from yiti.portals.registration.reveals import CaseRevealController, UnitRevealController
from yiti.portals.registration.worklist import WorkListController

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (
    WorkListController,
    CaseController,
    DecisionController,
    PapersController,
    CaseRevealController,
    RegisterController,
    UnitRevealController,
    CertificateController,
    ArchiveController,
)
