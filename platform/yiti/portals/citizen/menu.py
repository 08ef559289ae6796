"""Where a citizen starts."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal("我要办", (MenuItem("我的业务", "/me", "home", Permission.CITIZEN_SELF),))
