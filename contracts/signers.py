"""Who signs a contract on the buyers' side: every person once, whomever they sign for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from contracts.party_rules import canonical_id
from contracts.schemas import Buyer


class Signer(Struct, frozen=True, kw_only=True):
    """One person. Their place in each document is ``sign-<key>``."""

    key: str
    """``buyer-N`` of the first buyer for whom they sign."""
    places: tuple[int, ...]
    """The buyers for whom they sign, from 1."""
    name: str
    id_no: str
    phone: str
    organisation: str | None = None
    """The company for which they sign; none where they sign for somebody else as well."""
    credit_code: str | None = None


def signers_of(buyers: Sequence[Buyer]) -> tuple[Signer, ...]:
    """In the order of the buyers. One who buys and represents a co-buyer signs once, as does a common agent."""
    places: dict[str, list[int]] = {}
    for place, buyer in enumerate(buyers, start=1):
        # A draft may lack numbers; whom nobody can tell apart are not one person for that.
        number = canonical_id(buyer.signatory_id_no) or f"{place}"
        places.setdefault(number, []).append(place)
    return tuple(_signer(buyers, theirs) for theirs in places.values())


def _signer(buyers: Sequence[Buyer], places: Sequence[int]) -> Signer:
    first = buyers[places[0] - 1]
    company = first if len(places) == 1 and first.kind == "company" else None
    return Signer(
        key=f"buyer-{places[0]}",
        places=tuple(places),
        name=first.signatory_name,
        id_no=first.signatory_id_no,
        phone=first.signatory_phone,
        organisation=company.name if company else None,
        credit_code=company.id_no if company else None,
    )
