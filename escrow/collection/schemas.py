"""Values at the edges of one-code payment. Money is integer fen (分)."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from escrow.collection.models import LineKind
from escrow.maintenance.schemas import Due


class Authority(Struct, frozen=True, kw_only=True):
    """An authority and the account that its money goes to, from a day on."""

    code: str
    name: str
    account_no: str
    account_name: str
    bank_code: str
    bank_name: str
    valid_from: date
    source: str


class NewLine(Struct, frozen=True, kw_only=True):
    """One line to bill; `exempt_fen` has been taken off `amount_fen` already."""

    kind: LineKind
    title: str
    amount_fen: int
    authority: str
    words: str = ""
    exempt_fen: int = 0
    fund: Due | None = None
    """Whose maintenance fund it pays, where `kind` says so: one line for each unit."""


class Payer(Struct, frozen=True, kw_only=True):
    """Whose case it is."""

    case_id: UUID
    case_no: str
    title: str
    name: str


class NewBill(Struct, frozen=True, kw_only=True):
    """What a case owes, all in one."""

    payer: Payer
    lines: tuple[NewLine, ...]
    expires_at: datetime


class ChannelPayment(Struct, frozen=True, kw_only=True):
    """The payment channel's statement that money came in; its signature has been verified by the gateway."""

    event_id: str
    bill_no: str
    amount_fen: int
    serial: str
    paid_at: datetime
    account_no: str
    channel: str
    evidence_digest: str
    evidence_bytes: int = 0


class ChannelRefund(Struct, frozen=True, kw_only=True):
    """The payment channel's statement on a refund; `paid` says whether the payer has the money again."""

    event_id: str
    refund_no: str
    paid: bool
    amount_fen: int
    serial: str
    paid_at: datetime
    account_no: str
    words: str
    evidence_digest: str


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a payment: a value and no error, because the money is booked either way."""

    bill_id: UUID | None
    reason: str | None = None
    words: str = ""
    duplicate: bool = False
