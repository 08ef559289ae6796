"""The registration centre (登记中心): the window, the cases, the register, its papers, its archive."""

from litestar.types import ControllerRouterHandler

from yiti.portals.registration.application_actions import IntakeController, PublicationController, ReviewController
from yiti.portals.registration.archives import ArchiveController
from yiti.portals.registration.cases import CaseController, DecisionController
from yiti.portals.registration.certificates import CertificateController
from yiti.portals.registration.copies import CopiesController
from yiti.portals.registration.evidence import EvidenceController
from yiti.portals.registration.exempting import ExemptionController
from yiti.portals.registration.letters import LettersController
from yiti.portals.registration.material_files import MaterialFilesController
from yiti.portals.registration.menu import PORTAL
from yiti.portals.registration.papers import PapersController
from yiti.portals.registration.register import RegisterController
from yiti.portals.registration.replaying import ReplayController
from yiti.portals.registration.reveals import CaseRevealController, UnitRevealController
from yiti.portals.registration.searches import SearchesController
from yiti.portals.registration.suits import SuitsController
from yiti.portals.registration.window.answers import AnswersController
from yiti.portals.registration.window.checking import CheckingController
from yiti.portals.registration.window.choosing import ChoosingController
from yiti.portals.registration.window.filling import FillingController
from yiti.portals.registration.window.materials import WindowMaterialsController
from yiti.portals.registration.window.units import UnitsController
from yiti.portals.registration.worklist import WorkListController

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (
    WorkListController,
    ChoosingController,
    UnitsController,
    FillingController,
    WindowMaterialsController,
    AnswersController,
    CheckingController,
    CaseController,
    DecisionController,
    IntakeController,
    ReviewController,
    PublicationController,
    ExemptionController,
    PapersController,
    EvidenceController,
    MaterialFilesController,
    ReplayController,
    CaseRevealController,
    RegisterController,
    SuitsController,
    UnitRevealController,
    CertificateController,
    CopiesController,
    LettersController,
    SearchesController,
    ArchiveController,
)
