"""Supervision agreements of a bank: its clerk reads and agrees for it."""

from kernel.permissions import Permission, requires
from yiti.portals.developer.party import PartyAgreementsController


class BankAgreementsController(PartyAgreementsController):
    """The bank agrees to hold and to pay as the terms say."""

    path = base = "/bank/agreements"
    guards = (requires(Permission.BANK_ORDERS),)
