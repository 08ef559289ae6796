"""A double-entry ledger: money is never made or lost, only moved between accounts."""

from escrow.ledger.chores import LedgerChores
from escrow.ledger.closing import Fault, close_through, closed_through, faults
from escrow.ledger.errors import (
    BeyondHold,
    Corrected,
    DayClosed,
    DayNotOver,
    FrozenByCourt,
    HoldClosed,
    InsufficientFunds,
    KeyReused,
    LedgerBusy,
    LedgerDisagrees,
    UnknownAccount,
    UnknownHold,
    UnknownTransfer,
)
from escrow.ledger.holds import expire_due, freeze, hold, lift, pending_holds, place, void
from escrow.ledger.service import Move, available, balance, balances, open_account, open_day, post, reverse
from escrow.ledger.statements import Place, Statement, StatementLine, balance_at, balance_before, statement

__all__ = [
    "BeyondHold",
    "Corrected",
    "DayClosed",
    "DayNotOver",
    "Fault",
    "FrozenByCourt",
    "HoldClosed",
    "InsufficientFunds",
    "KeyReused",
    "LedgerBusy",
    "LedgerChores",
    "LedgerDisagrees",
    "Move",
    "Place",
    "Statement",
    "StatementLine",
    "UnknownAccount",
    "UnknownHold",
    "UnknownTransfer",
    "available",
    "balance",
    "balance_at",
    "balance_before",
    "balances",
    "close_through",
    "closed_through",
    "expire_due",
    "faults",
    "freeze",
    "hold",
    "lift",
    "open_account",
    "open_day",
    "pending_holds",
    "place",
    "post",
    "reverse",
    "statement",
    "void",
]
