"""Tables of supervision agreements, of the terms a county starts from, and of the end of supervision."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from escrow.models import SupervisionMode
from kernel.db import TenantModel, append_only
from kernel.db.types import UtcDateTime


class AgreementState(StrEnum):
    """The life of one version of a project's terms."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Origin(StrEnum):
    """How the terms came about: sealed on the platform by all three; agreed on its pages (before there were seals); on
    paper; or taken from the county's own (登记在先的账户)."""

    SEALED = "sealed"
    ONLINE = "online"
    PAPER = "paper"
    COUNTY = "county"


class SupervisionAgreement(TenantModel):
    """One dated version of a project's terms (监管协议及补充协议). Its words never change; only how far it has come.

    Agreements under seals are concluded by the last of the three (民法典 490条: 当事人均签名、盖章时合同成立): what the
    department decides before its seal is set obliges nobody yet, so nothing is in force without `sealed_digest`.
    """

    __tablename__ = "supervision_agreements"
    __table_args__ = (
        UniqueConstraint("tenant_id", "project_id", "version"),
        Index(
            "uq_supervision_agreement_in_force",
            "tenant_id",
            "project_id",
            unique=True,
            postgresql_where=text("state = 'in_force'"),
        ),
        Index(
            "uq_supervision_agreement_proposed",
            "tenant_id",
            "project_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index(
            "ix_supervision_agreement_pdf",
            "tenant_id",
            "sealed_digest",
            postgresql_where=text("sealed_digest IS NOT NULL"),
        ),
        Index("ix_supervision_agreement_developer", "tenant_id", "developer_id", "id"),
        Index("ix_supervision_agreement_bank", "tenant_id", "bank_organisation_id", "id"),
        CheckConstraint("(mode = 'quota') = (quota_fen IS NOT NULL)", name="quota_has_amount"),
        CheckConstraint("coalesce(quota_fen, 1) > 0", name="quota_is_money"),
        CheckConstraint("jsonb_array_length(nodes) > 0", name="has_nodes"),
        CheckConstraint(
            "state = ANY ('{proposed,in_force,declined,withdrawn,superseded}'::text[])", name="known_state"
        ),
        CheckConstraint(
            "origin NOT IN ('online', 'sealed') OR (developer_id IS NOT NULL AND bank_organisation_id IS NOT NULL)",
            name="names_its_parties",
        ),
        CheckConstraint(
            "origin <> 'online' OR state NOT IN ('in_force', 'superseded')"
            " OR (developer_agreed_at IS NOT NULL AND bank_agreed_at IS NOT NULL AND in_force_at IS NOT NULL)",
            name="in_force_by_all_three",
        ),
        CheckConstraint(
            "origin <> 'sealed' OR state NOT IN ('in_force', 'superseded')"
            " OR (department_agreed_at IS NOT NULL AND in_force_at IS NOT NULL AND in_force_by IS NOT NULL)",
            name="in_force_under_three_seals",
        ),
        CheckConstraint(
            "department_agreed_at IS NULL OR (developer_sealed_at IS NOT NULL AND bank_sealed_at IS NOT NULL)",
            name="department_seals_last",
        ),
        CheckConstraint(
            "(developer_sealed_at IS NULL OR developer_agreed_at IS NOT NULL)"
            " AND (bank_sealed_at IS NULL OR bank_agreed_at IS NOT NULL)",
            name="seals_who_agreed",
        ),
        CheckConstraint(
            "origin <> 'sealed' OR document_digest IS NOT NULL"
            " OR (developer_agreed_at IS NULL AND bank_agreed_at IS NULL)",
            name="agrees_to_a_text",
        ),
        CheckConstraint(
            "(sealed_digest IS NOT NULL) = (developer_sealed_at IS NOT NULL OR bank_sealed_at IS NOT NULL)",
            name="sealed_has_its_pdf",
        ),
        CheckConstraint("(state IN ('declined', 'withdrawn')) = (ended_because IS NOT NULL)", name="ends_with_reason"),
    )

    project_id: Mapped[UUID] = mapped_column(Uuid)
    version: Mapped[int] = mapped_column(SmallInteger)
    origin: Mapped[Origin] = mapped_column(String(8))
    agreement_no: Mapped[str] = mapped_column(String(60))
    account_no: Mapped[str] = mapped_column(String(32))
    account_name: Mapped[str] = mapped_column(String(120))
    bank_code: Mapped[str] = mapped_column(String(20))
    bank_name: Mapped[str] = mapped_column(String(120))
    developer_id: Mapped[UUID | None] = mapped_column(Uuid)
    bank_organisation_id: Mapped[UUID | None] = mapped_column(Uuid)
    mode: Mapped[SupervisionMode] = mapped_column(String(8))
    quota_fen: Mapped[int | None] = mapped_column(BigInteger)
    quota_basis: Mapped[str] = mapped_column(Text)
    """How the quota (监管额度) was worked out; empty under full supervision."""
    nodes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """In order; see `escrow.agreements.rules.Node`."""
    source: Mapped[str] = mapped_column(String(300))
    """Where the nodes come from: the agreement itself, or the county's parameter."""
    state: Mapped[AgreementState] = mapped_column(String(10))
    proposed_by: Mapped[UUID | None] = mapped_column(Uuid)
    document_digest: Mapped[str | None] = mapped_column(String(64))
    """The PDF with its three empty places: what each of the three agrees to. None until the job has made it."""
    sealed_digest: Mapped[str | None] = mapped_column(String(64))
    """The same with the seals that are set so far."""
    developer_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    developer_agreed_by: Mapped[UUID | None] = mapped_column(Uuid)
    developer_sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bank_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bank_agreed_by: Mapped[UUID | None] = mapped_column(Uuid)
    bank_sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    department_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the department decided; in force it is with its seal (`in_force_at`), which follows in a job."""
    department_agreed_by: Mapped[UUID | None] = mapped_column(Uuid)
    in_force_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    in_force_by: Mapped[UUID | None] = mapped_column(Uuid)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[UUID | None] = mapped_column(Uuid)
    ended_because: Mapped[str | None] = mapped_column(Text)


class NodePlan(TenantModel):
    """The nodes that a county's agreements start from, by mode and date; the latest not after the day applies."""

    __tablename__ = "supervision_node_plans"
    __table_args__ = (
        UniqueConstraint("tenant_id", "mode", "valid_from"),
        CheckConstraint("jsonb_array_length(nodes) > 0", name="has_nodes"),
    )

    mode: Mapped[SupervisionMode] = mapped_column(String(8))
    valid_from: Mapped[date] = mapped_column(Date)
    nodes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    source: Mapped[str] = mapped_column(String(300))


