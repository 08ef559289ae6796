"""Tables of reconciliation: banks' statements, their lines, and what does not agree with the book."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class DifferenceKind(StrEnum):
    """What does not agree, seen from our book."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DIFFERENT = "different"
    BALANCE = "balance"
    ORDER = "order"
    STATEMENT = "statement"
    REPORT = "report"


KIND_WORDS: Final = {
    DifferenceKind.MISSING_HERE: "银行有、账上无",
    DifferenceKind.MISSING_THERE: "账上有、银行无",
    DifferenceKind.DIFFERENT: "金额不一致",
    DifferenceKind.BALANCE: "余额不一致",
    DifferenceKind.ORDER: "付款回执前后矛盾",
    DifferenceKind.STATEMENT: "对账单未能接收",
    DifferenceKind.REPORT: "回执与账上不符",
}


class Resolution(StrEnum):
    """How a difference was closed, or what was done about it while it stays open."""

    AGREED = "agreed"
    SUSPENSE = "suspense"
    ORDER = "order"
    REVERSED = "reversed"
    EXPLAINED = "explained"
    CONFIRMED = "confirmed"
    BANK_CORRECTS = "bank_corrects"


RESOLUTION_WORDS: Final = {
    Resolution.AGREED: "后到账务自动核平",
    Resolution.SUSPENSE: "补记入账",
    Resolution.ORDER: "认领至付款指令",
    Resolution.REVERSED: "冲正我方记账",
    Resolution.EXPLAINED: "与另一笔差异相抵",
    Resolution.CONFIRMED: "与对账单核对无误",
    Resolution.BANK_CORRECTS: "由银行更正（差异保留）",
}


class BankStatement(TenantModel):
    """A bank's statement of one account and day (camt.053); reconciliation goes by it."""

    __tablename__ = "bank_statements"
    __table_args__ = (
        UniqueConstraint("tenant_id", "account_no", "day"),
        Index("ix_bank_statement_day", "tenant_id", "day", "id"),
        CheckConstraint("(reconciled_at IS NULL) = (matched IS NULL)", name="reconciled_whole"),
    )

    account_no: Mapped[str] = mapped_column(String(40))
    day: Mapped[date] = mapped_column(Date)
    statement_no: Mapped[str] = mapped_column(String(80))
    opening_fen: Mapped[int] = mapped_column(BigInteger)
    closing_fen: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(Integer)
    evidence_digest: Mapped[str] = mapped_column(String(64))
    """Blob of the message or file."""
    brought_by: Mapped[str] = mapped_column(String(80))
    content_digest: Mapped[str] = mapped_column(String(64))
    """Tells the same statement sent again from another one for the same day."""
    reconciled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    matched: Mapped[int | None] = mapped_column(Integer)


class BankEntry(TenantModel):
    """One line of a statement."""

    __tablename__ = "bank_entries"
    __table_args__ = (
        UniqueConstraint("tenant_id", "account_no", "bank_serial"),
        tenant_fk("statement_id", "bank_statements"),
        Index("ix_bank_entry_statement", "tenant_id", "statement_id"),
    )

    statement_id: Mapped[UUID] = mapped_column(Uuid)
    account_no: Mapped[str] = mapped_column(String(40))
    bank_serial: Mapped[str] = mapped_column(String(80))
    signed_fen: Mapped[int] = mapped_column(BigInteger)
    value_date: Mapped[date] = mapped_column(Date)
    counterparty: Mapped[str | None] = mapped_column(Encrypted("bank_entry.counterparty"))
    counterparty_account: Mapped[str | None] = mapped_column(Encrypted("bank_entry.counterparty_account"))
    counterparty_bank: Mapped[str] = mapped_column(String(160))
    end_to_end_id: Mapped[str] = mapped_column(String(80))
    remittance: Mapped[str | None] = mapped_column(Encrypted("bank_entry.remittance"))
    reversal: Mapped[bool] = mapped_column(Boolean)


