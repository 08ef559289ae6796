"""Supervision agreements of developers and banks: read, sealed or declined, downloaded."""

from litestar.types import ControllerRouterHandler

from yiti.portals.agreements.controllers import PartyAgreementsController
from yiti.portals.agreements.menu import PORTAL

__all__ = ["PORTAL", "ROUTES"]

ROUTES: tuple[ControllerRouterHandler, ...] = (PartyAgreementsController,)
