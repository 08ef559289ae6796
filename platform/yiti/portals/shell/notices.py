"""How the payment notices of a sale are shown, to the sales office and to the buyers."""

from collections.abc import Sequence

from escrow.models import UNPAID, Bill, BillState

_LOOKS = {
    BillState.ISSUED: ("待缴款", "warning", ""),
    BillState.SENT: ("待缴款", "warning", ""),
    BillState.CONFIRMED: ("已到账", "success", "paid"),
    BillState.VOID: ("已作废", "neutral", "over"),
    BillState.REFUND_ORDERED: ("退款中", "warning", "over"),
    BillState.REFUNDED: ("已退款", "neutral", "over"),
}


def look_of(bill: Bill) -> tuple[str, str, str]:
    """Words, tone of the badge, and style of the card; a loan is not for the buyers to pay."""
    words, tone, style = _LOOKS[BillState(bill.state)]
    return "待放款" if bill.loan_part and bill.state in UNPAID else words, tone, style


def worth_showing(bills: Sequence[Bill]) -> list[Bill]:
    """A void notice is history once another of its kind follows it."""
    return [bill for bill in bills if bill.state != BillState.VOID or not _followed(bill, bills)]


def _followed(bill: Bill, bills: Sequence[Bill]) -> bool:
    kind = (bill.kind, bill.loan_part)
    return any((one.kind, one.loan_part) == kind and one.id > bill.id for one in bills)
