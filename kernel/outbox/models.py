"""The outbox table: the truth about what is still to be done. The queue only wakes workers."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db.base import TenantModel
from kernel.db.types import UtcDateTime

PENDING, DONE, PARKED = "pending", "done", "parked"


class OutboxEvent(TenantModel):
    """One thing to do, once. `key` makes a second emission of the same thing a no-op."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        CheckConstraint("state IN ('pending', 'done', 'parked')", name="state"),
        Index(
            "ix_outbox_due",
            "tenant_id",
            "available_at",
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_outbox_parked",
            "tenant_id",
            "id",
            postgresql_where=text("state = 'parked'"),
        ),
    )

    topic: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(10), default=PENDING)
    available_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
