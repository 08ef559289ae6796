"""What a sale adds to the rooms it passes through: which ceremony, which case, which bank may be told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, tenant_fk
from kernel.db.types import UtcDateTime


class Sale(TenantModel):
    """The sale of one home, from the draft contract on."""

    __tablename__ = "sales"
    __table_args__ = (
        tenant_fk("unit_id", "units"),
        tenant_fk("case_id", "cases"),
        tenant_fk("contract_id", "contracts"),
        UniqueConstraint("tenant_id", "contract_id"),
        UniqueConstraint("tenant_id", "ceremony_id"),
        Index("ix_sales_developer", "tenant_id", "organisation_id", "created_at"),
        Index("ix_sales_unit", "tenant_id", "unit_id"),
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid)
    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    location: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID] = mapped_column(Uuid)
    """The developer."""
    bank_code: Mapped[str | None] = mapped_column(String(20))
    """The lending bank that the buyers permit to be told of the booked notice."""
    answers: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    """The parties' answers to the inquiry (询问)."""
    inquirer: Mapped[str] = mapped_column(String(60), default="")
    """Who asked, at the sales office."""
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rounds: Mapped[int] = mapped_column(default=0)
    """Signings that have ended without all signatures; after each the sale can be submitted again."""
    ceremony_id: Mapped[UUID | None] = mapped_column(Uuid)
    documents: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """Key → digest of the documents: as rendered, then as signed."""
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last signature was in place."""
    case_id: Mapped[UUID | None] = mapped_column(Uuid)
