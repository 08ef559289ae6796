"""Values at the edge of the drawdown room. Money is integer fen (分)."""

from msgspec import Struct

from escrow.agreements.rules import Node
from escrow.drawdowns.models import DrawdownUse


class Ask(Struct, frozen=True, kw_only=True):
    """What a developer asks for."""

    node: str
    amount_fen: int
    use: DrawdownUse
    purpose: str
    reference: str
    payee_name: str
    payee_account: str
    payee_bank_code: str
    payee_bank_name: str


class StoredFile(Struct, frozen=True, kw_only=True):
    """An uploaded file that was looked into and lies in the blob store."""

    file_name: str
    media_type: str
    digest: str
    size: int


class FundFacts(Struct, frozen=True, kw_only=True):
    """A project's supervised money at one moment, as decisions about it see it."""

    account_no: str
    agreed: bool
    """Whether there are terms in force."""
    quota_fen: int | None
    """None under full supervision: all of the money is within."""
    nodes: tuple[Node, ...]
    received_fen: int
    """What buyers and lenders paid in, without what went or goes back to them."""
    drawn_fen: int
    ordered_fen: int
    """Approved, and not yet paid by the bank."""
    balance_fen: int
    owed_fen: int
    """Refunds that wait to be set aside from the account (`escrow.refund_queue`): they come before every drawdown."""
    available_fen: int
    """The balance without what is owed or held: ordered, or frozen by a court."""
    frozen_fen: int
    differences: int
    """Open differences with the bank's statements."""
    released: bool
    registered: bool
    """Whether every home of the permits has had its first registration."""
    established: frozenset[str]
    """Nodes whose evidence has been approved before."""
