"""Grown-ups, companies and authorities who do not exist, and what stands in the book under their names."""

from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import count
from typing import Any
from uuid import UUID

from kernel.identifiers import test_resident_id
from tests.journeys.registration.county import Desk
from yiti.cases.application import Applicant, Part, Side
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.estate.models import Unit
from yiti.register.details import (
    EasementDetails,
    MortgageDetails,
    NoticeDetails,
    ObjectionDetails,
    OwnershipDetails,
    ResidenceDetails,
    SeizureDetails,
    stored,
)
from yiti.register.kinds import EntryKind, RegistrationType, Sharing
from yiti.register.schemas import Append, Person

_people = count(1)
BANK = ("息县演示农村商业银行", "credit_code", "91411528MA9999993R")
DEVELOPER = ("息县演示置业有限公司", "credit_code", "91411528MA99999963")
COURT = ("息县人民法院", "other", "豫1528法院")
Who = tuple[str, str, str]


def citizen(name: str = "", born: date = date(1980, 5, 1)) -> Who:
    number = next(_people)
    day = date(born.year, born.month, 1 + number // 900)
    return (name or f"测试人{number}", "resident_id", test_resident_id(day, number % 900 + 1))


def applicant(who: Who, side: Side = Side.HOLDER, **more: Any) -> Applicant:
    name, kind, number = who
    return Applicant(side=side, name=name, id_kind=kind, id_number=number, **more)


def obligor(who: Who, **more: Any) -> Applicant:
    return applicant(who, Side.OBLIGOR, **more)


def person(who: Who, share: Fraction | None = None) -> Person:
    return Person(name=who[0], id_kind=who[1], id_number=who[2], share=share)


def part(business: Business, units: Unit | tuple[Unit, ...], *applicants: Applicant, **more: Any) -> Part:
    """A part with its first cause and what every business of its kind needs."""
    declared = CATALOGUE[business]
    listed = units if isinstance(units, tuple) else (units,)
    usual: dict[str, Any] = {"cause": declared.causes[0] if declared.causes else ""}
    if declared.asks_sharing:
        usual["sharing"] = Sharing.SOLE
    if declared.asks_price:
        usual["price_fen"] = 50_000_000
    if declared.asks_term:
        usual |= {"valid_from": date(2026, 11, 1), "valid_until": date(2046, 10, 31)}
    if declared.books in SECURITY_KINDS:
        usual["bans_transfer"] = False
    return Part(business=business, unit_ids=tuple(one.id for one in listed), applicants=applicants, **(usual | more))


SECURITY_KINDS = (
    EntryKind.MORTGAGE, EntryKind.CONSTRUCTION_MORTGAGE, EntryKind.PRESALE_MORTGAGE_NOTICE, EntryKind.MORTGAGE_NOTICE,
)  # fmt: skip


# What stands in the book before.


def owns(unit: Unit, *who: Who, shares: tuple[Fraction, ...] = (), **details: Any) -> Append:
    sharing = Sharing.FRACTIONAL if shares else Sharing.SOLE if len(who) == 1 else Sharing.JOINT
    facts: dict[str, Any] = {
        "usage": unit.usage, "building_area": unit.building_area, "land_until": date(2090, 1, 1),
    } | details  # fmt: skip
    people = tuple(person(one, shares[place] if shares else None) for place, one in enumerate(who))
    return Append(
        unit_id=unit.id, kind=EntryKind.OWNERSHIP, registration_type=RegistrationType.FIRST, cause="合法建造",
        holders=people, sharing=sharing, details=stored(OwnershipDetails(**facts)),
    )  # fmt: skip


def _right(unit: Unit, kind: EntryKind, kind_of: RegistrationType, holder: Who, giver: Who, **more: Any) -> Append:
    return Append(
        unit_id=unit.id, kind=kind, registration_type=kind_of, cause="以前的登记", holders=(person(holder),),
        obligors=(person(giver),), **more,
    )  # fmt: skip


def mortgaged(unit: Unit, owner: Who, bank: Who = BANK, kind: EntryKind = EntryKind.MORTGAGE, **more: Any) -> Append:
    usual: dict[str, Any] = {
        "amount_fen": 30_000_000, "valid_from": date(2025, 1, 1), "valid_until": date(2045, 1, 1),
        "bans_transfer": False, "details": stored(MortgageDetails(contract_number="抵2025-1")),
    }  # fmt: skip
    return _right(unit, kind, RegistrationType.FIRST, bank, owner, **(usual | more))


def mortgage_noticed(
    unit: Unit, owner: Who, kind: EntryKind = EntryKind.PRESALE_MORTGAGE_NOTICE, bank: Who = BANK
) -> Append:
    return _right(
        unit, kind, RegistrationType.NOTICE, bank, owner, amount_fen=30_000_000, bans_transfer=False,
        details=stored(NoticeDetails(contract_number="预抵2025-1")),
    )  # fmt: skip


def noticed(unit: Unit, buyer: Who, seller: Who, kind: EntryKind = EntryKind.PRESALE_NOTICE) -> Append:
    return _right(
        unit, kind, RegistrationType.NOTICE, buyer, seller, amount_fen=50_000_000, sharing=Sharing.SOLE,
        details=stored(NoticeDetails(contract_number="备2025-1")),
    )  # fmt: skip


def lived_in(unit: Unit, who: Who, owner: Who) -> Append:
    return _right(
        unit, EntryKind.RESIDENCE, RegistrationType.FIRST, who, owner, details=stored(ResidenceDetails(lifelong=True))
    )


def passed(unit: Unit, who: Who, owner: Who, dominant: str) -> Append:
    details = EasementDetails(dominant_unit_code=dominant, purpose="通行")
    return _right(
        unit, EntryKind.EASEMENT, RegistrationType.FIRST, who, owner, valid_from=date(2025, 1, 1),
        valid_until=date(2035, 1, 1), details=stored(details),
    )  # fmt: skip


def objected(unit: Unit, who: Who, owner: Who) -> Append:
    details = ObjectionDetails(matter="房屋为共同财产")
    return _right(unit, EntryKind.OBJECTION, RegistrationType.OBJECTION, who, owner, details=stored(details))


def seized(unit: Unit, owner: Who, **more: Any) -> Append:
    details = SeizureDetails(authority=COURT[0], order_document="执行裁定书", order_number="（2026）豫1528执1号")
    return Append(
        unit_id=unit.id, kind=EntryKind.SEIZURE, registration_type=RegistrationType.SEIZURE, cause="司法查封",
        obligors=(person(owner),), delivered_at=datetime(2026, 6, 1, 1, tzinfo=UTC), details=stored(details), **more,
    )  # fmt: skip


def court_orders(business: Business, unit: Unit, owner: Who, *targets: UUID, **fields: Any) -> Part:
    """What a court's officers bring to the window."""
    usual: dict[str, Any] = {"delivered_at": "2026-11-20T09:30:00+08:00"}
    if business is Business.SEIZURE_LIFTING:
        usual["document_number"] = "（2026）豫1528执解1号"
    else:
        usual |= {"order_document": "执行裁定书", "order_number": "（2026）豫1528执9号", "term_months": 36}
    return part(
        business, unit, applicant(COURT, Side.AUTHORITY), obligor(owner), targets=targets, fields=usual | fields
    )


async def home_of(office: Desk, *who: Who, **more: Any) -> tuple[Unit, UUID]:
    """A home that these people own, and its ownership entry."""
    unit = await office.unit()
    (entry,) = await office.booked(owns(unit, *who, **more))
    return unit, entry.id
