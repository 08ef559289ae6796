"""Values that cross the edge of the contracts engine.

Money is integer 分, area ``Decimal`` ㎡ with two digits, a share an exact ``Fraction`` ("1/3" in JSON).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

T = TypeVar("T")

BuyerKind = Literal["person", "company"]
IdKind = Literal["resident_id", "credit_code"]
Ownership = Literal["sole", "joint", "fractional"]
InstalmentKind = Literal["down_payment", "instalment", "loan", "fund_loan"]
Status = Literal["draft", "frozen", "signing", "filed", "cancelled", "abandoned"]
Level = Literal["block", "warn"]
PowerKind = Literal["notarised", "on_site"]
Act = Literal["sign_contract", "apply_notice", "cancel_contract"]

MAX_BUYERS = 10


class Home(Struct, frozen=True, kw_only=True):
    """The unit being sold, as estate and register know it on the day of the draft."""

    unit_id: UUID
    unit_code: str
    project_id: UUID
    project_name: str
    building_name: str
    floor: str
    room: str
    location: str
    usage: str
    structure: str
    floors_total: int
    building_area: Decimal
    inner_area: Decimal
    shared_area: Decimal
    land_use_right_no: str
    land_term: str
    planning_permit_no: str
    construction_permit_no: str
    presale_permit_no: str
    presale_permit_date: date
    mortgaged: bool
    has_lift: bool
    planned_handover: date


class Seller(Struct, frozen=True, kw_only=True):
    """The developer (出卖人) with the supervision account (监管账户) of the project."""

    organisation_id: UUID
    name: str
    credit_code: str
    legal_representative: str
    address: str
    phone: str
    supervision_bank: str
    supervision_account: str


class Buyer(Struct, frozen=True, kw_only=True):
    """One buyer (买受人). Where there is a representative, that person is identified and signs: whoever acts for a
    company, a minor's guardian, or an adult's agent by power of attorney (委托代理人, ``by_power``).
    """

    kind: BuyerKind
    name: str
    id_kind: IdKind
    id_no: str
    phone: str
    address: str
    share: Fraction | None = None
    representative_name: str | None = None
    representative_id_no: str | None = None
    representative_phone: str | None = None
    """Of an agent, who gets the link instead of the buyer; others are reached by the buyer's own number."""
    by_power: bool = False

    @property
    def represented_as(self) -> str:
        """What the representative is called on paper."""
        if self.kind == "company":
            return "签署代表"
        return "委托代理人" if self.by_power else "监护人"

    @property
    def signatory_name(self) -> str:
        """Name of the natural person who signs for this buyer."""
        return self.representative_name or self.name

    @property
    def signatory_id_no(self) -> str:
        """Resident ID number of the natural person who signs for this buyer."""
        return self.representative_id_no or self.id_no

    @property
    def signatory_phone(self) -> str:
        """Where the signing link goes."""
        return self.representative_phone or self.phone


class Power(Struct, frozen=True, kw_only=True):
    """A power of attorney (授权委托书) as it was recorded, with its copy in the blob store."""

    kind: PowerKind
    certified_by: str
    """The notary office (公证机构), or the registration agency before which it was signed (现场委托)."""
    number: str
    """Of the notarial deed (公证书编号); empty for one signed on site."""
    signed_on: date
    valid_until: date
    """The last day on which it may be used."""
    acts: tuple[Act, ...]
    file_name: str
    digest: str
    """Of the uploaded file, as it came."""
    pdf_digest: str
    """The same as PDF, to be shown; the upload itself where that was a PDF."""


class Instalment(Struct, frozen=True, kw_only=True):
    """One line of the payment plan."""

    due: date
    amount_fen: int
    kind: InstalmentKind


class FrozenContract(Struct, frozen=True, kw_only=True):
    """Everything that makes the contract's text. ``frozen_on`` is None for a draft, which may still have gaps."""

    contract_id: UUID
    template: str
    template_version: str
    home: Home
    seller: Seller
    ownership: Ownership | None
    buyers: tuple[Buyer, ...]
    price_fen: int | None
    instalments: tuple[Instalment, ...]
    blanks: dict[str, str]
    frozen_on: date | None


class Finding(Struct, frozen=True):
    """What a rule says about a draft. ``block`` stops the freeze; ``warn`` sends the case to a person later."""

    code: str
    message: str
    field: str
    legal_basis: str
    level: Level = "block"


class ContractState(Struct, frozen=True, kw_only=True):
    """Enough of an open contract to colour a cell of the building table; no personal data."""

    contract_id: UUID
    unit_id: UUID
    status: Status
    filing_no: str | None


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


def _typed(kind: type, value: Any) -> Any:
    if kind is Fraction:
        return Fraction(str(value))
    raise NotImplementedError(f"{kind.__name__} has no JSON form")


def to_json(value: Any) -> str:
    """Deterministic JSON: the same value always gives the same text, so that its SHA-256 is evidence."""
    return msgspec.json.encode(value, enc_hook=_plain, order="deterministic").decode()


def from_json(text: str, kind: type[T]) -> T:
    """The opposite of ``to_json``; raises ``msgspec.ValidationError`` on a text of another shape."""
    return msgspec.json.decode(text.encode(), type=kind, dec_hook=_typed)
