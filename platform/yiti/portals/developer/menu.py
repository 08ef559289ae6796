"""The menu of a developer's accountant."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "资金监管",
    (
        MenuItem("本企业资金", "/developer", "building-bank", Permission.DRAWDOWN_REQUEST, also="/developer/projects"),
        MenuItem("用款申请", "/developer/drawdowns", "file-invoice", Permission.DRAWDOWN_REQUEST),
    ),
)
