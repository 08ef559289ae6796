"""Statements and extracts from the book as sealed letters: 有房证明, 无房证明, 登记资料查询结果证明."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kernel.clock import SHANGHAI, now
from kernel.db import WriteSession
from kernel.errors import Invalid
from kernel.money import yuan
from kernel.permissions import Actor, Permission
from kernel.pii import blind_index
from yiti.certificates import service as certificates
from yiti.estate.models import Unit
from yiti.estate.queries import get_unit
from yiti.journeys.registration.documents import ID_KIND_WORDS
from yiti.journeys.registration.errors import SearchForbidden
from yiti.journeys.registration.searches import Asker, OwnRight, expect_self, record, restrictions, rights_of
from yiti.letters import service as letters
from yiti.letters.models import Letter
from yiti.letters.schemas import ExtractEntry, OwnedHome, OwnershipStatement, Person, RegisterExtract
from yiti.register.kinds import (
    KIND_WORDS,
    REGISTRATION_TYPE_WORDS,
    SHARING_WORDS,
    EntryKind,
    EntryStatus,
    RegistrationType,
    Sharing,
)
from yiti.register.page import PageEntry, entries_of

_OWNED = frozenset({EntryKind.OWNERSHIP, EntryKind.PRESALE_NOTICE})
"""What counts as a home in a statement: owned, or bought by presale with a notice."""
_MOST_PEOPLE = 10


async def ownership_statement(tx: WriteSession, actor: Actor, people: Sequence[Asker], purpose: str) -> Letter:
    """有房证明, or 无房证明 where the county's book has none, for these people together (a family)."""
    if not 0 < len(people) <= _MOST_PEOPLE:
        raise Invalid(f"请填写1至{_MOST_PEOPLE}名查询对象", field="people")
    homes: list[OwnedHome] = []
    for person in people:
        expect_self(actor, person.id_number)
        rights = await rights_of(tx, person.id_number)
        homes += [_home(person, one) for one in rights if one.kind in _OWNED]
    row = await record(
        tx, actor, "ownership_statement", purpose, criteria="、".join(one.name for one in people),
        found=[home.number for home in homes], person=people[0].id_number,
    )  # fmt: skip
    content = OwnershipStatement(
        persons=tuple(_person(one) for one in people), homes=tuple(homes), purpose=purpose.strip(), queried_at=row.at
    )
    letter = await letters.write(tx, actor, content, subject=f"search:{row.id}")
    row.letter_id = letter.id
    return letter


def _person(one: Asker) -> Person:
    return Person(name=one.name, id_kind=ID_KIND_WORDS.get(one.id_kind, "证件"), id_number=one.id_number)


def _home(person: Asker, one: OwnRight) -> OwnedHome:
    return OwnedHome(
        holder=person.name,
        number="、".join(one.numbers) or one.unit_code,
        location=one.location,
        usage=one.usage,
        area=f"{one.building_area:.2f}㎡",
        sharing=f"{one.sharing}{one.share and f'（{one.share}）'}",
        booked_on=one.booked_at.astimezone(SHANGHAI).date(),
    )


async def register_extract(
    tx: WriteSession, actor: Actor, asked_by: Asker, unit_id: UUID, purpose: str, *, capacity: str = "权利人",
    with_history: bool = False,
) -> Letter:  # fmt: skip
    """The entries of one unit as a sealed letter. A citizen gets it for a unit in whose book they stand; staff give it
    to interested parties and authorities (`capacity`) whose proof they have seen.
    """
    unit = await get_unit(tx, unit_id)
    pages = await entries_of(tx, unit_id)
    if not actor.may(Permission.REGISTER_VIEW):
        expect_self(actor, asked_by.id_number)
        index = blind_index(asked_by.id_number)
        current = [page for page in pages if page.entry.status == EntryStatus.CURRENT]
        if not any(one.id_index == index for page in current for one in page.holders):
            raise SearchForbidden("该不动产的登记簿上没有您的权利记载，如需查询请到窗口提交利害关系证明")
    living = [page for page in pages if page.entry.status == EntryStatus.CURRENT]
    living = [page for page in living if page.entry.kind != EntryKind.CANCELLATION]
    shown = pages if with_history else living
    numbers: dict[UUID, list[str]] = {}
    for paper in await certificates.of_entries(tx, [page.entry.id for page in shown]):
        numbers.setdefault(paper.entry_id, []).append(paper.number)
    row = await record(tx, actor, "register_extract", purpose, criteria=unit.code, found=[unit.code],
                       person=asked_by.id_number)  # fmt: skip
    content = RegisterExtract(
        asked_by=_person(asked_by),
        capacity=capacity,
        purpose=purpose.strip(),
        location=unit.location,
        unit_code=unit.code,
        natural_state=_natural(unit),
        entries=tuple(_entry(page, numbers.get(page.entry.id, [])) for page in shown),
        restrictions=restrictions(living),
        queried_at=now(),
    )
    letter = await letters.write(tx, actor, content, subject=f"search:{row.id}")
    row.letter_id = letter.id
    return letter


def _natural(unit: Unit) -> tuple[tuple[str, str], ...]:
    return (
        ("规划用途", unit.usage),
        ("房屋结构", unit.structure),
        ("所在层", unit.floor),
        ("建筑面积", f"{unit.building_area:.2f}㎡"),
        ("套内建筑面积", f"{unit.inner_area:.2f}㎡"),
        ("分摊建筑面积", f"{unit.shared_area:.2f}㎡"),
    )


def _entry(page: PageEntry, numbers: Sequence[str]) -> ExtractEntry:
    entry = page.entry
    facts: list[tuple[str, str]] = [("登记类型", REGISTRATION_TYPE_WORDS[RegistrationType(entry.registration_type)])]
    for words, people in (("权利人", page.holders), ("义务人", page.obligors)):
        if people:
            facts.append((words, "、".join(f"{one.name}（{one.id_number}）" for one in people)))
    if entry.sharing:
        facts.append(("共有情况", SHARING_WORDS[Sharing(entry.sharing)]))
    if numbers:
        facts.append(("证号", "、".join(numbers)))
    if entry.amount_fen:
        facts.append(("取得价格/被担保债权数额", f"{yuan(entry.amount_fen)}元"))
    if entry.valid_from or entry.valid_until:
        facts.append(("期限", f"{entry.valid_from or '—'}起 {entry.valid_until or '—'}止"))
    facts += [("登记原因", entry.cause), ("业务号", entry.case_number), ("登记时间", _legal(entry.booked_at))]
    title = KIND_WORDS[EntryKind(entry.kind)]
    return ExtractEntry(title=title, current=entry.status == EntryStatus.CURRENT, facts=tuple(facts))


def _legal(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y年%m月%d日 %H:%M")
