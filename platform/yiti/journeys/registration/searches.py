"""Queries of the book (查询): who asks says why, and every query is written down (条例 arts. 26–28).

People see their own property in full; the public sees a unit's natural state and whether it is restricted, by unit
code, certificate number or address; staff print statements (有房/无房证明) and extracts as sealed letters.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.identifiers import unit_code
from kernel.permissions import Actor, Permission
from kernel.pii import blind_index
from yiti.certificates import service as certificates
from yiti.estate.addresses import units_at
from yiti.estate.models import Unit
from yiti.estate.queries import get_unit, unit_by_code
from yiti.journeys.registration.errors import PurposeMissing, SearchForbidden
from yiti.journeys.registration.models import SearchRecord
from yiti.register.kinds import KIND_WORDS, SHARING_WORDS, EntryKind, EntryStatus, HolderRole, Sharing
from yiti.register.models import RegisterEntry, RightHolder
from yiti.register.page import PageEntry, entries_for

_MOST = 20
_SHORTEST_ADDRESS = 4
_RESTRICTIONS = {
    EntryKind.MORTGAGE: "抵押",
    EntryKind.CONSTRUCTION_MORTGAGE: "抵押",
    EntryKind.PRESALE_MORTGAGE_NOTICE: "预告登记",
    EntryKind.MORTGAGE_NOTICE: "预告登记",
    EntryKind.PRESALE_NOTICE: "预告登记",
    EntryKind.SALE_NOTICE: "预告登记",
    EntryKind.SEIZURE: "查封",
    EntryKind.OBJECTION: "异议",
    EntryKind.RESIDENCE: "居住权",
    EntryKind.EASEMENT: "地役权",
}


class Asker(Struct, frozen=True, kw_only=True):
    """Who is asked about, or asks: a person or organisation."""

    name: str
    id_kind: str
    id_number: str


class OwnRight(Struct, frozen=True, kw_only=True):
    """A current right of the person who asks."""

    unit_id: UUID
    unit_code: str
    location: str
    usage: str
    building_area: Decimal
    kind: EntryKind
    words: str
    sharing: str
    share: str
    numbers: tuple[str, ...]
    """Of its certificates or proofs."""
    certificate_ids: tuple[UUID, ...]
    restrictions: tuple[str, ...]
    booked_at: datetime


class PublicFact(Struct, frozen=True, kw_only=True):
    """What anybody may know of a unit: its natural state, and whether it is restricted. Never a name."""

    unit_code: str
    location: str
    usage: str
    structure: str
    building_area: Decimal
    state: str
    registered: bool
    """Whether its ownership is in the book."""
    restrictions: tuple[str, ...]


async def own_property(tx: WriteSession, actor: Actor, person: Asker, purpose: str) -> tuple[OwnRight, ...]:
    """The current rights of a person: one's own, or asked by staff in that person's presence."""
    expect_self(actor, person.id_number)
    found = await rights_of(tx, person.id_number)
    codes = [one.unit_code for one in found]
    await record(tx, actor, "own_property", purpose, criteria="本人名下", found=codes, person=person.id_number)
    return found


async def rights_of(reader: ReadSession, id_number: str) -> tuple[OwnRight, ...]:
    """Every current right of a person, oldest first; three statements."""
    held = (
        select(RegisterEntry.id, RegisterEntry.unit_id)
        .join(
            RightHolder,
            (RightHolder.tenant_id == RegisterEntry.tenant_id) & (RightHolder.entry_id == RegisterEntry.id),
        )
        .where(
            RightHolder.id_index == blind_index(id_number),
            RightHolder.role == HolderRole.HOLDER,
            RegisterEntry.status == EntryStatus.CURRENT,
        )
    )
    mine = {row.id: row.unit_id for row in await reader.execute(held)}
    pages = await entries_for(reader, tuple(dict.fromkeys(mine.values())))
    units = {one.id: one for one in await reader.scalars(select(Unit).where(Unit.id.in_(pages)))}
    papers: dict[UUID, list[tuple[UUID, str]]] = {}
    for paper in await certificates.of_entries(reader, list(mine)):
        papers.setdefault(paper.entry_id, []).append((paper.id, paper.number))
    index = blind_index(id_number)
    return tuple(
        _own(page, units[unit_id], restrictions(group), papers.get(page.entry.id, []), index)
        for unit_id, group in pages.items()
        for page in group
        if page.entry.id in mine
    )


def _own(
    page: PageEntry, unit: Unit, restricted: tuple[str, ...], papers: Sequence[tuple[UUID, str]], index: bytes
) -> OwnRight:
    me = next(one for one in page.holders if one.id_index == index)
    kind = EntryKind(page.entry.kind)
    return OwnRight(
        unit_id=unit.id,
        unit_code=unit.code,
        location=unit.location,
        usage=unit.usage,
        building_area=unit.building_area,
        kind=kind,
        words=KIND_WORDS[kind],
        sharing=SHARING_WORDS[Sharing(page.entry.sharing)] if page.entry.sharing else "",
        share=f"{me.share_numerator}/{me.share_denominator}" if me.share_numerator else "",
        numbers=tuple(number for _, number in papers),
        certificate_ids=tuple(one for one, _ in papers),
        restrictions=restricted if kind is EntryKind.OWNERSHIP else (),
        booked_at=page.entry.booked_at,
    )


def restrictions(entries: Sequence[PageEntry]) -> tuple[str, ...]:
    """抵押, 查封, 异议, 预告登记, …: the flags of a unit, each once."""
    words = [_RESTRICTIONS.get(EntryKind(one.entry.kind)) for one in entries]
    return tuple(dict.fromkeys(word for word in words if word))


async def public_by_unit_code(tx: WriteSession, actor: Actor, code: str, purpose: str) -> PublicFact:
    """Natural state and restrictions by unit code. `UnitNotFound`."""
    unit = await unit_by_code(tx, unit_code(code))
    return (await _public(tx, actor, "unit_code", purpose, code, [unit]))[0]


async def public_by_certificate(tx: WriteSession, actor: Actor, number: str, purpose: str) -> tuple[PublicFact, ...]:
    """The same by the number of a certificate or proof; empty where no such number is valid."""
    paper = await certificates.by_number(tx, number)
    units = [await get_unit(tx, paper.unit_id)] if paper is not None and paper.state != "cancelled" else []
    return await _public(tx, actor, "certificate", purpose, number, units)


async def public_by_address(tx: WriteSession, actor: Actor, address: str, purpose: str) -> tuple[PublicFact, ...]:
    """The same by a part of the address, at most twenty units."""
    wanted = "".join(address.split())
    if len(wanted) < _SHORTEST_ADDRESS:
        raise Invalid(f"请至少填写坐落的{_SHORTEST_ADDRESS}个字", field="address")
    units = await units_at(tx, [wanted], _MOST, "address")
    return await _public(tx, actor, "address", purpose, wanted, units)


async def _public(
    tx: WriteSession, actor: Actor, kind: str, purpose: str, criteria: str, units: Sequence[Unit]
) -> tuple[PublicFact, ...]:
    pages = await entries_for(tx, [unit.id for unit in units])
    await record(tx, actor, f"public_{kind}", purpose, criteria=criteria, found=[unit.code for unit in units])
    return tuple(_fact(unit, pages[unit.id]) for unit in units)


def _fact(unit: Unit, entries: Sequence[PageEntry]) -> PublicFact:
    return PublicFact(
        unit_code=unit.code,
        location=unit.location,
        usage=unit.usage,
        structure=unit.structure,
        building_area=unit.building_area,
        state=unit.state,
        registered=any(one.entry.kind == EntryKind.OWNERSHIP for one in entries),
        restrictions=restrictions(entries),
    )


def expect_self(actor: Actor, id_number: str) -> None:
    """Citizens ask about themselves; staff about anybody whose application lies before them. `SearchForbidden`."""
    if actor.may(Permission.REGISTER_VIEW):
        return
    if actor.id is None or actor.id.bytes != blind_index(id_number)[:16]:
        raise SearchForbidden


async def record(
    tx: WriteSession, actor: Actor, kind: str, purpose: str, *, criteria: str, found: Sequence[str],
    person: str | None = None,
) -> SearchRecord:  # fmt: skip
    """Write a query down, and audit it. `PurposeMissing` without a purpose."""
    if not purpose.strip():
        raise PurposeMissing(field="purpose")
    row = SearchRecord(
        kind=kind,
        purpose=purpose.strip(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        searcher=actor.name,
        person_index=blind_index(person) if person else None,
        criteria=criteria,
        found=list(found),
        at=now(),
    )
    tx.add(row)
    await tx.flush()
    audit(tx, actor, "register.searched", f"search:{row.id}", {"kind": kind, "found": len(found)})
    return row


async def records(reader: ReadSession, *, before: UUID | None = None, limit: int = 50) -> list[SearchRecord]:
    """The register of queries, newest first."""
    wanted = select(SearchRecord).order_by(SearchRecord.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(SearchRecord.id < before)
    return list(await reader.scalars(wanted))
