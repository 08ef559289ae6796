"""Values at the edge of the bank room. Money is integer fen (分)."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from escrow.banking.models import Purpose
from escrow.ledger.models import AccountKind


class Payee(Struct, frozen=True, kw_only=True):
    """Whom an order pays. `bank_code` is the number in CNAPS (支付系统行号), or empty with the name of the bank."""

    name: str
    account_no: str
    bank_code: str = ""
    bank_name: str = ""


class NewOrder(Struct, frozen=True, kw_only=True):
    """A payment that a room asks for. `key` makes it happen once; `subject` is told back when it has ended."""

    key: str
    purpose: Purpose
    subject: str
    account_no: str
    """The supervised bank account that pays."""
    source: tuple[AccountKind, str]
    """The ledger account whose money it is."""
    payee: Payee
    amount_fen: int
    words: str
    """摘要, for the bank and the payee; at most 140 characters."""


class Movement(Struct, frozen=True, kw_only=True):
    """What a bank says of one payment: its serial, how much, when, on which account."""

    account_no: str
    bank_serial: str
    amount_fen: int
    value_date: date


class Line(Struct, frozen=True, kw_only=True):
    """One movement as the bank tells it, in a notice during the day or in a statement; positive came in."""

    account_no: str
    bank_serial: str
    signed_fen: int
    value_date: date
    booked_on: date
    counterparty: str = ""
    counterparty_account: str = ""
    counterparty_bank: str = ""
    """The number of the bank in CNAPS and its name, one or both."""
    end_to_end_id: str = ""
    remittance: str = ""
    reversal: bool = False


class StatusKind(StrEnum):
    """What a bank says of an order."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    PAID = "paid"
    REJECTED = "rejected"


class Status(Struct, frozen=True, kw_only=True):
    """A bank's word on one order (pain.002)."""

    order_no: str
    kind: StatusKind
    day: date
    reason: str = ""
    bank_serial: str = ""
    reference: str = ""
    evidence_digest: str | None = None


class StatementTold(Struct, frozen=True, kw_only=True):
    """A bank's statement of one account and day (camt.053), read and adding up."""

    statement_no: str
    account_no: str
    day: date
    opening_fen: int
    closing_fen: int
    lines: tuple[Line, ...]
