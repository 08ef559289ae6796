"""The menu of the administration."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "运维管理",
    (
        MenuItem(
            "系统状态", "/admin/state", "activity-heartbeat", Permission.OPERATIONS_VIEW, badge="/admin/alarms/badge"
        ),
        MenuItem("单位", "/admin/organisations", "building-community", Permission.USERS_MANAGE),
        MenuItem("用户", "/admin/users", "users", Permission.USERS_MANAGE),
        MenuItem("业务设置", "/admin/businesses", "adjustments", Permission.CASE_CONFIGURE),
        MenuItem("待办任务", "/admin/outbox", "stack-2", Permission.OPERATIONS_VIEW),
        MenuItem("接口交换", "/admin/exchanges", "arrows-exchange", Permission.OPERATIONS_VIEW),
        MenuItem("审计日志", "/admin/audit", "shield-check", Permission.OPERATIONS_VIEW),
    ),
)
