"""For every business: what stands in the book before, what is asked for, and what stands there afterwards."""

from collections.abc import Awaitable, Callable
from datetime import date
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from tests.journeys.registration.county import Desk
from tests.journeys.registration.people import (
    BANK,
    DEVELOPER,
    applicant,
    citizen,
    court_orders,
    home_of,
    lived_in,
    mortgage_noticed,
    mortgaged,
    noticed,
    objected,
    obligor,
    owns,
    part,
    passed,
    seized,
)
from yiti.cases.application import Part
from yiti.cases.business import Business
from yiti.estate.models import Unit
from yiti.register.kinds import EntryKind, Sharing

B, K = Business, EntryKind


class Scene(NamedTuple):
    """What is asked for, and which kinds of entry the units hold afterwards (cancellations are told by `closed`)."""

    parts: tuple[Part, ...]
    holds: tuple[EntryKind, ...]
    closed: tuple[UUID, ...] = ()
    extra: tuple[str, ...] = ()
    """Further materials that the application rests on."""


Setup = Callable[[Desk], Awaitable[Scene]]
SCENES: dict[B, Setup] = {}


def scene(business: B) -> Callable[[Setup], Setup]:
    def keep(setup: Setup) -> Setup:
        SCENES[business] = setup
        return setup

    return keep


LAND = {
    "land_from": "2020-01-01", "land_until": "2090-01-01", "right_nature": "出让/市场化商品房",
    "land_usage": "城镇住宅用地", "completed_on": "2026-09-30",
}  # fmt: skip


@scene(B.FIRST_REGISTRATION)
async def first(office: Desk) -> Scene:
    unit = await office.unit()
    return Scene((part(B.FIRST_REGISTRATION, unit, applicant(DEVELOPER), fields=LAND),), (K.OWNERSHIP,))


@scene(B.TRANSFER_NEW_HOME)
async def new_home(office: Desk) -> Scene:
    unit, buyer = await office.unit(), citizen()
    notice, old = await office.booked(noticed(unit, buyer, DEVELOPER), owns(unit, DEVELOPER))
    wanted = part(B.TRANSFER_NEW_HOME, unit, applicant(buyer), obligor(DEVELOPER))
    return Scene((wanted,), (K.OWNERSHIP,), (notice.id, old.id))


@scene(B.TRANSFER_RESALE)
async def resale(office: Desk) -> Scene:
    seller, buyer = citizen(), citizen()
    unit, old = await home_of(office, seller)
    return Scene((part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)),), (K.OWNERSHIP,), (old,))


@scene(B.TRANSFER_GIFT)
async def gift(office: Desk) -> Scene:
    giver, one, two = citizen(), citizen(), citizen()
    unit, old = await home_of(office, giver)
    third = (applicant(one, share=Fraction(1, 3)), applicant(two, share=Fraction(2, 3)))
    wanted = part(B.TRANSFER_GIFT, unit, *third, obligor(giver), sharing=Sharing.FRACTIONAL, held_separately=True)
    return Scene((wanted,), (K.OWNERSHIP,), (old,))


@scene(B.TRANSFER_DIVISION)
async def division(office: Desk) -> Scene:
    wife, husband = citizen(), citizen()
    unit, old = await home_of(office, wife, husband)
    wanted = part(B.TRANSFER_DIVISION, unit, applicant(wife), obligor(wife), obligor(husband))
    return Scene((wanted,), (K.OWNERSHIP,), (old,))


@scene(B.TRANSFER_INHERITANCE)
async def inheritance(office: Desk) -> Scene:
    dead, heir = citizen(born=date(1940, 1, 1)), citizen()
    unit, old = await home_of(office, dead)
    return Scene((part(B.TRANSFER_INHERITANCE, unit, applicant(heir)),), (K.OWNERSHIP,), (old,))


@scene(B.TRANSFER_BEQUEST)
async def bequest(office: Desk) -> Scene:
    dead, friend = citizen(born=date(1940, 1, 1)), citizen()
    unit, old = await home_of(office, dead)
    return Scene((part(B.TRANSFER_BEQUEST, unit, applicant(friend)),), (K.OWNERSHIP,), (old,))


@scene(B.TRANSFER_EXCHANGE)
async def exchange(office: Desk) -> Scene:
    one, two = citizen(), citizen()
    (here, mine), (there, yours) = await home_of(office, one), await home_of(office, two)
    parts = (
        part(B.TRANSFER_EXCHANGE, here, applicant(two), obligor(one)),
        part(B.TRANSFER_EXCHANGE, there, applicant(one), obligor(two)),
    )
    return Scene(parts, (K.OWNERSHIP,), (mine, yours))


