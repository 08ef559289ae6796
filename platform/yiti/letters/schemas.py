"""What each letter says. Whoever writes one gives a finished content; number, agency, date and code are added here.

Names are those of the applicants and are printed in full; identity numbers only where the real form has them.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct


class LetterKind(StrEnum):
    """One series of numbers and one seal permission each."""

    ACCEPTANCE_RECEIPT = "acceptance_receipt"
    CORRECTION_NOTICE = "correction_notice"
    REJECTION = "rejection"
    REFUSAL = "refusal"
    PUBLIC_NOTICE = "public_notice"
    OWNERSHIP_STATEMENT = "ownership_statement"
    REGISTER_EXTRACT = "register_extract"
    HAND_OVER_RECEIPT = "hand_over_receipt"
    PAYMENT_RECEIPT = "payment_receipt"
    MAINTENANCE_RECEIPT = "maintenance_receipt"


class Matter(Struct, frozen=True, kw_only=True):
    """The application that a letter answers."""

    case_number: str
    """受理编号; before acceptance the number of the draft."""
    business: str
    """登记类型 in words, such as 转移登记（存量房买卖）."""
    applicants: tuple[str, ...]
    location: str
    unit_codes: tuple[str, ...]
    applied_on: date


class MaterialLine(Struct, frozen=True, kw_only=True):
    """A material as the receipt lists it. `form`: such as 原件, 复印件, 共享获取."""

    name: str
    copies: int = 1
    form: str = "原件"


class CorrectionItem(Struct, frozen=True, kw_only=True):
    """One thing to correct or bring."""

    name: str
    reason: str
    form: str = ""
    """In what form it is asked for, such as 原件 1 份."""


class Ground(Struct, frozen=True, kw_only=True):
    """A reason with the law that it rests on."""

    words: str
    basis: str = ""


class AcceptanceReceipt(Struct, frozen=True, kw_only=True, tag=LetterKind.ACCEPTANCE_RECEIPT.value):
    """不动产登记受理凭证 (条例 art. 17)."""

    matter: Matter
    materials: tuple[MaterialLine, ...]
    accepted_at: datetime
    due_on: date
    limit: str
    """办理时限 in words, such as 3个工作日."""
    clerk: str


class CorrectionNotice(Struct, frozen=True, kw_only=True, tag=LetterKind.CORRECTION_NOTICE.value):
    """不动产登记补正告知书: everything that is missing, at once (条例 art. 17)."""

    matter: Matter
    items: tuple[CorrectionItem, ...]
    until: date | None
    clerk: str


class Rejection(Struct, frozen=True, kw_only=True, tag=LetterKind.REJECTION.value):
    """不动产登记不予受理告知书 (条例 art. 17). `competent`: which agency to go to, if this one is not."""

    matter: Matter
    ground: Literal["incomplete", "form", "competence", "other"]
    facts: str
    materials: tuple[MaterialLine, ...] = ()
    missing: tuple[CorrectionItem, ...] = ()
    competent: str = ""
    clerk: str


class Refusal(Struct, frozen=True, kw_only=True, tag=LetterKind.REFUSAL.value):
    """不动产登记不予登记告知书 (条例 art. 22)."""

    matter: Matter
    ground: Literal["illegal", "dispute", "term", "other"]
    reasons: tuple[Ground, ...]


class NoticeLine(Struct, frozen=True, kw_only=True):
    """One unit of a public notice."""

    holder: str
    right: str
    location: str
    unit_code: str
    area: str = ""
    usage: str = ""
    remark: str = ""


class PublicNotice(Struct, frozen=True, kw_only=True, tag=LetterKind.PUBLIC_NOTICE.value):
    """公告 before a first registration, an ex-officio correction or cancellation, or the loss of a certificate
    (实施细则 arts. 17, 22). It is published, so no identity number belongs in it.
    """

    occasion: Literal["first", "correction", "cancellation", "loss"]
    case_number: str
    lines: tuple[NoticeLine, ...]
    reason: str
    from_day: date
    until: date
    working_days: int
    address: str
    phone: str


class Person(Struct, frozen=True, kw_only=True):
    """Whom a statement is about; `id_kind` in words (居民身份证)."""

    name: str
    id_kind: str
    id_number: str


class OwnedHome(Struct, frozen=True, kw_only=True):
    """One home in a statement."""

    holder: str
    number: str
    """不动产权证号 or 证明号."""
    location: str
    usage: str
    area: str
    sharing: str
    booked_on: date


class OwnershipStatement(Struct, frozen=True, kw_only=True, tag=LetterKind.OWNERSHIP_STATEMENT.value):
    """有房证明 or, with no homes, 无房证明: what the county's book says of these people at a moment."""

    persons: tuple[Person, ...]
    homes: tuple[OwnedHome, ...]
    purpose: str
    queried_at: datetime


