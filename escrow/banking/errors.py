"""What the bank room refuses, in words for people."""

from kernel.errors import Conflict, NotFound


class UnknownOrder(NotFound):
    """No such payment order in this county."""

    code = "escrow.unknown_order"
    default_message = "没有找到该付款指令"


class OrderReused(Conflict):
    """The same key came again with another payment: nothing was ordered."""

    code = "escrow.order_reused"
    default_message = "同一笔业务的付款内容前后不一致，未重复下达付款指令"


class OrderEnded(Conflict):
    """The order has ended already, and otherwise than told now."""

    code = "escrow.order_ended"
    default_message = "该付款指令已经办结，与银行回执不一致，请与银行核对"


class OrderDiffers(Conflict):
    """The bank paid another amount, or out of another account, than was ordered."""

    code = "escrow.order_differs"
    default_message = "银行付款的金额或账户与付款指令不一致，请与银行核对"


class MovementReused(Conflict):
    """One serial of a bank for two movements: the bank must explain, nothing was booked."""

    code = "escrow.movement_reused"
    default_message = "同一银行流水号前后内容不一致，未入账，请与银行核对"


class UnknownBank(Conflict):
    """No way to that bank, or no such paying account, is registered."""

    code = "escrow.unknown_bank"
    default_message = "该付款账户尚未登记，无法下达付款指令"
