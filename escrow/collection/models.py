"""Tables of one-code payment: authorities, bills with their lines, what the channel paid in and back, clearings."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class BillState(StrEnum):
    """The life of a one-code bill; ALLOWED says how it goes."""

    OPEN = "open"
    PAID = "paid"
    CLEARING = "clearing"
    CLEARED = "cleared"
    EXPIRED = "expired"
    VOID = "void"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


MAINTENANCE: Final = "maintenance"
"""The maintenance fund as an authority: its money goes to the county's own fund account, one order for each unit."""
LIVE: Final = frozenset({BillState.OPEN, BillState.PAID, BillState.CLEARING})
ALLOWED: Final[dict[BillState, frozenset[BillState]]] = {
    BillState.OPEN: frozenset({BillState.PAID, BillState.EXPIRED, BillState.VOID}),
    # Paid in time, told late.
    BillState.EXPIRED: frozenset({BillState.PAID}),
    # Open again where the payment was put right (冲正): the money never was there.
    BillState.PAID: frozenset({BillState.CLEARING, BillState.REFUNDING, BillState.OPEN}),
    BillState.CLEARING: frozenset({BillState.CLEARED}),
    # An authority's bank may still send the money back (退汇).
    BillState.CLEARED: frozenset({BillState.CLEARING}),
    BillState.REFUNDING: frozenset({BillState.REFUNDED}),
    BillState.REFUNDED: frozenset({BillState.REFUNDING}),  # 冲正: the money never went out
    BillState.VOID: frozenset(),
}


class LineKind(StrEnum):
    """What a line of a bill asks for."""

    DEED_TAX = "deed_tax"
    VAT = "vat"
    SURCHARGE = "surcharge"
    INCOME_TAX = "income_tax"
    LAND_VAT = "land_vat"
    STAMP_TAX = "stamp_tax"
    REGISTRATION_FEE = "registration_fee"
    MAINTENANCE_FUND = "maintenance_fund"


class RefundState(StrEnum):
    """Ordered from the channel, paid back by it, or refused by it: then a person must see to it."""

    ORDERED = "ordered"
    PAID = "paid"
    REFUSED = "refused"


class ClearingState(StrEnum):
    """A payment order to one authority: under way, paid, refused by the bank, or paid and come back (退汇)."""

    ORDERED = "ordered"
    PAID = "paid"
    REJECTED = "rejected"
    RETURNED = "returned"


class CollectionAuthority(TenantModel):
    """Where an authority's money goes, from a day on: tax treasury, non-tax fiscal account. A change is a new row."""

    __tablename__ = "collection_authorities"
    __table_args__ = (UniqueConstraint("tenant_id", "code", "valid_from"),)

    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    account_no: Mapped[str] = mapped_column(String(32))
    account_name: Mapped[str] = mapped_column(String(120))
    bank_code: Mapped[str] = mapped_column(String(20))
    bank_name: Mapped[str] = mapped_column(String(120))
    valid_from: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(200))


