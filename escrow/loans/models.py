"""Tables of loans: one, or two of different kinds, a contract; and the county's own conditions of release."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from escrow.models import LoanPart
from kernel.db import TenantModel, append_only, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class LenderKind(StrEnum):
    """Who lends: a bank (商业贷款), or the housing fund centre (公积金贷款)."""

    BANK = "bank"
    FUND_CENTRE = "fund_centre"


class Loan(TenantModel):
    """One lender's part of a filed contract's price. Its money is its notice (`bill_id`), so it is never told twice."""

    __tablename__ = "loans"
    __table_args__ = (
        UniqueConstraint("tenant_id", "contract_id", "part"),
        UniqueConstraint("tenant_id", "bill_id"),
        tenant_fk("bill_id", "bills"),
        Index("ix_loan_lender", "tenant_id", "lender_id", "id"),
        Index("ix_loan_unit", "tenant_id", "unit_id"),
        CheckConstraint("amount_fen > 0", name="lends_money"),
        CheckConstraint(
            "part = 'only' OR lender_kind IS NULL OR (part = 'housing_fund') = (lender_kind = 'fund_centre')",
            name="lender_fits",
        ),
        CheckConstraint("(lender_id IS NULL) = (lender_kind IS NULL)", name="lender_is_known_or_not"),
        CheckConstraint("bill_id IS NULL OR lender_id IS NOT NULL", name="notice_names_its_lender"),
        CheckConstraint("(return_account_no IS NULL) = (reference IS NULL)", name="reported_with_account"),
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid)
    part: Mapped[LoanPart] = mapped_column(String(12))
    project_id: Mapped[UUID] = mapped_column(Uuid)
    unit_id: Mapped[UUID] = mapped_column(Uuid)
    unit_code: Mapped[str] = mapped_column(String(28))
    location: Mapped[str] = mapped_column(Text)
    filing_no: Mapped[str] = mapped_column(String(40))
    borrowers: Mapped[str] = mapped_column(Encrypted("loan.borrowers"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    lender_words: Mapped[str] = mapped_column(String(200))
    """The lender as the contract's payment plan names it (贷款机构)."""
    lender_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The organisation that sees and pays it; NULL until somebody has said which one the words mean."""
    lender_kind: Mapped[LenderKind | None] = mapped_column(String(12))
    lender_name: Mapped[str] = mapped_column(String(120), default="")
    bill_id: Mapped[UUID | None] = mapped_column(Uuid)
    released_by: Mapped[str] = mapped_column(String(200), default="")
    """Under which conditions the notice was issued: their first day and source."""
    reference: Mapped[str | None] = mapped_column(String(80))
    """The lender's own number of the disbursal (放款凭证号)."""
    return_account_no: Mapped[str | None] = mapped_column(Encrypted("loan.return_account"))
    """Where the money would go back to (贷款回款账户)."""
    return_account_name: Mapped[str] = mapped_column(String(120), default="")
    return_bank_code: Mapped[str] = mapped_column(String(20), default="")
    return_bank_name: Mapped[str] = mapped_column(String(120), default="")
    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_because: Mapped[str | None] = mapped_column(Text)
    """Why it is not to be paid any more: its contract is cancelled."""


class LoanReleaseRule(TenantModel):
    """The county's own conditions of release from a day on; they win over the nation's of the same day."""

    __tablename__ = "loan_release_rules"
    __table_args__ = (UniqueConstraint("tenant_id", "valid_from"),)

    valid_from: Mapped[date] = mapped_column(Date)
    conditions: Mapped[list[str]] = mapped_column(JSONB)
    earlier_permits_keep: Mapped[bool] = mapped_column(Boolean)
    """Whether projects with a planning permit from before that day keep the conditions that held then."""
    source: Mapped[str] = mapped_column(String(200))


append_only(
    Loan,
    may_change=(
        "lender_id", "lender_kind", "lender_name", "bill_id", "released_by", "reference", "return_account_no",
        "return_account_name", "return_bank_code", "return_bank_name", "reported_at", "closed_because",
    ),
)  # fmt: skip
append_only(LoanReleaseRule)
