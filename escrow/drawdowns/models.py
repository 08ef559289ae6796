"""Tables of drawdowns with their evidence and history, and of the courts' freezes of supervised money."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, SmallInteger, String, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, protect, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class DrawdownState(StrEnum):
    """The life of a drawdown; ALLOWED says how it goes, and the database refuses every other way."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    SENT_BACK = "sent_back"
    """退回补正."""
    ORDERED = "ordered"
    """Approved, and ordered from the bank in the same transaction."""
    PAID = "paid"
    BANK_REJECTED = "bank_rejected"
    BANK_RETURNED = "bank_returned"
    """退汇: paid, and the money came back."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_D = DrawdownState
OPEN_TO_DEVELOPER: Final = frozenset({_D.DRAFT, _D.SENT_BACK, _D.BANK_REJECTED, _D.BANK_RETURNED})
"""In which the developer may change what is asked for."""
APPROVED: Final = frozenset({_D.ORDERED, _D.PAID})
"""Whose evidence counts for later ones."""
ALLOWED: Final[dict[DrawdownState, frozenset[DrawdownState]]] = {
    _D.DRAFT: frozenset({_D.SUBMITTED, _D.WITHDRAWN}),
    _D.SUBMITTED: frozenset({_D.REVIEWED, _D.SENT_BACK, _D.REFUSED, _D.WITHDRAWN}),
    _D.REVIEWED: frozenset({_D.ORDERED, _D.SENT_BACK, _D.REFUSED, _D.WITHDRAWN}),
    _D.SENT_BACK: frozenset({_D.SUBMITTED, _D.WITHDRAWN}),
    _D.ORDERED: frozenset({_D.PAID, _D.BANK_REJECTED, _D.BANK_RETURNED}),
    _D.PAID: frozenset({_D.BANK_RETURNED}),
    _D.BANK_REJECTED: frozenset({_D.SUBMITTED, _D.WITHDRAWN}),
    _D.BANK_RETURNED: frozenset({_D.SUBMITTED, _D.WITHDRAWN}),
    _D.REFUSED: frozenset(),
    _D.WITHDRAWN: frozenset(),
}


class DrawdownUse(StrEnum):
    """What the money is for. Within the quota it may go into the project only."""

    CONSTRUCTION = "construction"
    MATERIAL = "material"
    WAGES = "wages"
    DESIGN = "design"
    TAX = "tax"
    OTHER = "other"


class Drawdown(TenantModel):
    """A developer's request to be paid out of the supervised account (用款申请).

    What is asked for can be changed by the developer only while it is in its hands; its history is kept beside it.
    """

    __tablename__ = "drawdowns"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_drawdown_project", "tenant_id", "project_id", "id"),
        Index("ix_drawdown_organisation", "tenant_id", "organisation_id", "id"),
        Index("ix_drawdown_state", "tenant_id", "state", "submitted_at", "id"),
        CheckConstraint("amount_fen > 0", name="asks_for_money"),
        CheckConstraint(f"state = ANY ('{{{','.join(DrawdownState)}}}'::text[])", name="known_state"),
        CheckConstraint("approved_by IS NULL OR approved_by <> reviewed_by", name="two_persons"),
        CheckConstraint(
            "state NOT IN ('ordered', 'paid')"
            " OR (reviewed_by IS NOT NULL AND approved_by IS NOT NULL AND order_id IS NOT NULL)",
            name="ordered_by_two",
        ),
        CheckConstraint("state <> 'reviewed' OR reviewed_by IS NOT NULL", name="reviewed_by_somebody"),
        CheckConstraint("(state = 'draft') = (submitted_at IS NULL) OR state = 'withdrawn'", name="submitted_once"),
    )

    number: Mapped[str] = mapped_column(String(20))
    project_id: Mapped[UUID] = mapped_column(Uuid)
    organisation_id: Mapped[UUID] = mapped_column(Uuid)
    """The developer that asks."""
    node: Mapped[str] = mapped_column(String(40))
    """Code of the construction node; of the terms in force whenever it is looked at."""
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    use: Mapped[DrawdownUse] = mapped_column(String(12))
    purpose: Mapped[str] = mapped_column(String(100))
    """The summary for the bank (摘要)."""
    reference: Mapped[str] = mapped_column(String(60))
    """Number of the contract or invoice."""
    payee_name: Mapped[str] = mapped_column(Encrypted("drawdown.payee_name"))
    payee_account: Mapped[str] = mapped_column(Encrypted("drawdown.payee_account"))
    payee_bank_code: Mapped[str] = mapped_column(String(12))
    payee_bank_name: Mapped[str] = mapped_column(String(120))
    state: Mapped[DrawdownState] = mapped_column(String(16), default=DrawdownState.DRAFT)
    asked_by: Mapped[UUID | None] = mapped_column(Uuid)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[UUID | None] = mapped_column(Uuid)
    approved_by: Mapped[UUID | None] = mapped_column(Uuid)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How many payment orders it has had; a new one after a refusal of the bank is a new order."""
    order_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The latest payment order."""


class DrawdownEvent(TenantModel):
    """One step in the life of a drawdown, by whom, with which words, and on which figures."""

    __tablename__ = "drawdown_events"
    __table_args__ = (
        tenant_fk("drawdown_id", "drawdowns"),
        Index("ix_drawdown_event_drawdown", "tenant_id", "drawdown_id", "id"),
    )

    drawdown_id: Mapped[UUID] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    words: Mapped[str] = mapped_column(Text)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What the decision looked at (`FundFacts`); empty where nothing was computed."""


