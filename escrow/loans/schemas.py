"""Values at the edges of loans."""

from uuid import UUID

from msgspec import Struct

from escrow.loans.models import LenderKind, Loan
from escrow.loans.rules import Standing
from escrow.models import Bill, LoanPart


class Lender(Struct, frozen=True, kw_only=True):
    """An organisation that lends."""

    organisation_id: UUID
    kind: LenderKind
    name: str


class NewLoan(Struct, frozen=True, kw_only=True):
    """One loan of a filed contract."""

    contract_id: UUID
    part: LoanPart
    project_id: UUID
    unit_id: UUID
    unit_code: str
    location: str
    filing_no: str
    borrowers: str
    amount_fen: int
    lender_words: str
    lender: Lender | None


class Disbursal(Struct, frozen=True, kw_only=True):
    """What the lender says of its payment: its own number of it, and where the money would go back to."""

    reference: str
    account_no: str
    account_name: str
    bank_code: str
    bank_name: str


class LoanLine(Struct, frozen=True, kw_only=True):
    """A loan with its notice."""

    loan: Loan
    bill: Bill | None
    standing: Standing
