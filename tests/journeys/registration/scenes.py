"""For every business: what stands in the book before, what is asked for, and what stands there afterwards."""

from datetime import date
from fractions import Fraction

from tests.journeys.registration.county import Desk
from tests.journeys.registration.people import (
    BANK,
    DEVELOPER,
    applicant,
    citizen,
    home_of,
    mortgage_noticed,
    noticed,
    objected,
    obligor,
    owns,
    part,
)
from tests.journeys.registration.scene import B, K, Scene, scene
from yiti.register.kinds import Sharing

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