class DrawdownFile(TenantModel):
    """A piece of evidence, kept by its digest; taken away again it stays in the history."""

    __tablename__ = "drawdown_files"
    __table_args__ = (
        tenant_fk("drawdown_id", "drawdowns"),
        Index("ix_drawdown_file_drawdown", "tenant_id", "drawdown_id", "id"),
        CheckConstraint("size > 0", name="has_content"),
    )

    drawdown_id: Mapped[UUID] = mapped_column(Uuid)
    evidence: Mapped[str] = mapped_column(String(40))
    """Which of the wanted things it is, in the words of the terms."""
    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    uploaded_by: Mapped[UUID | None] = mapped_column(Uuid)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CourtFreeze(TenantModel):
    """A court's freeze of a project's supervised money (司法冻结), and the document that lifted it."""

    __tablename__ = "court_freezes"
    __table_args__ = (
        tenant_fk("hold_id", "ledger_holds"),
        UniqueConstraint("tenant_id", "hold_id"),
        UniqueConstraint("tenant_id", "project_id", "document_no"),
        CheckConstraint("amount_fen > 0", name="freezes_something"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_document_no IS NULL)", name="lifted_by_a_document"),
    )

    project_id: Mapped[UUID] = mapped_column(Uuid)
    court: Mapped[str] = mapped_column(String(80))
    document_no: Mapped[str] = mapped_column(String(80))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    hold_id: Mapped[UUID] = mapped_column(Uuid)
    entered_by: Mapped[UUID | None] = mapped_column(Uuid)
    lifted_document_no: Mapped[str | None] = mapped_column(String(80))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[UUID | None] = mapped_column(Uuid)


_CONTENT = (
    "node", "amount_fen", "use", "purpose", "reference", "payee_name", "payee_account", "payee_bank_code",
    "payee_bank_name",
)  # fmt: skip
_WAYS = ", ".join(f"'{before}>{after}'" for before, ways in ALLOWED.items() for after in sorted(ways))
_HANDS = ", ".join(f"'{state}'" for state in sorted(OPEN_TO_DEVELOPER))
_CHANGED = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _CONTENT)

append_only(
    Drawdown,
    may_change=(
        *_CONTENT, "state", "asked_by", "submitted_at", "reviewed_by", "approved_by", "approved_at", "attempt",
        "order_id",
    ),
)  # fmt: skip
protect(
    Drawdown,
    f"""CREATE FUNCTION drawdown_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN ({_WAYS}) THEN
    RAISE EXCEPTION 'a drawdown does not go that way'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_way';
  ELSIF OLD.state NOT IN ({_HANDS}) AND ({_CHANGED}) THEN
    RAISE EXCEPTION 'what was asked for is not changed in others'' hands'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'drawdown_content';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER drawdown_way BEFORE UPDATE ON drawdowns FOR EACH ROW EXECUTE FUNCTION drawdown_way()",
)
append_only(DrawdownEvent)
append_only(DrawdownFile, may_change=("removed_at",))
append_only(CourtFreeze, may_change=("lifted_document_no", "lifted_at", "lifted_by"))
