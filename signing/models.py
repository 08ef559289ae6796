"""Tables of ceremonies, evidence and seals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class Ceremony(TenantModel):
    """All documents of one subject and all who sign them. Locking its row orders everything that happens in it."""

    __tablename__ = "signing_ceremonies"
    __table_args__ = (
        Index(
            "uq_signing_ceremonies_open",
            "tenant_id",
            "subject",
            unique=True,
            postgresql_where=text("status IN ('open', 'completed')"),
        ),
    )

    subject: Mapped[str] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(20), default="open")
    last_key: Mapped[str] = mapped_column(String(40))
    """Who signs last; empty where people sign in any order."""
    events: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From then on nobody signs any more; None: opened before ceremonies had an end."""
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it ended without all signatures: status `declined`, `expired` or `cancelled`."""
    ended_by: Mapped[str] = mapped_column(String(40), default="")
    """The key of who declined."""
    reason: Mapped[str | None] = mapped_column(Encrypted("ceremony.reason"))
    """In the words of who declined or cancelled."""


class CeremonyDocument(TenantModel):
    """A document and its newest revision. `revision` counts what was stored and guards each step (compare-and-set)."""

    __tablename__ = "signing_documents"
    __table_args__ = (
        tenant_fk("ceremony_id", "signing_ceremonies"),
        UniqueConstraint("tenant_id", "ceremony_id", "key"),
    )

    ceremony_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(120))
    position: Mapped[int]
    pages: Mapped[int] = mapped_column(default=0)
    """0: opened before pages were counted; nothing is known of what was shown."""
    fields: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    original_digest: Mapped[str] = mapped_column(String(64))
    prepared_digest: Mapped[str | None] = mapped_column(String(64))
    current_digest: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=0)


class CeremonySignatory(TenantModel):
    """One who signs. Status: waiting → identifying → identified → consented → signed; or declined."""

    __tablename__ = "signatories"
    __table_args__ = (
        tenant_fk("ceremony_id", "signing_ceremonies"),
        UniqueConstraint("tenant_id", "ceremony_id", "key"),
        Index(
            "uq_signatories_token",
            "tenant_id",
            "token_hash",
            unique=True,
            postgresql_where=text("token_hash IS NOT NULL"),
        ),
        Index("ix_signatories_lapsed", "tenant_id", "lapsed_hash", postgresql_where=text("lapsed_hash IS NOT NULL")),
    )

    ceremony_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    turn: Mapped[int] = mapped_column(default=0)
    """Those of one turn sign side by side, after everybody of the earlier turns."""
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Encrypted("signatory.name"))
    id_kind: Mapped[str] = mapped_column(String(20))
    id_no: Mapped[str] = mapped_column(Encrypted("signatory.id_no"))
    phone: Mapped[str | None] = mapped_column(Encrypted("signatory.phone"))
    organisation: Mapped[str | None] = mapped_column(String(200))
    credit_code: Mapped[str | None] = mapped_column(String(18))
    status: Mapped[str] = mapped_column(String(20), default="waiting")
    token: Mapped[str | None] = mapped_column(Encrypted("signatory.token"))
    """The link that is out, so that SMS, QR code and a repeated job show the same one."""
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    token_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lapsed_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """The link before, where it had grown too old: it still serves to ask for the new one."""
    invited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last message with the link was ordered."""
    identity_reference: Mapped[str | None] = mapped_column(String(120))
    identified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handwriting: Mapped[str | None] = mapped_column(Encrypted("signatory.handwriting"))
    """Base64 of the mask PNG, from consent until the signatures are applied; then it is in the documents only."""
    seal_key: Mapped[str | None] = mapped_column(String(120))
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StoredAssertion(TenantModel):
    """An identity assertion that was accepted; its reference can be used once."""

    __tablename__ = "identity_assertions"
    __table_args__ = (
        tenant_fk("signatory_id", "signatories"),
        UniqueConstraint("tenant_id", "provider", "reference"),
    )

    signatory_id: Mapped[UUID]
    reference: Mapped[str] = mapped_column(String(120))
    provider: Mapped[str] = mapped_column(String(80))
    method: Mapped[str] = mapped_column(String(80))
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64))


class DeskVisit(TenantModel):
    """One opening of the signing desk by an identified signer, and what its browser says it showed."""

    __tablename__ = "signing_visits"
    __table_args__ = (
        tenant_fk("signatory_id", "signatories"),
        UniqueConstraint("tenant_id", "signatory_id", "visit"),
    )

    signatory_id: Mapped[UUID]
    visit: Mapped[str] = mapped_column(String(40))
    """Made by the browser."""
    shown: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """By document: milliseconds by page, first and last report (see `signing.reading.Shown`)."""
    client: Mapped[str] = mapped_column(Encrypted("signing_visit.client"))
    """`ClientInfo` as JSON."""


