"""Supervision agreements of a developer."""

from kernel.permissions import Permission, requires
from yiti.portals.developer.party import PartyAgreementsController


class DeveloperAgreementsController(PartyAgreementsController):
    """Its accountant reads and agrees."""

    path = base = "/developer/agreements"
    guards = (requires(Permission.DRAWDOWN_REQUEST),)
