"""Tables of the contracts engine; what their triggers refuse stands in ``guards.py``."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts import guards
from contracts.rules import ALLOWED_TRANSITIONS, OPEN
from contracts.schemas import MAX_BUYERS, BuyerKind, IdKind, Ownership, Status
from kernel.db import TenantModel, append_only, protect, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


def _among(values: object) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))  # type: ignore[call-overload]


_FIXED = "'frozen', 'signing', 'filed', 'cancelled'"
_FILED = "'filed', 'cancelled'"


class Contract(TenantModel):
    """One sale of one unit. Content may change while ``draft``; from ``frozen`` on it stands as signed.

    ``home``, ``seller``, ``blanks`` and ``frozen`` are JSON of the structs in ``schemas.py``.
    """

    __tablename__ = "contracts"
    __table_args__ = (
        Index(
            "uq_contracts_open_unit",
            "tenant_id",
            "unit_id",
            unique=True,
            postgresql_where=text(f"status IN ({_among(OPEN)})"),
        ),
        UniqueConstraint("tenant_id", "filing_no"),
        Index("ix_contracts_organisation", "tenant_id", "organisation_id", "status"),
        CheckConstraint(f"status IN ({_among(ALLOWED_TRANSITIONS)})", name="status"),
        CheckConstraint("ownership IN ('sole', 'joint', 'fractional')", name="ownership"),
        CheckConstraint("price_fen > 0", name="price"),
        CheckConstraint("revision > 0", name="revision"),
        CheckConstraint(
            f"(status IN ({_FIXED}) AND num_nulls(frozen, frozen_digest, frozen_at, ownership, price_fen) = 0)"
            " OR status = 'abandoned' OR (status = 'draft' AND num_nonnulls(frozen, frozen_digest, frozen_at) = 0)",
            name="frozen",
        ),
        CheckConstraint(f"status NOT IN ('signing', {_FILED}) OR document_digest IS NOT NULL", name="document"),
        CheckConstraint(
            f"num_nulls(filing_no, filed_at, signed_digest) = CASE WHEN status IN ({_FILED}) THEN 0 ELSE 3 END",
            name="filed",
        ),
        CheckConstraint("filing_no ~ ('^YS' || tenant_id || '[0-9]{10,}$')", name="filing_no"),
        CheckConstraint(
            "num_nulls(closed_at, reason) = CASE WHEN status IN ('cancelled', 'abandoned') THEN 0 ELSE 2 END",
            name="closed",
        ),
    )

    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    project_id: Mapped[UUID] = mapped_column(Uuid)
    organisation_id: Mapped[UUID] = mapped_column(Uuid)
    template: Mapped[str] = mapped_column(String(40))
    template_version: Mapped[str] = mapped_column(String(10))
    opened_by: Mapped[UUID | None] = mapped_column(Uuid)
    status: Mapped[Status] = mapped_column(String(12), default="draft")
    revision: Mapped[int] = mapped_column(Integer, default=1)
    home: Mapped[str] = mapped_column(Text)
    seller: Mapped[str] = mapped_column(Encrypted("contract.seller"))
    ownership: Mapped[Ownership | None] = mapped_column(String(12))
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    instalments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    blanks: Mapped[str] = mapped_column(Encrypted("contract.blanks"), default="{}")
    frozen: Mapped[str | None] = mapped_column(Encrypted("contract.frozen"))
    frozen_digest: Mapped[str | None] = mapped_column(String(64))
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    document_digest: Mapped[str | None] = mapped_column(String(64))
    signed_digest: Mapped[str | None] = mapped_column(String(64))
    filing_no: Mapped[str | None] = mapped_column(String(24))
    filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Encrypted("contract.reason"))


class ContractBuyer(TenantModel):
    """One buyer of a contract; may change only while the contract is a draft."""

    __tablename__ = "contract_buyers"
    __table_args__ = (
        tenant_fk("contract_id", "contracts"),
        UniqueConstraint("tenant_id", "contract_id", "position"),
        Index("ix_contract_buyers_id_no", "tenant_id", "id_no_index"),
        Index("ix_contract_buyers_representative", "tenant_id", "representative_index"),
        CheckConstraint(f"position BETWEEN 1 AND {MAX_BUYERS}", name="position"),
        CheckConstraint("kind IN ('person', 'company')", name="kind"),
        CheckConstraint("id_kind IN ('resident_id', 'credit_code')", name="id_kind"),
        CheckConstraint("NOT by_power OR kind = 'person'", name="by_power"),
        CheckConstraint(
            "num_nulls(share_numerator, share_denominator) <> 1"
            " AND share_numerator > 0 AND share_numerator <= share_denominator",
            name="share",
        ),
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[BuyerKind] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(Encrypted("buyer.name"))
    id_kind: Mapped[IdKind] = mapped_column(String(12))
    id_no: Mapped[str] = mapped_column(Encrypted("buyer.id_no"))
    id_no_index: Mapped[bytes] = mapped_column(LargeBinary)
    phone: Mapped[str] = mapped_column(Encrypted("buyer.phone"))
    address: Mapped[str] = mapped_column(Encrypted("buyer.address"))
    share_numerator: Mapped[int | None] = mapped_column(BigInteger)
    share_denominator: Mapped[int | None] = mapped_column(BigInteger)
    representative_name: Mapped[str | None] = mapped_column(Encrypted("buyer.representative_name"))
    representative_id_no: Mapped[str | None] = mapped_column(Encrypted("buyer.representative_id_no"))
    representative_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    representative_phone: Mapped[str | None] = mapped_column(Encrypted("buyer.representative_phone"))
    by_power: Mapped[bool] = mapped_column(default=False)
    """The representative is an agent by power of attorney."""


class ContractPower(TenantModel):
    """A recorded power of attorney of one buyer for one agent; append-only, the newest one counts.

    It belongs to the two people and not to the buyer's row, which is written anew whenever the draft is saved.
    """

    __tablename__ = "contract_powers"
    __table_args__ = (
        tenant_fk("contract_id", "contracts"),
        Index("ix_contract_powers_contract", "tenant_id", "contract_id"),
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid)
    principal_index: Mapped[bytes] = mapped_column(LargeBinary)
    agent_index: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[str] = mapped_column(Encrypted("contract.power"))
    """JSON of ``schemas.Power``."""
    digest: Mapped[str] = mapped_column(String(64))
    """Of the uploaded file."""
    recorded_by: Mapped[UUID | None] = mapped_column(Uuid)


class ContractEvent(TenantModel):
    """What happened to a contract, by whom; append-only, without personal data."""

    __tablename__ = "contract_events"
    __table_args__ = (
        tenant_fk("contract_id", "contracts"),
        Index("ix_contract_events_contract", "tenant_id", "contract_id"),
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(String(40))
    status: Mapped[Status] = mapped_column(String(12))
    revision: Mapped[int] = mapped_column(Integer)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class ContractCancellation(TenantModel):
    """A request to cancel a filed contract; ``outcome`` is null while parties still have to agree."""

    __tablename__ = "contract_cancellations"
    __table_args__ = (
        tenant_fk("contract_id", "contracts"),
        Index(
            "uq_contract_cancellations_open",
            "tenant_id",
            "contract_id",
            unique=True,
            postgresql_where=text("outcome IS NULL"),
        ),
        CheckConstraint("outcome IN ('agreed', 'withdrawn')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name="closed"),
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid)
    requested_by: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Encrypted("contract.cancellation_reason"))
    outcome: Mapped[str | None] = mapped_column(String(10))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ContractConsent(TenantModel):
    """One party's consent (``seller``, ``buyer-1`` …) to a cancellation; append-only."""

    __tablename__ = "contract_consents"
    __table_args__ = (
        tenant_fk("cancellation_id", "contract_cancellations"),
        UniqueConstraint("tenant_id", "cancellation_id", "party"),
    )

    cancellation_id: Mapped[UUID] = mapped_column(Uuid)
    party: Mapped[str] = mapped_column(String(10))
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)


class ContractParameter(TenantModel):
    """A county's own dated value of a legal parameter; wins over ``parameters.NATIONAL``."""

    __tablename__ = "contract_parameters"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key", "valid_from"),
        CheckConstraint("valid_to > valid_from", name="period"),
    )

    key: Mapped[str] = mapped_column(String(40))
    value: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(300))


append_only(ContractEvent)
append_only(ContractConsent)
append_only(ContractPower)
append_only(ContractCancellation, may_change=("outcome", "closed_at"))
protect(Contract, *guards.contract_life(ALLOWED_TRANSITIONS), *guards.WHOLE_CONTRACT)
protect(ContractBuyer, *guards.BUYERS_OF_DRAFTS_ONLY)
protect(ContractPower, *guards.POWERS_BEFORE_SIGNING)