@scene(B.TRANSFER_JUDGMENT)
async def judgment(office: Desk) -> Scene:
    debtor, bidder = citizen(), citizen()
    unit, old = await home_of(office, debtor)
    wanted = part(B.TRANSFER_JUDGMENT, unit, applicant(bidder), cause="司法拍卖")
    return Scene((wanted,), (K.OWNERSHIP,), (old,))


@scene(B.CHANGE_HOLDER)
async def change_holder(office: Desk) -> Scene:
    owner = citizen("旧名字")
    unit, old = await home_of(office, owner)
    renamed = ("新名字", *owner[1:])
    return Scene((part(B.CHANGE_HOLDER, unit, applicant(renamed)),), (K.OWNERSHIP,), (old,))


@scene(B.CHANGE_PROPERTY)
async def change_property(office: Desk) -> Scene:
    owner = citizen()
    unit, old = await home_of(office, owner)
    wanted = part(B.CHANGE_PROPERTY, unit, applicant(owner), fields={"usage": "商业服务", "notes": "经批准改变用途"})
    return Scene((wanted,), (K.OWNERSHIP,), (old,))


@scene(B.CHANGE_TERM)
async def change_term(office: Desk) -> Scene:
    owner = citizen()
    unit, old = await home_of(office, owner)
    return Scene(
        (part(B.CHANGE_TERM, unit, applicant(owner), fields={"land_until": "2095-12-31"}),), (K.OWNERSHIP,), (old,)
    )


HALF = {"building_area": 50, "inner_area": 40, "shared_area": 10}


@scene(B.SPLIT)
async def split(office: Desk) -> Scene:
    owner = citizen()
    unit, old = await home_of(office, owner)
    left, right = await office.unit(**HALF), await office.unit(**HALF)
    return Scene((part(B.SPLIT, (unit, left, right), applicant(owner)),), (K.OWNERSHIP,), (old,))


@scene(B.MERGER)
async def merger(office: Desk) -> Scene:
    owner = citizen()
    left, right, whole = await office.unit(**HALF), await office.unit(**HALF), await office.unit()
    one, two = await office.booked(owns(left, owner), owns(right, owner))
    return Scene((part(B.MERGER, (left, right, whole), applicant(owner)),), (K.OWNERSHIP,), (one.id, two.id))


@scene(B.OWNERSHIP_CANCELLATION)
async def ownership_cancellation(office: Desk) -> Scene:
    owner = citizen()
    unit, old = await home_of(office, owner)
    return Scene((part(B.OWNERSHIP_CANCELLATION, unit, applicant(owner)),), (), (old,))


@scene(B.CORRECTION)
async def correction(office: Desk) -> Scene:
    owner = citizen()
    unit, old = await home_of(office, owner)
    wanted = part(B.CORRECTION, unit, applicant(owner), targets=(old,), fields={"matter": "面积笔误", "usage": "住宅"})
    return Scene((wanted,), (K.OWNERSHIP,), (old,))


@scene(B.CORRECTION_EX_OFFICIO)
async def correction_ex_officio(office: Desk) -> Scene:
    unit, old = await home_of(office, citizen())
    wanted = part(B.CORRECTION_EX_OFFICIO, unit, targets=(old,), fields={"matter": "坐落笔误"})
    return Scene((wanted,), (K.OWNERSHIP,), (old,))


@scene(B.OBJECTION)
async def objection(office: Desk) -> Scene:
    unit, _ = await home_of(office, citizen())
    wanted = part(B.OBJECTION, unit, applicant(citizen()), fields={"matter": "房屋为共同财产"})
    return Scene((wanted,), (K.OWNERSHIP, K.OBJECTION))


@scene(B.OBJECTION_CANCELLATION)
async def objection_cancellation(office: Desk) -> Scene:
    owner, other = citizen(), citizen()
    unit, _ = await home_of(office, owner)
    (old,) = await office.booked(objected(unit, other, owner))
    wanted = part(B.OBJECTION_CANCELLATION, unit, applicant(other), targets=(old.id,))
    return Scene((wanted,), (K.OWNERSHIP,), (old.id,))


@scene(B.PRESALE_NOTICE)
async def presale_notice(office: Desk) -> Scene:
    unit = await office.unit("planned")
    fields = {"contract_number": "备2026-1", "permit_number": "预售1"}
    return Scene(
        (part(B.PRESALE_NOTICE, unit, applicant(citizen()), obligor(DEVELOPER), fields=fields),), (K.PRESALE_NOTICE,)
    )


