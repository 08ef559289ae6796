"""Pages for everybody: is this proof real, and is it still valid?"""

from yiti.portals.public.controllers import VerificationController
from yiti.portals.public.search import SearchController
from yiti.portals.shell.menu import Portal

__all__ = ["PORTAL", "ROUTES"]

ROUTES = (VerificationController, SearchController)
PORTAL: Portal | None = None
