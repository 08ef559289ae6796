"""The register of annotated copies (加注件)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime

REQUESTED, ISSUED, VOID = "requested", "issued", "void"


class AnnotatedCopy(TenantModel):
    """One copy. Requested with its number; issued once sealed; void where its certificate ended before that."""

    __tablename__ = "annotated_copies"
    __table_args__ = (
        tenant_fk("certificate_id", "certificates"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "verify_code"),
        Index(
            "uq_annotated_copies_pdf", "tenant_id", "pdf_digest", unique=True,
            postgresql_where=text("pdf_digest IS NOT NULL"),
        ),
        Index("ix_annotated_copies_certificate", "tenant_id", "certificate_id", "requested_on"),
        CheckConstraint("state IN ('requested', 'issued', 'void')", name="copy_state_known"),
        CheckConstraint("(state = 'issued') = (pdf_digest IS NOT NULL)", name="copy_issued_has_its_pdf"),
        CheckConstraint(
            "(pdf_digest IS NULL) = (sealed_at IS NULL) AND (pdf_digest IS NULL) = (data_digest IS NULL)",
            name="copy_pdf_is_sealed",
        ),
        CheckConstraint(
            "valid_until BETWEEN requested_on AND requested_on + 365", name="copy_holds_a_year_at_most"
        ),
    )  # fmt: skip

    number: Mapped[str] = mapped_column(String(80))
    verify_code: Mapped[str] = mapped_column(String(32))
    """Unguessable; whoever has it holds the copy."""
    certificate_id: Mapped[UUID] = mapped_column(Uuid)
    applicant: Mapped[str] = mapped_column(Encrypted("annotated_copy.applicant"))
    """The right holder who asked for it."""
    purpose: Mapped[str] = mapped_column(Encrypted("annotated_copy.purpose"))
    recipient: Mapped[str] = mapped_column(Encrypted("annotated_copy.recipient"))
    valid_until: Mapped[date] = mapped_column(Date)
    """The last day on which it may be relied on."""
    requested_on: Mapped[date] = mapped_column(Date)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Who typed the request: the applicant, or the clerk at the window."""
    state: Mapped[str] = mapped_column(String(10), default=REQUESTED)
    data_digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the attached data."""
    pdf_digest: Mapped[str | None] = mapped_column(String(64))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(AnnotatedCopy, may_change=("state", "data_digest", "pdf_digest", "sealed_at"))
