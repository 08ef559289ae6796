"""Is this paper ours, and does it still hold? What every paper's verification shares, whoever issued it.

A file is ours when its digest is the one that was stored. A file that *begins* with ours but is longer was added to
after sealing: the sealed revision and the additions are judged apart, because readers that only check the signature
call such a file valid although what it shows may be another text.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from kernel.errors import Invalid, TooManyAttempts, Unavailable
from kernel.pii import mask_name
from signing.schemas import ValidationReport
from yiti.certificates.ports import ValidatePdf

VERIFY_CODE = re.compile(r"[A-Za-z0-9_-]{20}")
_END = re.compile(rb"%%EOF[ ]?(\r\n|\n|\r|)")
_MOST_REVISIONS = 64
_BUILDING = re.compile(r"^.*?(?:号楼|幢|栋|座)")


class Validity(StrEnum):
    """What the public is told first."""

    VALID = "valid"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    EXPIRED = "expired"
    PENDING = "pending"
    NOT_OURS = "not_ours"


VALIDITY_WORDS = {
    Validity.VALID: "有效",
    Validity.CANCELLED: "已注销",
    Validity.REPLACED: "已换发新证，本证作废",
    Validity.EXPIRED: "已过有效期",
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


class Difference(Struct, frozen=True, kw_only=True):
    """A field in which a paper differs from what the register says now; personal data masked."""

    field: str
    paper: str
    register: str


class DataCheck(Struct, frozen=True, kw_only=True):
    """The data attached to an uploaded file, read from the file itself, against what the register's content says.

    `number`: of the paper that it was compared with; `register`: what the books say of that today. `outcome`: same;
    different, with every field that differs; missing: the paper had data when it was issued; unreadable: there are some
    that cannot be taken for its data.
    """

    outcome: Literal["same", "different", "missing", "unreadable"]
    number: str
    register: Validity
    words: str
    differences: tuple[Difference, ...] = ()


class PublicView(Struct, frozen=True, kw_only=True):
    """What anyone holding the document may compare; personal data masked on the server."""

    family: Literal["certificate", "proof", "letter", "evidence", "copy", "agreement"] = "proof"
    number: str
    item: str
    """权利类型, 证明事项, or the title of a letter."""
    holders: tuple[str, ...]
    """Right holders; of a letter, whom it is addressed to or about."""
    obligors: tuple[str, ...] = ()
    location: str = ""
    unit_code: str = ""
    agency: str
    booked_on: str
    """登簿日期; of a letter its date, of an annotated copy the day it was asked for."""
    cancelled_on: str | None = None
    more: tuple[tuple[str, str], ...] = ()
    """Further lines, label and words."""
    sealed_at: datetime | None = None
    differences: tuple[Difference, ...] = ()
    """Of a paper that was made anew: what its successor says otherwise."""


class Known(Struct, frozen=True, kw_only=True):
    """A paper found in our books. `words`: of a paper that is no certificate, what its validity means."""

    validity: Validity
    view: PublicView
    words: str = ""


class Verification(Struct, frozen=True, kw_only=True):
    """The result. `view` is what our books say of the sealed revision, `additions` what came after it (only for an
    uploaded file), `report` the check of every signature in it; without one where a file of ours, known to the byte,
    could not be checked just now. `data`: only of a file that is not known to the byte, and carries or carried data."""

    validity: Validity
    words: str
    view: PublicView | None = None
    additions: Additions | None = None
    report: ValidationReport | None = None
    data: DataCheck | None = None

    @property
    def addition_words(self) -> str:
        """`additions` in words; empty when no file was compared."""
        return ADDITION_WORDS[self.additions] if self.additions else ""


FindByDigest = Callable[[list[str]], Awaitable[Mapping[str, Known]]]
"""Which of these PDF digests are papers of ours."""
CheckData = Callable[[bytes, list[str]], Awaitable[DataCheck | None]]
"""The check of a file's attached data; by the digests of its revisions or by the data themselves it finds the paper."""


def result(
    known: Known | None,
    *,
    additions: Additions | None = None,
    report: ValidationReport | None = None,
    data: DataCheck | None = None,
) -> Verification:
    """What is told of a paper that was found, or not."""
    validity = known.validity if known else Validity.NOT_OURS
    return Verification(
        validity=validity,
        words=(known and known.words) or VALIDITY_WORDS[validity],
        view=known.view if known else None,
        additions=additions,
        report=report,
        data=data,
    )


async def check_file(
    pdf: bytes, find: FindByDigest, validate: ValidatePdf, check_data: CheckData | None = None
) -> Verification:
    """An uploaded file: exact match, else the sealed revision inside it, else what its signatures say; and, of what is
    not known to the byte, what is told of its data."""
    if b"%PDF-" not in pdf[:1024]:
        raise Invalid("上传的文件不是PDF，请上传原始的电子文件", field="file")
    digests = list(_revision_digests(pdf))
    found = await find(digests)
    if ours := found.get(digests[-1]):
        return result(ours, additions=Additions.NONE, report=await _if_possible(pdf, validate))
    report = await validate(pdf)
    data = await check_data(pdf, digests) if check_data else None
    inner = next((found[digest] for digest in digests if digest in found), None)
    if inner is None:
        return result(None, report=report, data=data)
    additions = Additions.PERMITTED if report.valid and _agree(data) else Additions.ILLEGAL
    return result(inner, additions=additions, report=report, data=data)


def _agree(data: DataCheck | None) -> bool:
    return data is None or data.outcome == "same"


async def _if_possible(pdf: bytes, validate: ValidatePdf) -> ValidationReport | None:
    """What is ours to the byte is told from the books, also while signatures cannot be checked."""
    try:
        return await validate(pdf)
    except (Unavailable, TooManyAttempts):
        return None


def mask_party(name: str, id_kind: str) -> str:
    """A company's name is no secret."""
    return name if id_kind == "credit_code" else mask_name(name)


def mask_location(location: str) -> str:
    """Down to the building (…3号楼***); a location that names no building keeps its first half."""
    match = _BUILDING.match(location)
    kept = match.group(0) if match and match.end() < len(location) else location[: len(location) // 2]
    return f"{kept}***"


def mask_unit_code(code: str) -> str:
    """The county part and the last four."""
    return code[:6] + "*" * 18 + code[-4:]


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
