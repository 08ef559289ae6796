"""The menu of those who sign supervision agreements for a developer or a bank."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "预售监管",
    (MenuItem("监管协议", "/agreements", "file-certificate", Permission.SUPERVISION_AGREE),),
)
