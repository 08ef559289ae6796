"""What one-code payment refuses, in words for people."""

from kernel.errors import Conflict, Invalid, NotFound


class UnknownBill(NotFound):
    """No such bill in this county."""

    code = "collection.unknown_bill"
    default_message = "没有找到该账单，请核对缴款码"


class UnknownPayment(NotFound):
    """No such payment in this county."""

    code = "collection.unknown_payment"
    default_message = "没有找到该笔缴款"


class UnknownRefund(NotFound):
    """No such refund in this county."""

    code = "collection.unknown_refund"
    default_message = "没有找到该笔退款"


class UnknownClearing(NotFound):
    """No such clearing in this county."""

    code = "collection.unknown_clearing"
    default_message = "没有找到该笔清分"


class NoAuthority(Conflict):
    """The authority has no account in force on that day."""

    code = "collection.no_authority"
    default_message = "本县尚未登记该收款单位的账户"


class AccountTaken(Conflict):
    """The county has its intermediate account, or the number is in use."""

    code = "collection.account_taken"
    default_message = "本县已登记中转账户，或该账号已被使用"


class BillAlive(Conflict):
    """The case has a bill that is paid: it must go back before another is made."""

    code = "collection.bill_alive"
    default_message = "该业务件的账单已缴款，不能另行开具"


class AlreadyPaid(Conflict):
    """The bill is paid."""

    code = "collection.already_paid"
    default_message = "该账单已缴款"


class ClearingBegun(Conflict):
    """The money is on its way to the authorities: they alone pay it back."""

    code = "collection.clearing_begun"
    default_message = "该账单已登簿清分，不能原路退回；请向税务、财政部门申请退税（费）"


class WrongState(Conflict):
    """The bill, refund or clearing has moved on."""

    code = "collection.wrong_state"
    default_message = "当前状态不允许此操作，请刷新后再试"


class NoticePaid(Conflict):
    """The fund's bank says that the unit's notice is paid: to pay it again would be to pay it twice."""

    code = "collection.notice_paid"
    default_message = "维修资金专户已确认到账，不能重复划转；银行在专户收回该笔款项后再办理"


class PaymentDiffers(Conflict):
    """One event or serial came with two contents; nothing was booked, the channel must explain."""

    code = "collection.payment_differs"
    default_message = "同一支付流水前后内容不一致，未入账，请与支付渠道核对"


class RefundDiffers(Conflict):
    """The channel reports a refund that is not what was ordered; nothing was booked."""

    code = "collection.refund_differs"
    default_message = "支付渠道的退款回执与退款指令不一致，未入账，请与支付渠道核对"


class BadBill(Invalid):
    """Lines that cannot be billed."""

    code = "collection.bad_bill"
    default_message = "账单明细不正确"
