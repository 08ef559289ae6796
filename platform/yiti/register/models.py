"""The tables of the book. What they promise is in `invariants`, held by triggers."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, protect, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime
from yiti.estate.models import Unit
from yiti.register import invariants
from yiti.register.kinds import SECURITIES, EntryKind, EntryStatus, HolderRole, RegistrationType, Sharing


def _one_of(column: str, words: Iterable[str]) -> str:
    # One array and not IN: PostgreSQL reads a constraint's expression anew for each statement, element by element.
    return f"{column} = ANY ('{{{','.join(map(str, words))}}}'::text[])"


NAME_CONTEXT, ID_CONTEXT = "register.name", "register.id"
_SECURITY = _one_of("kind", sorted(SECURITIES))


class RegisterEntry(TenantModel):
    """One right, notice or restriction on one unit; or the cancellation of one."""

    __tablename__ = "register_entries"
    __table_args__ = (
        tenant_fk("unit_id", "units"),
        tenant_fk("closes_id", "register_entries"),
        tenant_fk("closed_by_id", "register_entries", deferrable=True, initially="DEFERRED"),
        CheckConstraint(_one_of("kind", EntryKind), name="kind_is_known"),
        CheckConstraint(_one_of("registration_type", RegistrationType), name="registration_type_is_known"),
        CheckConstraint(_one_of("status", EntryStatus), name="status_is_known"),
        CheckConstraint(_one_of("sharing", Sharing), name="sharing_is_known"),
        CheckConstraint("(status = 'historical') = (closed_by_id IS NOT NULL)", name="closed_by_an_entry"),
        CheckConstraint("(status = 'historical') = (closed_at IS NOT NULL)", name="closed_at_a_time"),
        CheckConstraint("kind <> 'cancellation' OR closes_id IS NOT NULL", name="cancellation_names_its_entry"),
        CheckConstraint(
            f"kind <> 'ownership' OR {_one_of('registration_type', ('100', '200', '300', '500'))}",
            name="ownership_is_registered",
        ),
        CheckConstraint("amount_fen >= 0", name="amount_is_money"),
        CheckConstraint(f"NOT {_SECURITY} OR coalesce(amount_fen, 0) > 0", name="security_names_its_claim"),
        CheckConstraint(f"bans_transfer IS NULL OR {_SECURITY}", name="only_securities_ban_transfer"),
        CheckConstraint("valid_until >= valid_from", name="term_ends_after_it_starts"),
        CheckConstraint("rank = 0 OR kind = 'seizure' AND rank > 0", name="only_seizures_wait"),
        CheckConstraint("priority_at <= booked_at", name="priority_is_not_later"),
        # 民诉法解释 art. 485: at most three years; what waits has no term yet.
        CheckConstraint(
            "kind <> 'seizure' OR CASE rank WHEN 0 THEN valid_from IS NOT NULL AND valid_until IS NOT NULL"
            " AND valid_until <= valid_from + interval '36 months' ELSE valid_from IS NULL AND valid_until IS NULL END",
            name="seizure_has_its_term",
        ),
        Index(
            "uq_register_one_current_ownership", "tenant_id", "unit_id", unique=True,
            postgresql_where=text("kind = 'ownership' AND status = 'current'"),
        ),
        Index(
            "uq_register_one_live_presale_notice", "tenant_id", "unit_id", unique=True,
            postgresql_where=text("kind = 'presale_notice' AND status = 'current'"),
        ),
        Index(
            "uq_register_one_effective_seizure", "tenant_id", "unit_id", unique=True,
            postgresql_where=text("kind = 'seizure' AND status = 'current' AND rank = 0"),
        ),
        Index("ix_register_entries_unit", "tenant_id", "unit_id", "status"),
        Index("ix_register_entries_case", "tenant_id", "case_id"),
        Index(
            "ix_register_seizures_by_end", "tenant_id", "valid_until",
            postgresql_where=text("kind = 'seizure' AND status = 'current' AND rank = 0"),
        ),
        Index(
            "ix_register_live_objections", "tenant_id", "booked_at",
            postgresql_where=text("kind = 'objection' AND status = 'current'"),
        ),
    )  # fmt: skip

    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    kind: Mapped[EntryKind] = mapped_column(String(30))
    registration_type: Mapped[RegistrationType] = mapped_column(String(3))
    status: Mapped[EntryStatus] = mapped_column(String(10), default=EntryStatus.CURRENT)
    case_id: Mapped[UUID] = mapped_column(Uuid)
    case_number: Mapped[str] = mapped_column(String(50))
    """业务号 (YWH) under which the entry was booked."""
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    """The place within the booking."""
    cause: Mapped[str] = mapped_column(Text)
    """登记原因, in the words of the book."""
    sharing: Mapped[str | None] = mapped_column(String(10))
    amount_fen: Mapped[int | None]
    """取得价格, or the secured claim; 分."""
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    """The last day."""
    bans_transfer: Mapped[bool | None]
    """Securities: 是否存在禁止或限制转让抵押不动产的约定 (SFCZJZHXZ)."""
    rank: Mapped[int] = mapped_column(Integer, default=0)
    """Seizures: 0 in effect; from 1 waiting, counted as they came to the book. The queue goes by `priority_at`."""
    priority_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Securities rank by it: booking, or that of the entry taken over. Seizures: delivery of the order."""
    consents: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    """Entries whose holders agreed in writing to this disposal."""
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """The kind's further fields (`yiti.register.details`); never personal data."""
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    booked_by: Mapped[str] = mapped_column(String(60))
    """登簿人."""
    closes_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The entry that this one closes (上手)."""
    closed_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RightHolder(TenantModel):
    """A right holder or obligor named by an entry, as written on the day of booking. Written before the entry."""

    __tablename__ = "register_holders"
    __table_args__ = (
        tenant_fk("entry_id", "register_entries", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("tenant_id", "entry_id", "role", "position"),
        CheckConstraint(_one_of("role", HolderRole), name="role_is_known"),
        CheckConstraint(
            "(share_numerator IS NULL) = (share_denominator IS NULL)",
            name="share_is_a_fraction",
        ),
        CheckConstraint(
            "share_numerator > 0 AND share_numerator <= share_denominator",
            name="share_within_one",
        ),
        Index("ix_register_holders_person", "tenant_id", "id_index"),
    )

    entry_id: Mapped[UUID] = mapped_column(Uuid)
    role: Mapped[str] = mapped_column(String(10))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Encrypted(NAME_CONTEXT))
    id_kind: Mapped[str] = mapped_column(String(20))
    id_number: Mapped[str] = mapped_column(Encrypted(ID_CONTEXT))
    id_index: Mapped[bytes]
    share_numerator: Mapped[int | None]
    share_denominator: Mapped[int | None]


class EntryTerm(TenantModel):
    """A fact on which it depends whether an entry lapses by law: its term has started, or something keeps it alive.

    The newest row of a kind counts; a start that was wrong is followed by another one.
    """

    __tablename__ = "entry_terms"
    __table_args__ = (
        tenant_fk("entry_id", "register_entries"),
        CheckConstraint("kind IN ('started', 'lifted')", name="kind_is_known"),
        Index("ix_entry_terms_entry", "tenant_id", "entry_id"),
        Index("ix_entry_terms_started", "tenant_id", "starts_on", postgresql_where=text("kind = 'started'")),
    )

    entry_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(10))
    starts_on: Mapped[date] = mapped_column(Date)
    """The day of the event; the term counts from the next day (民法典 art. 201)."""
    event: Mapped[str] = mapped_column(String(200))
    """What happened, for people."""
    recorded_by: Mapped[UUID | None] = mapped_column(Uuid)
    """None for the platform itself."""
    court_case: Mapped[str] = mapped_column(String(60), default="")
    """Of a suit: the court's case number (案号)."""
    proof_digest: Mapped[str | None] = mapped_column(String(64))
    """Blob of the scanned paper of the court."""
    proof_type: Mapped[str] = mapped_column(String(60), default="")


