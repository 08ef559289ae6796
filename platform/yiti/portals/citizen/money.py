"""The money of one's own purchase: what was asked for, whether it is there, and on whose guarded account it lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import escrow.service as escrow
from escrow.models import UNPAID, Bill, BillKind, BillState
from escrow.rules import ACCOUNTS
from yiti.portals.shell.notices import look_of, worth_showing


@dataclass(frozen=True)
class MoneyLine:
    """One payment notice, as the buyer reads it."""

    title: str
    amount_fen: int
    words: str
    tone: str
    account_title: str
    account_no: str
    """In full while the buyer is to pay; otherwise its end tells it well enough."""
    bank: str
    notice_no: str
    confirmed_at: datetime | None


def money_lines(bills: Sequence[Bill]) -> list[MoneyLine]:
    """Oldest first."""
    return [_line(bill) for bill in worth_showing(bills)]


def _line(bill: Bill) -> MoneyLine:
    words, tone, _ = look_of(bill)
    unpaid, lent = bill.state in UNPAID, bill.kind == BillKind.MORTGAGE_LOAN
    return MoneyLine(
        title=escrow.title_of(bill),
        amount_fen=bill.amount_fen,
        words=words,
        tone=tone,
        account_title=ACCOUNTS[BillKind(bill.kind)],
        account_no=bill.account_no if unpaid and not lent else f"尾号{bill.account_no[-4:]}",
        bank=bill.bank_name,
        notice_no=bill.notice_no,
        confirmed_at=bill.confirmed_at if bill.state == BillState.CONFIRMED else None,
    )
