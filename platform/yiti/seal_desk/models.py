"""The register of files that organisations bring to be sealed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only
from kernel.db.types import Encrypted, UtcDateTime
from yiti.seal_desk.rules import FileState


class SealedFile(TenantModel):
    """One PDF as it came, and as it was sealed. For the state see `rules.FileState`."""

    __tablename__ = "sealed_files"
    __table_args__ = (
        Index("ix_sealed_files_organisation", "tenant_id", "organisation_id", "id"),
        CheckConstraint(
            "state IN ('draft', 'asked', 'ordered', 'sealed', 'stopped', 'discarded')", name="file_state_known"
        ),
        CheckConstraint(
            "(state = 'sealed') = (sealed_digest IS NOT NULL) AND (sealed_digest IS NULL) = (sealed_at IS NULL)",
            name="file_sealed_has_its_pdf",
        ),
        CheckConstraint(
            "state NOT IN ('asked', 'ordered', 'sealed') OR (page IS NOT NULL AND place IS NOT NULL)",
            name="file_is_placed",
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(Uuid)
    seal_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(Encrypted("sealed_file.title"))
    """The file's name as it was uploaded: often a customer's."""
    original_digest: Mapped[str] = mapped_column(String(64))
    shapes: Mapped[list[Any]] = mapped_column(JSONB)
    """`schemas.Shape` of each page."""
    former: Mapped[int]
    """Signatures that it came with."""
    outcome_before: Mapped[str] = mapped_column(String(10))
    """What was found of those (`signing.schemas.Outcome`)."""
    uploaded_by: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(String(10), default=FileState.DRAFT)
    page: Mapped[int | None]
    """From 1."""
    place: Mapped[str | None] = mapped_column(String(20))
    closes: Mapped[bool] = mapped_column(default=False)
    ordered_by: Mapped[UUID | None] = mapped_column(Uuid)
    ordered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_digest: Mapped[str | None] = mapped_column(String(64))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200), default="")
    """Why it was stopped."""


append_only(
    SealedFile,
    may_change=(
        "state", "page", "place", "closes", "ordered_by", "ordered_at", "sealed_digest", "sealed_at", "reason",
    ),
)  # fmt: skip
