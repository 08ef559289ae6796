"""Pages for everybody: is this proof real, and is it still valid?"""

from yiti.portals.public.controllers import VerificationController
from yiti.portals.shell.menu import Portal

__all__ = ["PORTAL", "ROUTES"]

ROUTES = (VerificationController,)
PORTAL: Portal | None = None
