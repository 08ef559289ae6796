"""What the registration journey keeps beside its cases: requests to others, checks of people, signings, notices,
searches."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, LargeBinary, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class CaseRequest(TenantModel):
    """A question of a case to tax bureau, housing department or treasury, and the answer."""

    __tablename__ = "case_requests"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        UniqueConstraint("tenant_id", "request_no"),
        Index(
            "uq_case_requests_one_open", "tenant_id", "case_id", "which", unique=True,
            postgresql_where=text("state IN ('requested', 'assessed')"),
        ),
        Index("ix_case_requests_case", "tenant_id", "case_id", "id"),
        CheckConstraint("which IN ('tax', 'housing', 'fee')", name="which_is_known"),
        CheckConstraint(
            "state IN ('requested', 'assessed', 'clear', 'exempt', 'refused', 'dropped', 'late')", name="state_is_known"
        ),
        CheckConstraint(
            "(state IN ('requested', 'assessed', 'dropped')) = (answered_at IS NULL)", name="answered_at_a_time"
        ),
        CheckConstraint("state <> 'assessed' OR assessment IS NOT NULL", name="assessed_with_lines"),
        CheckConstraint("amount_fen >= 0", name="amount_is_natural"),
    )  # fmt: skip

    case_id: Mapped[UUID] = mapped_column(Uuid)
    which: Mapped[str] = mapped_column(String(10))
    request_no: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10), default="requested")
    """`assessed`: the tax is known and still to be paid by one code; `dropped`: the case ended before the answer, or
    another request took its place; `late`: the answer came after that and moves nothing."""
    amount_fen: Mapped[int] = mapped_column(default=0)
    """What is due (fee), then what was paid; 分."""
    reference: Mapped[str] = mapped_column(String(200), default="")
    """The voucher's number."""
    words: Mapped[str] = mapped_column(String(500), default="")
    verified: Mapped[bool] = mapped_column(default=False)
    """A signed message; not what somebody entered by hand."""
    evidence_digest: Mapped[str | None] = mapped_column(String(64))
    """Blob of the signed answer."""
    evidence_bytes: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[str] = mapped_column(String(60), default="")
    assessment: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The tax bureau's lines (核税明细) with the blob of its signed answer."""
    bill_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The one-code bill that paid it."""


class FeeClaim(TenantModel):
    """An exemption from the registration fee that a clerk claims for a case (减免), with the evidence."""

    __tablename__ = "case_fee_claims"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        Index(
            "uq_case_fee_claims_one", "tenant_id", "case_id", "code", unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )  # fmt: skip

    case_id: Mapped[UUID] = mapped_column(Uuid)
    code: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(100))
    basis: Mapped[str] = mapped_column(String(200))
    evidence: Mapped[str] = mapped_column(Text)
    claimed_by: Mapped[str] = mapped_column(String(60))
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FeeRefund(TenantModel):
    """A registration fee that was paid and is not kept, ordered back from the treasury; at most one for a payment."""

    __tablename__ = "fee_refunds"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        tenant_fk("request_id", "case_requests"),
        UniqueConstraint("tenant_id", "request_id"),
        UniqueConstraint("tenant_id", "refund_no"),
        Index("ix_fee_refunds_case", "tenant_id", "case_id", "id"),
        CheckConstraint("state IN ('ordered', 'paid', 'refused')", name="state_is_known"),
        CheckConstraint("(state = 'ordered') = (answered_at IS NULL)", name="answered_at_a_time"),
        CheckConstraint("amount_fen > 0", name="amount_is_positive"),
    )

    case_id: Mapped[UUID] = mapped_column(Uuid)
    request_id: Mapped[UUID] = mapped_column(Uuid)
    """The request that was paid."""
    refund_no: Mapped[str] = mapped_column(String(40))
    amount_fen: Mapped[int]
    """All that was paid; 分."""
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10), default="ordered")
    reference: Mapped[str] = mapped_column(String(200), default="")
    """The voucher's number of the repayment."""
    words: Mapped[str] = mapped_column(String(500), default="")
    evidence_digest: Mapped[str | None] = mapped_column(String(64))
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PersonCheck(TenantModel):
    """One check of a person of a case, by the sharing platform or by comparing the original; the newest counts."""

    __tablename__ = "case_person_checks"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        Index("ix_case_person_checks_case", "tenant_id", "case_id", "id"),
    )

    case_id: Mapped[UUID] = mapped_column(Uuid)
    id_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    reference: Mapped[str] = mapped_column(String(200), default="")
    """Of the machine's answer; empty for a comparison by a person."""
    matched: Mapped[bool | None]
    deceased: Mapped[bool | None]
    checked_by: Mapped[str] = mapped_column(String(60), default="")
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublicNotice(TenantModel):
    """A public notice (公告) of a case, from its first day to the end of its working days."""

    __tablename__ = "public_notices"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        Index(
            "uq_public_notices_one_open", "tenant_id", "case_id", unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_public_notices_due", "tenant_id", "ends_on", postgresql_where=text("ended_at IS NULL")),
        CheckConstraint("ends_on >= starts_on", name="ends_after_its_start"),
    )  # fmt: skip

    case_id: Mapped[UUID] = mapped_column(Uuid)
    letter_id: Mapped[UUID | None] = mapped_column(Uuid)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    """The last day; the notice is over when it has passed."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(Text, default="")
    """Whether anybody objected, in words."""


class SearchRecord(TenantModel):
    """A query of the book: who, why, what for, and how much was found (条例 arts. 26–28). Kept for ever."""

    __tablename__ = "search_records"
    __table_args__ = (
        Index("ix_search_records_time", "tenant_id", "id"),
        Index("ix_search_records_person", "tenant_id", "person_index"),
    )

    kind: Mapped[str] = mapped_column(String(30))
    purpose: Mapped[str] = mapped_column(Text)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    searcher: Mapped[str] = mapped_column(Encrypted("search.searcher"))
    person_index: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Whose property was asked for, where a person was."""
    criteria: Mapped[str] = mapped_column(Encrypted("search.criteria"))
    found: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """Unit codes."""
    letter_id: Mapped[UUID | None] = mapped_column(Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseSigning(TenantModel):
    """One round in which everybody who makes an online application signs it, from the ordered papers to its end."""

    __tablename__ = "case_signings"
    __table_args__ = (
        tenant_fk("case_id", "cases"),
        UniqueConstraint("tenant_id", "ceremony_id"),
        Index(
            "uq_case_signings_one_live", "tenant_id", "case_id", unique=True,
            postgresql_where=text("state IN ('preparing', 'open')"),
        ),
        Index("ix_case_signings_case", "tenant_id", "case_id", "id"),
        CheckConstraint("state IN ('preparing', 'open', 'signed', 'void')", name="state_is_known"),
        CheckConstraint("(state IN ('preparing', 'open')) = (ended_at IS NULL)", name="ended_at_a_time"),
        CheckConstraint("(state = 'void') = (ending <> '')", name="void_for_a_reason"),
        CheckConstraint("state NOT IN ('open', 'signed') OR ceremony_id IS NOT NULL", name="signed_in_a_ceremony"),
    )  # fmt: skip

    case_id: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(String(10), default="preparing")
    """`preparing`: the papers are being made; `open`: to be signed; `signed`: by everybody, and handed in by it."""
    form_digest: Mapped[str] = mapped_column(String(64))
    """Of the application as it was signed; under other words the signatures do not count."""
    ceremony_id: Mapped[UUID | None] = mapped_column(Uuid)
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str] = mapped_column(String(20), default="")
    """Why it is void: `envelope.Ending`."""
    ended_by: Mapped[str] = mapped_column(String(40), default="")
    """The key of the signatory who declined."""
    reason: Mapped[str] = mapped_column(Encrypted("case_signing.reason"), default="")
    """In that person's own words."""


append_only(
    CaseRequest,
    may_change=(
        "state", "amount_fen", "reference", "words", "verified", "evidence_digest", "evidence_bytes", "sent_at",
        "answered_at", "answered_by", "assessment", "bill_id",
    ),
)  # fmt: skip
append_only(CaseSigning, may_change=("state", "ceremony_id", "ended_at", "ending", "ended_by", "reason"))
append_only(FeeRefund, may_change=("state", "reference", "words", "evidence_digest", "sent_at", "answered_at"))
append_only(FeeClaim, may_change=("withdrawn_at",))
append_only(PersonCheck)
append_only(PublicNotice, may_change=("ended_at", "outcome", "letter_id"))
append_only(SearchRecord, may_change=("letter_id",))
