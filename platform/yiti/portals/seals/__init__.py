"""Seals (印章管理): every organisation's own, their log, requests for them, and the rules of their use; files that are
brought to be sealed (文件用印)."""

from yiti.portals.seals.controllers import SealsController
from yiti.portals.seals.files import FilesController
from yiti.portals.seals.menu import PORTAL

__all__ = ["PORTAL", "ROUTES"]

ROUTES = (SealsController, FilesController)
