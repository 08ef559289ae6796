"""From the decided case to the book: one transaction of locks, rules, entries, certificates and what follows."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from kernel.clock import SHANGHAI, today
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import CaseFacts
from yiti.cases.models import Case
from yiti.cases.plan import plan_case
from yiti.certificates import service as certificates
from yiti.certificates.schemas import EntryCertificate, Party, Replacement, UnitFacts
from yiti.estate.models import Unit, UnitState
from yiti.register import book
from yiti.register.details import read
from yiti.register.kinds import (
    ISSUES_CERTIFICATE,
    ISSUES_PROOF,
    SECURITIES,
    EntryKind,
    EntryStatus,
    RegistrationType,
    Sharing,
)
from yiti.register.models import RegisterEntry, RightHolder
from yiti.register.page import PageEntry, entries_for
from yiti.register.schemas import Booking

_REPLACES: dict[Business, Literal["renewal", "loss"]] = {
    Business.CERTIFICATE_REPLACEMENT: "renewal",
    Business.CERTIFICATE_LOSS: "loss",
}


async def book_case(tx: WriteSession, actor: Actor, case: Case, facts: CaseFacts) -> list[RegisterEntry]:
    """Book everything that the approved case asks for. The units are locked and `facts` were gathered under the lock.

    `BookingRefused` when the book itself says no; nothing of it happens then.
    """
    booking = _booking(actor, case, facts)
    entries = await book.book(tx, booking) if booking is not None else []
    await _cancel_certificates(tx, actor, case, entries)
    await cases.mark_booked(tx, actor, case)
    await emit(tx, "registration.booked", {"case_id": str(case.id)}, key=f"registration.booked:{case.id}")
    await _number_certificates(tx, actor, case, entries)
    await _replace_certificates(tx, actor, case, facts)
    return entries


def _booking(actor: Actor, case: Case, facts: CaseFacts) -> Booking | None:
    """All operations of the case, each part planned on the book as the parts before it leave it; none for a case that
    is about certificates only.
    """
    planned = plan_case(facts)
    if not planned.operations:
        return None
    return Booking(
        case_id=case.id,
        case_number=case.number,
        booked_by=actor.name,
        operations=planned.operations,
        links=planned.links,
    )


async def _cancel_certificates(tx: WriteSession, actor: Actor, case: Case, entries: Sequence[RegisterEntry]) -> None:
    """What certifies an entry that is closed now is void from now on."""
    closed = [one.closes_id for one in entries if one.closes_id is not None]
    names = "、".join(CATALOGUE[Business(one)].name for one in case.businesses)
    await certificates.cancel_of_entries(tx, actor, closed, f"{names}（业务号{case.number}）")


async def _number_certificates(tx: WriteSession, actor: Actor, case: Case, entries: Sequence[RegisterEntry]) -> None:
    """Last in the transaction, for the gap-free number keeps its series locked until the commit."""
    issuing = [one for one in entries if one.kind in ISSUES_CERTIFICATE | ISSUES_PROOF and one.case_id == case.id]
    issuing = [one for one in issuing if one.status == EntryStatus.CURRENT]
    if not issuing:
        return
    unit_ids = tuple(dict.fromkeys(one.unit_id for one in issuing))
    units = {unit.id: unit for unit in await tx.scalars(select(Unit).where(Unit.id.in_(unit_ids)))}
    pages = await entries_for(tx, unit_ids)
    by_entry = {page.entry.id: page for one in unit_ids for page in pages[one]}
    # Certificates before proofs: a proof names the certificate that was numbered a moment before.
    for kinds in (ISSUES_CERTIFICATE, ISSUES_PROOF):
        numbers = await _numbers(tx, pages)
        facts = tuple(
            _certificate(by_entry[one.id], pages[one.unit_id], units[one.unit_id], numbers)
            for one in issuing
            if one.kind in kinds
        )
        if facts:
            await certificates.number_certificates(tx, actor, facts)


async def _replace_certificates(tx: WriteSession, actor: Actor, case: Case, facts: CaseFacts) -> None:
    """换发, 补发: the papers of the entries named, where they are held separately only those of who applies."""
    for part in facts.application.parts:
        cause = _REPLACES.get(part.business)
        if cause is None:
            continue
        why = Replacement(cause=cause, case_id=case.id, case_number=case.number, booked_on=today())
        applying = {one.id_number for one in part.applicants}
        for paper in await certificates.of_entries(tx, part.targets):
            own = certificates.content_of(paper).holders[0].id_number
            if not paper.holder_position or own in applying:
                await certificates.replace(tx, actor, paper.id, why)


async def _numbers(reader: ReadSession, pages: dict[UUID, list[PageEntry]]) -> dict[UUID, str]:
    """Numbers of the living certificates by entry, several joined (分别持证)."""
    found: dict[UUID, list[str]] = {}
    for one in await certificates.of_entries(reader, [page.entry.id for group in pages.values() for page in group]):
        found.setdefault(one.entry_id, []).append(one.number)
    return {entry_id: "、".join(numbers) for entry_id, numbers in found.items()}


def _certificate(
    page: PageEntry, current: Sequence[PageEntry], unit: Unit, numbers: dict[UUID, str]
) -> EntryCertificate:
    entry, kind = page.entry, EntryKind(page.entry.kind)
    return EntryCertificate(
        entry_id=entry.id,
        kind=kind,
        registration_type=RegistrationType(entry.registration_type),
        cause=entry.cause,
        case_id=entry.case_id,
        case_number=entry.case_number,
        unit_id=unit.id,
        unit_code=unit.code,
        location=unit.location,
        unit=UnitFacts(
            usage=unit.usage, building_area=unit.building_area, surveyed=unit.state != UnitState.PLANNED
        ),
        holders=tuple(_party(one) for one in page.holders),
        obligors=tuple(_party(one) for one in page.obligors),
        sharing=Sharing(entry.sharing) if entry.sharing else None,
        amount_fen=entry.amount_fen,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        bans_transfer=entry.bans_transfer,
        order=_order(entry, current),
        details=read(kind, entry.details),
        related_number=_related(kind, current, numbers),
        booked_on=entry.booked_at.astimezone(SHANGHAI).date(),
    )  # fmt: skip


def _party(one: RightHolder) -> Party:
    share = Fraction(one.share_numerator, one.share_denominator or 1) if one.share_numerator else None
    return Party(name=one.name, id_kind=one.id_kind, id_number=one.id_number, share=share)


def _order(entry: RegisterEntry, current: Sequence[PageEntry]) -> int | None:
    """抵押顺位 by `priority_at` among the living securities; none where it stands alone."""
    if entry.kind not in SECURITIES:
        return None
    ranked = sorted(
        (page.entry for page in current if page.entry.kind in SECURITIES), key=lambda one: (one.priority_at, one.id)
    )
    return [one.id for one in ranked].index(entry.id) + 1 if len(ranked) > 1 else None


def _related(kind: EntryKind, current: Sequence[PageEntry], numbers: dict[UUID, str]) -> str:
    """关联证号: of the ownership, or of the notice where there is none yet."""
    if kind in ISSUES_CERTIFICATE:
        return ""
    grounds = (EntryKind.OWNERSHIP, EntryKind.PRESALE_NOTICE)
    for ground in grounds:
        for page in current:
            if page.entry.kind == ground and page.entry.id in numbers and ground != kind:
                return numbers[page.entry.id]
    return ""
