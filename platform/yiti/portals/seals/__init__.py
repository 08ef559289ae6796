"""Seals (印章管理): every organisation's own, their log, requests for them, and the rules of their use."""

from yiti.portals.seals.controllers import ROUTES
from yiti.portals.seals.menu import PORTAL

__all__ = ["PORTAL", "ROUTES"]
