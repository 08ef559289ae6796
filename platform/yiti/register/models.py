"""The tables of the book. What they promise is in `invariants.py`, held by triggers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, protect, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime
from yiti.register import invariants
from yiti.register.kinds import EntryKind, EntryStatus


class RegisterEntry(TenantModel):
    """One right, notice or restriction on one unit; or the cancellation of one."""

    __tablename__ = "register_entries"
    __table_args__ = (
        tenant_fk("unit_id", "units"),
        tenant_fk("closes_id", "register_entries"),
        tenant_fk("closed_by_id", "register_entries", deferrable=True, initially="DEFERRED"),
        CheckConstraint("(status = 'historical') = (closed_by_id IS NOT NULL)", name="closed_by_an_entry"),
        CheckConstraint("(status = 'historical') = (closed_at IS NOT NULL)", name="closed_at_a_time"),
        CheckConstraint("kind <> 'cancellation' OR closes_id IS NOT NULL", name="cancellation_names_its_entry"),
        Index(
            "uq_register_one_current_ownership", "tenant_id", "unit_id", unique=True,
            postgresql_where=text("kind = 'ownership' AND status = 'current'"),
        ),
        Index(
            "uq_register_one_live_presale_notice", "tenant_id", "unit_id", unique=True,
            postgresql_where=text("kind = 'presale_notice' AND status = 'current'"),
        ),
        Index("ix_register_entries_unit", "tenant_id", "unit_id", "status"),
        Index("ix_register_entries_case", "tenant_id", "case_id"),
    )  # fmt: skip

    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    kind: Mapped[EntryKind] = mapped_column(String(30))
    status: Mapped[EntryStatus] = mapped_column(String(10), default=EntryStatus.CURRENT)
    case_id: Mapped[UUID] = mapped_column(Uuid)
    case_number: Mapped[str] = mapped_column(String(50))
    """业务号 (YWH) under which the entry was booked."""
    cause: Mapped[str] = mapped_column(Text)
    """登记原因, in the words of the book."""
    sharing: Mapped[str | None] = mapped_column(String(10))
    amount_fen: Mapped[int | None]
    """取得价格, or the secured claim; 分."""
    valid_until: Mapped[date | None] = mapped_column(Date)
    rank: Mapped[int] = mapped_column(Integer, default=0)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """Further facts of the entry; never personal data."""
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    booked_by: Mapped[str] = mapped_column(String(60))
    """登簿人."""
    closes_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The entry that this one closes (上手)."""
    closed_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RightHolder(TenantModel):
    """A right holder or obligor named by an entry, as written on the day of booking."""

    __tablename__ = "register_holders"
    __table_args__ = (
        tenant_fk("entry_id", "register_entries"),
        UniqueConstraint("tenant_id", "entry_id", "role", "position"),
        CheckConstraint(
            "(share_numerator IS NULL) = (share_denominator IS NULL)",
            name="share_is_a_fraction",
        ),
        CheckConstraint(
            "share_numerator > 0 AND share_numerator <= share_denominator",
            name="share_within_one",
        ),
        Index("ix_register_holders_person", "tenant_id", "id_index"),
    )

    entry_id: Mapped[UUID] = mapped_column(Uuid)
    role: Mapped[str] = mapped_column(String(10))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Encrypted("register.name"))
    id_kind: Mapped[str] = mapped_column(String(20))
    id_number: Mapped[str] = mapped_column(Encrypted("register.id"))
    id_index: Mapped[bytes]
    share_numerator: Mapped[int | None]
    share_denominator: Mapped[int | None]


append_only(RegisterEntry, may_change=("status", "closed_by_id", "closed_at"))
append_only(RightHolder)
protect(RegisterEntry, *invariants.ENTRY_DDL)
protect(RightHolder, *invariants.HOLDER_DDL)
