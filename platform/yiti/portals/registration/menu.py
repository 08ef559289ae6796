"""The menu of the registration centre."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "不动产登记",
    (
        MenuItem("业务办理", "/registration", "inbox", Permission.CASE_VIEW, also="/registration/cases"),
        MenuItem("窗口受理", "/registration/window", "file-plus", Permission.CASE_ACCEPT),
        MenuItem(
            "登记簿查询", "/registration/register", "book-2", Permission.REGISTER_VIEW, also="/registration/units"
        ),
        MenuItem(
            "查询和证明", "/registration/searches", "file-certificate", Permission.REGISTER_VIEW,
            also="/registration/letters",
        ),
    ),
)  # fmt: skip
