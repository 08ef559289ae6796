"""The menu of the sales office: only who may sell sees it, though others may look at single pages."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "售楼部",
    (
        MenuItem("我的合同", "/sales", "file-text", Permission.SALE_MANAGE),
        MenuItem("楼盘表", "/sales/projects", "building-skyscraper", Permission.SALE_MANAGE, also="/sales/buildings"),
    ),
)
