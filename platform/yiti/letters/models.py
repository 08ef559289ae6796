"""The register of letters (文书登记簿)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only
from kernel.db.types import Encrypted, UtcDateTime

NUMBERED, ISSUED = "numbered", "issued"


class Letter(TenantModel):
    """One letter: numbered and frozen when it is written, issued once sealed."""

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "verify_code"),
        Index(
            "uq_letters_pdf", "tenant_id", "pdf_digest", unique=True, postgresql_where=text("pdf_digest IS NOT NULL")
        ),
        Index("ix_letters_case", "tenant_id", "case_id"),
        Index("ix_letters_subject", "tenant_id", "subject"),
        CheckConstraint("state IN ('numbered', 'issued')", name="letter_state_known"),
        CheckConstraint("(state = 'issued') = (pdf_digest IS NOT NULL)", name="letter_issued_has_its_pdf"),
        CheckConstraint("(pdf_digest IS NULL) = (sealed_at IS NULL)", name="letter_pdf_is_sealed"),
    )

    kind: Mapped[str] = mapped_column(String(30))
    number: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(80))
    verify_code: Mapped[str] = mapped_column(String(32))
    """Unguessable; whoever has it holds the letter."""
    case_id: Mapped[UUID | None] = mapped_column(Uuid)
    subject: Mapped[str] = mapped_column(String(120), default="")
    """What else it belongs to, such as `search:<id>`; never personal data."""
    template: Mapped[str] = mapped_column(String(60))
    content: Mapped[str] = mapped_column(Encrypted("letter.content"))
    """`FrozenLetter` as JSON: what is printed."""
    written_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default=NUMBERED)
    pdf_digest: Mapped[str | None] = mapped_column(String(64))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(Letter, may_change=("state", "pdf_digest", "sealed_at"))
