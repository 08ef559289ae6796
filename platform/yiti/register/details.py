"""The further fields of each kind of entry, as the tables of TD/T 1066 have them. Stored as JSON beside the entry.

No personal data: names and numbers of people are right holders and obligors, which are encrypted.
Areas are ㎡ as decimal text with two digits, dates ISO.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct

from yiti.register.kinds import EntryKind


class OwnershipDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """房地产权（独幢、层、套、间）: QLT_FW_FDCQ_YZ."""

    usage: str
    building_area: Decimal
    inner_area: Decimal | None = None
    shared_area: Decimal | None = None
    structure: str = ""
    floor: str = ""
    floors_total: int | None = None
    completed_on: date | None = None
    right_nature: str = "出让/市场化商品房"
    """权利性质: of the land / of the house."""
    land_usage: str = "城镇住宅用地"
    land_area: Decimal | None = None
    """共有宗地面积."""
    shared_land_area: Decimal | None = None
    land_from: date | None = None
    land_until: date | None = None
    held_separately: bool = False
    """分别持证: each holder of a fractional share has a certificate."""
    notes: str = ""
    """附记."""


class CommonPartsDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """业主共有部分: QLF_FW_FDCQ_QFSYQ."""

    name: str
    quantity: int = 1
    area: Decimal | None = None
    notes: str = ""


class MortgageDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """抵押权: QLF_QL_DYAQ. `maximum_basis` (最高债权确定事实) only with a maximum-amount mortgage."""

    form: Literal["general", "maximum"] = "general"
    contract_number: str = ""
    guarantee_scope: str = ""
    """担保范围."""
    maximum_basis: str = ""
    joint_object: str = ""
    """共同抵押: what else secures the same claim."""
    notes: str = ""


class NoticeDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """预告登记: QLF_QL_YGDJ."""

    contract_number: str = ""
    permit_number: str = ""
    guarantee_scope: str = ""
    notes: str = ""


class SeizureDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """查封登记: QLF_QL_CFDJ. `form` is 查封 or 预查封; what waits in the queue is told by the entry's rank."""

    authority: str
    order_document: str
    """查封文件, such as 执行裁定书."""
    order_number: str
    form: Literal["seizure", "pre_seizure"] = "seizure"
    term_months: int = 36
    """At most 36 (民诉法解释 art. 485); starts when the seizure takes effect, also for one that waited."""
    scope: str = "全部"
    renewal: bool = False
    notes: str = ""


class ObjectionDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """异议登记: QLF_QL_YYDJ."""

    matter: str
    notes: str = ""


class ResidenceDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """居住权 (民法典 arts. 366–371): free, not transferable; `lifelong` where no term is agreed."""

    contract_number: str = ""
    scope: str = "全部房屋"
    conditions: str = ""
    lifelong: bool = False
    notes: str = ""


class EasementDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """地役权: QLF_QL_DYIQ. The entry stands on the servient unit (供役地)."""

    dominant_unit_code: str
    purpose: str
    notes: str = ""


class CancellationDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """注销登记: QLF_QL_ZXDJ."""

    closes: str
    """The case number of the entry that is closed (上手业务号)."""
    lapse: str = ""
    """For a lapse by law: which rule, such as ``presale_notice_90_days``."""
    document_number: str = ""
    """解封文号 and the like."""
    notes: str = ""


Details = (
    OwnershipDetails
    | CommonPartsDetails
    | MortgageDetails
    | NoticeDetails
    | SeizureDetails
    | ObjectionDetails
    | ResidenceDetails
    | EasementDetails
    | CancellationDetails
)

DETAILS: dict[EntryKind, type[Details]] = {
    EntryKind.OWNERSHIP: OwnershipDetails,
    EntryKind.COMMON_PARTS: CommonPartsDetails,
    EntryKind.MORTGAGE: MortgageDetails,
    EntryKind.CONSTRUCTION_MORTGAGE: MortgageDetails,
    EntryKind.RESIDENCE: ResidenceDetails,
    EntryKind.EASEMENT: EasementDetails,
    EntryKind.PRESALE_NOTICE: NoticeDetails,
    EntryKind.PRESALE_MORTGAGE_NOTICE: NoticeDetails,
    EntryKind.SALE_NOTICE: NoticeDetails,
    EntryKind.MORTGAGE_NOTICE: NoticeDetails,
    EntryKind.SEIZURE: SeizureDetails,
    EntryKind.OBJECTION: ObjectionDetails,
    EntryKind.CANCELLATION: CancellationDetails,
}


def stored(details: Details) -> dict[str, Any]:
    """The JSON of the details, for `Append.details`."""
    document: dict[str, Any] = msgspec.to_builtins(details)
    return document


def read(kind: EntryKind, document: dict[str, Any]) -> Details:
    """The details of an entry; `msgspec.ValidationError` means the book was written by a stranger."""
    return msgspec.convert(document, DETAILS[kind])
