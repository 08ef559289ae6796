"""The loans of a payment plan: one, or a commercial and a housing-fund loan together (组合贷款). Pure."""

from typing import Final

from msgspec import Struct

from contracts.registry import template_of
from contracts.schemas import FrozenContract, Instalment, InstalmentKind

LENDERS: Final[dict[InstalmentKind, str]] = {"loan": "loan_bank", "fund_loan": "fund_centre"}
"""The kinds of line that a lender pays, each with the blank that names the lender."""


class LoanPart(Struct, frozen=True, kw_only=True):
    """What one lender is to pay."""

    kind: InstalmentKind | None
    """None where the contract's text does not say which of the two it is (version 1)."""
    lender_words: str
    amount_fen: int


def lent_fen(plan: tuple[Instalment, ...], kind: InstalmentKind) -> int:
    """Fen that a lender of this kind pays; lines of the same kind are one loan."""
    return sum(line.amount_fen for line in plan if line.kind == kind)


def loans_of(contract: FrozenContract) -> tuple[LoanPart, ...]:
    """The loans of the plan."""
    told_apart = "fund_loan" in template_of(contract.template, contract.template_version).instalments
    return tuple(
        LoanPart(
            kind=kind if told_apart else None,
            lender_words=contract.blanks.get(blank, "").strip(),
            amount_fen=lent_fen(contract.instalments, kind),
        )
        for kind, blank in LENDERS.items()
        if any(line.kind == kind for line in contract.instalments)
    )
