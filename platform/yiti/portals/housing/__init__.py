"""The housing department (住建): projects from registration to presale permit, and the money under supervision."""

from litestar.types import ControllerRouterHandler

from yiti.portals.housing.agreements import AgreementsController, DraftAgreementsController
from yiti.portals.housing.buildings import BuildingsController, RegisterBuildingsController
from yiti.portals.housing.developers import DevelopersController
from yiti.portals.housing.drawdowns import DecideDrawdownsController, DrawdownsController
from yiti.portals.housing.filings import FilingsController
from yiti.portals.housing.holds import HoldsController
from yiti.portals.housing.maintenance import MaintenanceController, MaintenanceEntryController
from yiti.portals.housing.menu import PORTAL
from yiti.portals.housing.money import FundsController, MoneyController, RegisterAccountsController
from yiti.portals.housing.permits import IssuePermitsController, PermitsController
from yiti.portals.housing.plans import PlansController
from yiti.portals.housing.projects import ProjectsController, RegisterProjectsController
from yiti.portals.housing.refunds import RefundsController, ResumeRefundsController
from yiti.portals.housing.release_rules import ReleaseRulesController
from yiti.portals.housing.statements import StatementsController
from yiti.portals.housing.surveys import SurveysController
from yiti.portals.housing.worklist import WorkListController

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (
    WorkListController,
    DevelopersController,
    ProjectsController,
    RegisterProjectsController,
    BuildingsController,
    RegisterBuildingsController,
    SurveysController,
    PermitsController,
    IssuePermitsController,
    FilingsController,
    FundsController,
    MoneyController,
    RegisterAccountsController,
    StatementsController,
    AgreementsController,
    DraftAgreementsController,
    HoldsController,
    PlansController,
    ReleaseRulesController,
    DrawdownsController,
    DecideDrawdownsController,
    MaintenanceController,
    MaintenanceEntryController,
    RefundsController,
    ResumeRefundsController,
)
