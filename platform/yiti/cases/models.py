"""Tables of the case engine."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime
from yiti.cases.catalogue import Business
from yiti.cases.lifecycle import CaseStatus


class Case(TenantModel):
    """One piece of business (业务件) on one unit."""

    __tablename__ = "cases"
    __table_args__ = (
        tenant_fk("unit_id", "units"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "contract_id", "business"),
        CheckConstraint(
            "status NOT IN ('booked', 'closed') OR booked_at IS NOT NULL",
            name="booked_at_a_time",
        ),
        Index(
            "ix_cases_waiting",
            "tenant_id",
            "due_at",
            postgresql_where=text("status = 'accepted'"),
        ),
        Index("ix_cases_unit", "tenant_id", "unit_id"),
    )

    number: Mapped[str] = mapped_column(String(50))
    """业务号 (YWH): county, day, serial."""
    business: Mapped[Business] = mapped_column(String(40))
    status: Mapped[CaseStatus] = mapped_column(String(12), default=CaseStatus.SUBMITTED)
    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    location: Mapped[str] = mapped_column(Text)
    contract_id: Mapped[UUID] = mapped_column(Uuid)
    applicants: Mapped[str] = mapped_column(Encrypted("case.applicants"))
    """The names of all applicants, for work lists and letters."""
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(60))
    booked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CaseAction(TenantModel):
    """One line of a case's log: what was done, by whom, on what grounds."""

    __tablename__ = "case_actions"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        UniqueConstraint("tenant_id", "case_id", "position"),
    )

    case_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(20))
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    actor_name: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class DecisionReceipt(TenantModel):
    """All that a decision rested on, so that it can be made again and compared."""

    __tablename__ = "decision_receipts"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        Index("ix_decision_receipts_case", "tenant_id", "case_id"),
    )

    case_id: Mapped[UUID] = mapped_column(Uuid)
    rules_version: Mapped[str] = mapped_column(String(40))
    facts: Mapped[str] = mapped_column(Encrypted("decision.facts"))
    """The facts as canonical JSON; personal data inside."""
    facts_digest: Mapped[str] = mapped_column(String(64))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    outcome: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(CaseAction)
append_only(DecisionReceipt)
