"""The menu of the fee clerk."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "税费合缴",
    (
        MenuItem("一码缴费", "/collection", "qrcode", Permission.COLLECTION_VIEW, also="/collection/bills"),
        MenuItem("每日对账", "/collection/days", "calendar-stats", Permission.COLLECTION_VIEW),
        MenuItem("收费标准", "/collection/fees", "receipt-tax", Permission.COLLECTION_VIEW),
        MenuItem("收款单位", "/collection/authorities", "building-bank", Permission.COLLECTION_VIEW),
    ),
)
