"""Tables of the ledger. PostgreSQL itself keeps balances, and refuses what would make them untrue: see `triggers`."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column

from escrow.ledger import triggers
from kernel.db import TenantModel, append_only, protect, tenant_fk
from kernel.db.types import UtcDateTime


class AccountKind(StrEnum):
    """What an account stands for. All kinds but BANK hold someone's money and may never be overdrawn."""

    BANK = "bank"
    """The mirror of one bank account (owner: its number): minus its balance is what the bank must hold."""
    PROJECT_FUND = "project_fund"
    """Supervised purchase money of one project (预售监管资金)."""
    MAINTENANCE_FUND = "maintenance_fund"
    """The maintenance fund of one unit (维修资金); it passes to the next owner with the unit."""
    SUSPENSE = "suspense"
    """Receipts that could not be matched (不明入账), by bank account number."""
    REFUND_PAYABLE = "refund_payable"
    """Owed back to the payer of a cancelled contract (应退款)."""
    COLLECTION = "collection"
    """Paid on a one-code bill and not cleared yet (代收待清分), by bill number."""
    AUTHORITY_PAYABLE = "authority_payable"
    """Cleared to an authority and not paid out to it yet (应划转), by the authority's code."""


KINDS: Final = {
    AccountKind.BANK: "银行账户",
    AccountKind.PROJECT_FUND: "预售监管资金",
    AccountKind.MAINTENANCE_FUND: "维修资金",
    AccountKind.SUSPENSE: "不明入账",
    AccountKind.REFUND_PAYABLE: "应退款",
    AccountKind.COLLECTION: "代收待清分",
    AccountKind.AUTHORITY_PAYABLE: "应划转",
}
UNGUARDED: Final = frozenset({AccountKind.BANK})
WIDE: Final = 16
SLOTS: Final = {AccountKind.BANK: WIDE, AccountKind.PROJECT_FUND: WIDE}
"""How many bookings at once an account takes without waiting: those that thousands of receipts a day go to; else 1."""


class HoldState(StrEnum):
    """The life of a hold: from pending to one of the others, once."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


class LedgerAccount(TenantModel):
    """One account. Its money lies in slots, so that bookings on a busy account need not wait for each other."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        Index("uq_ledger_account_owner", "tenant_id", "kind", "owner", unique=True),
        CheckConstraint("guarded OR kind = 'bank'", name="only_banks_unguarded"),
        CheckConstraint("slots BETWEEN 1 AND 64", name="few_slots"),
    )

    kind: Mapped[AccountKind] = mapped_column(String(24))
    owner: Mapped[str] = mapped_column(String(64))
    guarded: Mapped[bool] = mapped_column(Boolean)
    slots: Mapped[int] = mapped_column(SmallInteger, default=1, server_default=text("1"))
    if TYPE_CHECKING:
        balance_fen: Mapped[int]


