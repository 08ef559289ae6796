"""Letters as the public verifies them: by the code in the QR, or by the file itself."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from escrow.models import Bill, BillState
from kernel.db import ReadSession
from kernel.money import yuan
from kernel.pii import mask_id_public, mask_name
from yiti.certificates.checking import VERIFY_CODE, Known, PublicView, Validity, mask_location, mask_unit_code
from yiti.letters.document import moment
from yiti.letters.models import ISSUED, Letter
from yiti.letters.schemas import (
    SEALED_BY_HOUSING,
    HandOverReceipt,
    LetterContent,
    MaintenanceReceipt,
    OwnershipStatement,
    PublicNotice,
    RegisterExtract,
)
from yiti.letters.service import content_of


async def known_by_code(reader: ReadSession, code: str) -> Known | None:
    """The letter of this code."""
    if not VERIFY_CODE.fullmatch(code):
        return None
    found = await reader.scalar(select(Letter).where(Letter.verify_code == code))
    return _known(found, await _void(reader, [found])) if found else None


async def known_by_digest(reader: ReadSession, digests: list[str]) -> dict[str, Known]:
    """The letters whose sealed files have these digests."""
    stored = (await reader.scalars(select(Letter).where(Letter.pdf_digest.in_(digests)))).all()
    void = await _void(reader, stored)
    return {one.pdf_digest: _known(one, void) for one in stored if one.pdf_digest}


def public_view(letter: Letter) -> PublicView:
    """Masked for the public: surnames, the building but not the flat, first and last digit of identity numbers."""
    frozen = content_of(letter)
    location, unit_codes = _place(frozen.content)
    return PublicView(
        family="letter",
        number=frozen.number,
        item=frozen.title,
        holders=_names(frozen.content),
        location=mask_location(location) if location else "",
        unit_code="、".join(mask_unit_code(code) for code in unit_codes),
        agency=frozen.agency.name,
        booked_on=frozen.written_on.isoformat(),
        more=_more(frozen.content),
        sealed_at=letter.sealed_at,
    )


async def _void(reader: ReadSession, letters: Sequence[Letter]) -> frozenset[UUID]:
    """Receipts whose money went back, or that a later receipt of the same notice follows."""
    receipts = [one for one in letters if one.kind in SEALED_BY_HOUSING and one.subject.startswith("bill:")]
    if not receipts:
        return frozenset()
    bills = {one.id: UUID(one.subject.partition(":")[2]) for one in receipts}
    paid = set(
        await reader.scalars(select(Bill.id).where(Bill.id.in_(bills.values()), Bill.state == BillState.CONFIRMED))
    )
    written = select(Letter.subject, Letter.id).where(Letter.subject.in_([one.subject for one in receipts]))
    last = dict((await reader.execute(written.order_by(Letter.id))).all())
    return frozenset(one.id for one in receipts if bills[one.id] not in paid or last[one.subject] != one.id)


def _known(letter: Letter, void: frozenset[UUID]) -> Known:
    validity = Validity.VALID if letter.state == ISSUED else Validity.PENDING
    return Known(validity=Validity.CANCELLED if letter.id in void else validity, view=public_view(letter))


def _names(content: LetterContent) -> tuple[str, ...]:
    match content:
        case PublicNotice():  # published in full anyway
            return tuple(dict.fromkeys(line.holder for line in content.lines))
        case OwnershipStatement():
            names = tuple(person.name for person in content.persons)
        case RegisterExtract():
            names = (content.asked_by.name,)
        case HandOverReceipt():
            names = (content.receiver.name,)
        case MaintenanceReceipt():
            names = content.payers
        case _:
            names = content.matter.applicants
    return tuple(mask_name(name) for name in names)


def _place(content: LetterContent) -> tuple[str, tuple[str, ...]]:
    match content:
        case OwnershipStatement() | PublicNotice():
            return "", ()
        case RegisterExtract() | MaintenanceReceipt():
            return content.location, (content.unit_code,)
        case _:
            return content.matter.location, content.matter.unit_codes


def _more(content: LetterContent) -> tuple[tuple[str, str], ...]:
    """What whoever is shown the letter relies on."""
    match content:
        case OwnershipStatement():
            found = f"登记房屋 {len(content.homes)} 条" if content.homes else "未查询到房屋登记信息"
            return (
                ("证件号码", "、".join(mask_id_public(person.id_number) for person in content.persons)),
                ("查询结果", found),
                ("查询时间", moment(content.queried_at)),
                ("查询目的", content.purpose),
            )
        case RegisterExtract():
            return (
                ("权利限制", f"{len(content.restrictions)} 项" if content.restrictions else "无"),
                ("查询时间", moment(content.queried_at)),
                ("查询目的", content.purpose),
            )
        case PublicNotice():
            return (("公告期限", f"{content.from_day.isoformat()} 至 {content.until.isoformat()}"),)
        case MaintenanceReceipt():
            return (("缴款金额", f"{yuan(content.amount_fen)} 元"), ("缴款时间", moment(content.paid_at)))
        case HandOverReceipt():
            return (("证书（证明）", "、".join(paper.number for paper in content.papers)),)
        case _:
            return (("业务号", content.matter.case_number), ("登记类型", content.matter.business))