class ReleaseState(StrEnum):
    """Proposed by one, then decided by another."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


class SupervisionRelease(TenantModel):
    """解除监管 after first registration: one person proposes, another decides."""

    __tablename__ = "supervision_releases"
    __table_args__ = (
        Index(
            "uq_supervision_release_live",
            "tenant_id",
            "project_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'approved')"),
        ),
        Index("ix_supervision_release_project", "tenant_id", "project_id", "id"),
        CheckConstraint("state = ANY ('{proposed,approved,refused}'::text[])", name="known_state"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="decided_by_another"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL) AND (state = 'proposed') = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
    )

    project_id: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[ReleaseState] = mapped_column(String(8))
    units: Mapped[int] = mapped_column(SmallInteger)
    """Homes of the project's permits, all of them first registered on the day of the proposal."""
    words: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[UUID] = mapped_column(Uuid)
    decided_by: Mapped[UUID | None] = mapped_column(Uuid)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision: Mapped[str | None] = mapped_column(Text)


append_only(
    SupervisionAgreement,
    may_change=(
        "state",
        "document_digest",
        "sealed_digest",
        "developer_agreed_at",
        "developer_agreed_by",
        "developer_sealed_at",
        "bank_agreed_at",
        "bank_agreed_by",
        "bank_sealed_at",
        "department_agreed_at",
        "department_agreed_by",
        "in_force_at",
        "in_force_by",
        "ended_at",
        "ended_by",
        "ended_because",
    ),
)
append_only(NodePlan)
append_only(SupervisionRelease, may_change=("state", "decided_by", "decided_at", "decision"))
