"""Is this proof real, and is it still valid? By the code in its QR, or by the file itself.

A file is ours when its digest is the one that was stored. A file that *begins* with ours but is longer was added to
after sealing: the sealed revision and the additions are judged apart, because readers that only check the signature
call such a file valid although what it shows may be another text.
"""

import hashlib
import re
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import select

from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.pii import mask_name
from signing.schemas import ValidationReport
from yiti.certificates.models import CANCELLED, ISSUED, NUMBERED, Certificate
from yiti.certificates.ports import ValidatePdf
from yiti.certificates.service import content_of

_CODE = re.compile(r"[A-Za-z0-9_-]{20}")
_END = re.compile(rb"%%EOF[ ]?(\r\n|\n|\r|)")
_MOST_REVISIONS = 64
_BUILDING = re.compile(r"^.*?(?:号楼|幢|栋|座)")


class Validity(StrEnum):
    """What the public is told first."""

    VALID = "valid"
    CANCELLED = "cancelled"
    PENDING = "pending"
    NOT_OURS = "not_ours"


VALIDITY_WORDS = {
    Validity.VALID: "有效",
    Validity.CANCELLED: "已注销",
    Validity.PENDING: "正在制证，尚未签发",
    Validity.NOT_OURS: "不是本登记机构签发的证明",
}


class Additions(StrEnum):
    """What stands in the file after the revision that the registration agency sealed."""

    NONE = "none"
    PERMITTED = "permitted"
    ILLEGAL = "illegal"


ADDITION_WORDS = {
    Additions.NONE: "文件与签发时完全一致",
    Additions.PERMITTED: "签发后只追加了签名、时间戳或者验证信息，证明内容没有改动",
    Additions.ILLEGAL: "文件在登记机构签章之后被改动，所显示的内容不可信，请以本页列出的登记内容为准",
}
_BY_STATE = {ISSUED: Validity.VALID, CANCELLED: Validity.CANCELLED, NUMBERED: Validity.PENDING}


class PublicView(Struct, frozen=True, kw_only=True):
    """What anyone holding the document may compare; personal data masked on the server."""

    number: str
    item: str
    holders: tuple[str, ...]
    obligors: tuple[str, ...]
    location: str
    unit_code: str
    agency: str
    booked_on: str
    cancelled_on: str | None


class Verification(Struct, frozen=True, kw_only=True):
    """The result. `view` is what our books say of the sealed revision, `additions` what came after it (only for an
    uploaded file), `report` the check of every signature where the file is not exactly ours."""

    validity: Validity
    words: str
    view: PublicView | None = None
    additions: Additions | None = None
    report: ValidationReport | None = None

    @property
    def addition_words(self) -> str:
        """`additions` in words; empty when no file was compared."""
        return ADDITION_WORDS[self.additions] if self.additions else ""


async def verify_code(reader: ReadSession, code: str) -> Verification:
    """By the code of the QR address; an unknown or malformed code is `NOT_OURS`, never an error."""
    certificate = None
    if _CODE.fullmatch(code):
        certificate = await reader.scalar(select(Certificate).where(Certificate.verify_code == code))
    return _result(certificate)


async def verify_pdf(reader: ReadSession, pdf: bytes, validate: ValidatePdf) -> Verification:
    """By the uploaded file: exact match, else the sealed revision inside it, else what its signatures say."""
    if b"%PDF-" not in pdf[:1024]:
        raise Invalid("上传的文件不是PDF，请上传登记机构签发的原始电子证明", field="file")
    digests = list(_revision_digests(pdf))
    stored = await reader.scalars(select(Certificate).where(Certificate.pdf_digest.in_(digests)))
    found = {one.pdf_digest: one for one in stored}
    whole = digests[-1]
    if whole in found:
        return _result(found[whole], additions=Additions.NONE)
    report = await validate(pdf)
    ours = next((found[digest] for digest in digests if digest in found), None)
    if ours is None:
        return _result(None, report=report)
    return _result(ours, additions=Additions.PERMITTED if report.valid else Additions.ILLEGAL, report=report)


def public_view(certificate: Certificate) -> PublicView:
    """Masked for the public: surnames, the building but not the flat, the county part of the unit code."""
    content, cancelled = content_of(certificate), certificate.cancelled_at
    return PublicView(
        number=certificate.number,
        item=content.item,
        holders=tuple(mask_name(party.name) for party in content.holders),
        obligors=tuple(_mask_obligor(party.name, party.id_kind) for party in content.obligors),
        location=mask_location(content.location),
        unit_code=certificate.unit_code[:6] + "*" * 18 + certificate.unit_code[-4:],
        agency=content.agency_name,
        booked_on=content.booked_on.isoformat(),
        cancelled_on=cancelled.astimezone(SHANGHAI).date().isoformat() if cancelled else None,
    )


def mask_location(location: str) -> str:
    """Down to the building (…3号楼***); a location that names no building keeps its first half."""
    match = _BUILDING.match(location)
    kept = match.group(0) if match and match.end() < len(location) else location[: len(location) // 2]
    return f"{kept}***"


def _mask_obligor(name: str, id_kind: str) -> str:
    return name if id_kind == "credit_code" else mask_name(name)  # a company's name is no secret


def _result(
    certificate: Certificate | None, *, additions: Additions | None = None, report: ValidationReport | None = None
) -> Verification:
    validity = Validity.NOT_OURS if certificate is None else _BY_STATE[certificate.state]
    return Verification(
        validity=validity,
        words=VALIDITY_WORDS[validity],
        view=None if certificate is None else public_view(certificate),
        additions=additions,
        report=report,
    )


def _revision_digests(pdf: bytes) -> Iterator[str]:
    """Digests of the file up to the end of each revision, with and without the line end, and of the whole."""
    running, done = hashlib.sha256(), 0
    for number, match in enumerate(_END.finditer(pdf)):
        if number == _MOST_REVISIONS:
            break
        for end in sorted({match.start() + 5, match.start(1), match.end()}):
            running.update(pdf[done:end])
            done = end
            yield running.copy().hexdigest()
    yield hashlib.sha256(pdf).hexdigest()
