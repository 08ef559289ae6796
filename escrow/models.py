"""Tables of the money room: supervised accounts, payment notices, bank confirmations, suspense receipts, refunds."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class AccountPurpose(StrEnum):
    """What a supervised bank account is for."""

    PRESALE = "presale"
    MAINTENANCE = "maintenance_fund"
    COLLECTION = "collection"
    """中转账户: what cases pay by one code, until it is cleared to the authorities."""


class SupervisionMode(StrEnum):
    """全额监管, or only up to the supervised quota (监管额度)."""

    FULL = "full"
    QUOTA = "quota"


class BillKind(StrEnum):
    """What a payment notice asks for."""

    DOWN_PAYMENT = "down_payment"
    MAINTENANCE_FUND = "maintenance_fund"
    MORTGAGE_LOAN = "mortgage_loan"
    """放款通知: a lender pays the loan straight into supervision; never a condition of submitting the contract."""


class LoanPart(StrEnum):
    """Which of a contract's loans (组合贷款 has both kinds)."""

    ONLY = "only"
    """The one loan of a contract whose text does not say of which kind it is."""
    COMMERCIAL = "commercial"
    """商业贷款, by a bank."""
    HOUSING_FUND = "housing_fund"
    """住房公积金贷款, by the fund centre."""


class BillState(StrEnum):
    """The life of a payment notice; ALLOWED says how it goes."""

    ISSUED = "issued"
    SENT = "sent"
    CONFIRMED = "confirmed"
    VOID = "void"
    REFUND_ORDERED = "refund_ordered"
    REFUNDED = "refunded"


UNPAID: Final = frozenset({BillState.ISSUED, BillState.SENT})
LIVE: Final = UNPAID | {BillState.CONFIRMED}
ALLOWED: Final[dict[BillState, frozenset[BillState]]] = {
    BillState.ISSUED: frozenset({BillState.SENT, BillState.CONFIRMED, BillState.VOID}),
    BillState.SENT: frozenset({BillState.CONFIRMED, BillState.VOID}),
    # Back to sent where the bank took its confirmation back (冲正): the money never was there.
    BillState.CONFIRMED: frozenset({BillState.REFUND_ORDERED, BillState.SENT}),
    BillState.REFUND_ORDERED: frozenset({BillState.REFUNDED}),
    BillState.REFUNDED: frozenset({BillState.REFUND_ORDERED}),  # 退汇: the money came back
    BillState.VOID: frozenset(),
}


class RefundState(StrEnum):
    """Waiting for money or for a person, ordered from the bank, or confirmed by it."""

    WAITING = "waiting"
    ORDERED = "ordered"
    CONFIRMED = "confirmed"


class SupervisionAccount(TenantModel):
    """A bank account whose money is guarded: one per project for presales, one per county for the maintenance fund."""

    __tablename__ = "supervision_accounts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "account_no"),
        Index(
            "uq_supervision_account_project",
            "tenant_id",
            "project_id",
            unique=True,
            postgresql_where=text("purpose = 'presale'"),
        ),
        Index(
            "uq_supervision_account_maintenance",
            "tenant_id",
            unique=True,
            postgresql_where=text("purpose = 'maintenance_fund'"),
        ),
        Index(
            "uq_supervision_account_collection",
            "tenant_id",
            unique=True,
            postgresql_where=text("purpose = 'collection'"),
        ),
        CheckConstraint("(purpose = 'presale') = (project_id IS NOT NULL)", name="presale_has_project"),
        CheckConstraint("(purpose = 'presale') = (mode IS NOT NULL)", name="presale_has_mode"),
        CheckConstraint("(mode IS NOT DISTINCT FROM 'quota') = (quota_fen IS NOT NULL)", name="quota_has_amount"),
    )

    purpose: Mapped[AccountPurpose] = mapped_column(String(20))
    project_id: Mapped[UUID | None] = mapped_column(Uuid)
    account_no: Mapped[str] = mapped_column(String(32))
    account_name: Mapped[str] = mapped_column(String(120))
    bank_code: Mapped[str] = mapped_column(String(20))
    bank_name: Mapped[str] = mapped_column(String(120))
    agreement_no: Mapped[str | None] = mapped_column(String(60))
    """The three-party supervision agreement (监管协议)."""
    mode: Mapped[SupervisionMode | None] = mapped_column(String(8))
    quota_fen: Mapped[int | None] = mapped_column(BigInteger)


