"""The menu of the seals."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "印章",
    (
        MenuItem("文件用印", "/seals/files", "file-certificate", Permission.SEAL_USE),
        MenuItem("印章管理", "/seals", "rubber-stamp", Permission.SEAL_VIEW),
    ),
)