class Difference(TenantModel):
    """Something on which bank and book do not agree. It is open until they do; who closed it signed with words.

    `bank_fen` − `book_fen` is what the book lacks. A difference told by a notice during the day has no statement yet.
    """

    __tablename__ = "reconciliation_differences"
    __table_args__ = (
        Index(
            "uq_open_difference",
            "tenant_id",
            "account_no",
            "reference",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_difference_state", "tenant_id", "state", "id"),
        tenant_fk("statement_id", "bank_statements"),
        tenant_fk("movement_id", "bank_movements"),
        tenant_fk("order_id", "payment_orders"),
        CheckConstraint("state IN ('open', 'closed')", name="known_state"),
        CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL AND closing_words IS NOT NULL)",
            name="closed_and_signed_for",
        ),
    )

    account_no: Mapped[str] = mapped_column(String(40))
    kind: Mapped[DifferenceKind] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(80))
    """The bank's serial; the order's number for an answer that contradicts an earlier one; `balance`."""
    day: Mapped[date] = mapped_column(Date)
    """Value date of the movement, or the statement's day."""
    bank_fen: Mapped[int] = mapped_column(BigInteger)
    book_fen: Mapped[int] = mapped_column(BigInteger)
    words: Mapped[str] = mapped_column(Text)
    statement_id: Mapped[UUID | None] = mapped_column(Uuid)
    movement_id: Mapped[UUID | None] = mapped_column(Uuid)
    order_id: Mapped[UUID | None] = mapped_column(Uuid)
    counterparty: Mapped[str | None] = mapped_column(Encrypted("difference.counterparty"))
    counterparty_account: Mapped[str | None] = mapped_column(Encrypted("difference.counterparty_account"))
    counterparty_bank: Mapped[str] = mapped_column(String(160), default="")
    end_to_end_id: Mapped[str] = mapped_column(String(80), default="")
    remittance: Mapped[str | None] = mapped_column(Encrypted("difference.remittance"))
    evidence_digest: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8), default="open")
    resolution: Mapped[Resolution | None] = mapped_column(String(16))
    closing_words: Mapped[str | None] = mapped_column(Text)
    closed_by: Mapped[str | None] = mapped_column(String(80))
    closed_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DifferenceStep(TenantModel):
    """What somebody did or noted about a difference, signed with name and words; never changed."""

    __tablename__ = "difference_steps"
    __table_args__ = (
        tenant_fk("difference_id", "reconciliation_differences"),
        Index("ix_difference_step", "tenant_id", "difference_id", "id"),
    )

    difference_id: Mapped[UUID] = mapped_column(Uuid)
    resolution: Mapped[Resolution] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text)
    by_name: Mapped[str] = mapped_column(String(80))
    by_id: Mapped[UUID | None] = mapped_column(Uuid)
    transfer_id: Mapped[UUID | None] = mapped_column(Uuid)


class CorrectionState(StrEnum):
    """Proposed by one, decided by another; lapsed when the difference closed by itself before that."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"


class BookingCorrection(TenantModel):
    """冲正: a booking of ours that the bank does not have. One person proposes with evidence, another approves; then
    the book is put right in the same moment."""

    __tablename__ = "booking_corrections"
    __table_args__ = (
        Index(
            "uq_booking_correction_open", "tenant_id", "difference_id", unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_booking_correction_state", "tenant_id", "state", "id"),
        Index("ix_booking_correction_difference", "tenant_id", "difference_id", "id"),
        tenant_fk("difference_id", "reconciliation_differences"),
        tenant_fk("movement_id", "bank_movements"),
        tenant_fk("transfer_id", "ledger_transfers"),
        CheckConstraint("state IN ('proposed', 'approved', 'refused', 'lapsed')", name="known_state"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="decided_by_another"),
        CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by_id IS NOT NULL)"
            " AND (decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_by_id IS NULL) = (decision IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("(state = 'approved') = (transfer_id IS NOT NULL)", name="approved_is_booked"),
    )  # fmt: skip

    difference_id: Mapped[UUID] = mapped_column(Uuid)
    movement_id: Mapped[UUID] = mapped_column(Uuid)
    """The booking that is to be put right."""
    words: Mapped[str] = mapped_column(Text)
    evidence_digest: Mapped[str] = mapped_column(String(64))
    evidence_name: Mapped[str] = mapped_column(String(160))
    evidence_type: Mapped[str] = mapped_column(String(40))
    proposed_by: Mapped[str] = mapped_column(String(80))
    proposed_by_id: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[CorrectionState] = mapped_column(String(8), default=CorrectionState.PROPOSED)
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision: Mapped[str | None] = mapped_column(Text)
    transfer_id: Mapped[UUID | None] = mapped_column(Uuid)
    """What took the booking back."""


append_only(BankStatement, may_change=("reconciled_at", "matched"))
append_only(BankEntry)
append_only(
    Difference,
    may_change=(
        "kind", "bank_fen", "book_fen", "words", "statement_id", "movement_id", "order_id", "state", "resolution",
        "closing_words", "closed_by", "closed_by_id", "closed_at",
    ),
)  # fmt: skip
append_only(DifferenceStep)
append_only(
    BookingCorrection,
    may_change=("state", "decided_by", "decided_by_id", "decided_at", "decision", "transfer_id"),
)
