"""The housing department (住建): projects from registration to presale permit, and the money under supervision."""

from litestar.types import ControllerRouterHandler

from yiti.portals.housing.buildings import BuildingsController, RegisterBuildingsController
from yiti.portals.housing.developers import DevelopersController
from yiti.portals.housing.filings import FilingsController
from yiti.portals.housing.menu import PORTAL
from yiti.portals.housing.money import FundsController, MoneyController, RegisterAccountsController
from yiti.portals.housing.permits import IssuePermitsController, PermitsController
from yiti.portals.housing.projects import ProjectsController, RegisterProjectsController
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
)
