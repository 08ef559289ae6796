"""Facts that make a proof, and the frozen content that is printed."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from msgspec import Struct

from yiti.register.kinds import Sharing


class Party(Struct, frozen=True, kw_only=True):
    """A right holder (权利人) or obligor (义务人), as booked."""

    name: str
    id_kind: str
    id_number: str
    share: Fraction | None = None


class NoticeFacts(Struct, frozen=True, kw_only=True):
    """What the booking of a presale notice (预告登记) tells its proof. `building_area` in ㎡, `price_fen` in 分."""

    entry_id: UUID
    case_id: UUID
    case_number: str
    unit_id: UUID
    unit_code: str
    location: str
    usage: str
    building_area: Decimal
    holders: tuple[Party, ...]
    obligors: tuple[Party, ...]
    sharing: Sharing
    price_fen: int
    filing_number: str
    booked_on: date


class Issuer(Struct, frozen=True, kw_only=True):
    """The county whose registration agency issues the proof, and where the public verifies it."""

    county_code: str
    county_name: str
    province: str
    agency_name: str
    agency_code: str
    public_url: str


class HolderLine(Struct, frozen=True, kw_only=True):
    """A party as frozen: the share as text such as `1/3`."""

    name: str
    id_kind: str
    id_number: str
    share: str | None = None


class ProofContent(Struct, frozen=True, kw_only=True):
    """Everything a proof says, frozen at booking. With `template` it makes the same page for ever."""

    template: str
    number: str
    licence_id: str
    item: str
    holders: tuple[HolderLine, ...]
    obligors: tuple[HolderLine, ...]
    sharing: str
    location: str
    unit_code: str
    others: tuple[str, ...]
    remarks: tuple[str, ...]
    usage: str
    building_area: str
    price_fen: int
    filing_number: str
    case_number: str
    county_code: str
    agency_name: str
    agency_code: str
    booked_on: date
    frozen_at: datetime
    verify_url: str
