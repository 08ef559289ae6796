"""What the registry writes to the people of a case: letters under seal, and short messages.

Letters are written last in their transaction: their gap-free numbers keep the series locked until the commit.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from escrow import collection
from kernel.clock import SHANGHAI, now, today
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from kernel.tenancy.models import County
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.configuration import settings_of
from yiti.cases.models import Case
from yiti.cases.service import HandOver
from yiti.certificates import service as certificates
from yiti.certificates.models import CANCELLED
from yiti.journeys.registration.checklist import of_case
from yiti.journeys.registration.facts import notice_days
from yiti.journeys.registration.units import units_of
from yiti.letters import service as letters
from yiti.letters.schemas import (
    AcceptanceReceipt,
    CorrectionItem,
    CorrectionNotice,
    Ground,
    HandedPaper,
    HandOverReceipt,
    MaterialLine,
    Matter,
    NoticeLine,
    PaidLine,
    PaymentReceipt,
    Person,
    PublicNotice,
    Refusal,
    Rejection,
)
from yiti.register.kinds import KIND_WORDS, EntryKind

_APPLICATION_FORM = MaterialLine(name="不动产登记申请书", form="电子")
_OCCASIONS = {"first": "first", "correction": "correction", "certificate": "loss"}


def business_words(case: Case) -> str:
    """The businesses of a case in words: 国有建设用地使用权及房屋所有权转移登记（存量房买卖）、…."""
    return "、".join(CATALOGUE[Business(one)].name for one in case.businesses)


async def _matter(reader: ReadSession, case: Case) -> Matter:
    names = [one.name for part in cases.application_of(case).parts for one in part.applicants]
    codes = tuple(one.unit_code for one in await cases.units(reader, case.id))
    return Matter(
        case_number=case.number,
        business=business_words(case),
        applicants=tuple(dict.fromkeys(names)),
        location=case.location,
        unit_codes=codes or ((case.unit_code,) if case.unit_code else ()),
        applied_on=(case.submitted_at or case.opened_at).astimezone(SHANGHAI).date(),
    )


async def _material_lines(reader: ReadSession, case: Case) -> tuple[MaterialLine, ...]:
    lines = [_APPLICATION_FORM]
    for item in (await of_case(reader, case)).items:
        if item.files:
            form = "电子（共享获取）" if all(one.source != "upload" for one in item.files) else "电子扫描件"
            lines.append(MaterialLine(name=item.name, copies=len(item.files), form=form))
    return tuple(lines)


async def acceptance(tx: WriteSession, actor: Actor, case: Case, due_on: date | None) -> None:
    """受理凭证 (条例 art. 17). `due_on` as it stood at acceptance; the clock may stand still already."""
    accepted = case.accepted_at or now()
    half_days = max(one.limit_half_days for one in settings_of(case).values())
    # Where next year's holidays are not yet published: two calendar days for a working day are never too few.
    last = due_on or accepted.astimezone(SHANGHAI).date() + timedelta(days=half_days + 1)
    content = AcceptanceReceipt(
        matter=await _matter(tx, case),
        materials=await _material_lines(tx, case),
        accepted_at=accepted,
        due_on=last,
        limit=limit_words(half_days),
        clerk=actor.name,
    )
    await letters.write(tx, actor, content, case_id=case.id)


def limit_words(half_days: int) -> str:
    """办理时限 in words: 半个工作日, 1个工作日, 2.5个工作日."""
    if half_days == 1:
        return "半个工作日"
    return f"{half_days // 2}{'.5' if half_days % 2 else ''}个工作日"


async def correction(tx: WriteSession, actor: Actor, case: Case, items: Sequence[str]) -> None:
    """补正告知书."""
    listed = tuple(CorrectionItem(name=item, reason="不齐全或者不符合法定形式") for item in items)
    content = CorrectionNotice(matter=await _matter(tx, case), items=listed, until=None, clerk=actor.name)
    await letters.write(tx, actor, content, case_id=case.id)


async def rejection(
    tx: WriteSession, actor: Actor, case: Case, reason: str, missing: Sequence[str], fields: Sequence[str] = ()
) -> None:
    """不予受理告知书. `missing`: materials; `fields`: what the application form lacks."""
    lacks = [*((name, "申请书未填写完整") for name in fields), *((name, "未提交") for name in missing)]
    content = Rejection(
        matter=await _matter(tx, case),
        ground="incomplete" if lacks else "other",
        facts=reason,
        materials=await _material_lines(tx, case),
        missing=tuple(CorrectionItem(name=name, reason=words) for name, words in lacks),
        clerk=actor.name,
    )
    await letters.write(tx, actor, content, case_id=case.id)


async def refusal(tx: WriteSession, actor: Actor, case: Case, reason: str, basis: str) -> None:
    """不予登记告知书."""
    content = Refusal(
        matter=await _matter(tx, case),
        ground="other",
        reasons=(Ground(words=reason, basis=basis or "《不动产登记暂行条例》第二十二条"),),
    )
    await letters.write(tx, actor, content, case_id=case.id)


async def public_notice(tx: WriteSession, actor: Actor, case: Case, matter: str, ends_on: date) -> UUID:
    """公告; no identity numbers in it."""
    group = next(
        CATALOGUE[Business(one)].group for one in case.businesses if CATALOGUE[Business(one)].public_notice_days
    )
    units = await units_of(tx, cases.application_of(case).unit_ids)
    content = PublicNotice(
        occasion=_OCCASIONS.get(group, "cancellation"),  # type: ignore[arg-type]  # values of the table above
        case_number=case.number,
        lines=tuple(
            NoticeLine(
                holder="、".join(holder.name for entry in unit.of(EntryKind.OWNERSHIP) for holder in entry.holders)
                or case.applicants,
                right=KIND_WORDS[EntryKind.OWNERSHIP],
                location=unit.location,
                unit_code=unit.code,
                area=f"{unit.building_area:.2f}㎡",
                usage=unit.usage,
            )
            for unit in units
        ),
        reason=matter,
        from_day=today(),
        until=ends_on,
        working_days=notice_days(case),
        address=f"{await _agency(tx)}不动产登记窗口",
        phone="以登记机构对外公布的为准",
    )
    return (await letters.write(tx, actor, content, case_id=case.id)).id


async def _agency(reader: ReadSession) -> str:
    return (await reader.scalars(select(County.agency_name).where(County.code == reader.tenant))).one()


async def hand_over(tx: WriteSession, actor: Actor, case: Case, method: HandOver, receiver: str) -> None:
    """领证回执, where the case made certificates."""
    made = [one for one in await certificates.of_case(tx, case.id) if one.state != CANCELLED]
    if not made:
        return
    known = {one.name: one for one in await cases.parties(tx, case.id)}
    person = known.get(receiver)
    content = HandOverReceipt(
        matter=await _matter(tx, case),
        papers=tuple(
            HandedPaper(
                title="不动产权证书" if one.kind == "certificate" else "不动产登记证明",
                number=one.number,
                holder="、".join(holder.name for holder in certificates.content_of(one).holders),
            )
            for one in made
        ),
        receiver=Person(
            name=receiver,
            id_kind=ID_KIND_WORDS.get(person.id_kind, "证件") if person else "证件",
            id_number=person.id_number if person else "—",
        ),
        method=method,
        handed_at=now(),
        clerk=actor.name,
    )
    await letters.write(tx, actor, content, case_id=case.id)


ID_KIND_WORDS = {
    "resident_id": "居民身份证",
    "credit_code": "统一社会信用代码",
    "passport": "护照",
    "other": "其他证件",
}


async def tell(tx: WriteSession, case: Case, what: str) -> None:
    """Tell the people of the case by short message; once per occasion."""
    await emit(
        tx, "registration.tell", {"case_id": str(case.id), "what": what},
        key=f"registration.tell:{what}:{case.id}:{case.version}",
    )  # fmt: skip


async def payment_receipt(tx: WriteSession, case: Case, bill_id: UUID) -> None:
    """缴款凭证 of a one-code bill, for the payer, the clerk and the archive."""
    bill, payment = await collection.bill(tx, bill_id), await collection.payment_of(tx, bill_id)
    content = PaymentReceipt(
        matter=await _matter(tx, case),
        bill_no=bill.bill_no,
        payer=bill.payer,
        lines=tuple(
            PaidLine(title=one.title, words=one.words, exempt_fen=one.exempt_fen, amount_fen=one.amount_fen)
            for one in await collection.lines_of(tx, bill_id)
        ),
        total_fen=bill.total_fen,
        paid_at=payment.paid_at,
        channel=payment.channel,
        serial=payment.serial,
        account_name=bill.account_name,
    )
    await letters.write(tx, system_actor(tx.tenant), content, case_id=case.id)
