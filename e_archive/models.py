"""Tables of the archive: one row per package, one per fixity check, one per renewal. Personal data stays inside the
package."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Index, Integer, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, protect, tenant_fk
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
        Index(
            "ix_archive_provable", "tenant_id", "provable_until", postgresql_where=text("renewal_ordered_at IS NULL")
        ),
        Index(
            "ix_archive_algorithm", "tenant_id", "proof_algorithm", postgresql_where=text("renewal_ordered_at IS NULL")
        ),
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
    provable_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The earliest end of a certificate among the newest timestamps of its documents; NULL where nothing is signed."""
    proof_algorithm: Mapped[str | None] = mapped_column(String(20))
    """The weakest digest among those timestamps; "" where nothing is signed, NULL before anybody has looked."""
    renewal_ordered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when a job is to look after the package; NULL when none is."""


class ArchiveRenewal(TenantModel):
    """One renewal (长期保存延续): new timestamps over the old ones, in a new package that took the old one's place."""

    __tablename__ = "archive_renewals"
    __table_args__ = (
        tenant_fk("archive_id", "archives"),
        UniqueConstraint("tenant_id", "archive_id", "old_package_digest"),
        CheckConstraint("reason IN ('expiry', 'algorithm')", name="reason_known"),
        CheckConstraint("old_package_digest <> new_package_digest", name="package_is_new"),
    )

    archive_id: Mapped[UUID] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(10))
    policy: Mapped[str] = mapped_column(String(40))
    """Version of the preservation policy by which it was due."""
    old_package_digest: Mapped[str] = mapped_column(String(64))
    """The package before; it stays in the blob store."""
    new_package_digest: Mapped[str] = mapped_column(String(64))
    documents: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    """Key, old and new digest of every renewed document."""
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The four-property check of the new package."""
    was_provable_until: Mapped[datetime] = mapped_column(UtcDateTime)
    provable_until: Mapped[datetime] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)


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


append_only(
    Archive,
    may_change=("package_digest", "package_bytes", "provable_until", "proof_algorithm", "renewal_ordered_at"),
)
# A package is replaced only by a renewal that says so.
protect(
    Archive,
    """CREATE FUNCTION archives_package_renewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.package_digest IS DISTINCT FROM OLD.package_digest AND NOT EXISTS (
    SELECT FROM archive_renewals WHERE tenant_id = OLD.tenant_id AND archive_id = OLD.id
      AND old_package_digest = OLD.package_digest AND new_package_digest = NEW.package_digest
  ) THEN
    RAISE EXCEPTION 'archives: a package is replaced only by a renewal'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'archives_package_renewed';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER archives_package_renewed BEFORE UPDATE ON archives "
    "FOR EACH ROW EXECUTE FUNCTION archives_package_renewed()",
)
append_only(ArchiveRenewal)
append_only(FixityCheck)
