"""Pages of citizens (我要办), phone first: the signing desk behind a link, one's own contracts and certificates, and
applying for registrations online.
"""

from yiti.portals.citizen.applying.choosing import ChoosingController
from yiti.portals.citizen.applying.drafting import DraftController
from yiti.portals.citizen.applying.following import FollowingController
from yiti.portals.citizen.applying.signing import ApplicationSigningController
from yiti.portals.citizen.applying.submitting import SubmittingController
from yiti.portals.citizen.copies import CopiesController
from yiti.portals.citizen.entrance import EntranceController
from yiti.portals.citizen.maintenance import MaintenanceController
from yiti.portals.citizen.menu import PORTAL
from yiti.portals.citizen.mine import MineController
from yiti.portals.citizen.property import PropertyController
from yiti.portals.citizen.signing_desk import SigningDeskController, again

__all__ = ["PORTAL", "ROUTES"]

ROUTES = (
    again,
    SigningDeskController,
    EntranceController,
    MineController,
    CopiesController,
    ChoosingController,
    DraftController,
    SubmittingController,
    ApplicationSigningController,
    FollowingController,
    PropertyController,
    MaintenanceController,
)
