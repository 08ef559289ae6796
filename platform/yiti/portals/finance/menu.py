"""The menu of the finance clerk."""

from kernel.permissions import Permission
from yiti.portals.shell.menu import MenuItem, Portal

PORTAL = Portal(
    "资金对账",
    (
        MenuItem("今日对账", "/finance", "scale", Permission.RECONCILE),
        MenuItem("差异处理", "/finance/differences", "arrows-diff", Permission.RECONCILE),
        MenuItem("冲正核准", "/finance/corrections", "arrow-back-up", Permission.CORRECTION_APPROVE),
        MenuItem("不明入账", "/finance/suspense", "help-hexagon", Permission.RECONCILE),
        MenuItem("银行连接", "/finance/banks", "plug-connected", Permission.SUPERVISION_MANAGE),
        MenuItem("资金流水", "/finance/movements", "list-details", Permission.RECONCILE),
    ),
)