class AppliedSignature(TenantModel):
    """A signature in a stored revision of a document; a field is signed once."""

    __tablename__ = "signatures"
    __table_args__ = (
        tenant_fk("document_id", "signing_documents"),
        UniqueConstraint("tenant_id", "document_id", "field"),
    )

    document_id: Mapped[UUID]
    signatory_id: Mapped[UUID | None]
    """None: the platform's own closing signature."""
    field: Mapped[str] = mapped_column(String(60))
    revision: Mapped[int]
    serial: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(Encrypted("signature.subject"))
    certificate_digest: Mapped[str] = mapped_column(String(64))
    document_digest: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EvidenceEvent(TenantModel):
    """One link of a ceremony's evidence chain: `digest` is over `previous` and the body (canonical JSON)."""

    __tablename__ = "evidence_events"
    __table_args__ = (
        tenant_fk("ceremony_id", "signing_ceremonies"),
        UniqueConstraint("tenant_id", "ceremony_id", "sequence"),
    )

    ceremony_id: Mapped[UUID]
    sequence: Mapped[int]
    body: Mapped[str] = mapped_column(Encrypted("evidence.body"))
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class EvidenceFile(TenantModel):
    """The sealed evidence report (签署证据报告) of a completed ceremony, in the blob store."""

    __tablename__ = "evidence_files"
    __table_args__ = (
        tenant_fk("ceremony_id", "signing_ceremonies"),
        UniqueConstraint("tenant_id", "ceremony_id"),
        Index("ix_evidence_files_pdf", "tenant_id", "pdf_digest"),
    )

    ceremony_id: Mapped[UUID]
    content_digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the machine-readable chain (JSON), which is attached to the PDF."""
    pdf_digest: Mapped[str] = mapped_column(String(64))
    chain_digest: Mapped[str] = mapped_column(String(64))
    """Of the last link."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrganisationSeal(TenantModel):
    """An organisation's e-seal. The key itself lies in the PKI under `key`. Status: active, suspended or revoked."""

    __tablename__ = "organisation_seals"
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)

    key: Mapped[str] = mapped_column(String(120))
    organisation_id: Mapped[UUID | None]
    organisation: Mapped[str] = mapped_column(String(200))
    credit_code: Mapped[str] = mapped_column(String(18))
    document_kinds: Mapped[list[str]] = mapped_column(JSONB)
    """What it was issued for; its policy may allow less."""
    serial: Mapped[str] = mapped_column(String(48))
    status: Mapped[str] = mapped_column(String(20), default="active")


class SealPolicy(TenantModel):
    """A version of a seal's use policy (用印规则), in force from `created_at` until the next one."""

    __tablename__ = "seal_policies"
    __table_args__ = (
        tenant_fk("seal_id", "organisation_seals"),
        UniqueConstraint("tenant_id", "seal_id", "version"),
        CheckConstraint("daily_limit > 0", name="limit_is_positive"),
    )

    seal_id: Mapped[UUID]
    version: Mapped[int]
    roles: Mapped[list[str]] = mapped_column(JSONB)
    users: Mapped[list[str]] = mapped_column(JSONB)
    document_kinds: Mapped[list[str]] = mapped_column(JSONB)
    daily_limit: Mapped[int | None]
    four_eyes: Mapped[list[str]] = mapped_column(JSONB)
    changed_by: Mapped[UUID | None]


class SealRequest(TenantModel):
    """Somebody asks for the seal, another approves. Status: waiting → approved → used; or refused,
    replaced, withdrawn."""

    __tablename__ = "seal_requests"
    __table_args__ = (
        tenant_fk("seal_id", "organisation_seals"),
        CheckConstraint("decided_by <> requested_by", name="by_another"),
        Index(
            "uq_seal_requests_open",
            "tenant_id",
            "seal_id",
            "subject",
            unique=True,
            postgresql_where=text("status IN ('waiting', 'approved')"),
        ),
        Index("ix_seal_requests_waiting", "tenant_id", "seal_id", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_seal_requests_subject", "tenant_id", "seal_id", "subject"),
    )

    seal_id: Mapped[UUID]
    subject: Mapped[str] = mapped_column(String(120))
    documents: Mapped[dict[str, str]] = mapped_column(JSONB)
    """Kind to digest: an approval is for exactly these."""
    requested_by: Mapped[UUID]
    status: Mapped[str] = mapped_column(String(20))
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Encrypted("seal_request.reason"), default="")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SealUse(TenantModel):
    """Who used a seal on what, or was refused (用印记录). Rows of one ceremony or paper share `use_id`."""

    __tablename__ = "seal_uses"
    __table_args__ = (
        tenant_fk("seal_id", "organisation_seals"),
        Index("ix_seal_uses_log", "tenant_id", "seal_id", "id"),
        Index("ix_seal_uses_day", "tenant_id", "seal_id", "created_at"),
    )

    seal_id: Mapped[UUID]
    use_id: Mapped[UUID]
    document_kind: Mapped[str] = mapped_column(String(40))
    document_digest: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(120))
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(20))
    approved_by: Mapped[UUID | None]


append_only(StoredAssertion)
append_only(AppliedSignature)
append_only(EvidenceEvent)
append_only(EvidenceFile)
append_only(SealUse)
append_only(SealPolicy)
append_only(SealRequest, may_change=("status", "decided_by", "decided_at", "reason", "expires_at"))
