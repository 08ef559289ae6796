"""A small world for rules and plans: people, units, entries, and one good application for every business."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid5

import msgspec

from kernel.identifiers import test_resident_id as resident
from yiti.cases.application import Agent, AgentBasis, Applicant, Application, Consent, Part, Side
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import CaseFacts, EntryFact, HolderFact, MaterialFact, OutsideFact, PersonFact, UnitFact
from yiti.cases.inquiry import questions_of
from yiti.register.details import (
    CommonPartsDetails,
    Details,
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

__all__ = ["Agent", "AgentBasis", "CommonPartsDetails", "Consent", "Side"]

K, B = EntryKind, Business
ON = date(2026, 11, 23)
BOOKED = datetime(2025, 3, 3, 2, tzinfo=UTC)
SPACE = UUID("00000000-0000-4000-8000-000000000411")


def uid(name: str) -> UUID:
    return uuid5(SPACE, name)


def person(name: str, serial: int, **more: Any) -> HolderFact:
    return HolderFact(name=name, id_kind="resident_id", id_number=resident(date(1980, 1, 1), serial), **more)


ZHANG, LI, WANG, ZHAO = person("张三", 1), person("李四", 2), person("王五", 3), person("赵六", 4)
BANK = HolderFact(name="息县甲银行", id_kind="credit_code", id_number="91411528MA99999963")
OTHER_BANK = HolderFact(name="息县乙银行", id_kind="credit_code", id_number="11411528MB999999XL")
DEVELOPER = HolderFact(name="息县丙置业有限公司", id_kind="credit_code", id_number="91350100M000100Y43")
COURT = HolderFact(name="息县人民法院", id_kind="credit_code", id_number="11100000MB03271699")
CHILD = HolderFact(name="张小", id_kind="resident_id", id_number=resident(date(2015, 6, 1), 5))
EVERYBODY = (ZHANG, LI, WANG, ZHAO, BANK, OTHER_BANK, DEVELOPER, COURT, CHILD)


def applicant(side: Side, who: HolderFact, share: Fraction | None = None, **more: Any) -> Applicant:
    return Applicant(side=side, name=who.name, id_kind=who.id_kind, id_number=who.id_number, share=share, **more)


def holder(who: HolderFact, share: Fraction | None = None, **more: Any) -> Applicant:
    return applicant(Side.HOLDER, who, share, **more)


def obligor(who: HolderFact, **more: Any) -> Applicant:
    return applicant(Side.OBLIGOR, who, **more)


_DETAILS: dict[EntryKind, Details] = {
    K.OWNERSHIP: OwnershipDetails(usage="成套住宅", building_area=Decimal("100.00"), land_until=date(2090, 1, 1)),
    K.MORTGAGE: MortgageDetails(contract_number="D1"),
    K.CONSTRUCTION_MORTGAGE: MortgageDetails(contract_number="D0"),
    K.RESIDENCE: ResidenceDetails(),
    K.EASEMENT: EasementDetails(dominant_unit_code="411528001001GB00001F00010009", purpose="通行"),
    K.PRESALE_NOTICE: NoticeDetails(contract_number="YS1"),
    K.PRESALE_MORTGAGE_NOTICE: NoticeDetails(contract_number="D2"),
    K.SALE_NOTICE: NoticeDetails(contract_number="CL1"),
    K.MORTGAGE_NOTICE: NoticeDetails(contract_number="D3"),
    K.SEIZURE: SeizureDetails(authority=COURT.name, order_document="执行裁定书", order_number="（2026）豫1528执1号"),
    K.OBJECTION: ObjectionDetails(matter="权属有误"),
}
_SECURITY = (K.MORTGAGE, K.CONSTRUCTION_MORTGAGE, K.PRESALE_MORTGAGE_NOTICE, K.MORTGAGE_NOTICE)
_SHARED = (K.OWNERSHIP, K.PRESALE_NOTICE, K.SALE_NOTICE)


def entry(
    kind: EntryKind, *holders: HolderFact, name: str = "", obligors: Sequence[HolderFact] = (), **more: Any
) -> EntryFact:
    """A current entry with what its kind needs."""
    facts: dict[str, Any] = {
        "sharing": Sharing.SOLE if kind in _SHARED else None,
        "amount_fen": 50_000_000 if kind in _SECURITY else None,
        "valid_from": None,
        "valid_until": date(2028, 1, 1) if kind is K.SEIZURE else None,
        "bans_transfer": False if kind in _SECURITY else None,
        "rank": 0,
        "priority_at": BOOKED,
        "booked_at": BOOKED,
        "details": stored(_DETAILS[kind]),
    }
    return EntryFact(
        id=uid(name or f"{kind}"),
        kind=kind,
        registration_type=RegistrationType.FIRST,
        case_number=f"4115282025030300001{len(name)}",
        holders=tuple(holders),
        obligors=tuple(obligors),
        **facts | more,
    )


def unit(*entries: EntryFact, number: int = 1, state: str = "built", **more: Any) -> UnitFact:
    facts: dict[str, Any] = {"usage": "成套住宅", "building_area": Decimal("100.00"), **more}
    return UnitFact(
        id=uid(f"unit{number}"),
        code=f"411528001001GB00001F0001{number:04d}",
        location=f"息县幸福路1号1幢{number}室",
        state=state,  # type: ignore[arg-type]
        entries=entries,
        **facts,
    )


OWNED = entry(K.OWNERSHIP, ZHANG)
HOME = unit(OWNED)
JOINT = unit(entry(K.OWNERSHIP, ZHANG, LI, sharing=Sharing.JOINT))


def fractional(*shares: str) -> UnitFact:
    people = (ZHANG, LI, WANG)
    held = tuple(msgspec.structs.replace(one, share=share) for one, share in zip(people, shares, strict=False))
    return unit(entry(K.OWNERSHIP, *held, sharing=Sharing.FRACTIONAL))


CLEAR = OutsideFact(state="clear", reference="R1", verified=True)


def part(business: Business, *applicants: Applicant, units: Sequence[UnitFact] = (HOME,), **more: Any) -> Part:
    declared = CATALOGUE[business]
    filled: dict[str, Any] = {
        "cause": declared.causes[0] if declared.causes else "",
        "sharing": Sharing.SOLE if declared.asks_sharing else None,
        "price_fen": 60_000_000 if declared.asks_price else None,
        "valid_from": date(2026, 12, 1) if declared.asks_term else None,
        "valid_until": date(2046, 11, 30) if declared.asks_term else None,
        "bans_transfer": False if declared.books in _SECURITY else None,
        "fields": fields(business),
    }
    return Part(
        business=business, unit_ids=tuple(one.id for one in units), applicants=tuple(applicants), **filled | more
    )


_VALUES = {
    "text": "甲1号",
    "long_text": "详见材料",
    "date": "2020-01-01",
    "moment": "2026-11-20T10:00:00+08:00",
    "area": "100.00",
    "money": 1,
    "number": 36,
    "yes_no": True,
    "unit_code": "411528001001GB00001F00010009",
}


def fields(business: Business) -> dict[str, Any]:
    """The required fields of a business, each with something that fits."""
    wanted = [one for one in CATALOGUE[business].fields if one.required]
    told = {one.name: one.choices[0][0] if one.kind == "choice" else _VALUES[one.kind] for one in wanted}
    return told | ({"land_until": "2090-01-01"} if "land_until" in told else {})


def known(who: HolderFact, **more: Any) -> PersonFact:
    natural = who.id_kind == "resident_id"
    number = who.id_number
    facts: dict[str, Any] = {
        "identity_reference": "id-1",
        "matched": True,
        "deceased": False,
        "birth_date": date(int(number[6:10]), int(number[10:12]), int(number[12:14])) if natural else None,
    }
    return PersonFact(id_number=number, **facts | more)


def facts(*parts: Part, units: Sequence[UnitFact] = (HOME,), **more: Any) -> CaseFacts:
    """Everything in order for these parts: all materials, all people known and alive, all paid."""
    asked = questions_of(CATALOGUE[one.business] for one in parts)
    codes = {material.code for one in parts for material in CATALOGUE[one.business].materials if material.required}
    filled: dict[str, Any] = {
        "on": ON,
        "application": Application(parts=parts, answers={one.code: one.clear for one in asked}),
        "units": tuple(units),
        "materials": tuple(material(code) for code in sorted(codes)),
        "people": tuple(known(one) for one in EVERYBODY),
        "tax": CLEAR,
        "housing": CLEAR,
        "fee": CLEAR,
        "public_notice_over": True,
        "case_number": "4115282026112300001",
    }
    return CaseFacts(**filled | more)


def material(code: str, **more: Any) -> MaterialFact:
    return MaterialFact(**{"code": code, "digest": f"{code:0<64}"[:64], "source": "shared", "verified": True} | more)


def good(business: Business) -> CaseFacts:
    """An application of the business that nothing stands against."""
    found = _SCENES[business]()
    one, units = found if isinstance(found, tuple) else (found, (HOME,))
    dead = business in (B.TRANSFER_INHERITANCE, B.TRANSFER_BEQUEST)
    return facts(one, units=units, people=tuple(known(who, deceased=dead and who is ZHANG) for who in EVERYBODY))


def on(
    business: Business, kind: EntryKind, *applicants: Applicant, stands: Sequence[EntryFact] = (OWNED,), **more: Any
) -> Any:
    """A part that targets one entry of the kind, beside what else stands on the unit."""
    held = BANK if kind in _SECURITY else LI
    target = next((one for one in stands if one.kind is kind), None) or entry(kind, held, obligors=(ZHANG,))
    where = unit(*stands, *(() if target in stands else (target,)), state=more.pop("state", "built"))
    return part(business, *applicants, units=(where,), targets=(target.id,), **more), (where,)


PLANNED = unit(state="planned")
PRESOLD = unit(entry(K.PRESALE_NOTICE, ZHANG, obligors=(DEVELOPER,)), state="planned")
AUTHORITY = applicant(Side.AUTHORITY, COURT)


def _sale(business: Business) -> Part:
    return part(business, holder(LI), obligor(ZHANG))


def _mortgage(business: Business) -> Part:
    return part(business, holder(BANK), obligor(ZHANG))


def _halves() -> Any:
    new = (unit(number=2, building_area=Decimal("40.00")), unit(number=3, building_area=Decimal("60.00")))
    units = (HOME, *new)
    return part(B.SPLIT, holder(ZHANG), units=units), units


def _whole() -> Any:
    second = unit(entry(K.OWNERSHIP, ZHANG, name="second"), number=2)
    units = (HOME, second, unit(number=3, building_area=Decimal("200.00")))
    return part(B.MERGER, holder(ZHANG), units=units), units


def _new_home() -> Any:
    where = unit(entry(K.OWNERSHIP, DEVELOPER), entry(K.PRESALE_NOTICE, ZHANG, obligors=(DEVELOPER,)))
    return part(B.TRANSFER_NEW_HOME, holder(ZHANG), obligor(DEVELOPER), units=(where,)), (where,)


def _lapse() -> Any:
    chosen = {"rule": "presale_notice_90_days", "since": "2025-06-01"}
    return on(B.LAPSE, K.PRESALE_NOTICE, fields=chosen, stands=(entry(K.OWNERSHIP, DEVELOPER),))


_SCENES: dict[Business, Any] = {
    B.FIRST_REGISTRATION: lambda: (part(B.FIRST_REGISTRATION, holder(DEVELOPER), units=(unit(),)), (unit(),)),
    B.TRANSFER_NEW_HOME: _new_home,
    B.TRANSFER_RESALE: lambda: _sale(B.TRANSFER_RESALE),
    B.TRANSFER_GIFT: lambda: _sale(B.TRANSFER_GIFT),
    B.TRANSFER_DIVISION: lambda: _sale(B.TRANSFER_DIVISION),
    B.TRANSFER_INHERITANCE: lambda: part(B.TRANSFER_INHERITANCE, holder(LI)),
    B.TRANSFER_BEQUEST: lambda: part(B.TRANSFER_BEQUEST, holder(LI)),
    B.TRANSFER_EXCHANGE: lambda: _sale(B.TRANSFER_EXCHANGE),
    B.TRANSFER_JUDGMENT: lambda: part(B.TRANSFER_JUDGMENT, holder(LI)),
    B.CHANGE_HOLDER: lambda: part(B.CHANGE_HOLDER, holder(msgspec.structs.replace(ZHANG, name="张山"))),
    B.CHANGE_PROPERTY: lambda: part(
        B.CHANGE_PROPERTY, holder(ZHANG), fields={"notes": "改造", "building_area": "98.50"}
    ),
    B.CHANGE_TERM: lambda: part(B.CHANGE_TERM, holder(ZHANG)),
    B.SPLIT: _halves,
    B.MERGER: _whole,
    B.OWNERSHIP_CANCELLATION: lambda: part(B.OWNERSHIP_CANCELLATION, holder(ZHANG)),
    B.CORRECTION: lambda: on(B.CORRECTION, K.OWNERSHIP, holder(ZHANG)),
    B.CORRECTION_EX_OFFICIO: lambda: on(B.CORRECTION_EX_OFFICIO, K.OWNERSHIP),
    B.OBJECTION: lambda: part(B.OBJECTION, holder(LI)),
    B.OBJECTION_CANCELLATION: lambda: on(B.OBJECTION_CANCELLATION, K.OBJECTION, holder(LI)),
    B.PRESALE_NOTICE: lambda: (part(B.PRESALE_NOTICE, holder(ZHANG), obligor(DEVELOPER), units=(PLANNED,)), (PLANNED,)),
    B.PRESALE_NOTICE_CANCELLATION: lambda: on(
        B.PRESALE_NOTICE_CANCELLATION, K.PRESALE_NOTICE, holder(LI), stands=(), state="planned"
    ),
    B.PRESALE_MORTGAGE_NOTICE: lambda: (
        part(B.PRESALE_MORTGAGE_NOTICE, holder(BANK), obligor(ZHANG), units=(PRESOLD,)),
        (PRESOLD,),
    ),
    B.PRESALE_MORTGAGE_NOTICE_CANCELLATION: lambda: on(
        B.PRESALE_MORTGAGE_NOTICE_CANCELLATION,
        K.PRESALE_MORTGAGE_NOTICE,
        holder(BANK),
        stands=PRESOLD.entries,
        state="planned",
    ),
    B.SALE_NOTICE: lambda: _sale(B.SALE_NOTICE),
    B.SALE_NOTICE_CANCELLATION: lambda: on(B.SALE_NOTICE_CANCELLATION, K.SALE_NOTICE, holder(LI)),
    B.MORTGAGE_NOTICE: lambda: _mortgage(B.MORTGAGE_NOTICE),
    B.MORTGAGE_NOTICE_CANCELLATION: lambda: on(B.MORTGAGE_NOTICE_CANCELLATION, K.MORTGAGE_NOTICE, holder(BANK)),
    B.MORTGAGE: lambda: _mortgage(B.MORTGAGE),
    B.MAXIMUM_MORTGAGE: lambda: _mortgage(B.MAXIMUM_MORTGAGE),
    B.MORTGAGE_FROM_NOTICE: lambda: on(B.MORTGAGE_FROM_NOTICE, K.PRESALE_MORTGAGE_NOTICE, holder(BANK), obligor(ZHANG)),
    B.MORTGAGE_TRANSFER: lambda: on(B.MORTGAGE_TRANSFER, K.MORTGAGE, holder(OTHER_BANK), obligor(BANK)),
    B.MORTGAGE_CHANGE: lambda: on(B.MORTGAGE_CHANGE, K.MORTGAGE, holder(BANK), obligor(ZHANG)),
    B.MORTGAGE_CANCELLATION: lambda: on(B.MORTGAGE_CANCELLATION, K.MORTGAGE, holder(BANK)),
    B.CONSTRUCTION_MORTGAGE: lambda: (
        part(B.CONSTRUCTION_MORTGAGE, holder(BANK), obligor(DEVELOPER), units=(PLANNED,)),
        (PLANNED,),
    ),
    B.CONSTRUCTION_MORTGAGE_CANCELLATION: lambda: on(
        B.CONSTRUCTION_MORTGAGE_CANCELLATION, K.CONSTRUCTION_MORTGAGE, holder(BANK), stands=(), state="planned"
    ),
    B.RESIDENCE: lambda: part(B.RESIDENCE, holder(LI), obligor(ZHANG)),
    B.RESIDENCE_CANCELLATION: lambda: on(B.RESIDENCE_CANCELLATION, K.RESIDENCE, holder(LI)),
    B.EASEMENT: lambda: part(B.EASEMENT, holder(LI), obligor(ZHANG)),
    B.EASEMENT_CANCELLATION: lambda: on(B.EASEMENT_CANCELLATION, K.EASEMENT, holder(LI)),
    B.SEIZURE: lambda: part(B.SEIZURE, AUTHORITY, obligor(ZHANG)),
    B.SEIZURE_RENEWAL: lambda: on(B.SEIZURE_RENEWAL, K.SEIZURE, AUTHORITY),
    B.SEIZURE_LIFTING: lambda: on(B.SEIZURE_LIFTING, K.SEIZURE, AUTHORITY),
    B.CERTIFICATE_REPLACEMENT: lambda: on(B.CERTIFICATE_REPLACEMENT, K.OWNERSHIP, holder(ZHANG)),
    B.CERTIFICATE_LOSS: lambda: on(B.CERTIFICATE_LOSS, K.OWNERSHIP, holder(ZHANG)),
    B.LAPSE: _lapse,
}