class ExtractEntry(Struct, frozen=True, kw_only=True):
    """One entry of the book as an extract shows it: a title and its fields in order."""

    title: str
    current: bool
    facts: tuple[tuple[str, str], ...]


class RegisterExtract(Struct, frozen=True, kw_only=True, tag=LetterKind.REGISTER_EXTRACT.value):
    """不动产登记资料查询结果证明 of one unit. `restrictions`: 抵押, 查封 and the like in words; empty for none."""

    asked_by: Person
    capacity: str
    """查询主体: 权利人, 利害关系人, 国家机关 …"""
    purpose: str
    location: str
    unit_code: str
    natural_state: tuple[tuple[str, str], ...]
    entries: tuple[ExtractEntry, ...]
    restrictions: tuple[str, ...]
    queried_at: datetime


class HandedPaper(Struct, frozen=True, kw_only=True):
    """A certificate or proof that is handed over."""

    title: str
    number: str
    holder: str
    copies: int = 1


class HandOverReceipt(Struct, frozen=True, kw_only=True, tag=LetterKind.HAND_OVER_RECEIPT.value):
    """不动产权证书（登记证明）领取回执. `tracking`: of the parcel, once it is known."""

    matter: Matter
    papers: tuple[HandedPaper, ...]
    receiver: Person
    method: Literal["window", "post", "electronic"]
    tracking: str = ""
    handed_at: datetime
    clerk: str


class MaintenanceReceipt(Struct, frozen=True, kw_only=True, tag=LetterKind.MAINTENANCE_RECEIPT.value):
    """住宅专项维修资金缴款凭证, by the housing department: what the bank has confirmed on a payment notice."""

    payers: tuple[str, ...]
    location: str
    unit_code: str
    area: str
    """建筑面积 in ㎡; empty where the amount was not worked out by it."""
    rate: str
    """缴存标准 in words with its source."""
    amount_fen: int
    notice_no: str
    paid_at: datetime
    bank_name: str
    bank_serial: str
    account_name: str
    demonstration: bool
    """Worked out by invented rates: the receipt says so."""


class PaidLine(Struct, frozen=True, kw_only=True):
    """One line that was paid; `words` say how its amount came about."""

    title: str
    words: str
    exempt_fen: int
    amount_fen: int


class PaymentReceipt(Struct, frozen=True, kw_only=True, tag=LetterKind.PAYMENT_RECEIPT.value):
    """税费合缴电子缴款凭证: what a one-code bill (一码付) paid.

    It is no tax voucher (完税证明): that is the bureau's.
    """

    matter: Matter
    bill_no: str
    payer: str
    lines: tuple[PaidLine, ...]
    total_fen: int
    paid_at: datetime
    channel: str
    serial: str
    """Of the payment channel."""
    account_name: str


LetterContent = (
    AcceptanceReceipt
    | CorrectionNotice
    | Rejection
    | Refusal
    | PublicNotice
    | OwnershipStatement
    | RegisterExtract
    | HandOverReceipt
    | PaymentReceipt
    | MaintenanceReceipt
)


class Agency(Struct, frozen=True, kw_only=True):
    """The county whose registration agency writes."""

    county_code: str
    county_name: str
    name: str
    public_url: str


class FrozenLetter(Struct, frozen=True, kw_only=True):
    """The whole letter: with its template it makes the same pages for ever."""

    template: str
    number: str
    title: str
    agency: Agency
    written_on: date
    frozen_at: datetime
    verify_code: str
    content: LetterContent

    @property
    def verify_url(self) -> str:
        """Where anybody who holds the letter checks it."""
        return f"{self.agency.public_url.rstrip('/')}/verify/{self.agency.county_code}/{self.verify_code}"

    @property
    def kind(self) -> LetterKind:
        """Which letter it is."""
        return kind_of(self.content)


def kind_of(content: LetterContent) -> LetterKind:
    """The kind that a content belongs to: its tag."""
    return LetterKind(str(content.__struct_config__.tag))


SEALED_BY_HOUSING: tuple[str, ...] = (LetterKind.MAINTENANCE_RECEIPT.value,)
"""Letters under the housing department's seal."""
SEALED_BY_AGENCY: tuple[str, ...] = (
    "proof", "certificate", "annotated_copy",
    *(kind.value for kind in LetterKind if kind.value not in SEALED_BY_HOUSING),
)  # fmt: skip
"""What the registration agency's seal must be allowed for (用印范围): its certificates and proofs, annotated copies of
them, and its letters."""


def housing_seal(county: str) -> str:
    """The key of the housing department's seal, which the platform sets on its receipts."""
    return f"county:{county}:housing"