class LedgerSlot(TenantModel):
    """A part of an account's money, with the number and the moment of the last entry on it."""

    __tablename__ = "ledger_slots"
    __table_args__ = (
        tenant_fk("account_id", "ledger_accounts"),
        CheckConstraint("NOT guarded OR balance_fen >= held_fen", name="never_overdrawn"),
        CheckConstraint("held_fen >= 0 AND (guarded OR held_fen = 0)", name="holds_what_is_there"),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    id = None  # type: ignore[assignment]  # its account and its number name it
    created_at = None  # type: ignore[assignment]
    account_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    guarded: Mapped[bool] = mapped_column(Boolean)
    balance_fen: Mapped[int] = mapped_column(BigInteger)
    held_fen: Mapped[int] = mapped_column(BigInteger)
    """Part of the balance that cannot be spent: pending holds (冻结)."""
    seq: Mapped[int] = mapped_column(BigInteger)
    booked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


# A function of the account's key and no subquery: that would silently sum all accounts where nothing else in a query
# names the account.
LedgerAccount.balance_fen = column_property(
    func.ledger_balance(LedgerAccount.tenant_id, LedgerAccount.id, type_=BigInteger)
)


class LedgerTransfer(TenantModel):
    """One movement of money, whole in itself; `key` makes it happen once. To insert it is to book it."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        Index("uq_ledger_transfer_key", "tenant_id", "key", unique=True),
        Index(
            "uq_ledger_transfer_hold", "tenant_id", "hold_id", unique=True, postgresql_where=text("hold_id IS NOT NULL")
        ),
        Index(
            "uq_ledger_transfer_corrects",
            "tenant_id",
            "corrects_id",
            unique=True,
            postgresql_where=text("corrects_id IS NOT NULL"),
        ),
        tenant_fk("hold_id", "ledger_holds"),
        tenant_fk("corrects_id", "ledger_transfers"),
        CheckConstraint(
            "cardinality(accounts) >= 2 AND cardinality(accounts) = cardinality(amounts)", name="has_two_sides"
        ),
        CheckConstraint(
            "value_date <= (created_at AT TIME ZONE 'Asia/Shanghai')::date", name="value_date_is_not_ahead"
        ),
        CheckConstraint("isfinite(value_date) AND isfinite(created_at)", name="days_are_days"),
    )

    key: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(80))
    """What it is for, as `kind:id`."""
    words: Mapped[str] = mapped_column(String(120))
    """The summary on a statement (摘要)."""
    value_date: Mapped[date] = mapped_column(Date)
    """起息日: the day in China whose balance it changes."""
    accounts: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """In ascending order, each once."""
    amounts: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """Positive into the account of the same place, negative out of it; together zero."""
    hold_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The hold that it uses; what it does not use of it is released."""
    corrects_id: Mapped[UUID | None] = mapped_column(Uuid)
    """冲正: the transfer that it takes back."""


class LedgerEntry(TenantModel):
    """One line of a transfer on one slot, with the slot's balance after it: the past can be read like the present."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        tenant_fk("transfer_id", "ledger_transfers"),
        ForeignKeyConstraint(
            ["tenant_id", "account_id", "slot"],
            ["ledger_slots.tenant_id", "ledger_slots.account_id", "ledger_slots.slot"],
        ),
        Index("ix_ledger_entry_transfer", "tenant_id", "transfer_id"),
        Index("ix_ledger_entry_statement", "tenant_id", "account_id", "value_date", "booked_at", "transfer_id"),
        CheckConstraint("amount_fen <> 0", name="moves_something"),
        # The balance of a past moment is in the index itself.
        PrimaryKeyConstraint("tenant_id", "account_id", "slot", "booked_at", "seq", postgresql_include=["balance_fen"]),
    )

    id = None  # type: ignore[assignment]  # its place in the slot names it
    created_at = None  # type: ignore[assignment]
    account_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    transfer_id: Mapped[UUID] = mapped_column(Uuid)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    balance_fen: Mapped[int] = mapped_column(BigInteger)
    value_date: Mapped[date] = mapped_column(Date)


class LedgerHold(TenantModel):
    """Money that stays on its account but cannot be spent (冻结); `key` makes it happen once.

    A court's freeze (司法冻结) has the number of its document and no end, and ends only by another document's.
    """

    __tablename__ = "ledger_holds"
    __table_args__ = (
        Index("uq_ledger_hold_key", "tenant_id", "key", unique=True),
        Index("ix_ledger_hold_pending", "tenant_id", "account_id", postgresql_where=text("state = 'pending'")),
        Index("ix_ledger_hold_due", "tenant_id", "until", postgresql_where=text("state = 'pending'")),
        tenant_fk("account_id", "ledger_accounts"),
        CheckConstraint("amount_fen > 0", name="holds_something"),
        CheckConstraint("state IN ('pending', 'posted', 'voided', 'expired')", name="known_state"),
        CheckConstraint("(until IS NULL) = (document_no IS NOT NULL)", name="ends_or_is_ordered"),
        CheckConstraint("(state = 'pending') = (closed_at IS NULL)", name="closed_when_it_was"),
        CheckConstraint("state <> 'expired' OR (until IS NOT NULL AND closed_at >= until)", name="expires_at_its_end"),
        CheckConstraint("state <> 'voided' OR closed_because IS NOT NULL", name="released_by_name"),
    )

    key: Mapped[str] = mapped_column(String(120))
    account_id: Mapped[UUID] = mapped_column(Uuid)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[str] = mapped_column(String(80))
    """What the money is kept for, as `kind:id`."""
    words: Mapped[str] = mapped_column(String(120))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    document_no: Mapped[str | None] = mapped_column(String(80))
    """The court's document (协助冻结存款通知书)."""
    state: Mapped[HoldState] = mapped_column(String(8), default=HoldState.PENDING)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_because: Mapped[str | None] = mapped_column(Text)
    """Why it was voided; for a court's freeze, the number of the document that lifts it."""


class LedgerHoldPart(TenantModel):
    """How much of a hold lies on which slot."""

    __tablename__ = "ledger_hold_parts"
    __table_args__ = (
        tenant_fk("hold_id", "ledger_holds"),
        ForeignKeyConstraint(
            ["tenant_id", "account_id", "slot"],
            ["ledger_slots.tenant_id", "ledger_slots.account_id", "ledger_slots.slot"],
        ),
    )

    id = None  # type: ignore[assignment]
    created_at = None  # type: ignore[assignment]
    hold_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[UUID] = mapped_column(Uuid)
    amount_fen: Mapped[int] = mapped_column(BigInteger)


class LedgerClosing(TenantModel):
    """日终: no transfer takes a value date up to this day any more. To insert it is to check and close."""

    __tablename__ = "ledger_closings"
    __table_args__ = (Index("uq_ledger_closing_day", "tenant_id", "day", unique=True),)

    day: Mapped[date] = mapped_column(Date)
    closed_by: Mapped[str] = mapped_column(String(80))


class LedgerDayBalance(TenantModel):
    """An account's balance at the end of a closed day by value dates; only for closings in which it moved."""

    __tablename__ = "ledger_day_balances"
    __table_args__ = (tenant_fk("account_id", "ledger_accounts"),)

    id = None  # type: ignore[assignment]
    created_at = None  # type: ignore[assignment]
    account_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    balance_fen: Mapped[int] = mapped_column(BigInteger)


append_only(LedgerAccount, may_change=("slots",))
append_only(LedgerTransfer)
append_only(LedgerEntry)
append_only(LedgerHold, may_change=("state", "closed_at", "closed_because"))
append_only(LedgerClosing)
append_only(LedgerDayBalance)
protect(LedgerAccount, *triggers.ON_ACCOUNTS)
protect(LedgerSlot, *triggers.ON_SLOTS)
protect(LedgerTransfer, *triggers.ON_TRANSFERS)
protect(LedgerHold, *triggers.ON_HOLDS)
protect(LedgerClosing, *triggers.ON_CLOSINGS)
for _table in (LedgerSlot, LedgerEntry, LedgerHoldPart, LedgerDayBalance):
    protect(_table, *triggers.read_only(_table.__tablename__))