class MaintenanceFundRate(TenantModel):
    """What the county collects per ㎡ from a date on. The latest row not after the day of sale applies.

    `demonstration` rows are invented for demo data and tests; payment notices made from them say so.
    """

    __tablename__ = "maintenance_fund_rates"
    __table_args__ = (
        UniqueConstraint("tenant_id", "usage_class", "with_lift", "valid_from"),
        CheckConstraint("fen_per_sqm >= 0", name="not_negative"),
    )

    usage_class: Mapped[str] = mapped_column(String(20))
    with_lift: Mapped[bool] = mapped_column(Boolean)
    fen_per_sqm: Mapped[int] = mapped_column(BigInteger)
    """Fen per ㎡ of building area; 0 says that this usage pays nothing."""
    valid_from: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(200))
    demonstration: Mapped[bool] = mapped_column(Boolean, default=False)


class Bill(TenantModel):
    """A payment notice (缴款通知书). It keeps the account that it named: later changes never move a sent notice."""

    __tablename__ = "bills"
    __table_args__ = (
        UniqueConstraint("tenant_id", "notice_no"),
        Index(
            "uq_live_bill",
            "tenant_id",
            "contract_id",
            "kind",
            "loan_part",
            unique=True,
            postgresql_where=text("state IN ('issued', 'sent', 'confirmed')"),
        ),
        Index(
            "uq_live_case_bill",
            "tenant_id",
            "case_id",
            "unit_id",
            "kind",
            unique=True,
            postgresql_where=text("case_id IS NOT NULL AND state IN ('issued', 'sent', 'confirmed')"),
        ),
        Index(
            "ix_bill_case_open",
            "tenant_id",
            "id",
            postgresql_where=text("case_id IS NOT NULL AND state IN ('issued', 'sent')"),
        ),
        Index("ix_bill_contract", "tenant_id", "contract_id"),
        Index("ix_bill_project", "tenant_id", "project_id", "id"),
        Index("ix_bill_fund", "tenant_id", "unit_id", postgresql_where=text("kind = 'maintenance_fund'")),
        CheckConstraint("amount_fen > 0", name="asks_for_money"),
        CheckConstraint("(kind = 'mortgage_loan') = (loan_part <> '')", name="loan_notice_says_which"),
        CheckConstraint("(contract_id IS NULL) <> (case_id IS NULL)", name="of_contract_or_case"),
        CheckConstraint("(contract_id IS NULL) = (project_id IS NULL)", name="contract_has_project"),
        CheckConstraint("(case_id IS NULL) = (paid_from IS NULL)", name="case_is_paid_by_us"),
        CheckConstraint("case_id IS NULL OR kind = 'maintenance_fund'", name="case_owes_its_fund"),
    )

    notice_no: Mapped[str] = mapped_column(String(20))
    kind: Mapped[BillKind] = mapped_column(String(20))
    loan_part: Mapped[LoanPart | Literal[""]] = mapped_column(String(12), default="")
    """Which loan is to be paid; empty in any other notice."""
    contract_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The sale that owes it; NULL on the notice of a registration case."""
    project_id: Mapped[UUID | None] = mapped_column(Uuid)
    case_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The registration case whose one-code bill brought the money: we pay this notice ourselves, nobody else does."""
    paid_from: Mapped[str | None] = mapped_column(String(32))
    """The intermediate account out of which a case's notice is paid."""
    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    payer: Mapped[str] = mapped_column(Encrypted("bill.payer"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    basis: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """How the amount came about, for the notice and the auditor (rate, area, source); empty for a down payment."""
    account_no: Mapped[str] = mapped_column(String(32))
    account_name: Mapped[str] = mapped_column(String(120))
    bank_code: Mapped[str] = mapped_column(String(20))
    bank_name: Mapped[str] = mapped_column(String(120))
    issued_on: Mapped[date] = mapped_column(Date)
    state: Mapped[BillState] = mapped_column(String(16), default=BillState.ISSUED)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BankConfirmation(TenantModel):
    """A bank's signed word that money came in (缴款确认凭证), kept whether or not we could match it.

    Unique by event and by the bank's own serial, so that a repeated callback never books twice.
    """

    __tablename__ = "bank_confirmations"
    __table_args__ = (
        Index(
            "uq_bank_confirmation_event", "tenant_id", "event_id", unique=True,
            postgresql_where=text("reversed_by IS NULL"),
        ),
        Index(
            "uq_bank_confirmation_serial", "tenant_id", "account_no", "bank_serial", unique=True,
            postgresql_where=text("reversed_by IS NULL"),
        ),
        tenant_fk("bill_id", "bills"),
        tenant_fk("transfer_id", "ledger_transfers"),
        tenant_fk("reversed_by", "ledger_transfers"),
        Index("ix_bank_confirmation_bill", "tenant_id", "bill_id"),
        CheckConstraint("amount_fen > 0", name="brings_money"),
    )  # fmt: skip

    event_id: Mapped[str] = mapped_column(String(80))
    notice_no: Mapped[str] = mapped_column(String(40))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bank_serial: Mapped[str] = mapped_column(String(80))
    account_no: Mapped[str] = mapped_column(String(40))
    evidence_digest: Mapped[str] = mapped_column(String(64))
    bill_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The notice it paid; NULL while the money lies in suspense."""
    transfer_id: Mapped[UUID] = mapped_column(Uuid)
    reversed_by: Mapped[UUID | None] = mapped_column(Uuid)
    """The transfer that took it back (冲正): the money never came. Told anew, it is booked anew."""


class SuspenseState(StrEnum):
    """The life of money that could not be matched: it waits, and then goes one way only."""

    WAITING = "waiting"
    MATCHED = "matched"
    RETURNING = "returning"
    RETURNED = "returned"
    REVERSED = "reversed"


class SuspenseReceipt(TenantModel):
    """Money that came in and could not be matched (不明入账), with the reason; the finance clerk finds its owner.

    Who resolved it signed with name and words. `payer…` is what the bank told of him, where it did.
    """

    __tablename__ = "suspense_receipts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "confirmation_id"),
        tenant_fk("confirmation_id", "bank_confirmations"),
        tenant_fk("bill_id", "bills"),
        tenant_fk("order_id", "payment_orders"),
        Index("ix_suspense_receipt_waiting", "tenant_id", "id", postgresql_where=text("state = 'waiting'")),
        CheckConstraint("state = 'waiting' OR resolved_at IS NOT NULL", name="resolved_by_name"),
    )

    confirmation_id: Mapped[UUID] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(30))
    words: Mapped[str] = mapped_column(Text)
    payer: Mapped[str | None] = mapped_column(Encrypted("suspense_receipt.payer"))
    payer_account: Mapped[str | None] = mapped_column(Encrypted("suspense_receipt.payer_account"))
    payer_bank: Mapped[str | None] = mapped_column(String(160))
    state: Mapped[SuspenseState] = mapped_column(
        String(10), default=SuspenseState.WAITING, server_default=text("'waiting'")
    )
    bill_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The notice that it was found to pay."""
    order_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The latest order that returns it to its payer."""
    returns: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Orders given so far; a refused one may be given anew, to another account."""
    resolved_by: Mapped[str | None] = mapped_column(String(80))
    resolved_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    resolved_words: Mapped[str | None] = mapped_column(Text)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Refund(TenantModel):
    """An order to the bank to pay a buyer back after cancellation (退款通知)."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("tenant_id", "refund_no"),
        UniqueConstraint("tenant_id", "bill_id"),
        UniqueConstraint("tenant_id", "event_id"),
        tenant_fk("bill_id", "bills"),
        Index("ix_refund_contract", "tenant_id", "contract_id"),
        Index("ix_refund_waiting", "tenant_id", "id", postgresql_where=text("state = 'waiting'")),
        CheckConstraint("amount_fen > 0", name="returns_money"),
        CheckConstraint("from_quota_fen BETWEEN 0 AND amount_fen", name="quota_is_a_part"),
    )

    refund_no: Mapped[str] = mapped_column(String(20))
    bill_id: Mapped[UUID] = mapped_column(Uuid)
    contract_id: Mapped[UUID] = mapped_column(Uuid)
    payee: Mapped[str] = mapped_column(Encrypted("refund.payee"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    account_no: Mapped[str] = mapped_column(String(32))
    """The supervised account that pays."""
    reason: Mapped[str] = mapped_column(Text)
    verified: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """On what the cancellation was verified (合同注销核实); money inside the quota leaves on nothing less."""
    from_quota_fen: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """How much of it lay inside the supervised quota when it was set aside."""
    waiting_because: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Payment orders given so far; a loan's return is ordered anew after the bank refused it."""
    payment_order_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The latest order, for money that does not go back by its original route: a loan."""
    state: Mapped[RefundState] = mapped_column(String(12), default=RefundState.ORDERED)
    event_id: Mapped[str | None] = mapped_column(String(80))
    bank_serial: Mapped[str | None] = mapped_column(String(80))
    evidence_digest: Mapped[str | None] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


append_only(SupervisionAccount)
append_only(MaintenanceFundRate)
append_only(Bill, may_change=("state", "sent_at", "confirmed_at"))
append_only(BankConfirmation, may_change=("bill_id", "reversed_by"))
append_only(
    SuspenseReceipt,
    may_change=(
        "state", "bill_id", "order_id", "returns", "resolved_by", "resolved_by_id", "resolved_words", "resolved_at",
    ),
)  # fmt: skip
append_only(
    Refund,
    may_change=(
        "state", "verified", "from_quota_fen", "waiting_because", "attempts", "payment_order_id", "event_id",
        "bank_serial", "evidence_digest", "confirmed_at",
    ),
)  # fmt: skip
