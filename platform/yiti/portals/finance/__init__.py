"""The finance clerk: every account against its bank, day by day; differences, and money without an owner."""

from litestar.types import ControllerRouterHandler

from yiti.portals.finance.accounts import AccountsController
from yiti.portals.finance.banks import BanksController
from yiti.portals.finance.corrections import CorrectionsController, ProposalsController
from yiti.portals.finance.differences import DifferencesController
from yiti.portals.finance.exports import ExportsController
from yiti.portals.finance.menu import PORTAL
from yiti.portals.finance.suspense import SuspenseController

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (
    AccountsController,
    BanksController,
    DifferencesController,
    ProposalsController,
    CorrectionsController,
    SuspenseController,
    ExportsController,
)
