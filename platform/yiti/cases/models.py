"""Tables of the case engine."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus, Channel, Flag, Standing


class EncryptedJson(TypeDecorator[Any]):
    """JSON that names people: encrypted like any other personal data."""

    impl = Encrypted
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__(context)
        self.context = context

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


_FLAGS = ", ".join(f'"{flag}"' for flag in Flag)
_OPEN = "status IN ('submitted', 'accepted', 'approved')"


class Case(TenantModel):
    """One piece of business (业务件): one application, one or more kinds of business, one or more units."""

    __tablename__ = "cases"
    __table_args__ = (
        tenant_fk("unit_id", "units"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "contract_id", "business"),
        CheckConstraint(
            "status NOT IN ('booked', 'closed') OR booked_at IS NOT NULL",
            name="booked_at_a_time",
        ),
        CheckConstraint(
            "status NOT IN ('accepted', 'approved', 'booked', 'closed', 'refused') OR accepted_at IS NOT NULL",
            name="accepted_at_a_time",
        ),
        CheckConstraint(
            "status IN ('draft', 'withdrawn', 'rejected') OR unit_id IS NOT NULL",
            name="concerns_a_unit",
        ),
        CheckConstraint(f"flags <@ '[{_FLAGS}]'::jsonb", name="known_flags"),
        CheckConstraint("channel IN ('window', 'online', 'system')", name="known_channel"),
        CheckConstraint("version >= 1", name="counted"),
        CheckConstraint(
            "review_levels BETWEEN 1 AND 3 AND review_level >= 0 AND review_level < review_levels",
            name="review_level_within_levels",
        ),
        Index(
            "ix_cases_waiting",
            "tenant_id",
            "due_at",
            postgresql_where=text("status = 'accepted'"),
        ),
        Index("ix_cases_open", "tenant_id", "due_at", "id", postgresql_where=text(_OPEN)),
        Index("ix_cases_unit", "tenant_id", "unit_id"),
        Index("ix_cases_drafts", "tenant_id", "opened_by", "id", postgresql_where=text("status = 'draft'")),
        Index(
            "ix_cases_to_hand_over",
            "tenant_id",
            "id",
            postgresql_where=text("status = 'booked' AND contract_id IS NULL"),
        ),
    )

    number: Mapped[str] = mapped_column(String(50))
    """业务号 (YWH): county, day, serial."""
    business: Mapped[Business] = mapped_column(String(40))
    """The first business; a combined case has more."""
    businesses: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """Every business, in the order of booking."""
    channel: Mapped[Channel] = mapped_column(String(10), default=Channel.SYSTEM)
    status: Mapped[CaseStatus] = mapped_column(String(12), default=CaseStatus.SUBMITTED)
    flags: Mapped[list[str]] = mapped_column(JSONB, default=list)
    version: Mapped[int] = mapped_column(Integer, default=1)
    """Counts every step; a page that shows an older one is out of date."""
    laid_by: Mapped[UUID | None] = mapped_column(Uuid)
    """Who laid or took away materials last; nobody else did anything from version `laid_from` to `laid_to`."""
    laid_from: Mapped[int] = mapped_column(Integer, default=0)
    laid_to: Mapped[int] = mapped_column(Integer, default=0)
    review_level: Mapped[int] = mapped_column(Integer, default=0)
    review_levels: Mapped[int] = mapped_column(Integer, default=1)
    reviewers: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """Who has given an opinion in this round of review."""
    unit_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The first unit; none while a draft names none, or when it was rejected so. All of them are in `case_units`."""
    unit_code: Mapped[str] = mapped_column(String(28), default="")
    location: Mapped[str] = mapped_column(Text, default="")
    contract_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The filed contract that a presale notice or its cancellation follows."""
    applicants: Mapped[str] = mapped_column(Encrypted("case.applicants"), default="")
    """The names of all applicants, for work lists and letters."""
    application: Mapped[str | None] = mapped_column(Encrypted("case.application"))
    """`cases.application.Application` as JSON; none for a case that follows a contract."""
    configuration: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Settings of each business as they stood at acceptance; running cases keep theirs."""
    outside: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """The answers of tax, housing, treasury: `cases.facts.OutsideFact` by question. No personal data."""
    opened_by: Mapped[UUID | None] = mapped_column(Uuid)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the present limit ends: acceptance while submitted, handling afterwards. None while the clock stands still,
    or when it reaches into a year whose holidays are not known yet."""
    decided_by: Mapped[str | None] = mapped_column(String(60))
    booked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            status=CaseStatus(self.status),
            flags=frozenset(Flag(flag) for flag in self.flags),
            channel=Channel(self.channel),
            level_reached=self.review_level,
            levels_needed=self.review_levels,
            opened_by=self.opened_by,
            reviewed_by=frozenset(UUID(one) for one in self.reviewers),
            by_contract=self.contract_id is not None,
        )


class CaseUnit(TenantModel):
    """A unit that the application concerns."""

    __tablename__ = "case_units"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        tenant_fk("unit_id", "units"),
        UniqueConstraint("tenant_id", "case_id", "unit_id", name="uq_case_units_unit"),
        Index("ix_case_units_unit", "tenant_id", "unit_id"),
    )

    case_id: Mapped[UUID] = mapped_column(Uuid)
    unit_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int] = mapped_column(Integer)
    unit_code: Mapped[str] = mapped_column(String(28))
    location: Mapped[str] = mapped_column(Text)


class CaseParty(TenantModel):
    """An applicant, or who acts for one, in one part of the application."""

    __tablename__ = "case_parties"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        UniqueConstraint("tenant_id", "case_id", "position", name="uq_case_parties_position"),
        CheckConstraint(
            "(share_numerator IS NULL) = (share_denominator IS NULL) AND (share_numerator IS NULL OR"
            " (share_numerator > 0 AND share_denominator >= share_numerator))",
            name="share_of_a_whole",
        ),
        CheckConstraint("side IN ('holder', 'obligor', 'authority', 'agent')", name="known_side"),
        Index("ix_case_parties_id_index", "tenant_id", "id_index"),
    )

    case_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int] = mapped_column(Integer)
    part: Mapped[int] = mapped_column(Integer)
    """Which part of the application, from 0."""
    side: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(Encrypted("case_party.name"))
    id_kind: Mapped[str] = mapped_column(String(20))
    id_number: Mapped[str] = mapped_column(Encrypted("case_party.id_number"))
    id_index: Mapped[bytes] = mapped_column(LargeBinary)
    phone: Mapped[str] = mapped_column(Encrypted("case_party.phone"), default="")
    share_numerator: Mapped[int | None] = mapped_column(Integer)
    share_denominator: Mapped[int | None] = mapped_column(Integer)


class CaseMaterial(TenantModel):
    """A material that lies with the case (收件); what is taken away stays visible as removed."""

    __tablename__ = "case_materials"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        CheckConstraint("size > 0", name="not_empty"),
        Index(
            "uq_case_materials_digest", "tenant_id", "case_id", "digest", unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_case_materials_case", "tenant_id", "case_id"),
    )  # fmt: skip

    case_id: Mapped[UUID] = mapped_column(Uuid)
    code: Mapped[str] = mapped_column(String(40))
    """Of the declared material, or `other`."""
    file_name: Mapped[str] = mapped_column(Encrypted("case_material.file_name"))
    """People name files after themselves."""
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(40))
    """`upload`, or the shared source it was fetched from."""
    verified: Mapped[bool] = mapped_column(Boolean, default=False)
    reference: Mapped[str] = mapped_column(String(120), default="")
    unit_codes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """Where the material itself names units."""
    added_by: Mapped[str] = mapped_column(String(60))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_by: Mapped[str | None] = mapped_column(String(60))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


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
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """What letters and answers need of the step, such as the list of missing materials. No personal data."""
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
    findings: Mapped[list[dict[str, Any]]] = mapped_column(EncryptedJson("decision.findings"))
    """They name people where the words need it."""
    outcome: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseConfiguration(TenantModel):
    """What the county sets otherwise than the catalogue declares, from a day on. The newest row in force counts."""

    __tablename__ = "case_configurations"
    __table_args__ = (Index("ix_case_configurations_business", "tenant_id", "business", "effective_from"),)

    business: Mapped[Business] = mapped_column(String(40))
    effective_from: Mapped[date] = mapped_column(Date)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """`cases.configuration.Settings`, whole."""
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(CaseAction)
append_only(DecisionReceipt)
append_only(CaseConfiguration)
append_only(CaseMaterial, may_change=("removed_by", "removed_at"))
