"""The menu of a bank's clerk."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "付款与对账",
    (
        MenuItem("付款指令", "/bank", "building-bank", Permission.BANK_ORDERS),
        MenuItem("对账单", "/bank/statements", "file-invoice", Permission.BANK_ORDERS),
    ),
)