@scene(B.PRESALE_NOTICE_CANCELLATION)
async def presale_notice_cancellation(office: Desk) -> Scene:
    unit, buyer = await office.unit("planned"), citizen()
    (old,) = await office.booked(noticed(unit, buyer, DEVELOPER))
    return Scene((part(B.PRESALE_NOTICE_CANCELLATION, unit, applicant(buyer), targets=(old.id,)),), (), (old.id,))


@scene(B.PRESALE_MORTGAGE_NOTICE)
async def presale_mortgage_notice(office: Desk) -> Scene:
    unit, buyer = await office.unit("planned"), citizen()
    await office.booked(noticed(unit, buyer, DEVELOPER))
    wanted = part(
        B.PRESALE_MORTGAGE_NOTICE, unit, applicant(BANK), obligor(buyer), fields={"contract_number": "预抵2026-1"}
    )
    return Scene((wanted,), (K.PRESALE_NOTICE, K.PRESALE_MORTGAGE_NOTICE))


@scene(B.PRESALE_MORTGAGE_NOTICE_CANCELLATION)
async def presale_mortgage_notice_cancellation(office: Desk) -> Scene:
    unit, buyer = await office.unit("planned"), citizen()
    _, old = await office.booked(noticed(unit, buyer, DEVELOPER), mortgage_noticed(unit, buyer))
    wanted = part(B.PRESALE_MORTGAGE_NOTICE_CANCELLATION, unit, applicant(BANK), targets=(old.id,))
    return Scene((wanted,), (K.PRESALE_NOTICE,), (old.id,))


@scene(B.SALE_NOTICE)
async def sale_notice(office: Desk) -> Scene:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    wanted = part(B.SALE_NOTICE, unit, applicant(buyer), obligor(seller), fields={"contract_number": "存2026-1"})
    return Scene((wanted,), (K.OWNERSHIP, K.SALE_NOTICE))


@scene(B.SALE_NOTICE_CANCELLATION)
async def sale_notice_cancellation(office: Desk) -> Scene:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    (old,) = await office.booked(noticed(unit, buyer, seller, K.SALE_NOTICE))
    wanted = part(B.SALE_NOTICE_CANCELLATION, unit, applicant(buyer), targets=(old.id,))
    return Scene((wanted,), (K.OWNERSHIP,), (old.id,))


@scene(B.MORTGAGE_NOTICE)
async def mortgage_notice(office: Desk) -> Scene:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    wanted = part(B.MORTGAGE_NOTICE, unit, applicant(BANK), obligor(owner), fields={"contract_number": "抵2026-1"})
    return Scene((wanted,), (K.OWNERSHIP, K.MORTGAGE_NOTICE))


@scene(B.MORTGAGE_NOTICE_CANCELLATION)
async def mortgage_notice_cancellation(office: Desk) -> Scene:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    (old,) = await office.booked(mortgage_noticed(unit, owner, K.MORTGAGE_NOTICE))
    wanted = part(B.MORTGAGE_NOTICE_CANCELLATION, unit, applicant(BANK), targets=(old.id,))
    return Scene((wanted,), (K.OWNERSHIP,), (old.id,))


async def _mortgage(office: Desk, business: B) -> Scene:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    wanted = part(business, unit, applicant(BANK), obligor(owner), fields={"contract_number": "抵2026-2"})
    return Scene((wanted,), (K.OWNERSHIP, K.MORTGAGE))


@scene(B.MORTGAGE)
async def mortgage(office: Desk) -> Scene:
    return await _mortgage(office, B.MORTGAGE)


@scene(B.MAXIMUM_MORTGAGE)
async def maximum_mortgage(office: Desk) -> Scene:
    return await _mortgage(office, B.MAXIMUM_MORTGAGE)


@scene(B.MORTGAGE_FROM_NOTICE)
async def mortgage_from_notice(office: Desk) -> Scene:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    (old,) = await office.booked(mortgage_noticed(unit, owner, K.MORTGAGE_NOTICE))
    wanted = part(B.MORTGAGE_FROM_NOTICE, unit, applicant(BANK), obligor(owner), targets=(old.id,))
    return Scene((wanted,), (K.OWNERSHIP, K.MORTGAGE), (old.id,))


OTHER_BANK = ("演示合作银行", "credit_code", "12411528MB9999901H")


async def _mortgaged(office: Desk) -> tuple[tuple[str, str, str], Unit, UUID]:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    (old,) = await office.booked(mortgaged(unit, owner))
    return owner, unit, old.id


@scene(B.MORTGAGE_TRANSFER)
async def mortgage_transfer(office: Desk) -> Scene:
    _, unit, old = await _mortgaged(office)
    wanted = part(
        B.MORTGAGE_TRANSFER, unit, applicant(OTHER_BANK), obligor(BANK), targets=(old,),
        fields={"contract_number": "抵2025-1"},
    )  # fmt: skip
    return Scene((wanted,), (K.OWNERSHIP, K.MORTGAGE), (old,))


