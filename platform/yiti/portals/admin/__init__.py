"""Administration (运维): users, what is stuck, what was exchanged, who did what, and whether all is well."""

from yiti.portals.admin.controllers import ROUTES
from yiti.portals.admin.menu import PORTAL

__all__ = ["PORTAL", "ROUTES"]
