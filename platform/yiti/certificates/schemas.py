"""Facts that make a certificate or proof, and the frozen content that is printed."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal
from uuid import UUID

from msgspec import Struct

from yiti.register.details import Details
from yiti.register.kinds import EntryKind, RegistrationType, Sharing


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


class Printed(Struct, frozen=True, kw_only=True):
    """What every certificate and proof says, frozen at booking. With `template` it makes the same page for ever."""

    template: str
    number: str
    licence_id: str
    item: str
    """权利类型 of a certificate, 证明权利或事项 of a proof."""
    holders: tuple[HolderLine, ...]
    obligors: tuple[HolderLine, ...]
    sharing: str
    location: str
    unit_code: str
    others: tuple[str, ...]
    """权利其他状况 of a certificate, 其他 of a proof."""
    remarks: tuple[str, ...]
    case_number: str
    county_code: str
    agency_name: str
    agency_code: str
    booked_on: date
    frozen_at: datetime
    verify_url: str


class ProofContent(Printed, frozen=True, kw_only=True):
    """The proof of a presale notice as sales bring it forth (`presale_notice_proof/1`)."""

    usage: str
    building_area: str
    price_fen: int
    filing_number: str


class EntryProofContent(Printed, frozen=True, kw_only=True):
    """The proof of any other entry (`proof/1`). `data`: further fields for machines, by the standard's names."""

    data: tuple[tuple[str, str], ...]


class CertificateContent(Printed, frozen=True, kw_only=True):
    """A certificate of ownership (`certificate/1`). `plan_digest`: the picture of the 附图页 in the blob store."""

    right_nature: str
    usage: str
    area: str
    term: str
    data: tuple[tuple[str, str], ...]
    plan_digest: str | None = None


Content = ProofContent | EntryProofContent | CertificateContent


class Mark(Struct, frozen=True, kw_only=True):
    """What the pages of an annotated copy (加注件) bear beyond those of the certificate."""

    number: str
    words: str
    """The watermark; also in the block beside the QR code."""
    verify_url: str
    digest: str
    """Start of the digest of the attached data."""


class UnitFacts(Struct, frozen=True, kw_only=True):
    """What a proof says of its unit; a certificate takes it from the entry's own details. Areas in ㎡."""

    usage: str
    building_area: Decimal
    surveyed: bool = True
    """False: the area is from the plans (预测), the unit not built yet."""


class EntryCertificate(Struct, frozen=True, kw_only=True):
    """A booked entry as its certificate (证书) or proof (证明) tells it."""

    entry_id: UUID
    kind: EntryKind
    registration_type: RegistrationType
    cause: str
    case_id: UUID
    case_number: str
    unit_id: UUID
    unit_code: str
    location: str
    unit: UnitFacts
    holders: tuple[Party, ...]
    obligors: tuple[Party, ...] = ()
    sharing: Sharing | None = None
    amount_fen: int | None = None
    """取得价格, or the secured claim; 分."""
    valid_from: date | None = None
    valid_until: date | None = None
    bans_transfer: bool | None = None
    order: int | None = None
    """抵押顺位, from 1; none where nobody else ranks beside it."""
    details: Details
    related_number: str = ""
    """关联证号: of the certificate of ownership (or the proof of the notice) on which the right stands."""
    remarks: tuple[str, ...] = ()
    """Further lines of 附记."""
    plan_digest: str | None = None
    """Certificates: PNG or JPEG of the plan (房产分户图) in the blob store; with it comes a 附图页."""
    booked_on: date


class Replacement(Struct, frozen=True, kw_only=True):
    """Why and by which case a certificate is made anew: 换发 (worn, or a new form) or 补发 (lost)."""

    cause: Literal["renewal", "loss"]
    case_id: UUID
    case_number: str
    booked_on: date
