"""The menu of the housing department. A sales manager holds ESCROW_VIEW too, and sees the money of its own projects."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "住建监管",
    (
        MenuItem("项目", "/housing", "building-community", Permission.ESTATE_MANAGE),
        MenuItem("开发企业", "/housing/developers", "briefcase", Permission.ESTATE_MANAGE),
        MenuItem("监管资金", "/housing/money", "building-bank", Permission.ESCROW_VIEW),
        MenuItem("用款审批", "/housing/drawdowns", "checklist", Permission.DRAWDOWN_REVIEW),
        MenuItem("用款核准", "/housing/drawdowns/approval", "rubber-stamp", Permission.DRAWDOWN_APPROVE),
    ),
)
