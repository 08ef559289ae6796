"""The register page of a unit: what holds now, how it came about, and every entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

import contracts.service as contracts
from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from kernel.money import yuan
from yiti.cases.facts import EntryFact, UnitFact
from yiti.certificates import service as certificates
from yiti.certificates.content import grouped_unit_code
from yiti.estate.models import Building, Project, Unit
from yiti.estate.queries import construction_mortgagee, get_building, get_project, get_unit
from yiti.journeys.registration.units import entry_fact, units_of
from yiti.letters.models import Letter
from yiti.portals.registration import people
from yiti.portals.registration.entry_details import detail_rows
from yiti.portals.registration.glance import KIND_TONES, NOTICES, UNIT_STATES, Glance, amount_label, glance
from yiti.portals.registration.rules import Tone
from yiti.portals.registration.unit_suits import Suit, suits_of
from yiti.register import lineage
from yiti.register.kinds import (
    KIND_WORDS,
    REGISTRATION_TYPE_WORDS,
    SHARING_WORDS,
    EntryKind,
    EntryStatus,
    RegistrationType,
    Sharing,
)
from yiti.register.lineage import Relative
from yiti.register.page import PageEntry, entries_at, entries_of

_AT_A_GLANCE: tuple[tuple[str, frozenset[EntryKind], str, str, Tone], ...] = (
    ("房屋所有权", frozenset({EntryKind.OWNERSHIP}), "未登记", "key", "success"),
    ("预告登记", NOTICES, "无", "bookmark", "info"),
    ("抵押权", frozenset({EntryKind.MORTGAGE, EntryKind.CONSTRUCTION_MORTGAGE}), "无", "building-bank", "warning"),
    ("居住、地役权", frozenset({EntryKind.RESIDENCE, EntryKind.EASEMENT}), "无", "bed", "info"),
    ("查封", frozenset({EntryKind.SEIZURE}), "无", "lock", "danger"),
    ("异议登记", frozenset({EntryKind.OBJECTION}), "无", "message-exclamation", "danger"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof of an entry: where its page is, and whether there is a file yet."""

    url: str
    number: str
    has_pdf: bool


