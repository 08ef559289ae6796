"""Certificates and proofs issued by the county's registration agency."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime

NUMBERED, ISSUED, CANCELLED = "numbered", "issued", "cancelled"


class Certificate(TenantModel):
    """One proof (证明) or certificate (证书). Numbered at booking, issued once sealed, cancelled with its entry."""

    __tablename__ = "certificates"
    __table_args__ = (
        tenant_fk("entry_id", "register_entries"),
        tenant_fk("replaces_id", "certificates"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "verify_code"),
        UniqueConstraint("tenant_id", "licence_id"),
        Index(
            "uq_certificates_one_per_entry", "tenant_id", "entry_id", "holder_position", unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
        Index(
            "uq_certificates_one_successor", "tenant_id", "replaces_id", unique=True,
            postgresql_where=text("replaces_id IS NOT NULL"),
        ),
        Index(
            "uq_certificates_pdf", "tenant_id", "pdf_digest", unique=True,
            postgresql_where=text("pdf_digest IS NOT NULL"),
        ),
        Index("ix_certificates_unit", "tenant_id", "unit_id"),
        Index("ix_certificates_case", "tenant_id", "case_id"),
        CheckConstraint("kind IN ('proof', 'certificate')", name="kind_known"),
        CheckConstraint("holder_position >= 0", name="holder_position_counts"),
        CheckConstraint("state IN ('numbered', 'issued', 'cancelled')", name="state_known"),
        CheckConstraint("state <> 'numbered' OR pdf_digest IS NULL", name="numbered_has_no_pdf"),
        CheckConstraint("state <> 'issued' OR pdf_digest IS NOT NULL", name="issued_has_its_pdf"),
        CheckConstraint("(pdf_digest IS NULL) = (sealed_at IS NULL)", name="pdf_is_sealed"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at_a_time"),
        CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancelled_for_a_reason"),
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(String(12))
    number: Mapped[str] = mapped_column(String(80))
    licence_id: Mapped[str] = mapped_column(String(100))
    """证照标识 (GB/T 36904)."""
    verify_code: Mapped[str] = mapped_column(String(32))
    """Unguessable; whoever has it holds the document."""
    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    entry_id: Mapped[UUID] = mapped_column(Uuid)
    holder_position: Mapped[int] = mapped_column(default=0)
    """分别持证: which holder of the entry has this certificate, from 1; 0 where one certificate names them all."""
    replaces_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The certificate in whose place this one was made (补发, 换发)."""
    case_id: Mapped[UUID] = mapped_column(Uuid)
    template: Mapped[str] = mapped_column(String(60))
    content: Mapped[str] = mapped_column(Encrypted("certificate.content"))
    """What is printed, as JSON, frozen at booking; its type goes with the template."""
    booked_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default=NUMBERED)
    pdf_digest: Mapped[str | None] = mapped_column(String(64))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_reason: Mapped[str | None] = mapped_column(Text)


class CertificateHolder(TenantModel):
    """Who holds a certificate, so that a citizen finds their own."""

    __tablename__ = "certificate_holders"
    __table_args__ = (
        tenant_fk("certificate_id", "certificates"),
        UniqueConstraint("tenant_id", "certificate_id", "position"),
        Index("ix_certificate_holders_person", "tenant_id", "id_index"),
    )

    certificate_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Encrypted("certificate.holder"))
    id_number: Mapped[str] = mapped_column(Encrypted("certificate.holder_id"))
    id_index: Mapped[bytes]


append_only(Certificate, may_change=("state", "pdf_digest", "sealed_at", "cancelled_at", "cancel_reason"))
append_only(CertificateHolder)
