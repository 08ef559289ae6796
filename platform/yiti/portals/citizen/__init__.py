"""Pages of citizens (我要办), phone first: the signing desk behind a link, and one's own contracts and proofs."""

from yiti.portals.citizen.entrance import EntranceController
from yiti.portals.citizen.menu import PORTAL
from yiti.portals.citizen.mine import MineController
from yiti.portals.citizen.signing_desk import SigningDeskController, again

__all__ = ["PORTAL", "ROUTES"]

ROUTES = (again, SigningDeskController, EntranceController, MineController)
