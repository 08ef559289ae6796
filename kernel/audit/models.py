"""The audit log: what was done, and the chain that proves that nothing was changed afterwards."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk


class AuditEntry(TenantModel):
    """One action. ``detail`` holds no personal data."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "tenant_id", "subject", "created_at"),
        Index("ix_audit_entries_created", "tenant_id", "created_at"),
        Index(
            "ix_audit_entries_unsealed",
            "tenant_id",
            "id",
            postgresql_where=text("NOT sealed"),
        ),
    )

    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sealed: Mapped[bool] = mapped_column(default=False)
    """Whether a link of the chain holds it; only keeps the sealer's search short, and is itself verified."""


class AuditLink(TenantModel):
    """One link of a county's chain: the digest of an entry and of everything linked before it."""

    __tablename__ = "audit_links"
    __table_args__ = (
        UniqueConstraint("tenant_id", "seq"),
        UniqueConstraint("tenant_id", "entry_id"),
        tenant_fk("entry_id", "audit_entries"),
    )

    seq: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[UUID]
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


append_only(AuditEntry, may_change=("sealed",))
append_only(AuditLink)
