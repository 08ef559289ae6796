"""合并办理: several businesses in one case, booked in one transaction or not at all."""

from uuid import UUID

import pytest
from sqlalchemy import select

from tests.journeys.registration.county import REGISTRAR, Desk
from tests.journeys.registration.people import (
    BANK,
    DEVELOPER,
    applicant,
    citizen,
    court_orders,
    home_of,
    mortgage_noticed,
    mortgaged,
    noticed,
    obligor,
    part,
    seized,
)
from tests.journeys.registration.scenes import LAND
from tests.testbed import HOME
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.service import Blocked
from yiti.certificates import service as certificates
from yiti.journeys.registration import desk
from yiti.register.kinds import EntryKind, EntryStatus
from yiti.register.models import RightHolder

B, K = Business, EntryKind
pytestmark = pytest.mark.timeout(180)
OTHER_BANK = ("演示合作银行", "credit_code", "12411528MB9999901H")


async def current(office: Desk, *units: UUID) -> list[EntryKind]:
    entries = await office.entries_of(*units)
    living = [one for one in entries if one.status == EntryStatus.CURRENT and one.kind != K.CANCELLATION]
    return [EntryKind(one.kind) for one in sorted(living, key=lambda one: (one.booked_at, one.position))]


async def holder_of(office: Desk, unit: UUID, kind: EntryKind) -> str:
    entries = await office.entries_of(unit)
    (entry,) = [one for one in entries if one.status == EntryStatus.CURRENT and one.kind == kind]
    async with office.resources.database.read(HOME) as reader:
        wanted = select(RightHolder).where(RightHolder.entry_id == entry.id, RightHolder.role == "holder")
        return (await reader.scalars(wanted)).one().name


async def test_first_registration_and_transfer_at_once(office: Desk) -> None:
    """交房即交证: the developer's entry is booked and closed by the buyer's in the same moment."""
    unit, buyer = await office.unit(), citizen()
    await office.booked(noticed(unit, buyer, DEVELOPER))
    case = await office.registered(
        part(B.FIRST_REGISTRATION, unit, applicant(DEVELOPER), fields=LAND),
        part(B.TRANSFER_NEW_HOME, unit, applicant(buyer), obligor(DEVELOPER)),
    )
    assert case.status == CaseStatus.BOOKED
    assert await current(office, unit.id) == [K.OWNERSHIP]
    assert await holder_of(office, unit.id, K.OWNERSHIP) == buyer[0]
    async with office.resources.database.read(HOME) as reader:
        made = await certificates.of_case(reader, case.id)
    assert len(made) == 1, "the developer's entry of one moment needs no certificate"


async def test_first_registration_transfer_and_the_bank_s_mortgage(office: Desk) -> None:
    """预告转本登记 with its mortgage: rank from the notice."""
    unit, buyer = await office.unit(), citizen()
    notice, loan = await office.booked(noticed(unit, buyer, DEVELOPER), mortgage_noticed(unit, buyer))
    case = await office.registered(
        part(B.FIRST_REGISTRATION, unit, applicant(DEVELOPER), fields=LAND),
        part(B.TRANSFER_NEW_HOME, unit, applicant(buyer), obligor(DEVELOPER)),
        part(B.MORTGAGE_FROM_NOTICE, unit, applicant(BANK), obligor(buyer), targets=(loan.id,)),
    )
    assert case.status == CaseStatus.BOOKED
    entries = await office.entries_of(unit.id)
    (mortgage,) = [one for one in entries if one.kind == K.MORTGAGE]
    assert mortgage.priority_at == loan.priority_at < mortgage.booked_at
    assert {one.id for one in entries if one.status == EntryStatus.HISTORICAL} >= {notice.id, loan.id}


async def test_transfer_and_mortgage(office: Desk) -> None:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    case = await office.registered(
        part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)),
        part(B.MORTGAGE, unit, applicant(BANK), obligor(buyer), fields={"contract_number": "抵1"}),
    )
    assert case.status == CaseStatus.BOOKED
    assert await current(office, unit.id) == [K.OWNERSHIP, K.MORTGAGE]
    async with office.resources.database.read(HOME) as reader:
        made = await certificates.of_case(reader, case.id)
        proof = certificates.content_of(next(one for one in made if one.kind == "proof"))
    number = next(one.number for one in made if one.kind == "certificate")
    assert any(number in line for line in (*proof.others, *proof.remarks)), "the proof names the new certificate"


async def test_release_transfer_and_new_mortgage(office: Desk) -> None:
    """带押过户, 新旧抵押权组合模式: old mortgage out, sale, new mortgage in, although the old one banned transfers."""
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    (old,) = await office.booked(mortgaged(unit, seller, bans_transfer=True))
    case = await office.registered(
        part(B.MORTGAGE_CANCELLATION, unit, applicant(BANK), targets=(old.id,)),
        part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)),
        part(B.MORTGAGE, unit, applicant(OTHER_BANK), obligor(buyer), fields={"contract_number": "抵2"}),
    )
    assert case.status == CaseStatus.BOOKED
    assert await current(office, unit.id) == [K.OWNERSHIP, K.MORTGAGE]
    assert await holder_of(office, unit.id, K.MORTGAGE) == OTHER_BANK[0]


async def test_without_the_release_the_ban_holds(office: Desk) -> None:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    await office.booked(mortgaged(unit, seller, bans_transfer=True))
    case = await office.accepted(part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)))
    await office.answered(case)
    with pytest.raises(Blocked) as refused:
        await office.decided(case)
    assert "book.ban" in refused.value.extra["findings"]
    assert await current(office, unit.id) == [K.OWNERSHIP, K.MORTGAGE]


async def test_nothing_of_it_when_one_part_is_blocked(office: Desk) -> None:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    case = await office.accepted(
        part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)),
        part(B.MORTGAGE, unit, applicant(BANK), obligor(seller), fields={"contract_number": "抵3"}),
    )
    await office.answered(case)
    with pytest.raises(Blocked):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.review(tx, REGISTRAR, case.id, "同意")
    assert await holder_of(office, unit.id, K.OWNERSHIP) == seller[0]
    assert (await office.case(case.id)).status == CaseStatus.ACCEPTED
    async with office.resources.database.read(HOME) as reader:
        assert await certificates.of_case(reader, case.id) == []


async def test_lifting_and_transfer_at_once(office: Desk) -> None:
    """解封 and the judgment's transfer in one case."""
    debtor, bidder = citizen(), citizen()
    unit, _ = await home_of(office, debtor)
    (old,) = await office.booked(seized(unit, debtor))
    case = await office.registered(
        court_orders(B.SEIZURE_LIFTING, unit, debtor, old.id),
        part(B.TRANSFER_JUDGMENT, unit, applicant(bidder), cause="司法拍卖"),
    )
    assert case.status == CaseStatus.BOOKED
    assert await current(office, unit.id) == [K.OWNERSHIP]
    assert await holder_of(office, unit.id, K.OWNERSHIP) == bidder[0]
