"""The sales office (售楼部): its contracts, its buildings, and one page for each sale from the draft to the proof."""

from litestar.types import ControllerRouterHandler

from yiti.portals.sales_office.cancelling import CancellingController
from yiti.portals.sales_office.documents import DocumentsController
from yiti.portals.sales_office.drafts import DraftsController
from yiti.portals.sales_office.loans import LoanController
from yiti.portals.sales_office.menu import PORTAL
from yiti.portals.sales_office.money import MoneyController
from yiti.portals.sales_office.overview import OverviewController
from yiti.portals.sales_office.powers import PowersController
from yiti.portals.sales_office.signing import SigningController
from yiti.portals.sales_office.units import UnitsController
from yiti.portals.sales_office.worklist import WorkListController

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (
    WorkListController,
    UnitsController,
    OverviewController,
    DraftsController,
    MoneyController,
    PowersController,
    SigningController,
    DocumentsController,
    CancellingController,
    LoanController,
)
