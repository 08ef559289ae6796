"""The menu of lenders."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal("贷款", (MenuItem("待放款", "/loans", "cash-banknote", Permission.LOAN_PAY),))
