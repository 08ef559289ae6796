"""Tables of the archive: one row per package, one per fixity check. Personal data stays inside the package."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class Archive(TenantModel):
    """One accepted package (电子档案)."""

    __tablename__ = "archives"
    __table_args__ = (
        UniqueConstraint("tenant_id", "archive_no"),
        UniqueConstraint("tenant_id", "subject"),
        UniqueConstraint("tenant_id", "series", "year", "sequence"),
        Index("ix_archive_unit", "tenant_id", "unit_code"),
        Index("ix_archive_case", "tenant_id", "case_no"),
    )

    archive_no: Mapped[str] = mapped_column(String(60))
    """档号, gap-free in its series and year."""
    series: Mapped[str] = mapped_column(String(60))
    year: Mapped[int] = mapped_column(Integer)
    sequence: Mapped[int] = mapped_column(Integer)
    subject: Mapped[str] = mapped_column(String(80))
    case_no: Mapped[str] = mapped_column(String(60))
    unit_code: Mapped[str] = mapped_column(String(28))
    title: Mapped[str] = mapped_column(Encrypted("archive.title"))
    package_digest: Mapped[str] = mapped_column(String(64))
    package_bytes: Mapped[int] = mapped_column(BigInteger)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    archived_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FixityCheck(TenantModel):
    """One re-verification of a stored package."""

    __tablename__ = "fixity_checks"
    __table_args__ = (
        tenant_fk("archive_id", "archives"),
        Index("ix_fixity_check_archive", "tenant_id", "archive_id", "id"),
    )

    archive_id: Mapped[UUID] = mapped_column(Uuid)
    passed: Mapped[bool] = mapped_column(Boolean)
    problem: Mapped[str | None] = mapped_column(String(200))
    """Why the package could not even be checked; NULL when the report says everything."""
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(Archive)
append_only(FixityCheck)
