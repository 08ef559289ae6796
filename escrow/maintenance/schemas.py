"""Values at the edges of the maintenance fund. Money is integer fen (分), area Decimal ㎡."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct


class FundUnit(Struct, frozen=True, kw_only=True):
    """A unit as the fund needs to know it."""

    unit_id: UUID
    unit_code: str
    usage: str
    area: Decimal
    has_lift: bool


class EarlierPayment(Struct, frozen=True, kw_only=True):
    """What a paper receipt says."""

    unit_id: UUID
    unit_code: str
    amount_fen: int
    paid_on: date
    receipt_no: str


class Payment(Struct, frozen=True, kw_only=True):
    """One payment into a unit's fund, through Yiti or before it."""

    amount_fen: int
    paid_on: date
    reference: str
    """Number of the payment notice, or of the paper receipt."""
    bill_id: UUID | None
    opening_id: UUID | None
    paid_at: datetime | None


class Due(Struct, frozen=True, kw_only=True):
    """What a unit still owes, as a line of a bill says it and as its payment notice keeps it."""

    unit_id: UUID
    unit_code: str
    amount_fen: int
    words: str
    """Rate × area, what was paid before, and the source of the rate."""
    basis: dict[str, object]


class UnitFund(Struct, frozen=True, kw_only=True):
    """What is known of a unit's fund."""

    unit_id: UUID
    paid_fen: int
    balance_fen: int
    billed_fen: int
    """Asked for by a sale's notices that are not paid yet."""
    coming_fen: int = 0
    """Paid by one code for a case that is booked, and on its way to the fund's account."""
    first_fen: int
    """The first payment, by which 首期缴存额 is measured."""
    first_on: date | None