@dataclass(frozen=True, slots=True)
class Papers:
    """What was issued: certificates by entry, letters by case."""

    certificates: dict[UUID, list[Proof]]
    letters: dict[UUID, list[Proof]]


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of the register."""

    anchor: str
    kind: str
    tone: Tone
    current: bool
    is_cancellation: bool
    case_id: UUID
    case_number: str
    registration: str
    """登记类型."""
    cause: str
    sharing: str
    amount_label: str
    amount: str
    valid_from: date | None
    valid_until: date | None
    place: str
    """Rank in words, where it has one and holds."""
    details: tuple[tuple[str, str], ...]
    booked_at: datetime
    booked_by: str
    closes: str
    """Kind and case number of the entry that this one closed."""
    closed_by: str
    closed_at: datetime | None
    people: tuple[people.Person, ...]
    certificates: tuple[Proof, ...]
    letters: tuple[Proof, ...]
    """What the registry wrote in the case."""
    suit: Suit | None
    """Objections: that its holder has sued, so that it does not lapse."""
    suit_url: str
    """Where a suit is recorded; empty for anything but a live objection without one."""


@dataclass(frozen=True, slots=True)
class Life:
    """One row of the picture: an entry from the booking that made it to the one that closed it."""

    kind: str
    anchor: str
    tone: Tone
    before: int
    """Bookings before it."""
    length: int
    after: int
    words: str


@dataclass(frozen=True, slots=True)
class UnitView:
    """Everything that the register page needs."""

    unit: Unit
    code: str
    tiles: tuple[dict[str, Any], ...]
    now: Glance
    asked: date | None
    """The day for which the book was asked."""
    then: Glance | None
    """The book as of that day."""
    before: tuple[Relative, ...]
    """Units that this one came from, nearest first."""
    after: tuple[Relative, ...]
    """Units that took its place."""
    nature: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    entries: tuple[EntryView, ...]
    """Newest first."""
    columns: tuple[tuple[datetime, str], ...]
    """Of the picture: moment and case number of every booking, oldest first."""
    lives: tuple[Life, ...]


async def load(reader: ReadSession, unit_id: UUID, asked: date | None = None) -> UnitView:
    """The register page of a unit; with `asked` also the book as it stood at the end of that day.

    Raises `UnitNotFound`.
    """
    unit = await get_unit(reader, unit_id)
    building = await get_building(reader, unit.building_id)
    project = await get_project(reader, building.project_id)
    entries = await entries_of(reader, unit_id)
    papers = await _papers(reader, unit_id, {one.entry.case_id for one in entries})
    sold = (await contracts.open_contracts_by_unit(reader, [unit_id])).get(unit_id)
    mortgagee = await construction_mortgagee(reader, unit_id)
    named = {one.entry.id: f"{KIND_WORDS[one.entry.kind]}（业务号{one.entry.case_number}）" for one in entries}
    (fact,) = await units_of(reader, (unit_id,))
    here = glance(fact)
    places = {one.entry_id: one.place for one in here.rights}
    suits = await suits_of(reader, entries)
    return UnitView(
        unit=unit,
        code=grouped_unit_code(unit.code),
        tiles=tuple(_tiles(fact.entries)),
        now=here,
        asked=asked,
        then=await _then(reader, fact, asked) if asked else None,
        before=tuple(await lineage.predecessors(reader, unit_id)),
        after=tuple(await lineage.successors(reader, unit_id)),
        nature=(*_nature(unit, building, project), ("合同网签备案", sold.filing_no or "" if sold else "")),
        warnings=(f"楼盘表记载该幢设有在建建筑物抵押，抵押权人：{mortgagee}",) if mortgagee else (),
        entries=tuple(_entry(one, named, places, papers, suits) for one in reversed(entries)),
        columns=tuple((one.entry.booked_at, one.entry.case_number) for one in entries),
        lives=tuple(_lives(entries, places)),
    )


async def _then(reader: ReadSession, unit: UnitFact, asked: date) -> Glance:
    """The book as of the end of a day. What is not of the book (areas, state) is as it is today."""
    end = datetime.combine(asked, time.max, SHANGHAI)
    pages = await entries_at(reader, unit.id, end)
    return glance(msgspec.structs.replace(unit, entries=tuple(entry_fact(one) for one in pages)))


async def _papers(reader: ReadSession, unit_id: UUID, case_ids: set[UUID]) -> Papers:
    certified: dict[UUID, list[Proof]] = {}
    for one in await certificates.of_unit(reader, unit_id):
        certified.setdefault(one.entry_id, []).append(
            Proof(f"/registration/certificates/{one.id}", one.number, one.pdf_digest is not None)
        )
    written: dict[UUID, list[Proof]] = {}
    for letter in await reader.scalars(select(Letter).where(Letter.case_id.in_(case_ids)).order_by(Letter.id)):
        if letter.case_id is not None:
            words = f"{letter.title} {letter.number}"
            written.setdefault(letter.case_id, []).append(
                Proof(f"/registration/letters/{letter.id}", words, letter.pdf_digest is not None)
            )
    return Papers(certified, written)


def _tiles(entries: Sequence[EntryFact]) -> list[dict[str, Any]]:
    tiles = []
    for label, kinds, nothing, icon, tone in _AT_A_GLANCE:
        held = [one for one in entries if one.kind in kinds]
        waiting = sum(one.rank > 0 for one in held)
        words = "有效" if len(held) - waiting == 1 else f"有效 {len(held)} 项"
        tile = {"label": label, "value": words if held else nothing, "icon": icon, "tone": tone if held else "neutral"}
        tiles.append(tile | ({"hint": f"轮候 {waiting} 项"} if waiting else {}))
    return tiles


def _nature(unit: Unit, building: Building, project: Project) -> tuple[tuple[str, str], ...]:
    return (
        ("坐落", unit.location),
        ("项目 / 幢", f"{project.name} / {building.name}"),
        ("所在层 / 总层数", f"{unit.floor} / {building.floors_total}"),
        ("房号", unit.room),
        ("规划用途", unit.usage),
        ("房屋结构", unit.structure),
        ("建筑面积", f"{unit.building_area} ㎡"),
        ("套内 / 分摊面积", f"{unit.inner_area} / {unit.shared_area} ㎡"),
        ("建筑物状态", UNIT_STATES[unit.state]),
        ("土地使用权证号", project.land_use_right_no),
        ("土地使用期限", f"至 {project.land_term_end}"),
    )


def _entry(
    one: PageEntry, named: dict[UUID, str], places: dict[UUID, str], papers: Papers, suits: dict[UUID, Suit]
) -> EntryView:
    entry, kind = one.entry, EntryKind(one.entry.kind)
    current, suit = entry.status == EntryStatus.CURRENT, suits.get(entry.id)
    may_be_sued = kind is EntryKind.OBJECTION and current and suit is None
    return EntryView(
        anchor=_anchor(entry.id),
        kind=KIND_WORDS[kind],
        tone=KIND_TONES[kind],
        current=current,
        is_cancellation=kind is EntryKind.CANCELLATION,
        case_id=entry.case_id,
        case_number=entry.case_number,
        registration=REGISTRATION_TYPE_WORDS[RegistrationType(entry.registration_type)],
        cause=entry.cause,
        sharing=SHARING_WORDS[Sharing(entry.sharing)] if entry.sharing else "",
        amount_label=amount_label(entry.kind, entry.details),
        amount=f"{yuan(entry.amount_fen)} 元" if entry.amount_fen is not None else "",
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        place=places.get(entry.id, ""),
        details=detail_rows(kind, entry.details),
        booked_at=entry.booked_at,
        booked_by=entry.booked_by,
        closes=named[entry.closes_id] if entry.closes_id else "",
        closed_by=named[entry.closed_by_id] if entry.closed_by_id else "",
        closed_at=entry.closed_at,
        people=tuple(people.holder(each) for each in (*one.holders, *one.obligors)),
        certificates=tuple(papers.certificates.get(entry.id, ())),
        letters=tuple(papers.letters.get(entry.case_id, ())),
        suit=suit,
        suit_url=f"/registration/units/{entry.unit_id}/entries/{entry.id}/suit" if may_be_sued else "",
    )


def _lives(entries: Sequence[PageEntry], ranks: dict[UUID, str]) -> list[Life]:
    """A right lives from its own booking to the one that closes it: counted in bookings, so that a day with three
    of them is as readable as ten quiet years."""
    places = {one.entry.id: place for place, one in enumerate(entries)}
    lives = []
    for place, entry in enumerate(one.entry for one in entries):
        if entry.kind == EntryKind.CANCELLATION:
            continue
        end = places[entry.closed_by_id] + 1 if entry.closed_by_id else len(entries)
        lives.append(
            Life(
                kind=KIND_WORDS[entry.kind],
                anchor=_anchor(entry.id),
                tone=KIND_TONES[EntryKind(entry.kind)] if not entry.closed_by_id else "neutral",
                before=place,
                length=end - place,
                after=len(entries) - end,
                words="已注销" if entry.closed_by_id else ranks.get(entry.id) or "现势",
            )
        )
    return lives


def _anchor(entry_id: UUID) -> str:
    return f"entry-{entry_id}"
