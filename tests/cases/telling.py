"""How the stories of `stories_people.py` and `stories_book.py` are made: one fact is wrong, the rest is in order."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.cases import world as w
from tests.cases.world import B, K, facts, good, holder, material, obligor, part
from yiti.cases.application import Agent, AgentBasis, Consent
from yiti.cases.facts import CaseFacts, UnitFact
from yiti.cases.findings import Level
from yiti.cases.rules import examine

replace = msgspec.structs.replace
BLOCK, WARN = Level.BLOCK, Level.WARN
GUARDIAN = Agent(name="张三", id_kind="resident_id", id_number=w.ZHANG.id_number, basis=AgentBasis.GUARDIAN)


def wrong(found: CaseFacts) -> dict[str, Level]:
    return {one.code: one.level for one in examine(found) if one.level is not Level.CLEAR}


def with_people(business: B, who: Any, **more: Any) -> CaseFacts:
    base = good(business)
    changed = tuple(w.known(who, **more) if one.id_number == who.id_number else one for one in base.people)
    return replace(base, people=changed)


def sold(where: UnitFact, *applicants: Any, business: B = B.TRANSFER_RESALE, **more: Any) -> CaseFacts:
    """A sale of this unit, by 张三 to 李四 unless told otherwise."""
    people = applicants or (holder(w.LI), obligor(w.ZHANG))
    materials = more.pop("materials", ())
    base = facts(part(business, *people, units=(where,), **more), units=(where,))
    return replace(base, materials=(*base.materials, *materials))


def standing(*entries: Any, **more: Any) -> UnitFact:
    return w.unit(w.OWNED, *entries, **more)


def consent(who: Any, entry: Any) -> tuple[Consent, ...]:
    return (Consent(id_number=who.id_number, entry_id=entry.id, material_code="consent"),)


MORTGAGED = w.entry(K.MORTGAGE, w.BANK, obligors=(w.ZHANG,), bans_transfer=True)
FREELY = w.entry(K.MORTGAGE, w.BANK, obligors=(w.ZHANG,))
OLD = w.entry(K.MORTGAGE, w.BANK, priority_at=datetime(2020, 12, 31, 1, tzinfo=UTC))
SEIZED = w.entry(K.SEIZURE, obligors=(w.ZHANG,))
NOTICE = w.entry(K.SALE_NOTICE, w.WANG)
OBJECTED = w.entry(K.OBJECTION, w.ZHAO)
OWNER = w.OWNED
JOINT_ENTRY = w.JOINT.entries[0]
LEASED_LAND = w.entry(
    K.OWNERSHIP, w.ZHANG, details={"usage": "商铺", "building_area": "1.00", "land_until": "2020-01-01"}
)
HOUSING_LAND = w.entry(
    K.OWNERSHIP, w.ZHANG, details={"usage": "成套住宅", "building_area": "1.00", "land_until": "2020-01-01"}
)
CONSENTED = (material("consent", verified=False),)


def targeting(
    business: B, target: Any, *applicants: Any, beside: Any = (), owned: bool = True, **more: Any
) -> CaseFacts:
    where = w.unit(*((w.OWNED,) if owned and target is not w.OWNED else ()), target, *beside)
    return facts(part(business, *applicants, units=(where,), targets=(target.id,), **more), units=(where,))


def titled(business: B, one: Any, where: UnitFact, *others: Any, **more: Any) -> CaseFacts:
    return facts(part(business, one, *others, units=(where,), **more), units=(where,))


def planned(business: B, entries: Any, *applicants: Any) -> CaseFacts:
    where = w.unit(*entries, state="planned")
    return facts(part(business, *applicants, units=(where,)), units=(where,))


def planned_target(beside: Any) -> CaseFacts:
    notice = w.entry(K.PRESALE_NOTICE, w.LI)
    where = w.unit(notice, beside, state="planned")
    one = part(B.PRESALE_NOTICE_CANCELLATION, holder(w.LI), units=(where,), targets=(notice.id,))
    return facts(one, units=(where,))


def split(old: UnitFact, second: str = "60.00") -> CaseFacts:
    new = (w.unit(number=2, building_area=w.Decimal("40.00")), w.unit(number=3, building_area=w.Decimal(second)))
    units = (old, *new)
    return facts(part(B.SPLIT, holder(w.ZHANG), units=units), units=units)


def change_before_junior(*, agreed: bool = False) -> CaseFacts:
    junior = w.entry(K.MORTGAGE, w.OTHER_BANK, name="junior", priority_at=datetime(2026, 1, 1, tzinfo=UTC))
    more = {"consents": consent(w.OTHER_BANK, junior)} if agreed else {}
    found = targeting(
        B.MORTGAGE_CHANGE, FREELY, holder(w.BANK), obligor(w.ZHANG), beside=(junior,), price_fen=60_000_000, **more
    )
    return replace(found, materials=(*found.materials, *CONSENTED))


def seized_buyer() -> CaseFacts:
    where = w.unit(w.entry(K.OWNERSHIP, w.DEVELOPER), w.entry(K.PRESALE_NOTICE, w.LI))
    return facts(part(B.SEIZURE, w.AUTHORITY, obligor(w.LI), units=(where,)), units=(where,))


def lapsing(since: str) -> CaseFacts:
    base = good(B.LAPSE)
    one = replace(base.application.parts[0], fields={"rule": "presale_notice_90_days", "since": since})
    return replace(base, application=replace(base.application, parts=(one,)))


def answered(**answers: bool | None) -> CaseFacts:
    base = good(B.TRANSFER_RESALE)
    told = {code: said for code, said in (base.application.answers | answers).items() if said is not None}
    return replace(base, application=replace(base.application, answers=told))


def without(found: CaseFacts, code: str) -> CaseFacts:
    return replace(found, materials=tuple(one for one in found.materials if one.code != code))


def instead(found: CaseFacts, one: Any) -> CaseFacts:
    return replace(found, materials=(*(each for each in found.materials if each.code != one.code), one))