class CollectionBill(TenantModel):
    """One bill of one case. It keeps the account that it named; `code` is what the QR code leads to, unguessable."""

    __tablename__ = "collection_bills"
    __table_args__ = (
        UniqueConstraint("tenant_id", "bill_no"),
        UniqueConstraint("tenant_id", "code"),
        Index(
            "uq_collection_bill_live",
            "tenant_id",
            "case_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'paid', 'clearing')"),
        ),
        Index("ix_collection_bill_case", "tenant_id", "case_id", "id"),
        Index("ix_collection_bill_state", "tenant_id", "state", "id"),
        Index("ix_collection_bill_day", "tenant_id", "issued_at"),
        Index("ix_collection_bill_due", "tenant_id", "expires_at", postgresql_where=text("state = 'open'")),
        Index("ix_collection_bill_paid", "tenant_id", "paid_at", postgresql_where=text("paid_at IS NOT NULL")),
        CheckConstraint("total_fen > 0", name="asks_for_money"),
        CheckConstraint("(paid_at IS NULL) = (state IN ('open', 'expired', 'void'))", name="paid_at_a_time"),
        CheckConstraint("state <> 'cleared' OR cleared_at IS NOT NULL", name="cleared_at_a_time"),
    )

    bill_no: Mapped[str] = mapped_column(String(24))
    code: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[UUID] = mapped_column(Uuid)
    case_no: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    payer: Mapped[str] = mapped_column(Encrypted("collection_bill.payer"))
    total_fen: Mapped[int] = mapped_column(BigInteger)
    account_no: Mapped[str] = mapped_column(String(32))
    """The intermediate account (中转账户) on which it is paid."""
    account_name: Mapped[str] = mapped_column(String(120))
    bank_name: Mapped[str] = mapped_column(String(120))
    state: Mapped[BillState] = mapped_column(String(12), default=BillState.OPEN)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str] = mapped_column(String(200), default="")
    """Why it is void or goes back, in words."""