class UnitSuccession(TenantModel):
    """One line of a split or merger: where a unit came from, or what became of it."""

    __tablename__ = "unit_links"
    __table_args__ = (
        tenant_fk("predecessor_id", "units"),
        tenant_fk("successor_id", "units"),
        UniqueConstraint("tenant_id", "predecessor_id", "successor_id"),
        Index("ix_unit_links_successor", "tenant_id", "successor_id"),
        CheckConstraint("kind IN ('split', 'merger')", name="kind_is_known"),
        CheckConstraint("predecessor_id <> successor_id", name="joins_two_units"),
    )

    kind: Mapped[str] = mapped_column(String(10))
    predecessor_id: Mapped[UUID] = mapped_column(Uuid)
    successor_id: Mapped[UUID] = mapped_column(Uuid)
    case_id: Mapped[UUID] = mapped_column(Uuid)
    case_number: Mapped[str] = mapped_column(String(50))
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(RegisterEntry, may_change=("status", "closed_by_id", "closed_at"))
append_only(RightHolder)
append_only(EntryTerm)
append_only(UnitSuccession)
protect(RegisterEntry, *invariants.ENTRY_DDL)
protect(RightHolder, *invariants.HOLDER_DDL)
protect(EntryTerm, *invariants.TERM_DDL)
protect(UnitSuccession, *invariants.LINK_DDL)
protect(Unit, *invariants.UNIT_DDL)
