"""The same for mortgages, rights of residence, easements and seizures."""

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
    obligor,
    part,
    passed,
    seized,
)
from tests.journeys.registration.scene import B, K, Scene, scene
from yiti.estate.models import Unit


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
