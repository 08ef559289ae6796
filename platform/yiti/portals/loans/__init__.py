"""Lenders (贷款机构): banks and the housing fund centre see the loans that name them, and pay into supervision."""

from litestar.types import ControllerRouterHandler

from yiti.portals.loans.controllers import LoanActionsController, LoansController
from yiti.portals.loans.menu import PORTAL

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (LoansController, LoanActionsController)
