"""One-code payment (一码付): a case is paid by one bill on the intermediate account (中转账户), cleared after booking.

`issue`, then any channel, then `record_payment`; after the booking `begin_clearing` and `settle_clearing`; without a
booking `send_back` and `confirm_refund`.
"""

from escrow.collection.accounts import (
    authorities,
    authority_on,
    collection_account,
    register_collection_account,
    set_authority,
)
from escrow.collection.bills import (
    bill,
    bill_by_code,
    expire_due,
    issue,
    lines_of,
    live_bill,
    locked_bill,
    of_case,
    void_open,
)
from escrow.collection.clearing import (
    begin_clearing,
    clearing,
    clearings_of,
    notices_of,
    retry_clearing,
    settle_clearing,
)
from escrow.collection.errors import (
    AlreadyPaid,
    BillAlive,
    ClearingBegun,
    NoAuthority,
    NoticePaid,
    PaymentDiffers,
    RefundDiffers,
    UnknownBill,
    UnknownPayment,
    UnknownRefund,
    WrongState,
)
from escrow.collection.payments import payment_of, record_payment
from escrow.collection.refunds import confirm_refund, refund, refunds_of, retry_refund, return_payment, send_back
from escrow.collection.schemas import (
    Authority,
    ChannelPayment,
    ChannelRefund,
    NewBill,
    NewLine,
    Outcome,
    Payer,
)

__all__ = [
    "AlreadyPaid",
    "Authority",
    "BillAlive",
    "ChannelPayment",
    "ChannelRefund",
    "ClearingBegun",
    "NewBill",
    "NewLine",
    "NoAuthority",
    "NoticePaid",
    "Outcome",
    "Payer",
    "PaymentDiffers",
    "RefundDiffers",
    "UnknownBill",
    "UnknownPayment",
    "UnknownRefund",
    "WrongState",
    "authorities",
    "authority_on",
    "begin_clearing",
    "bill",
    "bill_by_code",
    "clearing",
    "clearings_of",
    "collection_account",
    "confirm_refund",
    "expire_due",
    "issue",
    "lines_of",
    "live_bill",
    "locked_bill",
    "notices_of",
    "of_case",
    "payment_of",
    "record_payment",
    "refund",
    "refunds_of",
    "register_collection_account",
    "retry_clearing",
    "retry_refund",
    "return_payment",
    "send_back",
    "set_authority",
    "settle_clearing",
    "void_open",
]