class CollectionLine(TenantModel):
    """One line of a bill; what is exempt stays on it with its basis, so that the payer sees why nothing is asked."""

    __tablename__ = "collection_lines"
    __table_args__ = (
        tenant_fk("bill_id", "collection_bills"),
        UniqueConstraint("tenant_id", "bill_id", "position"),
        Index(
            "uq_collection_line_unit", "tenant_id", "bill_id", "unit_id", unique=True,
            postgresql_where=text("unit_id IS NOT NULL"),
        ),
        CheckConstraint("amount_fen >= 0 AND exempt_fen >= 0", name="not_negative"),
        CheckConstraint(
            "num_nonnulls(unit_id, unit_code, basis) = CASE WHEN kind = 'maintenance_fund' THEN 3 ELSE 0 END",
            name="fund_of_a_unit",
        ),
        CheckConstraint("(kind = 'maintenance_fund') = (authority = 'maintenance')", name="fund_to_its_account"),
    )  # fmt: skip

    bill_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[LineKind] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(String(500), default="")
    """How the amount came about, with its basis."""
    exempt_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    """What is to be paid, without what is exempt."""
    authority: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Whose maintenance fund it pays."""
    unit_code: Mapped[str | None] = mapped_column(String(28))
    basis: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """As a payment notice keeps it; see `escrow.models.Bill`."""


class CollectionPayment(TenantModel):
    """The channel's signed word that money came in, kept whether or not it paid a bill."""

    __tablename__ = "collection_payments"
    __table_args__ = (
        Index(
            "uq_collection_payment_event", "tenant_id", "event_id", unique=True,
            postgresql_where=text("reversed_by IS NULL"),
        ),
        Index(
            "uq_collection_payment_serial", "tenant_id", "account_no", "serial", unique=True,
            postgresql_where=text("reversed_by IS NULL"),
        ),
        tenant_fk("bill_id", "collection_bills"),
        tenant_fk("transfer_id", "ledger_transfers"),
        tenant_fk("reversed_by", "ledger_transfers"),
        Index(
            "uq_collection_payment_bill", "tenant_id", "bill_id", unique=True,
            postgresql_where=text("bill_id IS NOT NULL AND reversed_by IS NULL"),
        ),
        Index("ix_collection_payment_unplaced", "tenant_id", "id", postgresql_where=text("bill_id IS NULL")),
        Index("ix_collection_payment_day", "tenant_id", "paid_at"),
        CheckConstraint("amount_fen > 0", name="brings_money"),
        CheckConstraint("(bill_id IS NULL) = (reason IS NOT NULL)", name="counts_or_says_why_not"),
    )  # fmt: skip

    event_id: Mapped[str] = mapped_column(String(80))
    bill_no: Mapped[str] = mapped_column(String(40))
    """As the channel named it."""
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    serial: Mapped[str] = mapped_column(String(80))
    account_no: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(40))
    evidence_digest: Mapped[str] = mapped_column(String(64))
    evidence_bytes: Mapped[int] = mapped_column(default=0)
    bill_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The bill it paid; NULL when it paid none."""
    reason: Mapped[str | None] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text, default="")
    transfer_id: Mapped[UUID] = mapped_column(Uuid)
    reversed_by: Mapped[UUID | None] = mapped_column(Uuid)
    """The transfer that took it back (冲正): the money never came. Told anew, it is booked anew."""


class CollectionRefund(TenantModel):
    """A payment that goes back by the way it came (原路退回), whole; at most one for a payment."""

    __tablename__ = "collection_refunds"
    __table_args__ = (
        UniqueConstraint("tenant_id", "refund_no"),
        UniqueConstraint("tenant_id", "payment_id"),
        tenant_fk("payment_id", "collection_payments"),
        Index("ix_collection_refund_state", "tenant_id", "state", "id"),
        Index("ix_collection_refund_day", "tenant_id", "answered_at", postgresql_where=text("answered_at IS NOT NULL")),
        CheckConstraint("amount_fen > 0", name="returns_money"),
        CheckConstraint("attempt BETWEEN 1 AND 99", name="attempts_count"),
        CheckConstraint("(state = 'ordered') = (answered_at IS NULL)", name="answered_at_a_time"),
    )

    refund_no: Mapped[str] = mapped_column(String(24))
    payment_id: Mapped[UUID] = mapped_column(Uuid)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[RefundState] = mapped_column(String(10), default=RefundState.ORDERED)
    attempt: Mapped[int] = mapped_column(SmallInteger, default=1)
    """How often the channel was asked: each time under a number of its own."""
    serial: Mapped[str | None] = mapped_column(String(80))
    words: Mapped[str] = mapped_column(String(500), default="")
    evidence_digest: Mapped[str | None] = mapped_column(String(64))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CollectionClearing(TenantModel):
    """清分: what one authority (or one unit's maintenance fund) gets of one bill, and the order that brings it."""

    __tablename__ = "collection_clearings"
    __table_args__ = (
        Index(
            "uq_collection_clearing_authority", "tenant_id", "bill_id", "authority", unique=True,
            postgresql_where=text("notice_id IS NULL"),
        ),
        Index(
            "uq_collection_clearing_notice", "tenant_id", "notice_id", unique=True,
            postgresql_where=text("notice_id IS NOT NULL"),
        ),
        tenant_fk("bill_id", "collection_bills"),
        tenant_fk("notice_id", "bills"),
        CheckConstraint("(authority = 'maintenance') = (notice_id IS NOT NULL)", name="fund_by_notice"),
        Index("ix_collection_clearing_state", "tenant_id", "state", "id"),
        Index("ix_collection_clearing_day", "tenant_id", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
        CheckConstraint("amount_fen > 0", name="moves_money"),
        CheckConstraint("(state = 'ordered') = (settled_at IS NULL)", name="settled_at_a_time"),
    )  # fmt: skip

    bill_id: Mapped[UUID] = mapped_column(Uuid)
    authority: Mapped[str] = mapped_column(String(20))
    notice_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The payment notice that pays a unit's maintenance fund: one order for each."""
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[ClearingState] = mapped_column(String(10), default=ClearingState.ORDERED)
    attempt: Mapped[int] = mapped_column(SmallInteger, default=1)
    order_id: Mapped[UUID] = mapped_column(Uuid)
    order_no: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(300), default="")
    """The bank's words when it did not pay, or paid and got it back."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(CollectionAuthority)
append_only(CollectionBill, may_change=("state", "paid_at", "cleared_at", "ending"))
append_only(CollectionLine)
append_only(CollectionPayment, may_change=("reversed_by",))
append_only(
    CollectionRefund, may_change=("state", "attempt", "serial", "words", "evidence_digest", "answered_at")
)  # fmt: skip
append_only(CollectionClearing, may_change=("state", "attempt", "order_id", "order_no", "reason", "settled_at"))