@scene(B.MORTGAGE_CHANGE)
async def mortgage_change(office: Desk) -> Scene:
    owner, unit, old = await _mortgaged(office)
    wanted = part(
        B.MORTGAGE_CHANGE,
        unit,
        applicant(BANK),
        obligor(owner),
        targets=(old,),
        price_fen=20_000_000,
    )
    return Scene((wanted,), (K.OWNERSHIP, K.MORTGAGE), (old,))


@scene(B.MORTGAGE_CANCELLATION)
async def mortgage_cancellation(office: Desk) -> Scene:
    _, unit, old = await _mortgaged(office)
    wanted = part(B.MORTGAGE_CANCELLATION, unit, applicant(BANK), targets=(old,))
    return Scene((wanted,), (K.OWNERSHIP,), (old,))


@scene(B.CONSTRUCTION_MORTGAGE)
async def construction_mortgage(office: Desk) -> Scene:
    unit = await office.unit("planned")
    wanted = part(
        B.CONSTRUCTION_MORTGAGE, unit, applicant(BANK), obligor(DEVELOPER), fields={"contract_number": "在建1"}
    )
    return Scene((wanted,), (K.CONSTRUCTION_MORTGAGE,))


@scene(B.CONSTRUCTION_MORTGAGE_CANCELLATION)
async def construction_mortgage_cancellation(office: Desk) -> Scene:
    unit = await office.unit("planned")
    (old,) = await office.booked(mortgaged(unit, DEVELOPER, kind=K.CONSTRUCTION_MORTGAGE))
    wanted = part(B.CONSTRUCTION_MORTGAGE_CANCELLATION, unit, applicant(BANK), targets=(old.id,))
    return Scene((wanted,), (), (old.id,))


@scene(B.RESIDENCE)
async def residence(office: Desk) -> Scene:
    owner, mother = citizen(), citizen()
    unit, _ = await home_of(office, owner)
    wanted = part(
        B.RESIDENCE,
        unit,
        applicant(mother),
        obligor(owner),
        valid_from=None,
        valid_until=None,
        fields={"lifelong": True},
    )
    return Scene((wanted,), (K.OWNERSHIP, K.RESIDENCE))


@scene(B.RESIDENCE_CANCELLATION)
async def residence_cancellation(office: Desk) -> Scene:
    owner, mother = citizen(), citizen()
    unit, _ = await home_of(office, owner)
    (old,) = await office.booked(lived_in(unit, mother, owner))
    wanted = part(B.RESIDENCE_CANCELLATION, unit, applicant(mother), targets=(old.id,))
    return Scene((wanted,), (K.OWNERSHIP,), (old.id,))


@scene(B.EASEMENT)
async def easement(office: Desk) -> Scene:
    owner, neighbour = citizen(), citizen()
    (unit, _), (other, _) = await home_of(office, owner), await home_of(office, neighbour)
    fields = {"dominant_unit_code": other.code, "purpose": "通行"}
    return Scene(
        (part(B.EASEMENT, unit, applicant(neighbour), obligor(owner), fields=fields),), (K.OWNERSHIP, K.EASEMENT)
    )


@scene(B.EASEMENT_CANCELLATION)
async def easement_cancellation(office: Desk) -> Scene:
    owner, neighbour = citizen(), citizen()
    (unit, _), (other, _) = await home_of(office, owner), await home_of(office, neighbour)
    (old,) = await office.booked(passed(unit, neighbour, owner, other.code))
    wanted = part(B.EASEMENT_CANCELLATION, unit, applicant(neighbour), targets=(old.id,))
    return Scene((wanted,), (K.OWNERSHIP,), (old.id,))


@scene(B.SEIZURE)
async def seizure(office: Desk) -> Scene:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    return Scene((court_orders(B.SEIZURE, unit, owner),), (K.OWNERSHIP, K.SEIZURE))


@scene(B.SEIZURE_RENEWAL)
async def seizure_renewal(office: Desk) -> Scene:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    (old,) = await office.booked(seized(unit, owner))
    return Scene((court_orders(B.SEIZURE_RENEWAL, unit, owner, old.id),), (K.OWNERSHIP, K.SEIZURE), (old.id,))


@scene(B.SEIZURE_LIFTING)
async def seizure_lifting(office: Desk) -> Scene:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    (old,) = await office.booked(seized(unit, owner))
    return Scene((court_orders(B.SEIZURE_LIFTING, unit, owner, old.id),), (K.OWNERSHIP,), (old.id,))
