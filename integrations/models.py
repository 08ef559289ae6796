"""Tables: every exchange with the outside world, signed events that came in, identity requests under way."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only
from kernel.db.types import Encrypted, UtcDateTime


class Direction(StrEnum):
    """Who spoke first."""

    OUT = "out"
    IN = "in"


class Outcome(StrEnum):
    """How one attempt ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """The counterparty said no, or we rejected its message."""
    UNREACHABLE = "unreachable"
    BAD_ANSWER = "bad_answer"
    NOT_SENT = "not_sent"
    """The circuit breaker was open."""
    DUPLICATE = "duplicate"
    """A message we already had; answered again, nothing done."""

    @property
    def words(self) -> str:
        """The word on pages and records."""
        return _OUTCOME_TITLES[self]


_OUTCOME_TITLES = {
    Outcome.ANSWERED: "成功",
    Outcome.REFUSED: "未受理",
    Outcome.UNREACHABLE: "无法连接",
    Outcome.BAD_ANSWER: "应答异常",
    Outcome.NOT_SENT: "未发出（熔断中）",
    Outcome.DUPLICATE: "重复报文",
}


class Exchange(TenantModel):
    """One attempt of one exchange. Bodies are kept encrypted as evidence; digests can be shown to anyone."""

    __tablename__ = "exchanges"
    __table_args__ = (
        CheckConstraint("duration_ms >= 0 AND attempt >= 0", name="counts_are_natural"),
        Index("ix_exchanges_counterparty", "tenant_id", "counterparty", "outcome", "id"),
        Index("ix_exchanges_subject", "tenant_id", "subject", "id"),
        Index("ix_exchanges_key", "tenant_id", "idempotency_key"),
    )

    counterparty: Mapped[str] = mapped_column(String(30))
    operation: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60))
    """What staff call the operation."""
    direction: Mapped[str] = mapped_column(String(3))
    idempotency_key: Mapped[str] = mapped_column(String(200))
    attempt: Mapped[int] = mapped_column(SmallInteger)
    """From 1; 0 when nothing was sent."""
    outcome: Mapped[str] = mapped_column(String(20))
    http_status: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None] = mapped_column(String(300))
    """For the operator; without personal data."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int]
    request_digest: Mapped[str] = mapped_column(String(64))
    answer_digest: Mapped[str | None] = mapped_column(String(64))
    request_body: Mapped[str] = mapped_column(Encrypted("exchange.request"))
    answer_body: Mapped[str | None] = mapped_column(Encrypted("exchange.answer"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """What the answer established, label → words, without personal data; printed on the verification record."""
    subject: Mapped[str | None] = mapped_column(String(80))
    """Such as `contract:<uuid>` or `case:<uuid>`."""


class InboundEvent(TenantModel):
    """A signed event accepted from a counterparty: each counts once, however often it is delivered."""

    __tablename__ = "inbound_events"
    __table_args__ = (
        UniqueConstraint("tenant_id", "counterparty", "event_key"),
        UniqueConstraint("tenant_id", "counterparty", "jti"),
    )

    counterparty: Mapped[str] = mapped_column(String(30))
    event_key: Mapped[str] = mapped_column(String(200))
    jti: Mapped[str] = mapped_column(String(200))
    operation: Mapped[str] = mapped_column(String(60))
    content_digest: Mapped[str] = mapped_column(String(64))
    evidence_digest: Mapped[str] = mapped_column(String(64))
    """Blob of the signed message as it came."""


class IdentityRequest(TenantModel):
    """An identity check that was started; its answer must name the nonce, and counts once."""

    __tablename__ = "identity_requests"
    __table_args__ = (UniqueConstraint("tenant_id", "reference"),)

    reference: Mapped[str] = mapped_column(String(100))
    nonce: Mapped[str] = mapped_column(String(64))
    state_digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(Exchange)
append_only(InboundEvent)
append_only(IdentityRequest, may_change=("used_at",))
