"""Values at the edges of the money room. Money is integer fen (分), area Decimal ㎡ with two digits."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from escrow.models import BillKind, LoanPart


class SaleMoney(Struct, frozen=True, kw_only=True):
    """What a sale owes before its contract may be submitted."""

    contract_id: UUID
    project_id: UUID
    unit_id: UUID
    unit_code: str
    payer: str
    down_payment_fen: int
    """The first payment into supervision: the down payment, or the whole price of a sale paid at once."""
    area: Decimal
    """Building area (建筑面积)."""
    has_lift: bool
    usage: str
    on: date
    """The day whose rates apply."""


class NewBill(Struct, frozen=True, kw_only=True):
    """A payment notice to issue, of a sale or of a registration case; `basis` says how the amount came about."""

    kind: BillKind
    contract_id: UUID | None = None
    project_id: UUID | None = None
    case_id: UUID | None = None
    paid_from: str | None = None
    """Our own account that pays it, for a case."""
    unit_id: UUID
    unit_code: str
    payer: str
    amount_fen: int
    basis: dict[str, object]
    loan_part: LoanPart | Literal[""] = ""


NO_NOTICE: Final = "未填写"
"""Stands for the notice's number where the payer wrote none."""


class Confirmation(Struct, frozen=True, kw_only=True):
    """The bank's statement that money came in; its signature has been verified by the gateway."""

    event_id: str
    notice_no: str
    amount_fen: int
    paid_at: datetime
    bank_serial: str
    account_no: str
    evidence_digest: str
    """Blob of the signed message."""
    payer: str = ""
    """Who paid, as far as the bank tells; kept with money that cannot be matched, so that it can go back."""
    payer_account: str = ""
    payer_bank: str = ""


class Receipt(Struct, frozen=True, kw_only=True):
    """What became of a confirmation. It is a value, not an error, because the money must stay booked either way."""

    event_id: str
    bill_id: UUID | None
    """The notice that it paid; None when the money went to suspense (不明入账)."""
    contract_id: UUID | None
    reason: str | None
    """Why it was not recognised: a SuspenseReason."""
    words: str | None
    duplicate: bool
    """The same callback was answered before; nothing was booked now."""

    @property
    def recognised(self) -> bool:
        """Whether the money paid its notice."""
        return self.bill_id is not None


class RefundConfirmation(Struct, frozen=True, kw_only=True):
    """The bank's statement that a refund has been paid out."""

    event_id: str
    refund_no: str
    amount_fen: int
    paid_at: datetime
    bank_serial: str
    account_no: str
    evidence_digest: str


class MissingMoney(Struct, frozen=True, kw_only=True):
    """One thing that still keeps the contract from being submitted."""

    kind: BillKind
    notice_no: str | None
    amount_fen: int | None
    words: str


class ReceiptLine(Struct, frozen=True, kw_only=True):
    """One receipt on a project's supervision account."""

    notice_no: str
    unit_code: str
    contract_id: UUID
    amount_fen: int
    paid_at: datetime
    bank_serial: str
    state: str


class ProjectFund(Struct, frozen=True, kw_only=True):
    """The supervised money of a project, for the housing department."""

    account_no: str
    bank_name: str
    mode: str
    quota_fen: int | None
    balance_fen: int
    """Supervised money that is there now."""
    received_fen: int
    outstanding_fen: int
    """Asked for by notices that are not paid yet."""
    refunding_fen: int
    """Owed back to buyers and not yet paid out by the bank."""
    refunded_fen: int
    receipts: tuple[ReceiptLine, ...]


class SuspenseLine(Struct, frozen=True, kw_only=True):
    """One unmatched receipt, for the housing department's list."""

    received_at: datetime
    event_id: str
    notice_no: str
    account_no: str
    bank_serial: str
    amount_fen: int
    paid_at: datetime
    reason: str
    words: str
