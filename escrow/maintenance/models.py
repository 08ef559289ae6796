"""Tables of the maintenance fund: what was paid before Yiti, the files that said so, its passing to new owners."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, Integer, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class MaintenanceImport(TenantModel):
    """A workbook of earlier payments: previewed, perhaps applied; what is applied is the blob that was previewed."""

    __tablename__ = "maintenance_imports"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(ordered_at, ordered_by) = CASE WHEN orders = 0 THEN 0 ELSE 2 END", name="ordered_by_name"
        ),
        CheckConstraint("failed_because IS NULL OR (orders > 0 AND applied_at IS NULL)", name="failed_or_applied"),
    )

    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    row_count: Mapped[int] = mapped_column(Integer)
    total_fen: Mapped[int] = mapped_column(BigInteger)
    problem_count: Mapped[int] = mapped_column(Integer)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The first of them, as shown in the preview."""
    previewed_by: Mapped[UUID | None] = mapped_column(Uuid)
    orders: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """How often somebody has confirmed it; each time has its own job."""
    ordered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ordered_by: Mapped[str | None] = mapped_column(String(60))
    ordered_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    failed_because: Mapped[str | None] = mapped_column(Text)
    """Why the last time entered nothing."""
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_by: Mapped[UUID | None] = mapped_column(Uuid)


class MaintenanceOpening(TenantModel):
    """A payment made on paper before Yiti (此前缴存), entered by the department; a wrong one is taken back (冲正)."""

    __tablename__ = "maintenance_openings"
    __table_args__ = (
        tenant_fk("transfer_id", "ledger_transfers"),
        tenant_fk("reversal_id", "ledger_transfers"),
        tenant_fk("import_id", "maintenance_imports"),
        Index(
            "uq_maintenance_opening_receipt",
            "tenant_id",
            "unit_id",
            "receipt_no",
            unique=True,
            postgresql_where=text("reversal_id IS NULL"),
        ),
        Index("ix_maintenance_opening_unit", "tenant_id", "unit_id"),
        CheckConstraint("amount_fen > 0", name="is_money"),
        CheckConstraint("(reversal_id IS NULL) = (reversed_because IS NULL)", name="reversed_with_reason"),
    )

    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    paid_on: Mapped[date] = mapped_column(Date)
    receipt_no: Mapped[str] = mapped_column(String(60))
    import_id: Mapped[UUID | None] = mapped_column(Uuid)
    entered_by: Mapped[str] = mapped_column(String(60))
    transfer_id: Mapped[UUID] = mapped_column(Uuid)
    reversal_id: Mapped[UUID | None] = mapped_column(Uuid)
    reversed_because: Mapped[str | None] = mapped_column(Text)


class MaintenancePassing(TenantModel):
    """The fund passed on with the unit (随房屋所有权过户): who has what balance since when; no money moves."""

    __tablename__ = "maintenance_passings"
    __table_args__ = (
        UniqueConstraint("tenant_id", "entry_id"),
        Index("ix_maintenance_passing_unit", "tenant_id", "unit_id", "passed_at"),
        CheckConstraint("balance_fen >= 0", name="is_a_balance"),
    )

    unit_id: Mapped[UUID] = mapped_column(Uuid)
    entry_id: Mapped[UUID] = mapped_column(Uuid)
    """The register entry of the ownership with which it came."""
    case_number: Mapped[str] = mapped_column(String(50))
    owners: Mapped[str] = mapped_column(Encrypted("maintenance_passing.owners"))
    balance_fen: Mapped[int] = mapped_column(BigInteger)
    """At the moment of the booking."""
    passed_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(
    MaintenanceImport,
    may_change=("orders", "ordered_at", "ordered_by", "ordered_by_id", "failed_because", "applied_at", "applied_by"),
)
append_only(MaintenanceOpening, may_change=("reversal_id", "reversed_because"))
append_only(MaintenancePassing)
