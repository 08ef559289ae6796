"""Pure decisions: whether lines can be billed, whether a payment pays its bill, what each authority gets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from escrow.collection.errors import BadBill
from escrow.collection.models import ALLOWED, BillState, LineKind
from escrow.collection.schemas import ChannelPayment, NewLine
from kernel.money import MAX_FEN, yuan

LINE_WORDS: Final = {
    LineKind.DEED_TAX: "契税",
    LineKind.VAT: "增值税",
    LineKind.SURCHARGE: "附加税费",
    LineKind.INCOME_TAX: "个人所得税",
    LineKind.LAND_VAT: "土地增值税",
    LineKind.STAMP_TAX: "印花税",
    LineKind.REGISTRATION_FEE: "不动产登记费",
    LineKind.MAINTENANCE_FUND: "住宅专项维修资金",
}
STATE_WORDS: Final = {
    BillState.OPEN: "待缴款",
    BillState.PAID: "已缴款，待登簿清分",
    BillState.CLEARING: "清分中",
    BillState.CLEARED: "已清分",
    BillState.EXPIRED: "已过期",
    BillState.VOID: "已作废",
    BillState.REFUNDING: "退款中",
    BillState.REFUNDED: "已退款",
}


class Reason(StrEnum):
    """Why money did not pay a bill."""

    UNKNOWN_BILL = "unknown_bill"
    WRONG_ACCOUNT = "wrong_account"
    WRONG_AMOUNT = "wrong_amount"
    VOID = "void_bill"
    LATE = "late"
    ALREADY_PAID = "already_paid"


class BillFacts(Struct, frozen=True, kw_only=True):
    """What is known of a bill when a payment names it; `replaced`: the case has another bill by now."""

    bill_no: str
    state: BillState
    total_fen: int
    account_no: str
    expires_at: datetime
    replaced: bool = False


class Uncounted(Struct, frozen=True, kw_only=True):
    """The reason and the words for people."""

    reason: Reason
    words: str


def check_lines(lines: Sequence[NewLine]) -> int:
    """The total of the lines. Raises BadBill for negative or absurd amounts, or when nothing is to be paid."""
    for line in lines:
        if (line.kind == LineKind.MAINTENANCE_FUND) != (line.fund is not None):
            raise BadBill(f"{line.title}应写明所属不动产单元", field="unit_code")
        if not (0 <= line.amount_fen <= MAX_FEN and 0 <= line.exempt_fen <= MAX_FEN):
            raise BadBill(f"{line.title}的金额超出允许的范围", field="amount_fen")
    total = sum(line.amount_fen for line in lines)
    if not 0 < total <= MAX_FEN:
        raise BadBill("账单没有需要缴纳的金额，或者合计超出允许的范围", field="total_fen")
    return total


def judge(told: ChannelPayment, bill: BillFacts | None) -> Uncounted | None:
    """None when the money pays the bill exactly and in time; otherwise why it does not count.

    What was paid in time counts also when it is told after the bill was marked as expired, as long as no other bill
    has taken its place.
    """
    if bill is None:
        return Uncounted(reason=Reason.UNKNOWN_BILL, words=f"没有编号为 {told.bill_no} 的账单")
    due, got = yuan(bill.total_fen), yuan(told.amount_fen)
    refused = (
        (told.account_no != bill.account_no, Reason.WRONG_ACCOUNT, "款项未缴入账单载明的中转账户"),
        (bill.state is BillState.VOID, Reason.VOID, f"账单 {bill.bill_no} 已作废"),
        (
            BillState.PAID not in ALLOWED[bill.state],
            Reason.ALREADY_PAID,
            f"账单 {bill.bill_no} 已缴款，本笔为重复缴款",
        ),
        (told.paid_at > bill.expires_at or bill.replaced, Reason.LATE, f"账单 {bill.bill_no} 已过期"),
        (told.amount_fen != bill.total_fen, Reason.WRONG_AMOUNT, f"应缴 {due} 元，实缴 {got} 元，金额不符"),
    )
    return next((Uncounted(reason=reason, words=words) for wrong, reason, words in refused if wrong), None)


def shares(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """清分: fen per authority from (authority, fen) lines, in the order of the lines; who gets nothing is left out."""
    found: dict[str, int] = {}
    for authority, fen in lines:
        if fen:
            found[authority] = found.get(authority, 0) + fen
    return found
